"""A worker that lost its lease changes nothing about the item, and planners take turns."""

import asyncio

import pytest

from eventstore.pool import Pool
from eventstore.store import QUERIES
from eventstore.worklist import ATTEMPTS_MAX, LEASE_SECONDS, Work, Worklist
from tests.story import a_fact, a_store, a_worklist, given, leased, until


@pytest.fixture
async def worklist(pool: Pool) -> Worklist:
    """The worklist of handler "h" with one fact planned."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    return await a_worklist(store)


async def let_it_run_out(pool: Pool) -> None:
    """Let all leases be over."""
    await pool.execute("UPDATE work SET leased_until = now() - interval '1 second'")


async def late_then_next(pool: Pool, worklist: Worklist) -> Work:
    """Return a worker whose lease ran out and whose item another one holds now."""
    late = await leased(worklist)
    await let_it_run_out(pool)
    await leased(worklist)
    return late


@pytest.mark.parametrize("act", ["retry_later", "fail", "park", "renew"])
async def test_a_late_worker_changes_nothing_its_successor_holds(
    pool: Pool, worklist: Worklist, act: str
) -> None:
    """Giving back, failing, parking and renewing are all void without the lease."""
    late = await late_then_next(pool, worklist)
    before = await pool.fetchrow("SELECT * FROM work")
    if act == "retry_later":
        await late.retry_later(0)
    elif act == "renew":
        await late.renew()
    else:
        late.attempt = ATTEMPTS_MAX if act == "park" else 1
        await late.fail(ValueError("late"))
    assert before == await pool.fetchrow("SELECT * FROM work")


@pytest.mark.parametrize(("act", "attempts"), [("retry_later", 0), ("fail", 1)])
async def test_giving_back_twice_gives_back_once(
    pool: Pool, worklist: Worklist, act: str, attempts: int
) -> None:
    """The answer to giving back was lost and it is sent again: counted once."""
    work = await leased(worklist)
    for _ in range(2):
        await (work.retry_later(0) if act == "retry_later" else work.fail(ValueError("x")))
    assert await pool.fetchval("SELECT attempts FROM work") == attempts


async def test_a_lease_is_renewed_while_the_work_goes_on(pool: Pool, worklist: Worklist) -> None:
    """A renewed lease is a whole one again."""
    work = await leased(worklist)
    await pool.execute("UPDATE work SET leased_until = now() + interval '1 second'")
    await work.renew()
    left = await pool.fetchval(
        "SELECT extract(epoch FROM leased_until - clock_timestamp())::float FROM work"
    )
    assert LEASE_SECONDS - 5 < left <= LEASE_SECONDS


async def test_a_planner_waits_for_the_one_before_it(pool: Pool, worklist: Worklist) -> None:
    """Who read the cursor early must not plan again what was planned and done meanwhile."""
    store = a_store(pool)
    await given(store, "b", a_fact("b"))
    async with pool.acquire() as first, first.transaction():
        await first.execute("SELECT FROM cursors WHERE name = $1 FOR UPDATE", worklist.cursor)
        second = asyncio.create_task(worklist.plan())
        await until(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%cursors%' AND datname = current_database())",
            pool,
        )
        assert not second.done()
        await first.execute(QUERIES["move_cursor"], worklist.cursor, await store.head())
    assert await second == 0
    assert await pool.fetchval("SELECT count(*) FROM work WHERE stream = 'b'") == 0


async def test_an_item_that_another_worker_is_taking_delays_nobody(
    pool: Pool, worklist: Worklist
) -> None:
    """While one worker is in the middle of taking an item the next one gets another stream's."""
    await given(a_store(pool), "b", a_fact("b"))
    await a_worklist(a_store(pool))
    async with pool.acquire() as taking, taking.transaction():
        await taking.execute("SELECT FROM work WHERE stream = 'a' FOR UPDATE")
        work = await leased(worklist)
    assert work.event.stream == "b"
