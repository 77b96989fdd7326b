"""Words for telling tests: given facts, when something happens, then facts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import uuid4

import msgspec

from eventstore.catalogue import EVENTS, ClaimTaken, Event
from eventstore.codec import Codec
from eventstore.identity import EventId, ReceiptId, StreamName
from eventstore.ledger import Sealer, seal_until_rest
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.store import NO_STREAM, Append, Context, EventStore, Recorded, now_utc
from eventstore.worklist import Work, Worklist

CONTEXT = Context(correlation_id="a-story", causation_id=None, actor="test")


def a_fact(receipt: str = "r") -> ClaimTaken:
    """Return some small fact; ``receipt`` tells it from others."""
    return ClaimTaken(receipt=ReceiptId(receipt))


def new_id() -> EventId:
    """Return an event id nobody has used."""
    return EventId(uuid4())


def stream(name: str) -> StreamName:
    """Return ``name`` as a stream name."""
    return StreamName(name)


def append_of(name: str, *events: msgspec.Struct, expected: int = NO_STREAM) -> Append:
    """Return an append of ``events`` under fresh ids."""
    return Append(
        stream=stream(name), expected=expected, events=[(new_id(), event) for event in events]
    )


def a_store(
    pool: Pool, sealer: Sealer | None = None, *, clock: Callable[[], datetime] = now_utc
) -> EventStore:
    """Return a store over ``pool``; without a sealer nothing is sealed until asked."""
    return EventStore(
        pool=pool,
        codec=Codec(EVENTS),
        appended=sealer.wake if sealer else lambda: None,
        clock=clock,
    )


async def given(store: EventStore, name: str, *events: Event) -> None:
    """Let ``events`` stand in a new stream, sealed."""
    await store.append(append_of(name, *events), context=CONTEXT)
    await seal_until_rest(store.pool)


async def ledger(store: EventStore) -> list[Recorded]:
    """Return everything that is sealed, in order."""
    return await store.read_log(after=0, limit=100_000)


async def facts(store: EventStore, name: str) -> Sequence[Event]:
    """Return the facts of a stream, in order."""
    return [recorded.event for recorded in await store.read_stream(stream(name))]


@asynccontextmanager
async def a_sealed_store(pool: Pool) -> AsyncIterator[EventStore]:
    """Give a store whose appends are sealed by a running sealer, as in a process."""
    sealer = Sealer(pool)
    async with in_background(sealer.run()):
        yield a_store(pool, sealer)


async def until(question: str, pool: Pool, *arguments: object) -> None:
    """Wait until the SQL ``question`` answers true; the test's time limit ends a vain wait."""
    while not await pool.fetchval(question, *arguments):
        await asyncio.sleep(0)


async def a_worklist(store: EventStore, *, lease_seconds: float = 60.0) -> Worklist:
    """Return the worklist of handler "h" with every claim in the ledger planned."""
    types = frozenset({"ClaimTaken"})
    worklist = Worklist(store=store, handler="h", types=types, lease_seconds=lease_seconds)
    await worklist.start()
    while await worklist.plan():
        pass
    return worklist


async def leased(worklist: Worklist) -> Work:
    """Lease the next item, which must be there."""
    work = await worklist.lease()
    assert work is not None
    return work
