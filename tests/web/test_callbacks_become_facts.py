"""Portmone's callbacks: the authentic ones become facts, the others leave nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from eventstore.catalogue import CallbackReceived
from eventstore.pool import open_pool
from tests.story import a_store
from tests.web.conftest import OLD_TOKEN, TOKEN, OpenSite, Site, a_site_like
from web.webhooks import CALLBACK_BYTES_MAX, CallbackUnreadable, parse_callback

PAYOUT = "11111111-1111-5111-8111-111111111111"
CALLBACK = (
    '<?xml version="1.0" encoding="UTF-8"?><rsp status="ok"><bill><billId>12345</billId>'
    "<contractNumber>380670000001</contractNumber><amount>1.00</amount>"
    f"<comment>{PAYOUT}</comment></bill></rsp>"
).encode()
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
    assert (fact.comment, fact.error_code) == (PAYOUT, None)
    assert fact.unusable == []
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


def told(*fields: tuple[str, str], status: str = "ok") -> bytes:
    """Return a callback about bill 1 with ``fields`` beside it."""
    written = "".join(f"<{name}>{text}</{name}>" for name, text in fields)
    return f'<rsp status="{status}"><billId>1</billId>{written}</rsp>'.encode()


@pytest.mark.parametrize(
    ("written", "kopecks"), [("1.00", 100), (" 1 ", 100), ("1,50", 150), ("0.5", 50), ("0", 0)]
)
def test_an_amount_is_exact_kopecks(written: str, kopecks: int) -> None:
    """Hryvnias come out as whole kopecks."""
    callback = parse_callback(told(("amount", written)))
    assert (callback.amount_kopecks, callback.unusable) == (kopecks, ())


@pytest.mark.parametrize(
    "written",
    ["0.005", "0.999", "1.005", "1,000", "NaN", "-", "-1.00", "+1", "one", "1e2", "1_0", "1 000",
     "1e999999", "1000000", "99999999999", "١", "1<b/>.005", "1.00</amount><amount>2.00"],
)  # fmt: skip
def test_an_amount_that_makes_no_sense_is_not_a_missing_one(written: str) -> None:
    """Money is never rounded or guessed: it is said that something strange stood there."""
    callback = parse_callback(told(("amount", written)))
    assert (callback.amount_kopecks, callback.unusable) == (None, ("amount",))


@pytest.mark.parametrize("written", [(), (("amount", ""),), (("amount", "  "),)])
def test_an_amount_that_was_left_out_is_missing(written: tuple[tuple[str, str], ...]) -> None:
    """Nothing was said about money, so nothing strange was."""
    callback = parse_callback(told(*written))
    assert (callback.amount_kopecks, callback.unusable) == (None, ())


@pytest.mark.parametrize(
    ("currency", "usable"),
    [("UAH", True), (" uah ", True), ("980", True), ("USD", False), ("840", False),
     ("UAH</currency><currency>USD", False)],
)  # fmt: skip
def test_an_amount_in_another_currency_is_not_ours(currency: str, usable: bool) -> None:
    """One dollar is not one hryvnia, which has a number as well: statements say either, too."""
    callback = parse_callback(told(("amount", "1.00"), ("currency", currency)))
    assert (callback.amount_kopecks == 100) == usable
    assert callback.unusable == (() if usable else ("amount",))


@pytest.mark.parametrize(
    ("number", "unusable"),
    [(("380670000001",), []), (("+380 67 000 00 01",), []), ((), []), (("442223344",), ["phone"]),
     (("x" * 5_000,), ["phone"]), (("380670000001", "380670000002"), ["phone"])],
)  # fmt: skip
async def test_a_number_that_is_no_phone_is_told_from_a_missing_one(
    site: Site, browser: aiohttp.ClientSession, number: tuple[str, ...], unusable: list[str]
) -> None:
    """A landline, an essay or two numbers: the fact says that it cannot be used."""
    body = told(*(("contractNumber", each) for each in number))
    assert await post(site, browser, body) == 200
    (fact,) = await callbacks(site)
    assert fact.unusable == unusable
    assert (fact.phone_fingerprint is None) == (unusable != [] or not number)


@pytest.mark.parametrize(
    ("comment", "kept"),
    [(PAYOUT, PAYOUT), (f" {PAYOUT.upper()} ", PAYOUT), ("", None), ("thanks", None),
     ("top up 380670000001", None), (f"for {PAYOUT}", None), ("380670000001" * 3, None),
     (PAYOUT.replace("-", ""), None)],
)  # fmt: skip
def test_only_a_payout_id_is_kept_of_a_comment(comment: str, kept: str | None) -> None:
    """Whatever else stands there is somebody's words: they stay in the sealed body."""
    assert parse_callback(told(("comment", comment))).comment == kept


@pytest.mark.parametrize(
    ("error", "code"),
    [('<error code="17">No money</error>', "17"), ("<error>E-102</error>", "E-102"), ("", None),
     ('<error code="NO_MONEY"/>', "NO_MONEY"), ("<error>no money left</error>", None),
     ("<error>number 380670000001 is blocked</error>", None), ("<error/>", None),
     ('<error code="380670000001"/>', None), ("<error>067-000-00-01</error>", None)],
)  # fmt: skip
def test_a_refusal_of_portmone_keeps_its_code_and_no_words(error: str, code: str | None) -> None:
    """Why Portmone did not pay is part of the fact; a sentence may name somebody's phone."""
    body = f'<rsp status="fail"><billId>1</billId>{error}</rsp>'
    callback = parse_callback(body.encode())
    assert (callback.status, callback.error_code) == ("fail", code)


async def test_no_phone_stands_in_the_log_whatever_portmone_writes(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Comment, error and number name a phone in clear: the fact does not."""
    body = told(
        ("contractNumber", "380670000001"),
        ("comment", "top up 380670000001"),
        ("error", "number 380670000001 is blocked"),
        status="fail",
    )
    assert await post(site, browser, body) == 200
    (fact,) = await callbacks(site)
    assert "670000001" not in repr(fact)


@pytest.mark.parametrize("bill", ["", " ", "1 2", "../1", "x" * 65, "1</billId><billId>2"])
def test_a_bill_that_cannot_be_one_is_no_callback(bill: str) -> None:
    """The bill names a stream: only an id may do so."""
    with pytest.raises(CallbackUnreadable):
        parse_callback(f'<rsp status="ok"><billId>{bill}</billId></rsp>'.encode())
