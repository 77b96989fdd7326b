"""Hear that the ledger grew, and keep up with it.

A NOTIFY is a hint, the seq is the truth: readers go by their cursor, a wake-up only says "look
now", and a backup poll looks anyway. Each process listens on one connection of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from eventstore.doubt import IN_DOUBT, jittered
from eventstore.errors import EventStoreError
from eventstore.ledger import seal_until_rest
from eventstore.pool import open_connection
from eventstore.store import QUERIES, EventStore, Recorded

log = structlog.get_logger()

#: Facts were sealed; the payload is the new head.
LEDGER = "cashbot_ledger"
#: A projection committed a batch; the payload is its name.
PROJECTED = "cashbot_projected"
CHANNELS = (LEDGER, PROJECTED)

#: How often readers look without having been told: the longest delay a lost NOTIFY can cause.
POLL_SECONDS = 0.8
#: After so many looks at an unchanged head a reader tries its cursor: another may have let go.
LOOKS_PER_POLL = 3
#: How often somebody looks who has 90 days of time.
UNHURRIED_SECONDS = 60.0
#: A listening connection is asked for a sign of life this often, since a dead peer is silent.
KEEPALIVE_SECONDS = 15.0
#: ... and must answer in this time.
KEEPALIVE_ANSWER_SECONDS = 5.0
#: Pause before reconnecting, give or take half.
RECONNECT_SECONDS = 0.5
#: Facts read and applied in one transaction.
BATCH_EVENTS_MAX = 500
#: A reader that fails tries again after 1, 2, 4, … and at most this many seconds.
FAILURE_PAUSE_SECONDS_MAX = 30.0


class LedgerHole(EventStoreError):
    """The ledger lacks a number: it was damaged; restore it, reading on would lose facts."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        super().__init__(f"ledger seq {seq} is missing; run `events verify` and restore a backup")


class Wakes:
    """The wake-ups of one reader."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Say "look now"."""
        self._event.set()

    def pending(self) -> bool:
        """Tell whether somebody said "look now" since the last wait."""
        return self._event.is_set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a wake-up since the last call; False when ``seconds`` passed without one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
                self._event.clear()
                return True
        return False


class Listener:
    """The one LISTEN connection of a process, outside every pool."""

    def __init__(self, url: str, *, name: str) -> None:
        """Listen on the database ``url``; operators see the connection as ``cashbot/<name>``."""
        self._url = url
        self._name = f"{name}-listen"
        self._readers: dict[str, set[Wakes]] = {channel: set() for channel in CHANNELS}
        #: whether NOTIFYs arrive right now
        self.connected = False

    @asynccontextmanager
    async def woken_by(self, channel: str) -> AsyncIterator[Wakes]:
        """Give a reader its wake-ups from ``channel``, the first one at once."""
        wakes = Wakes()
        wakes.wake()
        self._readers[channel].add(wakes)
        try:
            yield wakes
        finally:
            self._readers[channel].discard(wakes)

    async def run(self) -> None:
        """Listen until cancelled, reconnecting whenever the connection is lost."""
        while True:
            try:
                await self._listen_once()
            except Exception as trouble:  # a process that is deaf would only poll
                log.warning("listener.lost", error=repr(trouble))
            self.connected = False
            await asyncio.sleep(jittered(RECONNECT_SECONDS))

    async def _listen_once(self) -> None:
        connection = await open_connection(self._url, name=self._name)
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            for channel in CHANNELS:
                await connection.add_listener(channel, self._heard)
            self.connected = True
            self._wake_all()  # what was missed while nobody listened is read now
            await self._stay(connection, gone)
        finally:
            with suppress(*IN_DOUBT):
                await connection.close(timeout=KEEPALIVE_ANSWER_SECONDS)

    async def _stay(
        self, connection: "asyncpg.Connection[asyncpg.Record]", gone: asyncio.Event
    ) -> None:
        while not gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(KEEPALIVE_SECONDS):
                    await gone.wait()
            if not gone.is_set():
                await connection.execute("SELECT 1", timeout=KEEPALIVE_ANSWER_SECONDS)
        log.warning("listener.lost", error="connection closed")

    def _heard(self, _connection: object, _pid: int, channel: str, _payload: object) -> None:
        for wakes in self._readers[channel]:
            wakes.wake()

    def _wake_all(self) -> None:
        for readers in self._readers.values():
            for wakes in readers:
                wakes.wake()


async def read_dense(store: EventStore, *, after: int, limit: int) -> list[Recorded]:
    """Return the next facts behind ``after``; raises ``LedgerHole`` if a number is missing."""
    batch = await store.read_log(after=after, limit=limit)
    check_dense((fact.seq for fact in batch), after=after)
    return batch


def check_dense(seqs: Iterable[int | None], *, after: int) -> None:
    """Raise ``LedgerHole`` unless ``seqs`` count on from ``after`` without a gap."""
    for expected, seq in enumerate(seqs, start=after + 1):
        if seq != expected:
            raise LedgerHole(expected)


async def keep_up(
    step: Callable[[], Awaitable[int]], *, store: EventStore, listener: Listener, name: str
) -> None:
    """Call ``step`` until it returns 0, then again on each wake-up or poll, until cancelled.

    ``step`` reads from the cursor ``name`` and returns how many facts it moved past. A failing
    step is logged and tried again, with growing pauses: a reader never skips.
    """
    failures, head = 0, 0
    async with listener.woken_by(LEDGER) as wakes:
        while True:
            try:
                while await step():
                    pass
                told, head = await _news(store, wakes, head)
                if not told and await step() and not wakes.pending():
                    await store.pool.execute(QUERIES["count_missed_notify"], name)
                    log.warning("reader.notify_missed", reader=name)
                failures = 0
            except Exception as trouble:  # whatever it is: stalled and seen beats gone
                failures += 1
                pause = min(2.0 ** (failures - 1), FAILURE_PAUSE_SECONDS_MAX)
                log.exception("reader.stalled", reader=name, retry_seconds=pause, error=trouble)
                await asyncio.sleep(pause)


async def look_now_and_then(step: Callable[[], Awaitable[int]], *, name: str) -> None:
    """Call ``step`` until it returns 0, again each ``UNHURRIED_SECONDS``, until cancelled.

    For a reader whose news come with time and not with facts.
    """
    while True:
        try:
            while await step():
                pass
        except Exception as trouble:  # as above
            log.exception("reader.stalled", reader=name, error=trouble)
        await asyncio.sleep(jittered(UNHURRIED_SECONDS))


async def _news(store: EventStore, wakes: Wakes, head: int) -> tuple[bool, int]:
    """Wait for a reason to step; return whether a wake-up was it, and the head last looked at.

    A look at the head costs no transaction id; a step locks the cursor and waits for the disk.
    """
    for _ in range(LOOKS_PER_POLL):
        if await wakes.wait(POLL_SECONDS):
            return True, head
        await seal_until_rest(store.pool)
        if (now := await store.head()) != head:
            return False, now
    return False, head  # whoever held the cursor may be gone
