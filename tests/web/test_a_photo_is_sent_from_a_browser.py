"""Sending a photo: with and without script, what is recorded, what is refused and how."""

import asyncio
import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from eventstore.attachments import photo_key
from eventstore.catalogue import (
    ConsentGiven,
    PhoneShared,
    PhotoSeen,
    PolicyAdopted,
    ReceiptUploaded,
)
from eventstore.identity import sha256_of
from handlers.people import photos
from tests.web.conftest import OpenSite, Site
from web.intake import FORM_BYTES_MAX, PHOTO_BYTES_MAX, UPLOADS_MAX
from web.language import CODES, Code, load_languages

PHOTO = b"\xff\xd8\xff\xe0 bytes of a photo"
SCRIPT = {"Accept": "application/json", "Accept-Language": "en"}


def a_form(
    photo: bytes = PHOTO,
    *,
    bytes_more: int = 0,
    consent: bool = True,
    phone: str = "38067 000 00 01",
    upload: str = "u",
) -> aiohttp.FormData:
    """Return the form as the page sends it, the photo longer by ``bytes_more``."""
    form = aiohttp.FormData()
    form.add_field("upload_id", upload)
    form.add_field("phone", phone)
    if consent:
        form.add_field("consent", "yes")
    form.add_field(
        "photo",
        BytesIO(photo + bytes(bytes_more)),
        filename="receipt.jpg",
        content_type="image/jpeg",
    )
    return form


async def first_visit(site: Site, browser: aiohttp.ClientSession) -> None:
    """Open the page, as a browser does before it sends anything."""
    async with browser.get(f"{site.url}/intake") as answer:
        assert answer.status == 200


async def sent(
    site: Site, browser: aiohttp.ClientSession, form: aiohttp.FormData
) -> tuple[int, dict[str, str]]:
    """Send a form as the page's script does; return the status and what was told."""
    url = f"{site.url}/intake/photos"
    async with browser.post(url, data=form, headers=SCRIPT) as answer:
        return answer.status, await answer.json()


async def events(site: Site) -> list[object]:
    """Return every fact in the log but the policy, which a new log adopts by itself."""
    await site.shown()
    told = [fact.event for fact in await site.store.read_log(after=0, limit=1000)]
    return [event for event in told if not isinstance(event, PolicyAdopted)]


async def test_looking_records_nothing(site: Site, browser: aiohttp.ClientSession) -> None:
    """A visitor who only looks leaves no fact, and gets a name no script can read."""
    async with browser.get(f"{site.url}/intake") as answer:
        assert answer.status == 200
        cookie = answer.cookies["browser"]
    assert len(cookie.value) == 32
    assert (cookie["httponly"], cookie["samesite"]) == (True, "lax")
    assert await events(site) == []


async def test_a_photo_becomes_a_receipt_of_this_browser(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Consent, phone and photo are recorded, for a shopper made from the browser's cookie."""
    await first_visit(site, browser)
    status, told = await sent(site, browser, a_form())
    assert status == 201
    consent, phone, seen, upload = await events(site)
    assert isinstance(consent, ConsentGiven)
    assert isinstance(phone, PhoneShared)
    assert isinstance(upload, ReceiptUploaded)
    assert seen == PhotoSeen(receipt=upload.receipt, shopper=upload.shopper)
    (name,) = [cookie.value for cookie in browser.cookie_jar if cookie.key == "browser"]
    assert upload.shopper == await site.vault.shopper_id(f"web:{name}")
    assert (upload.receipt, upload.source) == (told["receipt"], "web")
    assert await site.attachments.get(photo_key(upload.shopper, sha256_of(PHOTO))) == PHOTO


async def test_the_page_of_the_receipt_is_there_at_once(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Whoever sends a form without script is led to a page that exists."""
    async with browser.post(f"{site.url}/intake/photos", data=a_form()) as answer:
        assert answer.status == 200
        assert answer.history[0].status == 303
        assert "/intake/receipts/" in str(answer.url)
        assert "Читаємо чек" in await answer.text()


async def test_the_consent_recorded_is_the_text_that_was_shown(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The hash in the fact is that of the very sentence on the page."""
    async with browser.get(f"{site.url}/intake?lang=ru") as answer:
        page = await answer.text()
    assert (await sent(site, browser, a_form()))[0] == 201
    consent = (await events(site))[0]
    assert isinstance(consent, ConsentGiven)
    shown = page.split('name="consent"')[1].split("<span>")[1].split("</span>")[0]
    assert consent.text_sha256 == sha256_of(shown.encode())
    assert consent.locale == "ru"


async def test_the_same_form_twice_is_one_receipt(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """An impatient second press sends the same upload id: nothing happens twice."""
    await first_visit(site, browser)
    for _ in range(2):
        assert (await sent(site, browser, a_form()))[0] == 201
    assert len(await events(site)) == 4


async def test_each_browser_is_offered_a_number_of_its_own(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """One number for all would soon be that of many accounts, which a person must look at."""
    offered = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as another:
        for visitor in (browser, browser, another):
            async with visitor.get(f"{site.url}/intake") as answer:
                offered += re.findall(r'id="phone".* value="([^"]+)"', await answer.text())
    first, again, other = offered
    assert first == again != other
    assert (await sent(site, browser, a_form(phone=first)))[0] == 201


async def test_a_second_photo_asks_for_nothing_again(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Consent and phone are remembered: the page does not show them, the photo is enough."""
    assert (await sent(site, browser, a_form()))[0] == 201
    async with browser.get(f"{site.url}/intake") as page:
        assert 'name="consent"' not in await page.text()
    form = a_form(consent=False, phone="", upload="second")
    assert (await sent(site, browser, form))[0] == 201


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"photo": b""}, 400, "empty"),
        ({"photo": b"hello"}, 415, "not_an_image"),
        ({"bytes_more": PHOTO_BYTES_MAX}, 413, "too_large"),
        ({"bytes_more": FORM_BYTES_MAX}, 413, "too_large"),
        ({"consent": False}, 400, "no_consent"),
        ({"phone": ""}, 400, "no_phone"),
        ({"phone": "hello"}, 400, "not_a_number"),
        ({"phone": "+48 500 000 000"}, 400, "not_ukrainian"),
        ({"phone": "044 200 00 00"}, 400, "not_mobile"),
        ({"phone": "091 000 00 01"}, 400, "unsupported_operator"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_what_to_do(
    site: Site,
    browser: aiohttp.ClientSession,
    fields: dict[str, Any],
    status: int,
    error: str,
) -> None:
    """A script gets a code, a person a sentence; no receipt comes into being."""
    answered, told = await sent(site, browser, a_form(**fields))
    assert (answered, told["error"]) == (status, error)
    assert told["title"]
    assert told["todo"]
    assert not [event for event in await events(site) if isinstance(event, ReceiptUploaded)]


async def test_a_person_without_script_sees_the_refusal_as_a_page(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """In the visitor's language, in the house look, with the way back."""
    data, headers = a_form(b"hello"), {"Accept-Language": "uk"}
    url = f"{site.url}/intake/photos"
    async with browser.post(url, data=data, headers=headers) as answer:
        assert answer.status == 415
        page = await answer.text()
    assert "Це не фото" in page
    assert 'href="/intake"' in page


async def test_an_endless_body_is_cut_off(site: Site, browser: aiohttp.ClientSession) -> None:
    """What has no announced length is refused once it is over the limit, not kept."""

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(12):
            yield b"0" * 2**20

    headers = {**SCRIPT, "Content-Type": "multipart/form-data; boundary=x"}
    url = f"{site.url}/intake/photos"
    async with browser.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413


def test_the_page_promises_what_the_command_takes() -> None:
    """One limit for a photo, at every edge."""
    assert PHOTO_BYTES_MAX == photos.PHOTO_BYTES_MAX


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_broken_form_is_the_senders_mistake(
    site: Site, browser: aiohttp.ClientSession, kind: str
) -> None:
    """Garbage instead of a form is told as such, not as a failure of ours."""
    headers = {**SCRIPT, "Content-Type": kind}
    url = f"{site.url}/intake/photos"
    async with browser.post(url, data=b"garbage", headers=headers) as answer:
        assert answer.status == 400


async def test_another_site_cannot_send_for_a_visitor(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A form on somebody else's page is refused before it is read."""
    headers = {**SCRIPT, "Sec-Fetch-Site": "cross-site"}
    url = f"{site.url}/intake/photos"
    async with browser.post(url, data=a_form(), headers=headers) as answer:
        assert answer.status == 403
    assert await events(site) == []


@pytest.mark.parametrize("code", CODES)
async def test_who_sends_too_many_photos_hears_when_to_come_back(
    site: Site, browser: aiohttp.ClientSession, code: Code
) -> None:
    """The sixth within a minute hears 429, in their language; an earlier one again does not."""
    await first_visit(site, browser)
    for number in range(5):
        assert (await sent(site, browser, a_form(upload=str(number))))[0] == 201
    assert (await sent(site, browser, a_form(upload="0")))[0] == 201
    url = f"{site.url}/intake/photos"
    headers = {**SCRIPT, "Accept-Language": code}
    async with browser.post(url, data=a_form(upload="5"), headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
        told = await answer.json()
    assert load_languages()[code]("upload.too_many.title") in told.values()


async def test_uploads_beyond_what_memory_allows_are_asked_to_wait(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """One upload too many hears 429 and when to come back; the others go on."""
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"--x\r\n"
        await go_on.wait()

    url = f"{site.url}/intake/photos"
    headers = {**SCRIPT, "Content-Type": "multipart/form-data; boundary=x"}
    sending = [
        asyncio.create_task(browser.post(url, data=slow(), headers=headers).__aenter__())
        for _ in range(UPLOADS_MAX + 1)
    ]
    (sent_away,), _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    assert sent_away.result().status == 429
    assert sent_away.result().headers["Retry-After"]
    go_on.set()
    answers = [(await answered).status for answered in sending]
    assert sorted(answers) == [400] * UPLOADS_MAX + [429]
    for answered in sending:
        answered.result().release()


async def test_where_money_can_move_there_is_no_intake(
    open_site: OpenSite, browser: aiohttp.ClientSession
) -> None:
    """Outside the demo the page, its form and its pictures do not exist."""
    site = await open_site()
    for path in ("/", "/intake", "/intake/live", "/intake/receipts/r", "/media/receipts/r"):
        async with browser.get(site.url + path) as answer:
            assert answer.status == 404
    async with browser.post(f"{site.url}/intake/photos", data=a_form()) as answer:
        assert answer.status == 404
