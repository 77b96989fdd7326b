"""An append is all or nothing, and repeating it changes nothing."""

import asyncio
from datetime import UTC, datetime

import pytest

from eventstore.codec import leaf_hash, microseconds
from eventstore.errors import EventIdReused, UnknownEventType, WrongExpectedVersion
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import NO_STREAM, Append
from tests.story import CONTEXT, a_fact, a_store, append_of, facts, ledger, new_id, stream


async def test_facts_come_back_as_they_were_written(pool: Pool) -> None:
    """What was appended is read in order, with its metadata and a hash over the stored text."""
    store = a_store(pool)
    await store.append(append_of("a", a_fact("1"), a_fact("2")), context=CONTEXT)

    first, second = await store.read_stream(stream("a"))

    assert [a_fact("1"), a_fact("2")] == [first.event, second.event]
    assert [first.version, second.version] == [0, 1]
    assert first.metadata.correlation_id == "a-story"
    stored = await pool.fetchrow("SELECT data::text, metadata::text FROM events LIMIT 1")
    assert stored is not None
    assert first.leaf_hash == leaf_hash(
        stream=first.stream,
        version=first.version,
        event_id=first.event_id,
        type_name=first.type,
        data=stored["data"],
        metadata=stored["metadata"],
        recorded_microseconds=microseconds(first.recorded_at),
    )


async def test_a_stale_writer_is_told_where_the_stream_is(pool: Pool) -> None:
    """The second writer at the same expected version gets the actual one and writes nothing."""
    store = a_store(pool)
    await store.append(append_of("a", a_fact()), context=CONTEXT)

    with pytest.raises(WrongExpectedVersion) as refused:
        await store.append(append_of("a", a_fact("other")), context=CONTEXT)

    assert (refused.value.expected, refused.value.actual) == (NO_STREAM, 0)
    assert [a_fact()] == await facts(store, "a")


async def test_a_version_ahead_of_the_stream_is_refused(pool: Pool) -> None:
    """Nobody can leave a hole in a stream."""
    store = a_store(pool)
    with pytest.raises(WrongExpectedVersion):
        await store.append(append_of("a", a_fact(), expected=4), context=CONTEXT)
    assert await facts(store, "a") == []


async def test_repeating_an_append_returns_what_was_stored(pool: Pool) -> None:
    """The same ids with the same content are stored once, whatever happened in between."""
    store = a_store(pool)
    append = append_of("a", a_fact("1"), a_fact("2"))
    first = await store.append(append, context=CONTEXT)
    await store.append(append_of("a", a_fact("3"), expected=1), context=CONTEXT)

    again = await store.append(append, context=CONTEXT)

    assert [(a.version, a.stored_before) for a in first] == [(0, False), (1, False)]
    assert [(a.version, a.stored_before) for a in again] == [(0, True), (1, True)]
    assert [a_fact("1"), a_fact("2"), a_fact("3")] == await facts(store, "a")


@pytest.mark.parametrize("difference", ["content", "stream", "some_new"])
async def test_an_id_never_stands_for_two_facts(pool: Pool, difference: str) -> None:
    """An id with other content, in another stream, or beside new ids is refused."""
    store = a_store(pool)
    event_id = new_id()
    await store.append(
        Append(stream=stream("a"), expected=NO_STREAM, events=[(event_id, a_fact("1"))]),
        context=CONTEXT,
    )
    reuse = {
        "content": Append(stream=stream("a"), expected=-1, events=[(event_id, a_fact("2"))]),
        "stream": Append(stream=stream("b"), expected=-1, events=[(event_id, a_fact("1"))]),
        "some_new": Append(
            stream=stream("a"), expected=-1, events=[(event_id, a_fact("1")), (new_id(), a_fact())]
        ),
    }[difference]

    with pytest.raises(EventIdReused):
        await store.append(reuse, context=CONTEXT)

    assert await pool.fetchval("SELECT count(*) FROM events") == 1


async def test_several_streams_are_one_decision(pool: Pool) -> None:
    """If one of the streams has moved on, none of them is written."""
    store = a_store(pool)
    await store.append(append_of("b", a_fact()), context=CONTEXT)

    with pytest.raises(WrongExpectedVersion) as refused:
        await store.append(
            append_of("a", a_fact()), append_of("b", a_fact("late")), context=CONTEXT
        )

    assert refused.value.stream == "b"
    assert await facts(store, "a") == []


async def test_two_writers_of_two_streams_in_opposite_orders_never_deadlock(pool: Pool) -> None:
    """200 pairs of opposite appends end with exactly one winner each and no deadlock."""
    store = a_store(pool)

    async def write(names: tuple[str, str]) -> bool:
        try:
            await store.append(*(append_of(name, a_fact()) for name in names), context=CONTEXT)
        except WrongExpectedVersion:
            return False
        return True

    for number in range(200):
        pair = (f"a{number}", f"b{number}")
        won = await asyncio.gather(write(pair), write(pair[::-1]))
        assert sorted(won) == [False, True]

    deadlocks = await pool.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0
    assert await pool.fetchval("SELECT count(*) FROM events") == 400


async def test_two_writers_of_the_same_fact_store_it_once(pool: Pool) -> None:
    """An append sent four times at the same moment is one fact, and all callers are told so."""
    # A copy may commit between another one's look at the ids and its look at the versions: that
    # is no rival. Fifty rounds met this in three runs of seven before append_events looked twice.
    store = a_store(pool)
    for number in range(200):
        append = append_of(f"a{number}", a_fact())
        answers = await asyncio.gather(*(store.append(append, context=CONTEXT) for _ in range(4)))
        assert {append.events[0][0]} == {answer[0].event_id for answer in answers}
    assert await pool.fetchval("SELECT count(*) FROM events") == 200


async def test_a_truth_is_appended_behind_whatever_stands_there(pool: Pool) -> None:
    """Ten writers that only want their fact kept all get it kept, each once."""
    store = a_store(pool)
    truths = [(new_id(), a_fact(str(number))) for number in range(10)]

    for _ in range(2):
        await asyncio.gather(
            *(
                store.append_last(stream("a"), event_id, event, context=CONTEXT)
                for event_id, event in truths
            )
        )

    kept = [recorded.event_id for recorded in await store.read_stream(stream("a"))]
    assert sorted(event_id for event_id, _ in truths) == sorted(kept)


async def test_a_truth_that_stands_further_back_is_found_again(pool: Pool) -> None:
    """Repeated when more stands behind it, it is where it was, and nothing is added."""
    store = a_store(pool)
    event_id = new_id()
    first = await store.append_last(stream("a"), event_id, a_fact("1"), context=CONTEXT)
    for number in range(2, 5):
        await store.append_last(stream("a"), new_id(), a_fact(str(number)), context=CONTEXT)

    again = await store.append_last(stream("a"), event_id, a_fact("1"), context=CONTEXT)

    assert (again.position, again.version, again.stored_before) == (first.position, 0, True)
    assert await facts(store, "a") == [a_fact(str(number)) for number in range(1, 5)]


@pytest.mark.parametrize("place", ["a", "elsewhere"])
async def test_a_truth_never_takes_the_id_of_another(pool: Pool, place: str) -> None:
    """Whether the id says something else here, or anything in another stream."""
    store = a_store(pool)
    event_id = new_id()
    await store.append_last(stream("a"), event_id, a_fact("1"), context=CONTEXT)
    await store.append_last(stream("a"), new_id(), a_fact("2"), context=CONTEXT)
    said = a_fact("1" if place == "elsewhere" else "3")
    with pytest.raises(EventIdReused):
        await store.append_last(stream(place), event_id, said, context=CONTEXT)
    assert await facts(store, "a") == [a_fact("1"), a_fact("2")]
    assert await facts(store, "elsewhere") == []


async def test_a_fact_outside_the_catalogue_is_refused(pool: Pool) -> None:
    """Only what the catalogue names can become history."""
    with pytest.raises(UnknownEventType):
        await a_store(pool).append(append_of("a", CONTEXT), context=CONTEXT)


async def test_the_time_of_a_fact_is_the_writers_clock(pool: Pool) -> None:
    """recorded_at is stored to the microsecond, since the hash covers it."""
    from eventstore.catalogue import EVENTS
    from eventstore.codec import Codec
    from eventstore.store import EventStore

    moment = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
    store = EventStore(pool=pool, codec=Codec(EVENTS), appended=lambda: None, clock=lambda: moment)
    await store.append(append_of("a", a_fact()), context=CONTEXT)
    await seal_until_rest(pool)
    assert [moment] == [recorded.recorded_at for recorded in await ledger(store)]


async def test_the_last_facts_of_many_streams_come_in_one_reading(pool: Pool) -> None:
    """Sealed or not, however long the stream is; one that nobody wrote to is not there."""
    store = a_store(pool)
    await store.append(append_of("a", *(a_fact(str(n)) for n in range(50))), context=CONTEXT)
    await seal_until_rest(pool)
    await store.append(append_of("b", a_fact("only")), context=CONTEXT)
    lasts = await store.read_lasts([stream("a"), stream("b"), stream("nobody's")])
    found = {name: (last.version, last.event, last.seq) for name, last in lasts.items()}
    assert found == {"a": (49, a_fact("49"), 50), "b": (0, a_fact("only"), None)}
    assert await store.read_lasts([]) == {}
