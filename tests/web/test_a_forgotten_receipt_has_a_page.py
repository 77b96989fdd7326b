"""The receipts of somebody who was forgotten: how they ended is still told, what was bought not."""

import html

import aiohttp
import pytest

from eventstore.catalogue import Event, ForgettingRequested, ShopperForgotten
from eventstore.identity import Sha256, ShopperId, shopper_stream
from tests.story import CONTEXT, append_of
from tests.web.conftest import Site
from tests.web.stories import keep_reading, tell_paid, tell_rejection
from tests.web.test_pages_tell_a_receipt import page

SOMEBODY = ShopperId("somebody")
FORGOTTEN: tuple[Event, ...] = (
    ForgettingRequested(reason="asked by letter"),
    ShopperForgotten(key_id="k", attachments=3, certificate_sha256=Sha256("0" * 64)),
)
DELETED = "Фото й прочитане видалено"
BOUGHT = ("Цитрамон", "ТОВ АПТЕКА", "1\u00a0234,50")


async def test_what_was_bought_is_gone_from_page_and_data(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The page says why there is nothing to see; that money was paid is still there."""
    reading = await keep_reading(site.attachments, site.vault, "somebody")
    await tell_paid(site.store, "r1", reading=reading)
    await site.shown()
    before = await page(site, browser, "/intake/receipts/r1")
    assert DELETED not in before
    shown = [text for text in BOUGHT if text in before]
    assert shown

    forgotten = append_of(shopper_stream(SOMEBODY), *FORGOTTEN)
    await site.store.append(forgotten, context=CONTEXT)
    await site.shown()

    after = await page(site, browser, "/intake/receipts/r1")
    data = await page(site, browser, "/intake/receipts/r1.json")
    assert DELETED in after
    assert "1,00\u00a0₴ уже на телефоні" in after
    assert not [text for text in shown if text in after + data]
    async with browser.get(f"{site.url}/media/receipts/r1") as picture:
        assert picture.status == 404


async def test_the_receipts_of_others_and_of_a_later_life_are_left_alone(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Only what was sent before, and only by that shopper."""
    await tell_rejection(site.store, "other", "too_old", shopper="other")
    await tell_rejection(site.store, "before", "too_old")
    forgotten = append_of(shopper_stream(SOMEBODY), *FORGOTTEN)
    await site.store.append(forgotten, context=CONTEXT)
    await tell_rejection(site.store, "after", "too_old")
    await site.shown()
    told = {
        name: DELETED in await page(site, browser, f"/intake/receipts/{name}")
        for name in ("other", "before", "after")
    }
    assert told == {"other": False, "before": True, "after": False}


async def test_a_list_says_that_it_was_deleted(site: Site, browser: aiohttp.ClientSession) -> None:
    """Not that its name could not be read, nor anything of what was bought."""
    await tell_paid(site.store, "r1")
    await site.store.append(append_of(shopper_stream(SOMEBODY), *FORGOTTEN), context=CONTEXT)
    await site.shown()
    listed = await page(site, browser, "/intake", "en")
    assert "<strong>Deleted at the shopper's wish</strong>" in html.unescape(listed)
    assert "Name not read" not in listed


@pytest.mark.parametrize("key_only", [True, False])
async def test_a_page_opened_amid_a_forgetting_is_whole(
    site: Site, browser: aiohttp.ClientSession, key_only: bool
) -> None:
    """The key is destroyed before the words, and both before the fact."""
    reading = await keep_reading(site.attachments, site.vault, "somebody")
    await tell_paid(site.store, "r1", reading=reading)
    await site.shown()
    await site.pool.execute("DELETE FROM vault_keys WHERE owner = 'somebody'")
    if not key_only:
        for folder in ("photos", "words"):
            for key in await site.attachments.keys(folder):
                await site.attachments.delete(key)
    shown = await page(site, browser, "/intake/receipts/r1")
    assert "Прочитані слова вже не зберігаються" in shown
