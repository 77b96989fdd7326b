"""Work made from the ledger, shared out among processes.

A planner moves facts into ``work`` together with its cursor; a worker leases an item in a
short transaction, works without one, and finishes in a short transaction that appends the
outcome and removes the item. The fencing token guards the removal only: what the world
answered is appended even by a worker whose lease has run out.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import asyncpg
import msgspec
import structlog

from eventstore.doubt import jittered, persist
from eventstore.identity import EventId, outcome_event_id
from eventstore.pool import Connection, Pool
from eventstore.store import (
    QUERIES,
    Append,
    Appended,
    Context,
    EventStore,
    Recorded,
)

log = structlog.get_logger()

#: A lease lasts this long and is renewed while its work goes on: so long a killed worker's item
#: waits for the next one.
LEASE_SECONDS = 30.0
#: Facts planned in one transaction.
PLAN_EVENTS_MAX = 1_000
#: Tries of one item, crashes included, before it is set aside for an operator.
ATTEMPTS_MAX = 5
#: Pause after the first failed try; doubled each time.
FIRST_RETRY_SECONDS = 1.0
RETRY_SECONDS_MAX = 300.0
#: A fact for newer code waits this long before it is offered again.
NEWER_CODE_SECONDS = 30.0
#: An error text kept with an item; the whole trace is in the process's log.
ERROR_CHARACTERS_MAX = 500


class Lease:
    """One item in hand: until it is over nobody else gets it."""

    def __init__(
        self, *, store: EventStore, handler: str, seq: int, token: int, attempt: int
    ) -> None:
        self._store = store
        self._handler = handler
        self._token = token
        #: place of the fact in the ledger
        self.seq = seq
        #: 1 for the first time this item was leased
        self.attempt = attempt
        #: whether the process was told to stop: begin nothing that cannot be taken back
        self.stopping: Callable[[], bool] = lambda: False

    @property
    def context(self) -> Context:
        """What the metadata of facts added under this lease says."""
        return Context(
            correlation_id=f"work-{self._handler}-{self.seq}",
            causation_id=None,
            actor=f"handler:{self._handler}",
        )

    async def renew(self) -> None:
        """Let the lease last ``LEASE_SECONDS`` from now, if it is still ours."""

        async def attempt() -> None:
            await self._store.pool.execute(
                QUERIES["renew_lease"], self._handler, self.seq, self._token, LEASE_SECONDS
            )

        await persist(attempt)

    async def fail(self, error: BaseException) -> None:
        """Note a failed try: again later, or set aside when there were too many."""
        text = f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS_MAX]
        if self.attempt >= ATTEMPTS_MAX:
            await self._settle((), "park_work", text)
            log.error("work.parked", handler=self._handler, seq=self.seq, error=text)
            return
        seconds = min(FIRST_RETRY_SECONDS * 2 ** (self.attempt - 1), RETRY_SECONDS_MAX)
        await self._settle((), "fail_work", jittered(seconds), text)
        log.warning("work.failed", handler=self._handler, seq=self.seq, error=text)

    async def _settle(self, appends: tuple[Append, ...], query: str, *arguments: object) -> None:
        async def settle(connection: Connection | Pool) -> str:
            return await connection.execute(
                QUERIES[query], self._handler, self.seq, self._token, *arguments
            )

        if appends:
            answer = await self._store.append_with(*appends, context=self.context, also=settle)
        else:  # one statement needs no transaction around it
            answer = await persist(partial(settle, self._store.pool))
        if answer.endswith(" 0"):
            log.warning("work.lease_lost", handler=self._handler, seq=self.seq)


class Work(Lease):
    """The fact to react to, and the ways to be done with it."""

    def __init__(
        self,
        *,
        store: EventStore,
        handler: str,
        seq: int,
        token: int,
        attempt: int,
        event: Recorded,
    ) -> None:
        super().__init__(store=store, handler=handler, seq=seq, token=token, attempt=attempt)
        self.event = event

    @property
    def context(self) -> Context:
        """What the metadata of facts added here says: they follow from this fact."""
        return Context(
            correlation_id=self.event.metadata.correlation_id,
            causation_id=self.event.event_id,
            actor=f"handler:{self._handler}",
        )

    def fact(
        self, event: msgspec.Struct, *, ordinal: int, attempt: int = 0
    ) -> tuple[EventId, msgspec.Struct]:
        """Give ``event`` the id that the same work would give it again."""
        cause = self.event.event_id
        return outcome_event_id(cause, self._handler, ordinal, attempt), event

    async def append(self, *appends: Append) -> list[Appended]:
        """Append facts midway and keep the lease."""
        return await self._store.append(*appends, context=self.context)

    async def append_unless(
        self, check: Callable[[Connection], Awaitable[None]], *appends: Append
    ) -> None:
        """Append facts midway unless ``check`` raises; it runs in the same transaction."""
        await self._store.append_with(*appends, context=self.context, also=check)

    async def finish(self, *appends: Append) -> None:
        """Append the outcome and remove the item, together."""
        await self._settle(appends, "finish_work")

    async def retry_later(self, seconds: float, *appends: Append) -> None:
        """Append and give the item back, due in ``seconds``; this was no failure."""
        await self._settle(appends, "return_work", seconds)


class Planned(NamedTuple):
    """What one look of a planner did."""

    #: facts that lay before it, at most ``PLAN_EVENTS_MAX``
    passed: int
    #: items that these made
    planned: int
    #: False: another process passed them meanwhile
    moved: bool


class Worklist:
    """The work of one handler."""

    def __init__(
        self,
        *,
        store: EventStore,
        handler: str,
        types: frozenset[str],
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        """Plan facts of ``types`` for ``handler``; a lease ends after ``lease_seconds``."""
        self._store = store
        self._handler = handler
        self._types = sorted(types)
        self._lease_seconds = lease_seconds
        #: items that the last ``plan`` made
        self.planned = 0

    @property
    def cursor(self) -> str:
        """Name of the planner's cursor."""
        return f"work/{self._handler}"

    async def start(self) -> None:
        """Make sure there is a cursor; a new one starts at the beginning of the ledger."""

        async def attempt() -> None:
            await self._store.pool.execute(QUERIES["create_cursor"], self.cursor, 0)

        await persist(attempt)

    async def plan(self) -> int:
        """Move the next facts into work; return how many facts were passed, 0 at the head.

        Of several processes one plans at a time; the others wait a moment for what it planned.
        Every fact wakes the planner of every handler, so that a look is one statement, whatever
        it finds: of those of a photo in a burst a quarter were planners'.
        """
        self.planned = 0
        while (look := await self._look()) is not None:
            if look.moved:
                self.planned = look.planned
                return look.passed
        return 0

    async def _look(self) -> Planned | None:
        """Pass what the planner finds before it, None when that is nothing."""
        row = await self._store.pool.fetchrow(
            QUERIES["plan_ahead"], self._handler, self._types, self.cursor, PLAN_EVENTS_MAX
        )
        return None if row is None else Planned(**row)

    async def lease(self) -> Work | None:
        """Take the next item, None when nothing can be taken now.

        Items that cannot be worked on are put back or parked on the way: those whose tries were
        all cut off by crashes, whose fact is damaged, or is of a shape that only newer code
        knows, as happens while a new release is rolled out.
        """
        while (row := await self._take()) is not None:
            token, attempt, seq, position = row[:4]
            assert position is not None, "planned from the ledger, so it is there"
            taken = {"seq": seq, "token": token, "attempt": attempt}
            lease = Lease(store=self._store, handler=self._handler, **taken)
            try:
                event = self._store.recorded(row[2:])
            except msgspec.MsgspecError as damage:
                await lease.fail(damage)
                continue
            work = Work(store=self._store, handler=self._handler, event=event, **taken)
            if work.attempt > ATTEMPTS_MAX:
                await work.fail(RuntimeError("the worker was lost each time it tried"))
            elif event.event is None:
                await work.retry_later(NEWER_CODE_SECONDS)
            else:
                return work
        return None

    async def _take(self) -> asyncpg.Record | None:
        async def attempt() -> asyncpg.Record | None:
            return await self._store.pool.fetchrow(
                QUERIES["lease_work"], self._handler, self._lease_seconds
            )

        return await persist(attempt)

    async def seconds_until_due(self) -> float | None:
        """Return when the next item can be taken, None when none waits."""

        async def attempt() -> float | None:
            due: float | None = await self._store.pool.fetchval(
                QUERIES["seconds_until_due"], self._handler
            )
            return due

        return await persist(attempt)
