"""A worker looks for work when there may be some: what is others' costs it nothing."""

import asyncio

import pytest

from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.store import QUERIES, EventStore
from eventstore.subscription import Listener
from eventstore.worker import Worker
from eventstore.worklist import Work, Worklist
from tests.eventstore.test_a_worker_finishes_or_gives_back import TYPES, Given, Handle, to
from tests.statements import overheard
from tests.story import CONTEXT, a_fact, a_store, a_worklist, append_of, given, leased, until

ALL_DONE = """
SELECT NOT EXISTS (SELECT FROM work)
    AND seq = (SELECT max(seq) FROM ledger) FROM cursors WHERE name = 'work/given'
"""
CURSOR = "SELECT seq = (SELECT max(seq) FROM ledger) FROM cursors WHERE name = 'work/given'"


class Looking(Worker):
    """Counts how often it looked for work."""

    looks = 0

    async def work_once(self) -> bool:
        """Look, and do one item."""
        self.looks += 1
        return await super().work_once()


async def finish(work: Work) -> None:
    """Do all that is asked for."""
    await work.finish()


def a_looking_worker(
    store: EventStore, listener: Listener, *, concurrency: int = 1, handle: Handle = finish
) -> Looking:
    """Return a worker that ends whatever it gets."""
    return Looking(
        store=store,
        listener=listener,
        handler=Given(handle),
        types=TYPES,
        concurrency=concurrency,
    )


@pytest.fixture(autouse=True)
def nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a wake-up makes anybody look."""
    for module in ("eventstore.worker", "eventstore.subscription"):
        monkeypatch.setattr(f"{module}.POLL_SECONDS", 3_600.0)


async def connected(listener: Listener) -> None:
    """Wait until NOTIFYs arrive."""
    while not listener.connected:
        await asyncio.sleep(0)


async def test_facts_for_others_wake_no_worker(database_url: str, pool: Pool) -> None:
    """Forty facts of another kind are passed by the planner alone; one of ours is worked on."""
    store, listener = a_store(pool), Listener(database_url, name="test")
    worker = a_looking_worker(store, listener)
    async with in_background(listener.run(), worker.run()):
        await connected(listener)
        await given(store, "ours-0", a_fact())
        await until("SELECT count(*) = 0 FROM work", pool)
        await until(CURSOR, pool)
        before = worker.looks
        for number in range(40):
            await given(store, f"others-{number}", to("r"))
            await until(CURSOR, pool)
        # The last wake-up of the first fact may come after the first of the others'.
        assert worker.looks - before <= 4
        await given(store, "ours-1", a_fact())
        await until(f"{CURSOR} AND NOT EXISTS (SELECT FROM work)", pool)


async def test_work_that_another_process_planned_is_looked_for(
    database_url: str, pool: Pool
) -> None:
    """Whoever plans first, the workers of all processes compete for the item at once."""
    store, listener = a_store(pool), Listener(database_url, name="test")
    worker = a_looking_worker(store, listener)
    async with in_background(listener.run(), worker.run()):
        await connected(listener)
        await until("SELECT count(*) = 1 FROM cursors WHERE name = 'work/given'", pool)
        async with pool.acquire() as other, other.transaction():
            await other.execute(QUERIES["await_cursor"], "work/given")
            await store.append(append_of("asked", a_fact()), context=CONTEXT)
            await seal_until_rest(pool)
            await until(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')", pool
            )
            await other.execute(QUERIES["plan_work"], "given", sorted(TYPES), 0, 1, "work/given")
        await until("SELECT NOT EXISTS (SELECT FROM work)", pool)


async def test_one_item_wakes_one_of_those_who_rest(database_url: str, pool: Pool) -> None:
    """It takes the item and looks once more; the seven others are left alone."""
    store, listener = a_store(pool), Listener(database_url, name="test")
    worker = a_looking_worker(store, listener, concurrency=8)
    async with in_background(listener.run(), worker.run()):
        await connected(listener)
        await until("SELECT EXISTS (SELECT FROM cursors WHERE name = 'work/given')", pool)
        await given(store, "first", a_fact())
        await until(ALL_DONE, pool)
        before = worker.looks
        for number in range(20):
            await given(store, f"next-{number}", a_fact())
            await until(ALL_DONE, pool)
        # Two looks for each; all of them, twice, where the first fact was looked for late.
        assert worker.looks - before <= 2 * 20 + 2 * 8


@pytest.mark.parametrize("together", [True, False])
async def test_items_that_wait_are_worked_on_at_once(
    database_url: str, pool: Pool, together: bool
) -> None:
    """Whether they were planned at once or one by one: none waits for the end of another."""
    store, listener = a_store(pool), Listener(database_url, name="test")
    all_in_hand = asyncio.Barrier(4)

    async def meet(work: Work) -> None:
        await all_in_hand.wait()
        await work.finish()

    worker = a_looking_worker(store, listener, concurrency=4, handle=meet)
    async with in_background(listener.run(), worker.run()):
        await connected(listener)
        for number in range(4 * 5):
            await store.append(append_of(f"s{number}", a_fact()), context=CONTEXT)
            if not together:
                await seal_until_rest(pool)
        await seal_until_rest(pool)
        await until(ALL_DONE, pool)


async def test_a_planner_looks_once_at_each_fact(database_url: str, pool: Pool) -> None:
    """Having passed all that there was, it waits to be woken: it does not look for more."""
    listener = Listener(database_url, name="test")
    async with overheard(database_url) as (own, said):
        worker = a_looking_worker(a_store(own), listener)
        async with in_background(listener.run(), worker.run()):
            await connected(listener)
            await given(a_store(pool), "ours", a_fact())
            await until(f"{CURSOR} AND NOT EXISTS (SELECT FROM work)", pool)
            said.clear()
            for number in range(40):
                await given(a_store(pool), f"others-{number}", to("r"))
                await until(CURSOR, pool)
            # As above, of the first fact.
            assert 40 <= said.count("plan_ahead") <= 42


async def test_a_planner_at_the_head_waits_for_nobody(pool: Pool) -> None:
    """With nothing to pass it does not even ask for the cursor that another one holds."""
    store = a_store(pool)
    await given(store, "s", a_fact())
    worklist = Worklist(store=store, handler="h", types=TYPES)
    await worklist.start()
    assert (await worklist.plan(), worklist.planned) == (1, 1)
    async with pool.acquire() as other, other.transaction():
        await other.execute(QUERIES["await_cursor"], "work/h")
        assert (await worklist.plan(), worklist.planned) == (0, 0)
    await given(store, "t", to("r"))
    assert (await worklist.plan(), worklist.planned) == (1, 0)


async def test_a_planner_asks_once_whatever_it_finds(database_url: str, pool: Pool) -> None:
    """Facts of others, facts of ours, nothing: each costs one statement."""
    store = a_store(pool)
    async with overheard(database_url) as (planners, said):
        worklist = Worklist(store=a_store(planners), handler="h", types=TYPES)
        await worklist.start()
        for fact, found in ((to("r"), (1, 0)), (a_fact(), (1, 1)), (None, (0, 0))):
            if fact is not None:
                await given(store, f"{type(fact).__name__}", fact)
            said.clear()
            assert (await worklist.plan(), worklist.planned) == found
            assert said == ["plan_ahead"]


async def test_a_planner_at_the_head_writes_nothing(pool: Pool) -> None:
    """A look that finds nothing takes no transaction id, which the log has a limited number of."""
    store = a_store(pool)
    await given(store, "s", a_fact())
    worklist = Worklist(store=store, handler="h", types=TYPES)
    await worklist.start()
    assert await worklist.plan() == 1
    async with pool.acquire() as connection, connection.transaction():
        asked = await connection.fetchrow(QUERIES["plan_ahead"], "h", sorted(TYPES), "work/h", 1)
        assert asked is None
        assert await connection.fetchval("SELECT pg_current_xact_id_if_assigned()::text") is None


async def test_a_planner_reads_only_what_lies_ahead(pool: Pool) -> None:
    """However long the log behind it is, whatever the statistics say."""
    store = a_store(pool)
    for begin in range(0, 2_000, 500):
        streams = (append_of(f"s{number}", a_fact()) for number in range(begin, begin + 500))
        await store.append(*streams, context=CONTEXT)
    await seal_until_rest(pool)
    await pool.execute("INSERT INTO cursors (name, seq) VALUES ('work/h', 1990)")
    for analyse in ("SELECT 1", "ANALYZE events, ledger"):
        await pool.execute(analyse)
        async with pool.acquire() as connection, connection.transaction():
            plan = await connection.fetch(
                f"EXPLAIN {QUERIES['plan_ahead']}", "h", sorted(TYPES), "work/h", 1_000
            )
        told = "\n".join(row[0] for row in plan)
        assert "Index Cond: ((seq > moved.after) AND (seq <= moved.upto))" in told
        assert "Seq Scan on events" not in told


async def test_an_item_comes_with_its_fact(database_url: str, pool: Pool) -> None:
    """Taking work and reading what it is about is one statement."""
    await given(a_store(pool), "s", a_fact("a"), a_fact("b"))
    await a_worklist(a_store(pool))
    async with overheard(database_url) as (workers, said):
        store = a_store(workers)
        worklist = Worklist(store=store, handler="h", types=TYPES)
        work = await leased(worklist)
        assert said == ["lease_work"]
        assert (work.seq, work.attempt) == (1, 1)
        assert work.event == await store.read_event(1)
