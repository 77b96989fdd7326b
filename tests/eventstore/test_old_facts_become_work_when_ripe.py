"""What is due in 90 days waits in the ledger: it becomes work when it is so old, and no earlier."""

from datetime import datetime, timedelta
from functools import partial
from operator import sub

from eventstore import ripening
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.ripening import RipeningWorklist
from eventstore.store import EventStore, now_utc
from eventstore.worklist import PLAN_EVENTS_MAX
from projections.projector import standings
from tests.story import CONTEXT, a_fact, a_store, append_of
from web.metrics import SQL as METRICS

AGE = timedelta(days=90)
DAY = timedelta(days=1)


def ripe_at(store: EventStore, now: datetime) -> RipeningWorklist:
    """Return the worklist of a process whose clock says ``now``."""
    types = frozenset({"ClaimTaken"})
    return RipeningWorklist(store=store, handler="h", types=types, age=AGE, clock=lambda: now)


async def planned(worklist: RipeningWorklist) -> list[int]:
    """Plan all that can be; return the seqs that wait as work."""
    await worklist.start()
    while await worklist.plan():
        pass
    rows = await worklist._store.pool.fetch("SELECT seq FROM work ORDER BY seq")
    return [row["seq"] for row in rows]


async def written(pool: Pool, *ages: timedelta) -> EventStore:
    """Return a log whose facts were written so long ago by their writers' clocks."""
    now = now_utc()
    for number, age in enumerate(ages):
        writer = a_store(pool, clock=partial(sub, now, age))
        await writer.append(append_of(f"s{number}", a_fact()), context=CONTEXT)
    await seal_until_rest(pool)
    return a_store(pool)


async def test_a_fact_becomes_work_when_it_is_old_enough(pool: Pool) -> None:
    """Not a day before; each once, whoever plans and how often."""
    store = await written(pool, timedelta(0), timedelta(0))
    now = now_utc()
    assert await planned(ripe_at(store, now)) == []
    assert await planned(ripe_at(store, now + AGE - DAY)) == []
    assert await planned(ripe_at(store, now + AGE)) == [1, 2]
    await pool.execute("DELETE FROM work")
    assert await planned(ripe_at(store, now + 2 * AGE)) == []


async def test_what_was_imported_is_as_old_as_its_writer_says(pool: Pool) -> None:
    """Its seal is of today."""
    store = await written(pool, AGE + DAY, AGE + DAY, AGE - DAY, timedelta(0))
    assert await planned(ripe_at(store, now_utc())) == [1, 2]
    assert await planned(ripe_at(store, now_utc() + DAY)) == [1, 2, 3]


async def test_a_clock_that_ran_ahead_keeps_nobody_for_years(pool: Pool) -> None:
    """A fact from next year is as old as its seal, and those behind it are not kept from work."""
    store = await written(pool, -365 * DAY, timedelta(0))
    assert await planned(ripe_at(store, now_utc() + AGE)) == [1, 2]


async def test_a_log_of_years_becomes_work_bit_by_bit(pool: Pool) -> None:
    """More than enough stays in the ledger until that is done; what waits does not count."""
    store = a_store(pool)
    total = ripening.DUE_ITEMS_MAX + 2 * PLAN_EVENTS_MAX
    for begin in range(0, total, 1_000):
        streams = (append_of(f"s{number}", a_fact()) for number in range(begin, begin + 1_000))
        await store.append(*streams, context=CONTEXT)
    await seal_until_rest(pool)
    later = ripe_at(store, now_utc() + AGE)
    assert len(await planned(later)) == ripening.DUE_ITEMS_MAX
    await pool.execute("UPDATE work SET due_at = now() + interval '1 hour' WHERE seq <= 5000")
    assert len(await planned(later)) == total


async def test_a_reader_far_behind_is_no_alarm(pool: Pool) -> None:
    """It means to be there: `projections status` counts only who means to be at the head."""
    store = await written(pool, timedelta(0))
    await planned(ripe_at(store, now_utc()))
    assert await pool.fetchval("SELECT seq FROM cursors WHERE name = 'later/h'") == 0
    listed = {each.name for each in await standings(store)}
    measured = {row["name"] for row in await pool.fetch(METRICS["cursors"])}
    assert "later/h" not in listed | measured
