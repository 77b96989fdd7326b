"""Portmone's callbacks: the authentic ones become facts, the others leave nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import CallbackReceived
from eventstore.pool import open_pool
from tests.story import a_store
from tests.web.conftest import OLD_TOKEN, TOKEN, OpenSite, Site, a_site_like
from web.webhooks import CALLBACK_BYTES_MAX, CallbackUnreadable, parse_callback

CALLBACK = (
    b'<?xml version="1.0" encoding="UTF-8"?><rsp status="ok"><bill><billId>12345</billId>'
    b"<contractNumber>380670000001</contractNumber><amount>1.00</amount>"
    b"<comment>a-payout</comment></bill></rsp>"
)
BOMB = (
    b'<!DOCTYPE rsp [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b'<rsp status="ok"><billId>&b;</billId></rsp>'
)


async def post(
    site: Site, browser: aiohttp.ClientSession, body: object, token: str | None = TOKEN
) -> int:
    """Deliver a callback and return the status of the answer."""
    headers = {} if token is None else {"X-Portmone-Token": token}
    url = f"{site.url}/portmone/webhook"
    async with browser.post(url, data=body, headers=headers) as answer:
        return answer.status


async def callbacks(site: Site) -> list[CallbackReceived]:
    """Return every callback that became a fact."""
    await site.shown()
    log = await site.store.read_log(after=0, limit=1000)
    return [fact.event for fact in log if fact.type == "CallbackReceived"]


async def test_an_authentic_callback_is_recorded_with_its_fields(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """What Portmone said stands in the log before anything is concluded from it."""
    assert await post(site, browser, CALLBACK) == 200
    (fact,) = await callbacks(site)
    assert (fact.bill, fact.status, fact.amount_kopecks) == ("12345", "ok", 100)
    assert (fact.comment, fact.error_code) == ("a-payout", None)
    assert fact.phone_fingerprint == await site.vault.fingerprint("380670000001")


async def test_portmone_hears_ok_in_its_own_words(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The answer is XML, as everything Portmone speaks."""
    url, headers = f"{site.url}/portmone/webhook", {"X-Portmone-Token": TOKEN}
    async with browser.post(url, data=CALLBACK, headers=headers) as answer:
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert await answer.text() == '<rsp status="ok"/>'


@pytest.mark.parametrize(
    ("token", "status"),
    [(TOKEN, 200), (OLD_TOKEN, 200), ("wrong", 401), ("", 401), (None, 401), ("токен", 401)],
)
async def test_only_a_configured_token_opens(
    site: Site, browser: aiohttp.ClientSession, token: str | None, status: int
) -> None:
    """Two tokens open while one is being replaced; nothing else does."""
    assert await post(site, browser, CALLBACK, token) == status
    assert len(await callbacks(site)) == (status == 200)


async def test_without_a_configured_token_every_callback_is_refused(
    open_site: OpenSite, browser: aiohttp.ClientSession
) -> None:
    """A forgotten setting must not open the door."""
    site = await open_site()
    assert await post(site, browser, CALLBACK, "") == 503
    assert await post(site, browser, CALLBACK, None) == 503
    assert await callbacks(site) == []


async def test_the_same_callback_again_is_the_same_fact(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Portmone repeats itself; twenty deliveries at once leave one fact and hear ok."""
    answers = await asyncio.gather(*(post(site, browser, CALLBACK) for _ in range(20)))
    assert set(answers) == {200}
    assert len(await callbacks(site)) == 1


@pytest.mark.parametrize(
    "body",
    [BOMB, b"", b"hello", b"<rsp", b'<rsp status="ok"/>', b'<rsp status="maybe"><billId>1</billId>'
     b"</rsp>", b'<bill status="ok"><billId>1</billId></bill>', b"\xff\xfe\x00",
     b'<?xml version="1.0" encoding="no-such"?><rsp status="ok"><billId>1</billId></rsp>'],
)  # fmt: skip
async def test_what_is_not_a_callback_is_refused_and_not_kept(
    site: Site, browser: aiohttp.ClientSession, body: bytes
) -> None:
    """Hostile and broken XML costs an answer and nothing more."""
    assert await post(site, browser, body) == 400
    assert await callbacks(site) == []


async def test_an_oversized_callback_is_refused_by_its_announced_length(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Over 64 KB is not a callback."""
    assert await post(site, browser, b"x" * (CALLBACK_BYTES_MAX + 1)) == 413


async def test_an_oversized_callback_is_refused_while_it_streams(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A body without a length is cut off as soon as it is too long."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * (CALLBACK_BYTES_MAX // 4)

    assert await post(site, browser, endless()) == 413
    assert await callbacks(site) == []


async def test_portmone_is_asked_to_come_again_while_the_log_is_away(
    site: Site, browser: aiohttp.ClientSession, database_url: str
) -> None:
    """Nothing is acknowledged that is not written down."""
    gone = await open_pool(database_url, size=1, name="test-gone")
    await gone.close()
    async with a_site_like(site, store=a_store(gone)) as url:
        assert await post(replace(site, url=url), browser, CALLBACK) == 503
    assert await callbacks(site) == []


async def test_a_refusal_is_logged_without_body_or_token(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The line says why; what was sent may be somebody's secret."""
    with capture_logs() as lines:
        await post(site, browser, CALLBACK, "a-guess")
    assert [line["why"] for line in lines if line["event"] == "callback.refused"] == ["wrong_token"]
    assert "a-guess" not in str(lines)
    assert "380670000001" not in str(lines)


@pytest.mark.parametrize(
    ("written", "kopecks"),
    [("1.00", 100), ("1", 100), ("1,50", 150), ("0.005", None), ("NaN", None), ("-", None),
     ("1e999999", None), ("99999999999", None)],
)  # fmt: skip
def test_an_amount_is_exact_kopecks_or_nothing(written: str, kopecks: int | None) -> None:
    """Money is never rounded, and nonsense never becomes money."""
    body = f'<rsp status="ok"><billId>1</billId><amount>{written}</amount></rsp>'
    assert parse_callback(body.encode()).amount_kopecks == kopecks


def test_a_refusal_of_portmone_keeps_its_code() -> None:
    """Why Portmone did not pay is part of the fact."""
    body = b'<rsp status="fail"><billId>1</billId><error code="17">No money</error></rsp>'
    callback = parse_callback(body)
    assert (callback.status, callback.error_code) == ("fail", "17")


@pytest.mark.parametrize("bill", ["", " ", "1 2", "../1", "x" * 65])
def test_a_bill_that_cannot_be_one_is_no_callback(bill: str) -> None:
    """The bill names a stream: only an id may do so."""
    with pytest.raises(CallbackUnreadable):
        parse_callback(f'<rsp status="ok"><billId>{bill}</billId></rsp>'.encode())
