"""The page of a receipt whose photo was kept long enough: all is told but the picture."""

from datetime import timedelta

import aiohttp
import pytest

from eventstore.attachments import KEPT
from eventstore.catalogue import PhotoExpired
from eventstore.store import now_utc
from tests.story import CONTEXT, a_store, append_of
from tests.web.conftest import Site
from tests.web.stories import keep_reading, tell_paid
from tests.web.test_pages_tell_a_receipt import page


@pytest.mark.parametrize(
    ("language", "gone"),
    [
        ("uk", "Фото видалено: фото чеків зберігаються 90 днів."),
        ("ru", "Фото удалено: фото чеков хранятся 90 дней."),
        ("en", "The photo was deleted: photos of receipts are kept for 90 days."),
    ],
)
async def test_the_page_says_that_the_photo_was_deleted(
    site: Site, browser: aiohttp.ClientSession, language: str, gone: str
) -> None:
    """What was bought and paid is still there, and 90 days are not how long it took."""
    reading = await keep_reading(site.attachments, site.vault, "somebody")
    await tell_paid(site.store, "r1", reading=reading)
    await site.shown()
    address = f"/intake/receipts/r1?lang={language}"
    before = await page(site, browser, address)
    assert gone not in before
    assert "/media/receipts/r1" in before
    data = "/intake/receipts/r1.json"
    took = (await (await browser.get(f"{site.url}{data}")).json())["milliseconds"]

    late = a_store(site.pool, clock=lambda: now_utc() + KEPT + timedelta(days=1))
    story = await late.read_stream(append_of("receipt-r1").stream)
    expired = append_of("receipt-r1", PhotoExpired(), expected=story[-1].version)
    await late.append(expired, context=CONTEXT)
    await site.shown()

    after = await page(site, browser, address)
    assert gone in after
    assert "/media/receipts/r1" not in after
    assert "Цитрамон" in after
    assert (await (await browser.get(f"{site.url}{data}")).json())["milliseconds"] == took
    async with browser.get(f"{site.url}/media/receipts/r1") as picture:
        assert picture.status == 404
