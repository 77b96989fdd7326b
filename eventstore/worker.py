"""Runs one handler over its work, in any number of processes at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import structlog

from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.process import in_background
from eventstore.ripening import RipeningWorklist
from eventstore.store import EventStore
from eventstore.subscription import (
    POLL_SECONDS,
    Listener,
    Wakes,
    keep_up,
    look_now_and_then,
)
from eventstore.worklist import LEASE_SECONDS, PLAN_EVENTS_MAX, Work, Worklist

log = structlog.get_logger()

#: A lease is renewed three times in its life.
RENEW_SECONDS = LEASE_SECONDS / 3
#: Rounds of losing a race against another writer of the same streams.
RACES_MAX = 50
#: The database is away; look again after this.
TROUBLE_PAUSE_SECONDS = 1.0
#: Who is told to end gives work back in this time, or leaves it to the end of its lease.
GIVE_BACK_SECONDS = 2.0
#: Never look for due work more often than this.
IDLE_SECONDS_MIN = 0.02


class Handler(Protocol):
    """Reacts to one fact; must be safe to run again after a crash at any line."""

    @property
    def name(self) -> str:
        """Name of the handler, as in `handle NAME`."""

    @property
    def time_limit_seconds(self) -> float:
        """How long one try may take."""

    async def handle(self, work: Work) -> None:
        """Do what the fact asks for and call ``work.finish`` or ``work.retry_later``."""


class Worker:
    """Plans and does the work of one handler in this process."""

    def __init__(
        self,
        *,
        store: EventStore,
        listener: Listener,
        handler: Handler,
        types: frozenset[str],
        concurrency: int,
        age: timedelta | None = None,
    ) -> None:
        """Give ``handler`` the facts of ``types``, at most ``concurrency`` at a time.

        With an ``age`` it gets them once they are so old.
        """
        self._store = store
        self._listener = listener
        self._handler = handler
        self._worklist = _worklist(store, handler.name, types, age)
        self._in_time = age is None
        self._news = [Wakes() for _ in range(concurrency)]
        #: those of workers that looked, found nothing, and wait
        self._resting: set[Wakes] = set()
        self._stopping = False
        #: facts that the last look of the planner passed
        self._passed = 0
        #: whether that look came as far as the ledger went
        self._caught_up = False

    async def run(self) -> None:
        """Work until ``stop`` is called or the task is cancelled."""
        await self._worklist.start()
        planner = asyncio.create_task(self._keep_planning())
        try:
            async with asyncio.TaskGroup() as workers:
                for news in self._news:
                    workers.create_task(self._work_until_stopped(news))
        finally:
            planner.cancel()
            with suppress(asyncio.CancelledError):
                await planner

    def stop(self) -> None:
        """Take no new item; ``run`` returns when those in hand are done."""
        self._stopping = True
        self._wake(len(self._news))

    def _wake(self, items: int) -> None:
        """Let as many of those who rest look as there are ``items``, each of which takes one.

        Who is looking looks again, since the items may have come behind that.
        """
        rested = set(list(self._resting)[items:])
        for news in self._news:
            if news not in rested:
                self._resting.discard(news)
                news.wake()

    async def _keep_planning(self) -> None:
        name = self._worklist.cursor
        if self._in_time:
            await keep_up(self._plan, store=self._store, listener=self._listener, name=name)
        else:
            await look_now_and_then(self._plan, name=name)

    async def _plan(self) -> int:
        """Plan, and wake who works if there may be work: of ours, or planned by another process.

        Most facts are for other handlers: two looks of each worker at each of them kept the
        process so busy that money waited for it. Who passed all that there was does not look
        whether there is more: of more there is a wake-up, or the poll finds it.
        """
        if self._caught_up:
            self._passed, self._caught_up = 0, False
            return 0
        passed = await self._worklist.plan()
        if self._worklist.planned:
            self._wake(self._worklist.planned)
        elif not (passed or self._passed):
            self._wake(len(self._news))
        self._passed, self._caught_up = passed, 0 < passed < PLAN_EVENTS_MAX
        return passed

    async def _work_until_stopped(self, news: Wakes) -> None:
        while not self._stopping:
            try:
                if not await self.work_once():
                    await self._rest(news)
            except Exception as trouble:  # one bad moment must not cut a neighbour's payment
                log.exception("worker.waits", handler=self._handler.name, error=repr(trouble))
                await asyncio.sleep(TROUBLE_PAUSE_SECONDS)

    async def _rest(self, news: Wakes) -> None:
        due = await self._worklist.seconds_until_due()
        self._resting.add(news)
        await news.wait(min(POLL_SECONDS, max(IDLE_SECONDS_MIN, due or POLL_SECONDS)))
        self._resting.discard(news)

    async def plan_once(self) -> None:
        """Plan everything up to the head once."""
        await self._worklist.start()
        while await self._worklist.plan():
            pass

    async def work_once(self) -> bool:
        """Do one item; False when none could be taken."""
        work = await self._worklist.lease()
        if work is None:
            return False
        work.stopping = lambda: self._stopping
        with structlog.contextvars.bound_contextvars(
            correlation=work.event.metadata.correlation_id,
            handler=self._handler.name,
            seq=work.seq,
        ):
            async with in_background(_renew(work)):
                await self._try(work)
        return True

    async def _try(self, work: Work) -> None:
        try:
            async with asyncio.timeout(self._handler.time_limit_seconds):
                await self._handle(work)
        except asyncio.CancelledError as cut_off:
            if _was_cancelled():
                with suppress(TimeoutError):
                    async with asyncio.timeout(GIVE_BACK_SECONDS):
                        await _give_back(work, 0)
                raise
            await work.fail(cut_off)  # something inside the handler was cancelled, not we
        except LogUnavailable:
            await _give_back(work, TROUBLE_PAUSE_SECONDS)
            raise
        except Exception as error:
            log.exception("work.failed")
            await work.fail(error)

    async def _handle(self, work: Work) -> None:
        """Handle, and handle again when another writer got there first: then all is re-read."""
        for _ in range(RACES_MAX):
            try:
                return await self._handler.handle(work)
            except (WrongExpectedVersion, EventIdReused) as race:
                log.info("work.raced", error=str(race))
        raise LogUnavailable("other writers win every race for these streams; trying later")


def _worklist(
    store: EventStore, handler: str, types: frozenset[str], age: timedelta | None
) -> Worklist:
    if age is None:
        return Worklist(store=store, handler=handler, types=types)
    return RipeningWorklist(store=store, handler=handler, types=types, age=age)


async def _renew(work: Work) -> None:
    """Keep the lease while the work goes on; without the database it simply runs out."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with suppress(LogUnavailable):
            await work.renew()


def _was_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _give_back(work: Work, seconds: float) -> None:
    """Return the item if the database lets us; else its lease runs out."""
    with suppress(Exception):  # nothing may take the place of being cancelled
        await work.retry_later(seconds)
