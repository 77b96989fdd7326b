"""Rows of facts on their way into ``events``.

Appends that wait at the same moment share one transaction, and so one round trip and one
flush of the disk. Sharing is only ever an attempt: whatever comes between, be it a wrong
version, a lock or a lost connection, the transaction is given up as a whole and each append
goes alone, so that each has its own outcome. Nobody waits in order to share: a transaction
takes along what came while earlier ones were under way.
"""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
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


class _Slot:
    """A transaction that counts as under way until it ends or is overdue."""

    __slots__ = ("overdue",)
    overdue: asyncio.TimerHandle


class Appender:
    """Sends the appends of one process to the database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
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
        outcomes: Sequence[list[asyncpg.Record] | None] = [None] * len(aboard)
        try:
            outcomes = await self._together(aboard)
        except Exception as trouble:  # whose it is turns out when each goes alone
            log.debug("append.not_shared", appends=len(aboard), error=repr(trouble))
        finally:
            self._end(slot)
            for passenger, outcome in zip(aboard, outcomes, strict=True):
                if not passenger.told.done():
                    passenger.told.set_result(outcome)

    async def _together(self, aboard: Sequence[_Passenger]) -> list[list[asyncpg.Record]]:
        """Store everybody's rows in one transaction; return each one's records."""
        owned = [(row, at) for at, passenger in enumerate(aboard) for row in passenger.rows]
        owned.sort(key=lambda row_at: row_at[0].stream)
        async with self._pool.acquire() as connection:
            stored = await append_rows(
                connection, [row for row, _ in owned], query="append_together"
            )
        outcomes: list[list[asyncpg.Record]] = [[] for _ in aboard]
        for record, (_, at) in zip(stored, owned, strict=True):
            outcomes[at].append(record)
        return outcomes
