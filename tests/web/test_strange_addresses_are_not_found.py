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
