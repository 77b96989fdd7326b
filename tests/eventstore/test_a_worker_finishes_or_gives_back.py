"""A worker ends what it has in hand, gives back what it cannot end, and survives bad handlers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import structlog

from eventstore.catalogue import AllowanceUsed
from eventstore.errors import WrongExpectedVersion
from eventstore.identity import ReceiptId
from eventstore.log import Log, open_log
from eventstore.parking import parked_work
from eventstore.pool import Pool
from eventstore.process import in_background, run_until_stopped
from eventstore.store import Append, EventStore
from eventstore.subscription import Listener
from eventstore.worker import Worker
from eventstore.worklist import Work
from tests.story import CONTEXT, a_fact, a_store, append_of, facts, given, stream, until

Handle = Callable[[Work], Awaitable[None]]
TYPES = frozenset({"ClaimTaken"})


class Given:
    """A handler whose behaviour the test gives."""

    name = "given"

    def __init__(self, handle: Handle, *, time_limit_seconds: float = 30.0) -> None:
        self._handle = handle
        self.time_limit_seconds = time_limit_seconds

    async def handle(self, work: Work) -> None:
        """Do what the test gave."""
        await self._handle(work)


def a_worker(
    store: EventStore, handle: Handle, *, listener: Listener | None = None, **limits: float
) -> Worker:
    """Return a worker of one item at a time."""
    return Worker(
        store=store,
        listener=listener or Listener("", name="never-run"),
        handler=Given(handle, **limits),
        types=TYPES,
        concurrency=1,
    )


def to(receipt: str) -> AllowanceUsed:
    """Return the answer to the fact of ``receipt``; the worker does not react to answers."""
    return AllowanceUsed(receipt=ReceiptId(receipt))


async def answer(work: Work) -> None:
    """Add one fact to the stream "answers" and be done."""
    place = len(await work._store.read_stream(stream("answers")))
    fact = work.fact(to(work.event.event.receipt), ordinal=0)
    await work.finish(Append(stream=stream("answers"), expected=place - 1, events=[fact]))


@asynccontextmanager
async def a_log(database_url: str, pool: Pool) -> AsyncIterator[Log]:
    """Open the log as a process does, without a place for photos."""
    async with open_log(
        database_url,
        name="worker",
        connections=4,
        attachments=None,  # type: ignore[arg-type] # nothing here has photos
        secret=bytes(32),
    ) as log:
        yield log


async def test_a_running_worker_answers_what_comes(database_url: str, pool: Pool) -> None:
    """Facts appended while it runs are planned, worked on in order, and answered once."""
    async with a_log(database_url, pool) as log:
        worker = a_worker(log.store, answer, listener=log.listener)
        async with in_background(worker.run()):
            for number in range(20):
                append = append_of("asked", a_fact(str(number)), expected=number - 1)
                await log.store.append(append, context=CONTEXT)
            await until("SELECT count(*) = 20 FROM events WHERE stream = 'answers'", pool)
    answered = await facts(a_store(pool), "answers")
    assert answered == [to(str(number)) for number in range(20)]
    assert await pool.fetchval("SELECT count(*) FROM work") == 0


async def test_told_to_stop_it_ends_the_item_in_hand_and_takes_no_other(
    database_url: str, pool: Pool
) -> None:
    """SIGTERM in the middle of an item: that one is answered, the next one stays."""
    in_hand, go_on, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(work: Work) -> None:
        in_hand.set()
        await go_on.wait()
        await answer(work)

    await given(a_store(pool), "a", a_fact("a"))
    await given(a_store(pool), "b", a_fact("b"))
    async with a_log(database_url, pool) as log:
        worker = a_worker(log.store, slowly, listener=log.listener)

        def drain() -> None:
            worker.stop()
            go_on.set()

        async with asyncio.TaskGroup() as both:
            both.create_task(run_until_stopped(worker.run(), stop=stop, drain=drain))
            await in_hand.wait()
            stop.set()
    assert await facts(a_store(pool), "answers") == [to("a")]
    assert await pool.fetchval("SELECT stream FROM work WHERE leased_until IS NULL") == "b"


async def test_cut_off_it_gives_the_item_back_at_once(pool: Pool) -> None:
    """Cancelled in the middle, the item can be taken by the next worker without waiting."""
    in_hand = asyncio.Event()

    async def endlessly(_: Work) -> None:
        in_hand.set()
        await asyncio.Event().wait()

    store = a_store(pool)
    await given(store, "a", a_fact("a"))
    cut_off = a_worker(store, endlessly)
    await cut_off.plan_once()
    task = asyncio.create_task(cut_off.work_once())
    await in_hand.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert await a_worker(store, answer).work_once()
    assert await facts(store, "answers") == [to("a")]


async def test_a_handler_that_hangs_is_stopped_and_counted(pool: Pool) -> None:
    """Beyond its time limit a try has failed; the item waits for the next one."""

    async def hang(_: Work) -> None:
        await asyncio.Event().wait()

    store = a_store(pool)
    await given(store, "a", a_fact("a"))
    worker = a_worker(store, hang, time_limit_seconds=0.05)
    await worker.plan_once()

    assert await worker.work_once()

    row = await pool.fetchrow("SELECT attempts, leased_until, last_error FROM work")
    assert row is not None
    assert (row["attempts"], row["leased_until"]) == (1, None)
    assert "TimeoutError" in row["last_error"]


async def test_a_handler_that_always_fails_is_parked_while_others_are_served(pool: Pool) -> None:
    """Poison does not stop the worker."""

    async def choke(work: Work) -> None:
        if work.event.event == a_fact("poison"):
            raise ValueError("poison")
        await answer(work)

    store = a_store(pool)
    await given(store, "a", a_fact("poison"))
    await given(store, "b", a_fact("food"))
    worker = a_worker(store, choke)
    await worker.plan_once()
    while not await parked_work(store):
        while await worker.work_once():
            pass
        await pool.execute("UPDATE work SET due_at = now() - interval '1 hour'")

    assert await facts(store, "answers") == [to("food")]


async def test_a_lost_race_is_run_again_and_is_no_failure(pool: Pool) -> None:
    """WrongExpectedVersion from a handler means: read again, decide again, at once."""
    tries = 0

    async def lose_twice(work: Work) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise WrongExpectedVersion(stream("answers"), 0, 1)
        await answer(work)

    store = a_store(pool)
    await given(store, "a", a_fact("a"))
    worker = a_worker(store, lose_twice)
    await worker.plan_once()
    assert await worker.work_once()
    assert tries == 3
    assert await facts(store, "answers") == [to("a")]


async def test_a_failing_neighbour_does_not_cut_what_is_in_hand(
    database_url: str, pool: Pool
) -> None:
    """One service of the process fails: the worker still ends its item before all goes down."""
    in_hand, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(work: Work) -> None:
        in_hand.set()
        await go_on.wait()
        await answer(work)

    async def fail_meanwhile() -> None:
        await in_hand.wait()
        raise RuntimeError("a neighbour failed")

    await given(a_store(pool), "a", a_fact("a"))
    async with a_log(database_url, pool) as log:
        worker = a_worker(log.store, slowly, listener=log.listener)

        def drain() -> None:
            worker.stop()
            go_on.set()

        with pytest.raises(RuntimeError, match="neighbour"):
            await run_until_stopped(
                worker.run(), followers=[fail_meanwhile()], stop=asyncio.Event(), drain=drain
            )
    assert await facts(a_store(pool), "answers") == [to("a")]


async def test_a_process_of_followers_alone_can_be_stopped() -> None:
    """Without a worker there is nothing to drain."""
    stop = asyncio.Event()
    stop.set()
    follower = asyncio.Event().wait()
    await run_until_stopped(followers=[_forever(follower)], stop=stop, drain=lambda: None)


async def _forever(waiting: Awaitable[bool]) -> None:
    await waiting


async def test_a_bad_moment_ends_no_worker(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error nobody foresaw while looking for work: logged, waited for, and gone on."""
    monkeypatch.setattr("eventstore.worker.TROUBLE_PAUSE_SECONDS", 0.01)
    await pool.execute("ALTER TABLE work RENAME COLUMN due_at TO gone")
    await given(a_store(pool), "a", a_fact("a"))
    async with a_log(database_url, pool) as log:
        worker = a_worker(log.store, answer, listener=log.listener)
        with structlog.testing.capture_logs() as lines:
            async with in_background(worker.run()):
                while not any(line["event"] == "worker.waits" for line in lines):
                    await asyncio.sleep(0)
                await pool.execute("ALTER TABLE work RENAME COLUMN gone TO due_at")
                await until("SELECT count(*) = 1 FROM events WHERE stream = 'answers'", pool)
    assert await facts(a_store(pool), "answers") == [to("a")]


async def test_something_cancelled_inside_a_handler_is_a_failed_try(pool: Pool) -> None:
    """It is not taken for the end of the worker."""

    async def cancel_itself(_: Work) -> None:
        raise asyncio.CancelledError

    store = a_store(pool)
    await given(store, "a", a_fact("a"))
    worker = a_worker(store, cancel_itself)
    await worker.plan_once()
    assert await worker.work_once()
    assert "CancelledError" in await pool.fetchval("SELECT last_error FROM work")
