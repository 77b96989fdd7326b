"""The page of a receipt, its data and its picture: what they show, in which language, to whom."""

import aiohttp
import msgspec
import pytest
from msgspec.structs import replace

from eventstore.catalogue import (
    PayoutAttempted,
    PayoutContradicted,
    PayoutOutcomeUnknown,
    ReceiptCorrected,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptUnreadable,
)
from eventstore.identity import BillId, ReceiptId, Sha256, payout_of
from tests.story import CONTEXT, append_of
from tests.web.conftest import OpenSite, Site
from tests.web.stories import (
    PICTURE,
    WORDS,
    keep_reading,
    read,
    tell_acceptance,
    tell_paid,
    tell_reading,
    tell_rejection,
    tell_upload,
)


async def page(site: Site, browser: aiohttp.ClientSession, path: str, language: str = "") -> str:
    """Return a page's HTML."""
    headers = {"Accept-Language": language}
    async with browser.get(site.url + path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.parametrize(
    ("header", "path", "said"),
    [
        ("", "/intake", "Фото чека → гривня на телефон"),
        ("de", "/intake", "Фото чека → гривня на телефон"),
        ("ru-RU,ru;q=0.9,uk;q=0.8", "/intake", "Фото чека → гривна на телефон"),
        ("en-GB;q=0.5, de", "/intake", "A receipt photo → a hryvnia on your phone"),
        ("ru", "/intake?lang=en", "A receipt photo → a hryvnia on your phone"),
        ("en;q=broken", "/intake?lang=xx", "Фото чека → гривня на телефон"),
    ],
)
async def test_a_visitor_is_spoken_to_in_a_language_of_ours(
    site: Site, browser: aiohttp.ClientSession, header: str, path: str, said: str
) -> None:
    """By link, else by the browser's wish, else in Ukrainian."""
    assert said in await page(site, browser, path, header)


async def test_a_chosen_language_stays(site: Site, browser: aiohttp.ClientSession) -> None:
    """The link is needed once."""
    await page(site, browser, "/intake?lang=en", "ru")
    assert '<html lang="en">' in await page(site, browser, "/intake", "ru")


@pytest.mark.parametrize(
    ("language", "title", "money"),
    [("uk", "1,00\u00a0₴ уже на телефоні", "1\u00a0234,50\u00a0₴"),
     ("ru", "1,00\u00a0₴ уже на телефоне", "1\u00a0234,50\u00a0₴"),
     ("en", "1.00\u00a0₴ is on your phone", "1\u00a0234.50\u00a0₴")],
)  # fmt: skip
async def test_a_paid_receipt_shows_its_bonus_fields_and_whole_story(
    site: Site, browser: aiohttp.ClientSession, language: str, title: str, money: str
) -> None:
    """The verdict, what was read, each fact with its id, and the ids to ask support about."""
    await tell_paid(site.store, "r1", bill="700")
    await site.shown()
    html = await page(site, browser, f"/intake/receipts/r1?lang={language}")
    assert title in html
    assert money in html
    assert "22.11.2026 19:42" in html
    assert payout_of(ReceiptId("r1")) in html
    for fact in await site.store.read_log(after=0, limit=100):
        assert str(fact.event_id) in html
    assert "SEALED-PHONE" not in html
    assert "PHONE-FINGERPRINT" not in html


async def test_the_words_read_are_drawn_over_the_photo(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Each word at its place, coloured by confidence, harmless whatever it says."""
    reading = await keep_reading(site.attachments, site.vault, "somebody")
    await tell_paid(site.store, "r1", reading=reading)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1")
    assert 'class="word sure" x="0.1" y="0.2" width="0.4" height="0.02"' in html
    assert 'class="word unsure"' in html
    assert "&lt;№10&gt; · 31\u00a0%" in html
    assert '<rect class="line darnitsa" data-item="1"' in html
    async with browser.get(f"{site.url}/media/receipts/r1") as picture:
        assert await picture.read() == PICTURE
        assert picture.headers["Content-Type"] == "image/jpeg"


async def test_a_total_says_who_read_it_and_how_surely(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A person sees why it is believed."""
    await tell_paid(site.store, "r1")
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1?lang=en")
    said = ("from the QR code", "from the text", "from a second reading", "98\u00a0%")
    assert " ".join(f'<span class="source">{each}</span>' for each in said) in html


async def test_what_a_person_corrected_is_shown_as_theirs(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Lines and number as they are printed, and who says so; the misreading stays in the story."""
    await tell_upload(site.store, "r1")
    await tell_reading(site.store, "r1")
    item = replace(read().items[0], name="Валідол-Дарниця", confidence=1.0, place=None)
    corrected = ReceiptCorrected(
        reviewer="olha", reason="glare", items=[item], receipt_number="77777"
    )
    await site.store.append(append_of("receipt-r1", corrected, expected=1), context=CONTEXT)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1?lang=en")
    assert "Валідол-Дарниця" in html
    assert "77777" in html
    assert '<span class="source">from a person</span>' in html
    assert "A person corrected the reading" in html


async def test_words_of_older_readings_are_drawn_too(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """They were kept as a bare list."""
    old = msgspec.json.encode(WORDS)
    reading = await keep_reading(site.attachments, site.vault, "somebody", words=old)
    await tell_paid(site.store, "r1", reading=reading)
    await site.shown()
    assert 'class="word sure"' in await page(site, browser, "/intake/receipts/r1")


async def test_words_that_are_gone_leave_the_page_whole(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Words are an attachment, which may be deleted; the story stays."""
    await tell_paid(site.store, "r1", reading=read(words=Sha256("1" * 64)))
    await site.shown()
    assert "Прочитані слова вже не зберігаються" in await page(site, browser, "/intake/receipts/r1")
    async with browser.get(f"{site.url}/media/receipts/r1") as picture:
        assert picture.status == 404


async def test_a_refusal_says_why_and_what_to_do(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """In plain words, without a code in the sentence."""
    await tell_rejection(site.store, "r1", "too_old")
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1")
    assert "Від дня покупки минуло забагато часу для бонусу." in html
    assert "Бонус діє для нещодавніх покупок: надсилайте чек протягом кількох днів." in html


async def test_a_paper_that_was_used_shows_what_the_bonus_was_for(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The refusal names no item; the receipt that has the bonus does, in its own reading."""
    await tell_paid(site.store, "r1")
    await tell_upload(site.store, "r2", "another")
    told = read()
    other_case = replace(told.items[0], name=told.items[0].name.upper())
    reading = replace(told, items=[other_case, *told.items[1:]])
    refused = ReceiptRejected(reason="already_used", used_by=ReceiptId("r1"), rules="test/1")
    append = append_of("receipt-r2", reading, refused, expected=0)
    await site.store.append(append, context=CONTEXT)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r2")
    assert 'data-item="1" class="darnitsa"' in html
    assert 'data-item="2" class="darnitsa"' not in html


async def test_each_reason_of_a_referral_is_told(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A receipt may wait for a person for several reasons at once."""
    await tell_upload(site.store, "r1")
    referred = ReceiptReferred(reasons=["no_total", "low_confidence"], rules="test/1")
    append = append_of("receipt-r1", read(), referred, expected=0)
    await site.store.append(append, context=CONTEXT)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1")
    assert "Не вдалося прочитати суму чека." in html
    assert "Чек прочитано невпевнено." in html


async def test_an_unknown_payout_says_what_is_known(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Why nobody knows, that nothing is paid twice, and what does not match, all in words."""
    await tell_upload(site.store, "r1")
    await tell_reading(site.store, "r1")
    payout = await tell_acceptance(site.store, "r1")
    facts = (
        PayoutAttempted(step="pay", attempt=1),
        PayoutContradicted(bill=BillId("700"), about="amount"),
        PayoutOutcomeUnknown(step="pay", cause="http_502"),
    )
    append = append_of(f"payout-{payout}", *facts, expected=0)
    await site.store.append(append, context=CONTEXT)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1?lang=en")
    assert "Portmone answered with an error" in html
    assert "We do not pay again until we know for sure." in html
    assert "<span>another amount</span>" in html
    assert "<span>try 1</span>" in html


async def test_a_photo_that_is_none_has_a_page_too(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Nothing was decoded: no picture, but the reason and the next step."""
    await tell_upload(site.store, "r1")
    append = append_of("receipt-r1", ReceiptUnreadable(reason="truncated"), expected=0)
    await site.store.append(append, context=CONTEXT)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1")
    assert "Файл обірвано" in html
    assert "/media/receipts/" not in html


async def test_the_same_as_data(site: Site, browser: aiohttp.ClientSession) -> None:
    """A script reads the state, the stages with their times, the fields and the facts."""
    await tell_paid(site.store, "r1", bill="700")
    await site.shown()
    async with browser.get(f"{site.url}/intake/receipts/r1.json") as answer:
        told = await answer.json()
    assert (told["state"], told["final"], told["bill"]) == ("paid", True, "700")
    assert [stage["look"] for stage in told["stages"]] == ["done"] * 4
    assert told["reading"]["total_kopecks"] == 123_450
    assert told["steps"][0]["type"] == "ReceiptUploaded"
    assert told["steps"][-1]["type"] == "PayoutConfirmed"


@pytest.mark.parametrize("path", ["/intake/receipts/r1", "/intake/receipts/r1.json",
                                  "/media/receipts/r1"])  # fmt: skip
async def test_outside_the_demo_a_receipt_is_its_shoppers_alone(
    open_site: OpenSite, browser: aiohttp.ClientSession, path: str
) -> None:
    """Somebody else's receipt does not exist, not even its picture."""
    site = await open_site(intake_enabled=True, sandbox=True)
    name = "0123456789abcdef" * 2
    mine = await site.vault.shopper_id(f"web:{name}")
    reading = await keep_reading(site.attachments, site.vault, mine)
    await tell_paid(site.store, "r1", shopper=mine, reading=reading)
    await site.shown()
    async with browser.get(site.url + path) as answer:
        assert answer.status == 404
    async with browser.get(site.url + path, cookies={"browser": name}) as answer:
        assert answer.status == 200


async def test_the_demo_lists_own_receipts_apart_from_everybodys(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """One finds one's own at once, and can look at the samples."""
    name = "0123456789abcdef" * 2
    mine = await site.vault.shopper_id(f"web:{name}")
    await tell_paid(site.store, "mine", shopper=mine, bill="1")
    await tell_rejection(site.store, "sample", "no_darnitsa_item")
    await site.shown()
    async with browser.get(f"{site.url}/intake", cookies={"browser": name}) as answer:
        own, others = (await answer.text()).split('data-part="others"')
    assert "/intake/receipts/mine" in own
    assert "/intake/receipts/sample" in others
    assert "/intake/receipts/mine" not in others


async def test_outside_the_demo_nobody_sees_anothers_list(
    open_site: OpenSite, browser: aiohttp.ClientSession
) -> None:
    """Without the demo's switch only own receipts are listed."""
    site = await open_site(intake_enabled=True, sandbox=True)
    await tell_rejection(site.store, "sample", "no_darnitsa_item")
    await site.shown()
    assert "/intake/receipts/sample" not in await page(site, browser, "/intake")


@pytest.mark.parametrize(("sandbox", "said"), [(True, True), (False, False)])
async def test_the_sandbox_says_so_on_every_page(
    open_site: OpenSite, browser: aiohttp.ClientSession, *, sandbox: bool, said: bool
) -> None:
    """Nobody may take the sandbox for money."""
    site = await open_site(intake_enabled=True, sandbox=sandbox)
    assert ("без справжніх грошей" in await page(site, browser, "/intake")) is said
