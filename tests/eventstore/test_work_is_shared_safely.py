"""Work is done by whoever is there, one at a time per stream, and survives its worker."""

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from eventstore.catalogue import EVENTS, WorkRetried, WorkSkipped
from eventstore.codec import Codec
from eventstore.ledger import seal_until_rest
from eventstore.parking import NotParked, parked_work, retry_parked, skip_parked
from eventstore.pool import Pool
from eventstore.store import Append, EventStore
from eventstore.worklist import ATTEMPTS_MAX, Worklist
from tests.story import (
    CONTEXT,
    a_fact,
    a_store,
    a_worklist,
    append_of,
    facts,
    given,
    leased,
    stream,
    until,
)

ROOT = Path(__file__).parent.parent.parent


class Damaged(msgspec.Struct, frozen=True):
    """A claim that does not say what it should."""

    receipt: int


Damaged.__name__ = "ClaimTaken"


async def make_due(pool: Pool) -> None:
    """Let the waiting times of all items be over."""
    await pool.execute("UPDATE work SET due_at = now() - interval '1 hour'")


async def test_two_workers_racing_for_one_item_do_it_once(pool: Pool) -> None:
    """Of 8 workers that reach for one item at the same moment exactly one gets it."""
    store = a_store(pool)
    for number in range(20):
        await given(store, f"a{number}", a_fact())
        worklist = await a_worklist(store)

        taken = await asyncio.gather(*(worklist.lease() for _ in range(8)))

        (winner,) = [work for work in taken if work is not None]
        assert winner.event.stream == f"a{number}"
        await winner.finish()
    assert await pool.fetchval("SELECT count(*) FROM work") == 0


async def test_planning_by_several_processes_makes_each_item_once(pool: Pool) -> None:
    """Planners that run at the same time plan every fact once and none twice."""
    store = a_store(pool)
    for number in range(30):
        await store.append(append_of(f"a{number}", a_fact()), context=CONTEXT)
    await seal_until_rest(pool)

    await asyncio.gather(*(a_worklist(store) for _ in range(6)))

    assert await pool.fetchval("SELECT count(*) FROM work") == 30
    assert await pool.fetchval("SELECT seq FROM cursors WHERE name = 'work/h'") == 30


async def test_a_stream_is_worked_on_in_order_and_others_in_parallel(pool: Pool) -> None:
    """The second fact of a stream waits for the first one; another stream's does not."""
    store = a_store(pool)
    await given(store, "a", a_fact("a0"), a_fact("a1"))
    await given(store, "b", a_fact("b0"))
    worklist = await a_worklist(store)

    first, other = await leased(worklist), await leased(worklist)
    assert (first.event.event, other.event.event) == (a_fact("a0"), a_fact("b0"))
    assert await worklist.lease() is None

    await first.finish()
    assert (await leased(worklist)).event.event == a_fact("a1")


async def test_an_outcome_and_the_end_of_its_item_are_one(pool: Pool) -> None:
    """If the outcome cannot be appended the item stays; finished work leaves its facts."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    worklist = await a_worklist(store)
    work = await leased(worklist)
    outcome = [work.fact(a_fact("done"), ordinal=0)]

    with pytest.raises(Exception, match="expected"):
        await work.finish(Append(stream=stream("a"), expected=5, events=outcome))
    assert await pool.fetchval("SELECT count(*) FROM work") == 1

    await work.finish(Append(stream=stream("a"), expected=0, events=outcome))
    assert await pool.fetchval("SELECT count(*) FROM work") == 0
    recorded = (await store.read_stream(stream("a")))[1]
    assert recorded.metadata.causation_id == work.event.event_id
    assert recorded.metadata.actor == "handler:h"


async def test_a_late_worker_cannot_take_the_item_from_its_successor(pool: Pool) -> None:
    """A worker whose lease ran out adds its facts, and removes nothing that is not its own."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    worklist = await a_worklist(store)
    late = await leased(worklist)
    await pool.execute("UPDATE work SET leased_until = now() - interval '1 second'")
    successor = await leased(worklist)

    await late.finish(
        Append(stream=stream("answers"), expected=-1, events=[late.fact(a_fact("x"), ordinal=0)])
    )

    assert await facts(store, "answers") == [a_fact("x")]
    assert await pool.fetchval("SELECT token FROM work") == 2
    await successor.finish()
    assert await pool.fetchval("SELECT count(*) FROM work") == 0


async def test_a_worker_killed_in_the_middle_of_an_item_is_replaced(
    pool: Pool, database_url: str
) -> None:
    """SIGKILL between lease and finish: when the lease is over another worker does the item."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    worklist = await a_worklist(store, lease_seconds=1.0)
    script = textwrap.dedent("""
        import asyncio, sys
        from eventstore.pool import open_pool
        from eventstore.worklist import Worklist
        from tests.story import a_store

        async def main():
            pool = await open_pool(sys.argv[1], size=1, name="doomed")
            worklist = Worklist(store=a_store(pool), handler="h", types=frozenset(),
                                lease_seconds=1.0)
            assert await worklist.lease() is not None
            print("leased", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
    """)
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, database_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert doomed.stdout is not None
    assert await doomed.stdout.readline() == b"leased\n"
    assert await worklist.lease() is None
    os.kill(doomed.pid, signal.SIGKILL)
    await doomed.wait()

    await until("SELECT leased_until < clock_timestamp() FROM work", pool)
    work = await leased(worklist)
    assert work.attempt == 2
    await work.finish()
    assert await pool.fetchval("SELECT count(*) FROM work") == 0


async def test_poison_is_parked_and_only_its_stream_waits(pool: Pool) -> None:
    """After bounded tries the item is set aside; other streams flow, its own waits."""
    store = a_store(pool)
    await given(store, "a", a_fact("poison"), a_fact("behind"))
    await given(store, "b", a_fact("fine"))
    worklist = await a_worklist(store)

    for attempt in range(1, ATTEMPTS_MAX + 1):
        work = await leased(worklist)
        assert (work.event.event, work.attempt) == (a_fact("poison"), attempt)
        await work.fail(ValueError("cannot be digested"))
        fine = await worklist.lease()
        if fine is not None:
            assert fine.event.event == a_fact("fine")
            await fine.finish()
        await make_due(pool)

    assert await worklist.lease() is None
    (parked,) = await parked_work(store)
    assert (parked.handler, parked.seq, parked.stream) == ("h", 1, "a")
    assert parked.last_error == "ValueError: cannot be digested"


async def test_crashes_count_as_tries(pool: Pool) -> None:
    """An item that kills every worker is parked although nobody lived to report it."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    worklist = await a_worklist(store)
    for _ in range(ATTEMPTS_MAX):
        await leased(worklist)
        await pool.execute("UPDATE work SET leased_until = now() - interval '1 second'")

    assert await worklist.lease() is None
    (parked,) = await parked_work(store)
    assert "lost each time" in (parked.last_error or "")


async def test_a_damaged_fact_is_parked_and_the_worker_lives_on(pool: Pool) -> None:
    """A fact whose text cannot be decoded harms only its own stream."""
    store = a_store(pool)
    damaged = EventStore(pool=pool, codec=Codec({"ClaimTaken": Damaged}), appended=lambda: None)
    await damaged.append(append_of("a", Damaged(receipt=7)), context=CONTEXT)
    await given(store, "b", a_fact("fine"))
    worklist = await a_worklist(store)

    work = await leased(worklist)
    assert work.event.event == a_fact("fine")
    for _ in range(ATTEMPTS_MAX):
        await make_due(pool)
        assert await worklist.lease() is None
    (parked,) = await parked_work(store)
    assert parked.stream == "a"
    await skip_parked(store, handler="h", seq=parked.seq, reason="damaged")
    assert await parked_work(store) == []


async def test_a_fact_for_newer_code_waits_for_it(pool: Pool) -> None:
    """While old and new code run side by side the old one leaves the newer facts to the new."""
    newer = EventStore(
        pool=pool,
        codec=Codec(EVENTS, upcasts={("ClaimTaken", 1): lambda fields: fields}),
        appended=lambda: None,
    )
    await given(newer, "a", a_fact())
    old = await a_worklist(a_store(pool))
    for _ in range(ATTEMPTS_MAX + 1):
        assert await old.lease() is None
        await make_due(pool)
    assert await parked_work(newer) == []

    work = await leased(await a_worklist(newer))
    assert (work.event.event, work.attempt) == (a_fact(), 1)


async def test_giving_an_item_back_is_no_failure(pool: Pool) -> None:
    """Work that waits for something else may wait as often as it likes."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    worklist = await a_worklist(store)
    for _ in range(ATTEMPTS_MAX * 2):
        work = await leased(worklist)
        assert work.attempt == 1
        await work.retry_later(3600)
        seconds = await worklist.seconds_until_due()
        assert seconds is not None
        assert 3500 < seconds <= 3600
        assert await worklist.lease() is None
        await make_due(pool)


async def test_parked_work_is_retried_by_a_person_with_a_reason(pool: Pool) -> None:
    """The act is a fact, the item starts over, and what is not parked cannot be retried."""
    store, worklist = await _parked(pool)

    await retry_parked(store, handler="h", seq=1, reason="fixed in 1.2")

    work = await leased(worklist)
    assert work.attempt == 1
    acts = await facts(store, "work-h-1")
    assert acts == [WorkRetried(handler="h", seq=1, reason="fixed in 1.2")]
    with pytest.raises(NotParked):
        await retry_parked(store, handler="h", seq=1, reason="again")
    assert await facts(store, "work-h-1") == acts


async def test_parked_work_is_skipped_by_a_person_with_a_reason(pool: Pool) -> None:
    """The act is a fact, and the stream goes on with its next one."""
    store, worklist = await _parked(pool)

    await skip_parked(store, handler="h", seq=1, reason="a test photo")

    assert (await leased(worklist)).event.event == a_fact("behind")
    assert await facts(store, "work-h-1") == [
        WorkSkipped(handler="h", seq=1, reason="a test photo")
    ]


async def _parked(pool: Pool) -> tuple[EventStore, Worklist]:
    store = a_store(pool)
    await given(store, "a", a_fact("poison"), a_fact("behind"))
    worklist = await a_worklist(store)
    for _ in range(ATTEMPTS_MAX):
        await (await leased(worklist)).fail(ValueError("no"))
        await make_due(pool)
    return store, worklist
