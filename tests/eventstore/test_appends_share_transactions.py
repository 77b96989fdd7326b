"""Appends that wait together share a transaction, and each still has its own outcome."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from eventstore.errors import EventIdReused, WrongExpectedVersion
from eventstore.pool import LOCK_TIMEOUT_MS, Pool, open_pool
from eventstore.store import Append, Appended, EventStore
from tests.lossy_postgres import lossy
from tests.story import CONTEXT, a_fact, a_store, append_of, facts, new_id, stream

WRITERS = 20
TRANSACTIONS = "SELECT count(DISTINCT xmin::text) FROM events"


async def outcome(store: EventStore, append: Append) -> Appended | Exception:
    """Return what became of ``append``."""
    try:
        (stored,) = await store.append(append, context=CONTEXT)
    except Exception as refused:
        return refused
    return stored


async def outcomes(store: EventStore, *appends: Append) -> list[Appended | Exception]:
    """Send ``appends`` at the same moment; return what became of each."""
    return await asyncio.gather(*(outcome(store, append) for append in appends))


async def test_appends_of_one_moment_cost_two_transactions(pool: Pool) -> None:
    """The first goes at once, the others wait for it and go together; all are told their own."""
    sent = [append_of(f"s{number}", a_fact(str(number))) for number in range(WRITERS)]

    told = await outcomes(a_store(pool), *sent)

    assert await pool.fetchval(TRANSACTIONS) == 2
    stored = await pool.fetch("SELECT event_id, position FROM events")
    places = {row["event_id"]: row["position"] for row in stored}
    assert len(places) == WRITERS
    for append, appended in zip(sent, told, strict=True):
        event_id = append.events[0][0]
        assert appended == Appended(append.stream, 0, event_id, places[event_id], False)


async def test_one_wrong_append_spoils_nothing_for_the_others(pool: Pool) -> None:
    """A stale version and a reused id are told to those who sent them; the rest is stored."""
    store = a_store(pool)
    used = new_id()
    await store.append(
        Append(stream=stream("old"), expected=-1, events=[(used, a_fact("1"))]), context=CONTEXT
    )
    stale = append_of("old", a_fact("stale"))
    reuse = Append(stream=stream("b"), expected=-1, events=[(used, a_fact("2"))])
    good = [append_of(f"s{number}", a_fact()) for number in range(WRITERS)]

    told = await outcomes(store, *good[:5], stale, reuse, *good[5:])

    kinds = Counter(type(each) for each in told)
    assert kinds == {Appended: WRITERS, WrongExpectedVersion: 1, EventIdReused: 1}
    assert isinstance(told[5], WrongExpectedVersion)
    assert (told[5].stream, told[5].actual) == ("old", 0)
    assert isinstance(told[6], EventIdReused)
    assert await pool.fetchval("SELECT count(*) FROM events") == WRITERS + 1


async def test_rivals_of_one_moment_have_one_winner(pool: Pool) -> None:
    """Of appends to one stream at one version one is stored, though all wait together."""
    store = a_store(pool)
    rivals = [append_of("one", a_fact(str(number))) for number in range(WRITERS)]
    others = [append_of(f"s{number}", a_fact()) for number in range(WRITERS)]

    told = await outcomes(store, *rivals, *others)

    assert Counter(type(each) for each in told[:WRITERS]) == {
        Appended: 1,
        WrongExpectedVersion: WRITERS - 1,
    }
    assert all(isinstance(each, Appended) for each in told[WRITERS:])


async def test_copies_of_one_append_are_one_fact(pool: Pool) -> None:
    """The same append sent many times at one moment is stored once and answered each time."""
    append = append_of("a", a_fact())
    others = [append_of(f"s{number}", a_fact()) for number in range(WRITERS)]

    told = await outcomes(a_store(pool), *[append] * WRITERS, *others)

    copies = {each.position for each in told[:WRITERS] if isinstance(each, Appended)}
    assert len(copies) == 1
    assert await pool.fetchval("SELECT count(*) FROM events") == WRITERS + 1


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_a_connection_lost_under_a_shared_transaction_loses_and_doubles_nothing(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, lost: str
) -> None:
    """Whether the shared commit happened or not, each fact is stored once and all are told."""
    folder: Path = tmp_path_factory.mktemp("w")
    async with (
        lossy(database_url, folder) as (url, wire),
        await open_pool(url, size=5, name="test") as pool,
    ):
        store = a_store(pool)
        for number in range(2):  # what follows is prepared: one message asks, one answers
            await outcomes(store, *(append_of(f"w{number}{k}", a_fact()) for k in range(WRITERS)))
        sent = [append_of(f"s{number}", a_fact(f"the-{number}")) for number in range(WRITERS)]
        if lost == "request":
            wire.lose_the_request(b"the-7")
        else:
            wire.lose_the_answer(b"SELECT 19\x00")
        told = await outcomes(store, *sent)

        assert wire.cuts == 1
        assert all(isinstance(each, Appended) for each in told)
        repeated = [each for each in told if isinstance(each, Appended) and each.stored_before]
        assert len(repeated) == (WRITERS - 1 if lost == "answer" else 0)
        assert await pool.fetchval("SELECT count(*) FROM events") == WRITERS * 3


async def test_a_caller_that_gives_up_takes_nobody_along(pool: Pool) -> None:
    """Cancelling an append that waits with others leaves these untouched."""
    store = a_store(pool)
    tasks = [
        asyncio.create_task(outcome(store, append_of(f"s{number}", a_fact())))
        for number in range(WRITERS)
    ]
    await asyncio.sleep(0)
    tasks[0].cancel()  # the one under way
    tasks[7].cancel()  # one that waits
    told = await asyncio.gather(*tasks, return_exceptions=True)

    assert [at for at, each in enumerate(told) if not isinstance(each, Appended)] == [0, 7]
    assert await facts(store, "s7") == []
    assert len(await facts(store, "s8")) == 1


@pytest.mark.parametrize("place", [0, 5], ids=["alone", "aboard"])
async def test_a_stream_that_is_held_delays_only_its_own_writers(pool: Pool, place: int) -> None:
    """While a transaction elsewhere holds a stream, appends to others do not wait for it."""
    store = a_store(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute(
            "INSERT INTO events (stream, version, event_id, type, data, metadata, leaf_hash,"
            " recorded_at) VALUES ('held', 0, gen_random_uuid(), 'ClaimTaken', '{}', '{}',"
            " sha256(''), now())"
        )
        sent = [append_of(f"s{number}", a_fact()) for number in range(9)]
        sent.insert(place, append_of("held", a_fact()))
        tasks = [asyncio.create_task(outcome(store, append)) for append in sent]
        held = tasks.pop(place)

        async with asyncio.timeout(LOCK_TIMEOUT_MS / 1000 - 1):
            told = await asyncio.gather(*tasks)

        assert all(isinstance(each, Appended) for each in told)
        assert not held.done()
    assert isinstance(await held, WrongExpectedVersion)
