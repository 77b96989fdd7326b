"""News of receipts while one watches, as server-sent events.

A wake-up is a hint: after each one, and every few seconds anyway, the read model is asked, and
only what is new is sent. A stream ends by itself; browsers come back on their own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from eventstore.identity import ReceiptId, ShopperId
from eventstore.subscription import PROJECTED, Wakes
from projections import chats, receipts
from web.browsers import shopper_of
from web.receipts import is_settled, receipt_named
from web.story import tell, told_as_data
from web.surroundings import Surroundings, around

#: Open streams per process: each holds a little memory and asks the database now and then.
STREAMS_MAX = 100
#: A lost wake-up delays news by this much at most.
POLL_SECONDS = 3.0
#: Shorter than the 55 s after which routers take a silent connection for dead.
PING_SECONDS = 15
#: A page left open overnight reconnects rather than holding its place for ever.
STREAM_SECONDS_MAX = 600.0
#: Milliseconds a browser waits before it comes back.
RETRY_MILLISECONDS = 2000

#: The seq it goes up to, the data, and whether it is the last there will be.
News = tuple[int, object, bool]
#: Looks for news since a seq.
Look = Callable[[int], Awaitable[News | None]]


class Live:
    """The open streams of one process."""

    def __init__(self) -> None:
        self._open = 0

    async def follow(self, request: Request) -> Response:
        """Follow one receipt (``?receipt=``), or the list of them all."""
        if self._open >= STREAMS_MAX:
            raise HTTPException(503, headers={"Retry-After": "10"})
        look = await _look(request)
        return EventSourceResponse(self._news(around(request), look), ping=PING_SECONDS)

    async def _news(self, surroundings: Surroundings, look: Look) -> AsyncIterator[ServerSentEvent]:
        self._open += 1
        try:
            async for event in _follow(surroundings, look):
                yield event
        finally:
            self._open -= 1


async def _follow(surroundings: Surroundings, look: Look) -> AsyncIterator[ServerSentEvent]:
    ends_at = time.monotonic() + STREAM_SECONDS_MAX
    seq = -1
    async with surroundings.listener.woken_by(PROJECTED) as wakes:
        while time.monotonic() < ends_at and not surroundings.stopping.is_set():
            news = await look(seq)
            if news is not None:
                seq, data, last = news
                yield _event("end" if last else "news", seq, data)
                if last:
                    return
            await _rest(wakes, surroundings.stopping)


async def _rest(wakes: Wakes, stopping: asyncio.Event) -> None:
    """Wait for a wake-up, the next poll, or the end of the process."""
    waits = [
        asyncio.ensure_future(wakes.wait(POLL_SECONDS)),
        asyncio.ensure_future(stopping.wait()),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _event(kind: str, seq: int, data: object) -> ServerSentEvent:
    text = msgspec.json.encode(data).decode()
    return ServerSentEvent(text, event=kind, id=str(seq), retry=RETRY_MILLISECONDS)


async def _look(request: Request) -> Look:
    """Return how to look for what the visitor asks about; what is not theirs never has news."""
    surroundings = around(request)
    shopper = await shopper_of(request)
    name = request.query_params.get("receipt")
    if name is None:
        return partial(_news_of_lists, surroundings, shopper)
    return partial(_news_of_receipt, surroundings, receipt_named(name), shopper)


async def _news_of_receipt(
    surroundings: Surroundings, name: ReceiptId, shopper: ShopperId | None, seq: int
) -> News | None:
    """Return news of a receipt or of what its shopper was told; the last once all is told."""
    found = await receipts.receipt(surroundings.reads, name)
    if found is None:
        return None
    if found.shopper != shopper and not surroundings.settings.demo:
        return None
    reached = found.seq + await chats.newest_said(surroundings.reads, found.shopper)
    settled = await is_settled(surroundings, found)
    if reached == seq and not settled:
        return None
    story = tell(found, await receipts.steps(surroundings.reads, name))
    return reached, told_as_data(story), settled


async def _news_of_lists(
    surroundings: Surroundings, shopper: ShopperId | None, seq: int
) -> News | None:
    """Return news of anybody's receipts or of the visitor's own chat.

    Each read model stands where it stands: only the sum of their places grows with news of either.
    """
    newest = await receipts.newest_seq(surroundings.reads)
    said = 0 if shopper is None else await chats.newest_said(surroundings.reads, shopper)
    return (newest + said, {"seq": newest}, False) if newest + said > seq else None
