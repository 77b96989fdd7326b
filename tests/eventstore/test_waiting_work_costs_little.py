"""Thousands may wait for tomorrow: what is due is found at once, and nobody looks in vain."""

import pytest

from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import QUERIES
from eventstore.worklist import ATTEMPTS_MAX, Worklist
from tests.story import CONTEXT, a_fact, a_store, a_worklist, append_of, given, leased

WAITING = 3_000


async def crowd(pool: Pool) -> Worklist:
    """Return a worklist whose items all wait for tomorrow."""
    store = a_store(pool)
    for begin in range(0, WAITING, 500):
        streams = (append_of(f"s{number}", a_fact()) for number in range(begin, begin + 500))
        await store.append(*streams, context=CONTEXT)
    await seal_until_rest(pool)
    worklist = await a_worklist(store)
    await pool.execute("UPDATE work SET due_at = now() + interval '1 day' + seq * interval '1 s'")
    return worklist


async def test_what_is_due_is_found_among_what_waits(pool: Pool) -> None:
    """One of thousands becomes due: it is taken, and then nothing until tomorrow."""
    worklist = await crowd(pool)
    assert await worklist.lease() is None
    await pool.execute("UPDATE work SET due_at = now() WHERE seq = 2345")
    assert await worklist.seconds_until_due() == pytest.approx(0, abs=5)
    assert (await leased(worklist)).seq == 2345
    assert await worklist.lease() is None
    seconds = await worklist.seconds_until_due()
    assert seconds == pytest.approx(60, abs=5)  # so long the lease lasts


@pytest.mark.parametrize("statement", ["lease_work", "seconds_until_due"])
async def test_who_waits_is_not_read(pool: Pool, statement: str) -> None:
    """Both looks go by the time at which work is due, whatever the statistics say."""
    await crowd(pool)
    arguments = ("h", 60.0) if statement == "lease_work" else ("h",)
    for analyse in ("SELECT 1", "ANALYZE work"):
        await pool.execute(analyse)
        plan = await pool.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {QUERIES[statement]}", *arguments)
        told = "\n".join(row[0] for row in plan)
        assert "work_by_when_it_is_due" in told
        assert "Rows Removed by Filter" not in told
        assert "Seq Scan" not in told


async def test_restarted_work_waits_on(pool: Pool) -> None:
    """When an item is due stands in the database: another process knows it, and counts no try."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    work = await leased(await a_worklist(store))
    await work.retry_later(86_400)
    another = await a_worklist(store)
    assert await another.lease() is None
    assert await another.seconds_until_due() == pytest.approx(86_400, abs=60)
    assert await pool.fetchval("SELECT attempts FROM work") == 0


async def test_nobody_looks_again_and_again_at_what_stands_behind_parked_work(pool: Pool) -> None:
    """It is due and cannot be taken: only a person changes that."""
    store = a_store(pool)
    await given(store, "a", a_fact("poison"), a_fact("behind"))
    worklist = await a_worklist(store)
    for _ in range(ATTEMPTS_MAX):
        await (await leased(worklist)).fail(ValueError("no"))
        await pool.execute("UPDATE work SET due_at = now()")
    assert await worklist.lease() is None
    assert await worklist.seconds_until_due() is None


async def test_who_is_due_longest_is_served_first(pool: Pool) -> None:
    """Work that was given back takes its place behind what was due before."""
    store = a_store(pool)
    for name in "abc":
        await given(store, name, a_fact(name))
    worklist = await a_worklist(store)
    first = await leased(worklist)
    await first.retry_later(0)
    served = [(await leased(worklist)).event.stream for _ in range(3)]
    assert served == ["b", "c", "a"]
