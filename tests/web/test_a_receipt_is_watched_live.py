"""Server-sent events: news come as they happen, and streams end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec

from eventstore.identity import ReceiptId, notices_stream
from eventstore.store import now_utc
from tests.projections.staff import tell
from tests.story import a_store
from tests.web.chatting import Outcome, notified
from tests.web.conftest import OpenSite, Site
from tests.web.stories import (
    tell_acceptance,
    tell_paid,
    tell_payment,
    tell_reading,
    tell_rejection,
    tell_upload,
)
from tests.web.test_pages_tell_a_receipt import page
from web.live import STREAMS_MAX
from web.receipts import TOLD_SECONDS_MAX

#: On a page that follows news of its receipt.
LIVE = 'data-live="/intake/live?receipt=r1"'


class Stream:
    """The events of one open stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> tuple[str, Any]:
        """Return kind and data of the next event; ("", None) when the stream ended."""
        kind = ""
        while line := await self._answer.content.readline():
            name, _, value = line.decode().strip().partition(": ")
            if name == "event":
                kind = value
            if name == "data":
                return kind, msgspec.json.decode(value)
        return "", None

    async def until(self, state: str) -> tuple[str, Any]:
        """Return the first event in which the receipt is in ``state``."""
        while True:
            kind, data = await self.next()
            if data is None or data["state"] == state:
                return kind, data


@asynccontextmanager
async def following(
    site: Site, browser: aiohttp.ClientSession, query: str
) -> AsyncIterator[Stream]:
    """Open a stream of news."""
    async with browser.get(f"{site.url}/intake/live{query}") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Stream(answer)


async def test_each_step_arrives_and_the_last_one_ends_the_stream(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """From the photo to the money without asking again."""
    await tell_upload(site.store, "r1")
    async with following(site, browser, "?receipt=r1") as stream:
        assert (await stream.until("uploaded"))[0] == "news"
        await tell_reading(site.store, "r1")
        _, told = await stream.until("read")
        assert told["reading"]["merchant"] == 'ТОВ "Аптека-Зразок"'
        payout = await tell_acceptance(site.store, "r1")
        await tell_payment(site.store, payout, "700")
        assert (await stream.until("paid"))[0] == "news"
        await tell_notice(site, "receipt.paid")
        kind, told = await stream.next()
        assert (kind, told["final"]) == ("end", True)
        assert await stream.next() == ("", None)


async def test_a_receipt_may_be_followed_before_it_is_known(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The page may be faster than the read model."""
    async with following(site, browser, "?receipt=r1") as stream:
        await tell_rejection(site.store, "r1", "too_old")
        assert (await stream.until("rejected"))[0] == "news"


async def test_what_the_shopper_is_told_comes_before_the_end(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A notice may be a second behind its fact: "checking it" would stand below "paid" for ever."""
    await tell_paid(site.store, "r1")
    await site.shown()
    assert LIVE in await page(site, browser, "/intake/receipts/r1")
    async with following(site, browser, "?receipt=r1") as stream:
        assert (await stream.next())[0] == "news"
        await tell_notice(site, "receipt.read")
        assert (await stream.next())[0] == "news"
        await tell_notice(site, "receipt.paid", outcome="edited")
        assert (await stream.next())[0] == "end"
    assert LIVE not in await page(site, browser, "/intake/receipts/r1")


async def test_who_is_told_nothing_is_not_waited_for(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Nobody may be there to say it: some seconds after the fact the page is at rest."""
    a_while_ago = now_utc() - timedelta(seconds=TOLD_SECONDS_MAX + 1)
    await tell_rejection(a_store(site.pool, clock=lambda: a_while_ago), "r1", "too_old")
    await site.shown()
    assert LIVE not in await page(site, browser, "/intake/receipts/r1")
    async with following(site, browser, "?receipt=r1") as stream:
        assert (await stream.next())[0] == "end"


async def tell_notice(site: Site, key: str, *, outcome: Outcome = "sent") -> None:
    """Record that the shopper of receipt r1 was told ``key``, in one message."""
    said = notified("sealed", receipt="r1", key=key, message=5, outcome=outcome)
    await tell(site.store, notices_stream(ReceiptId("r1")), said)


async def test_the_lists_hear_of_every_receipt(site: Site, browser: aiohttp.ClientSession) -> None:
    """The demo's page fills up while the samples are being read."""
    async with following(site, browser, "") as stream:
        assert await stream.next() == ("news", {"seq": 0})
        await tell_upload(site.store, "r1")
        assert await stream.next() == ("news", {"seq": 1})


async def test_outside_the_demo_a_stranger_hears_nothing(
    open_site: OpenSite, browser: aiohttp.ClientSession
) -> None:
    """Knowing a receipt's id is not enough to follow it."""
    site = await open_site(intake_enabled=True, sandbox=True)
    name = "0123456789abcdef" * 2
    mine = await site.vault.shopper_id(f"web:{name}")
    await tell_rejection(site.store, "r1", "too_old", shopper=mine)
    await site.shown()
    async with following(site, browser, "?receipt=r1") as stream:
        site.stopping.set()
        assert await stream.next() == ("", None)


async def test_streams_end_when_the_process_stops(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """An open page does not hold up a deployment."""
    async with following(site, browser, "") as stream:
        await stream.next()
        site.stopping.set()
        assert await stream.next() == ("", None)


async def test_no_more_streams_than_the_process_can_carry(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """One too many is told to come back later; a closed one makes room."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as crowd:
        url = f"{site.url}/intake/live"
        opened = [await crowd.get(url) for _ in range(STREAMS_MAX)]
        await asyncio.gather(*(Stream(answer).next() for answer in opened))
        async with crowd.get(url) as one_more:
            assert one_more.status == 503
            assert one_more.headers["Retry-After"]
        for answer in opened:
            answer.close()
    status = 503
    while status == 503:
        async with browser.get(url) as again:
            status = again.status
    assert status == 200
