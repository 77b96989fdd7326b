"""Addresses that name nothing: told as such, in words that fit what was asked for."""

import aiohttp
import pytest

from tests.web.conftest import Site
from tests.web.test_a_photo_is_sent_from_a_browser import a_form, sent


@pytest.mark.parametrize(
    "path",
    [
        "/intake/receipts/a%00b",
        "/intake/receipts/a%00b.json",
        "/media/receipts/a%00b",
        "/intake/live?receipt=a%00b",
        "/intake/live?receipt=",
        "/static/a%00b",
        f"/intake/receipts/{'a' * 65}",
    ],
)
async def test_what_can_be_no_receipt_is_not_found(
    site: Site, browser: aiohttp.ClientSession, path: str
) -> None:
    """Not even PostgreSQL's text takes every letter: such an address fails nowhere inside."""
    async with browser.get(site.url + path) as answer:
        assert answer.status == 404


async def test_a_form_with_odd_letters_is_the_senders_mistake(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """An upload's name is the form's own, and so is what somebody else wrote there."""
    status, told = await sent(site, browser, a_form(upload="a\0b"))
    assert status < 500, told


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.css", "/intake/nothing"])
async def test_an_unknown_address_is_told_apart_from_an_unknown_receipt(
    site: Site, browser: aiohttp.ClientSession, path: str
) -> None:
    """Only whoever asked for a receipt hears why it may not be there yet."""
    english = {"Accept-Language": "en"}
    async with browser.get(site.url + path, headers=english) as answer:
        assert answer.status == 404
        assert "eceipt" not in (await answer.text()).split("<main")[1]
    async with browser.get(f"{site.url}/intake/receipts/unknown", headers=english) as answer:
        assert answer.status == 404
        assert "The receipt may belong to another browser" in await answer.text()
