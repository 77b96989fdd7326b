"""Applies facts to read models, exactly once.

A batch of facts, the rows they make and the cursor behind them are one transaction. The cursor
row is locked meanwhile: a projection runs in one process at a time, the others stand by and
take over when the lock is free. Nothing here can reach the world.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import asyncpg
import msgspec
import structlog

from eventstore import sql
from eventstore.doubt import persist
from eventstore.errors import EventStoreError
from eventstore.pool import Connection
from eventstore.store import QUERIES, EventStore, Recorded
from eventstore.subscription import BATCH_EVENTS_MAX, Listener, check_dense, keep_up

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_name("queries.sql"))

#: A rebuild applies larger batches: nobody waits for the first of them.
REBUILD_EVENTS_MAX = 5_000
#: Between two batches: people read what comes of them, and what is sealed meanwhile is one batch.
#: Read models that followed every fact took a third of all statements of a busy worker.
REST_SECONDS = 0.1
#: Facts decoded between two looks at the socket: the database must not wait for us.
SLICE_EVENTS = 250


class Projection(Protocol):
    """A read model: which facts it needs, which tables it owns, how facts change them."""

    name: ClassVar[str]
    #: type names of the facts it wants
    handles: ClassVar[frozenset[str]]
    #: emptied by a rebuild
    tables: ClassVar[tuple[str, ...]]

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order; the caller commits it together with the cursor."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader of the ledger stands."""

    name: str
    seq: int
    #: facts it has yet to read
    behind: int
    moved_at: datetime
    notify_missed: int


class StandBy(EventStoreError):
    """Another process holds this projection: stop it there, or wait and try again."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is being applied by another process; try again in a moment")


class _Page(NamedTuple):
    """The facts a projection wants of those behind seq ``begin`` up to seq ``end``."""

    begin: int
    end: int
    facts: list[Recorded]


class Projector:
    """Keeps one projection up with the ledger."""

    def __init__(self, *, store: EventStore, projection: Projection) -> None:
        self._store = store
        self._projection = projection

    @property
    def cursor(self) -> str:
        """Name of the projection's cursor."""
        return f"projection/{self._projection.name}"

    async def run(self, listener: Listener) -> None:
        """Follow the ledger until cancelled."""
        await self.start()
        await keep_up(self._step_and_rest, store=self._store, listener=listener, name=self.cursor)

    async def _step_and_rest(self) -> int:
        passed = await self.step()
        if 0 < passed < BATCH_EVENTS_MAX:
            await asyncio.sleep(REST_SECONDS)
        return passed

    async def start(self) -> None:
        """Make sure there is a cursor; a new projection starts at the beginning."""

        async def attempt() -> None:
            await self._store.pool.execute(QUERIES["create_cursor"], self.cursor, 0)

        await persist(attempt)

    async def step(self) -> int:
        """Apply the next batch; return how many facts it moved past, 0 at the head.

        What a batch makes need not wait for the disk: a commit lost in a crash is applied anew.
        """
        if await self._store.pool.fetchval(QUERIES["is_at_head"], self.cursor):
            return 0
        async with self._store.pool.acquire() as connection:
            async with connection.transaction():
                cursor = await connection.fetchval(QUERIES["lock_cursor_unhurried"], self.cursor)
                if cursor is None:
                    return 0
                rows = await connection.fetch(QUERIES["read_log"], cursor, BATCH_EVENTS_MAX)
                await self._apply(connection, self._wanted(rows, after=cursor))
            if rows:
                # After the commit: a NOTIFY inside it would queue all sealers behind its fsync.
                await connection.execute(SQL["announce"], self._projection.name)
        return len(rows)

    async def rebuild(self) -> int:
        """Empty the tables and replay the whole ledger in one transaction per batch.

        Readers see the tables fill up meanwhile; no other process applies, since the first
        transaction rewinds the cursor and any runner simply goes on from there. Returns the
        number of facts passed; raises ``StandBy`` when a runner holds the projection.
        """
        await self.start()
        started = time.monotonic()
        async with self._store.pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(QUERIES["lock_cursor"], self.cursor) is None:
                raise StandBy(self._projection.name)
            await connection.execute(f"TRUNCATE {', '.join(self._projection.tables)}")
            await connection.execute(SQL["rewind_cursor"], self.cursor)
        total = 0
        async for moved in self._replay():
            total += moved
            log.info(
                "projection.rebuilding",
                projection=self._projection.name,
                facts=total,
                facts_per_second=round(total / (time.monotonic() - started)),
            )
        return total

    async def _replay(self) -> AsyncIterator[int]:
        """Apply page by page, the next one being read meanwhile; yield how far each went."""
        coming = asyncio.create_task(self._page(0))
        try:
            while (page := await coming).end > page.begin:
                coming = asyncio.create_task(self._page(page.end))
                async with self._store.pool.acquire() as connection, connection.transaction():
                    await connection.execute(SQL["plan_for_growing_tables"])
                    cursor = await connection.fetchval(QUERIES["await_cursor"], self.cursor)
                    if cursor == page.begin:
                        await self._apply(connection, page)
                if cursor == page.begin:
                    yield page.end - page.begin
                else:  # a runner went on from here: so do we, from where it is
                    await _dropped(coming)
                    coming = asyncio.create_task(self._page(cursor))
        finally:
            await _dropped(coming)

    async def _page(self, begin: int) -> _Page:
        """Read and decode the next page behind ``begin``, leaving others room in between."""
        limit = REBUILD_EVENTS_MAX
        rows = await self._store.pool.fetch(QUERIES["read_log"], begin, limit)
        page = _Page(begin, begin, [])
        for start in range(0, len(rows), SLICE_EVENTS):
            part = self._wanted(rows[start : start + SLICE_EVENTS], after=page.end)
            page = _Page(begin, part.end, page.facts + part.facts)
            await asyncio.sleep(0)
        return page

    def _wanted(self, rows: Sequence[asyncpg.Record], *, after: int) -> _Page:
        """Return what the projection wants of ``rows``, which must count on from ``after``."""
        check_dense((row["seq"] for row in rows), after=after)
        handles = self._projection.handles
        facts = [self._store.recorded(row) for row in rows if row["type"] in handles]
        return _Page(after, after + len(rows), [fact for fact in facts if fact.event is not None])

    async def _apply(self, connection: Connection, page: _Page) -> None:
        if page.facts:
            await self._projection.apply(connection, page.facts)
        if page.end > page.begin:
            await connection.execute(QUERIES["move_cursor"], self.cursor, page.end)


async def _dropped(task: asyncio.Task[_Page]) -> None:
    """End a reading that nobody waits for any more."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def standings(store: EventStore) -> list[Standing]:
    """Return where every reader of the ledger stands, planners of work included."""
    head = await store.head()
    rows = await store.pool.fetch(SQL["cursors"])
    return [
        msgspec.convert({**dict(row), "behind": max(0, head - row["seq"])}, type=Standing)
        for row in rows
    ]
