"""Rows of facts on their way into ``events``.

Appends that wait at the same moment share one transaction, and so one round trip and one
flush of the disk. Sharing is only ever an attempt: when something comes between, the transaction
is given up as a whole. Who was late is told so and the others share again; after any other
trouble each append goes alone, so that each has its own outcome; and when the database is away
all are told at once, since alone they would wait for the same silence one after another. Nobody
waits in order to share: a transaction takes along what came while earlier ones were under way.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog

from eventstore import sql
from eventstore.errors import EventIdReused, WrongExpectedVersion
from eventstore.identity import EventId, StreamName
from eventstore.pool import Connection, Pool

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: One transaction at a time takes along the most; with two, 32 writers were a tenth slower.
TRANSACTIONS_MAX = 1
#: A transaction that takes longer waits for somebody: the next ones go past it.
OVERDUE_SECONDS = 0.05
#: Facts in one shared transaction: milliseconds of work.
SHARED_EVENTS_MAX = 200


#: The database does not answer: who repeats the append finds out what became of it. A statement
#: that was cancelled for taking too long is none of these: it may be the fault of one append.
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
    TimeoutError,
)


class Row(NamedTuple):
    """A fact as it is stored; the order is that of the parameters of ``append_events``."""

    stream: StreamName
    version: int
    event_id: EventId
    type: str
    data: str
    metadata: str
    leaf_hash: bytes
    recorded_at: datetime


async def append_rows(
    connection: Connection, rows: Sequence[Row], *, query: str = "append_events"
) -> list[asyncpg.Record]:
    """Store ``rows``, streams in name order; return a record of ``append_events`` for each.

    Raises ``WrongExpectedVersion`` and ``EventIdReused``.
    """
    if not rows:
        return []
    try:
        return await connection.fetch(SQL[query], *map(list, zip(*rows, strict=True)))
    except asyncpg.IntegrityConstraintViolationError as refused:
        raise _named(refused, rows) from refused


def _named(refused: asyncpg.IntegrityConstraintViolationError, rows: Sequence[Row]) -> Exception:
    """Return the log's own error for a constraint of migrations/0001, by its name."""
    if refused.constraint_name == "the_expected_version_is_current":
        told = json.loads(refused.detail or "{}")
        expected = min(row.version for row in rows if row.stream == told["stream"]) - 1
        return WrongExpectedVersion(told["stream"], expected, told["actual"])
    if refused.constraint_name == "an_event_id_names_one_fact":
        return EventIdReused(rows[0].event_id)
    return refused


class _Passenger:
    """The rows of one append that wait for a transaction to take them along."""

    __slots__ = ("rows", "told")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        #: the stored records, or None: go alone
        self.told: asyncio.Future[list[asyncpg.Record] | None] = (
            asyncio.get_running_loop().create_future()
        )

    def is_told(self, records: list[asyncpg.Record] | None) -> None:
        """Let the caller go on, unless it gave up."""
        if not self.told.done():
            self.told.set_result(records)

    def is_told_trouble(self, trouble: Exception) -> None:
        """Raise ``trouble`` where the caller waits."""
        if not self.told.done():
            self.told.set_exception(trouble)


class _Slot:
    """A transaction that counts as under way until it ends or is overdue."""

    __slots__ = ("overdue",)
    overdue: asyncio.TimerHandle


class Appender:
    """Sends the appends of one process to the database."""

    def __init__(self, pool: Pool, *, appended: Callable[[], None]) -> None:
        """Call ``appended`` after each shared commit: some of its callers may have given up."""
        self._pool = pool
        self._appended = appended
        self._under_way: set[_Slot] = set()
        self._waiting: deque[_Passenger] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def append(self, rows: Sequence[Row]) -> list[asyncpg.Record]:
        """Store ``rows`` as ``append_rows`` does, all or none."""
        if len(self._under_way) < TRANSACTIONS_MAX:
            slot = self._begin()
            try:
                return await self._alone(rows)
            finally:
                self._end(slot)
        passenger = _Passenger(rows)
        self._waiting.append(passenger)
        records = await passenger.told
        return await self._alone(rows) if records is None else records

    async def _alone(self, rows: Sequence[Row]) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection:
            return await append_rows(connection, rows)

    def _begin(self) -> _Slot:
        slot = _Slot()
        slot.overdue = asyncio.get_running_loop().call_later(OVERDUE_SECONDS, self._end, slot)
        self._under_way.add(slot)
        return slot

    def _end(self, slot: _Slot) -> None:
        """Count ``slot`` no more, and send who waits; a second time changes nothing."""
        slot.overdue.cancel()
        self._under_way.discard(slot)
        while self._waiting and len(self._under_way) < TRANSACTIONS_MAX:
            if aboard := self._board():
                task = asyncio.create_task(self._send(aboard, self._begin()))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _board(self) -> list[_Passenger]:
        """Take who waits and fits into one transaction; rivals of these go alone."""
        aboard: list[_Passenger] = []
        taken: set[StreamName | EventId] = set()
        events = 0
        while self._waiting and events < SHARED_EVENTS_MAX:
            passenger = self._waiting.popleft()
            if passenger.told.done():  # whoever called has been cancelled
                continue
            names = {name for row in passenger.rows for name in (row.stream, row.event_id)}
            if taken.isdisjoint(names):
                aboard.append(passenger)
                taken |= names
                events += len(passenger.rows)
            else:
                passenger.told.set_result(None)
        return aboard

    async def _send(self, aboard: Sequence[_Passenger], slot: _Slot) -> None:
        try:
            outcomes = await self._together(aboard)
        except WrongExpectedVersion as late:
            self._part(aboard, late.stream)
        except AWAY as trouble:
            for passenger in aboard:
                passenger.is_told_trouble(trouble)
        except BaseException as trouble:  # whose it is turns out when each goes alone
            log.debug("append.not_shared", appends=len(aboard), error=repr(trouble))
            _send_alone(aboard)
            if not isinstance(trouble, Exception):
                raise
        else:
            self._appended()
            for passenger, records in zip(aboard, outcomes, strict=True):
                passenger.is_told(records)
        finally:
            self._end(slot)

    def _part(self, aboard: Sequence[_Passenger], stream: StreamName) -> None:
        """Let who is late for ``stream`` go alone, and the others share the next transaction."""
        late = [each for each in aboard if any(row.stream == stream for row in each.rows)]
        _send_alone(late or aboard)  # each round leaves fewer, so this comes to an end
        self._waiting.extendleft(each for each in reversed(aboard) if not each.told.done())

    async def _together(self, aboard: Sequence[_Passenger]) -> list[list[asyncpg.Record]]:
        """Store in one transaction the rows of all who still wait; return each one's records."""
        async with self._pool.acquire() as connection:
            owned = [
                (row, at)
                for at, passenger in enumerate(aboard)
                if not passenger.told.done()  # who gave up until now has got off
                for row in passenger.rows
            ]
            owned.sort(key=lambda row_at: row_at[0].stream)
            stored = await append_rows(
                connection, [row for row, _ in owned], query="append_together"
            )
        outcomes: list[list[asyncpg.Record]] = [[] for _ in aboard]
        for record, (_, at) in zip(stored, owned, strict=True):
            outcomes[at].append(record)
        return outcomes


def _send_alone(passengers: Sequence[_Passenger]) -> None:
    for passenger in passengers:
        passenger.is_told(None)
