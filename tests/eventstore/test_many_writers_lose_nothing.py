"""However many write at once: nothing lost, nothing doubled, one dense order."""

import asyncio
from collections import defaultdict
from pathlib import Path

import pytest

from eventstore.attachments import FolderAttachments
from eventstore.errors import WrongExpectedVersion
from eventstore.identity import EventId
from eventstore.ledger import Sealer, seal_until_rest
from eventstore.log import open_log
from eventstore.pool import Pool, open_connection, open_pool
from eventstore.process import in_background
from eventstore.store import NO_STREAM, Append, EventStore, Recorded
from tests.story import (
    CONTEXT,
    a_fact,
    a_sealed_store,
    a_store,
    append_of,
    ledger,
    new_id,
    stream,
    until,
)

WRITERS = 32
EVENTS_PER_WRITER = 25


def assert_dense_and_causal(sealed: list[Recorded]) -> None:
    """Numbers count from one without a hole, and each stream is in its own order."""
    assert list(range(1, len(sealed) + 1)) == [fact.seq for fact in sealed]
    versions: dict[str, list[int]] = defaultdict(list)
    for fact in sealed:
        versions[fact.stream].append(fact.version)
    for name, seen in versions.items():
        assert list(range(len(seen))) == seen, name


async def test_32_writers_of_one_stream_take_turns(database_url: str) -> None:
    """Each of 32 rivals gets all its facts in, each once, and the stream has no gap."""
    async with await open_pool(database_url, size=WRITERS, name="writers") as pool:
        async with a_sealed_store(pool) as store:
            written: list[EventId] = []

            async def write(number: int) -> None:
                for _ in range(5):
                    event_id = new_id()
                    await store.append_last(
                        stream("one"), event_id, a_fact(str(number)), context=CONTEXT
                    )
                    written.append(event_id)

            await asyncio.gather(*(write(number) for number in range(WRITERS)))
            await until("SELECT NOT EXISTS (SELECT FROM unsealed)", pool)

            sealed = await ledger(store)
        assert sorted(written) == sorted(fact.event_id for fact in sealed)
        assert_dense_and_causal(sealed)


async def test_32_writers_at_one_expected_version_have_one_winner(database_url: str) -> None:
    """Of 32 appends at the same version exactly one is stored, round after round."""
    async with await open_pool(database_url, size=WRITERS, name="writers") as pool:
        store = a_store(pool)

        async def write(expected: int) -> bool:
            try:
                await store.append(append_of("one", a_fact(), expected=expected), context=CONTEXT)
            except WrongExpectedVersion:
                return False
            return True

        for expected in range(NO_STREAM, 9):
            won = await asyncio.gather(*(write(expected) for _ in range(WRITERS)))
            assert won.count(True) == 1
        assert await pool.fetchval("SELECT count(*) FROM events") == 10


async def test_32_writers_of_many_streams_are_all_kept_in_order(database_url: str) -> None:
    """Every fact is sealed once; whoever had seen a fact stands behind it in the ledger."""
    async with await open_pool(database_url, size=WRITERS, name="writers") as pool:
        async with a_sealed_store(pool) as store:

            async def write(number: int) -> None:
                for version in range(EVENTS_PER_WRITER):
                    append = append_of(f"s{number}", a_fact(), expected=version - 1)
                    await store.append(append, context=CONTEXT)

            await asyncio.gather(*(write(number) for number in range(WRITERS)))
            await until("SELECT NOT EXISTS (SELECT FROM unsealed)", pool)
            sealed = await ledger(store)
        assert len(sealed) == WRITERS * EVENTS_PER_WRITER
        assert_dense_and_causal(sealed)


async def test_a_fact_stands_behind_the_facts_its_writer_had_seen(database_url: str) -> None:
    """A chain that hops from stream to stream keeps its order while others write and seal."""
    async with await open_pool(database_url, size=WRITERS, name="writers") as pool:
        async with a_sealed_store(pool) as store:
            chain: list[EventId] = []

            async def noise(number: int) -> None:
                for version in range(20):
                    append = append_of(f"noise{number}", a_fact(), expected=version - 1)
                    await store.append(append, context=CONTEXT)

            async def hop() -> None:
                for number in range(60):
                    event_id = new_id()
                    fact = (event_id, a_fact())
                    append = Append(stream=stream(f"hop{number}"), expected=-1, events=[fact])
                    await store.append(append, context=CONTEXT)
                    chain.append(event_id)

            await asyncio.gather(hop(), *(noise(number) for number in range(16)))
            await until("SELECT NOT EXISTS (SELECT FROM unsealed)", pool)
            sealed = await ledger(store)
        assert_dense_and_causal(sealed)
        hops = [fact.event_id for fact in sealed if fact.stream.startswith("hop")]
        assert chain == hops


@pytest.mark.parametrize("burst", [2, 4, 8])
async def test_no_burst_leaves_a_fact_unsealed(database_url: str, burst: int) -> None:
    """500 facts in bursts from two processes' sealers: all sealed as soon as they rest."""
    async with (
        await open_pool(database_url, size=burst, name="one") as one,
        await open_pool(database_url, size=burst, name="two") as two,
    ):
        sealers = [Sealer(one), Sealer(two)]
        stores = [a_store(pool, sealer) for pool, sealer in zip((one, two), sealers, strict=True)]
        async with in_background(*(sealer.run() for sealer in sealers)):
            for number in range(500 // burst):
                await asyncio.gather(
                    *(_append(stores[k % 2], f"{number}-{k}") for k in range(burst))
                )
                # No poll and no further append will help: only the sealers' own calls.
                await until("SELECT NOT EXISTS (SELECT FROM unsealed)", one)
        sealed = await ledger(stores[0])
    assert len(sealed) == 500 // burst * burst
    assert_dense_and_causal(sealed)


async def _append(store: EventStore, name: str) -> None:
    await store.append(append_of(name, a_fact()), context=CONTEXT)


async def test_an_open_transaction_delays_nobody_else(pool: Pool) -> None:
    """A writer that has drawn its position and does not commit holds up only itself."""
    store = a_store(pool)
    async with pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(
            "SELECT append_events(ARRAY['slow'], ARRAY[0::bigint], ARRAY[gen_random_uuid()],"
            " ARRAY['ClaimTaken'], ARRAY['{\"receipt\":\"slow\"}'],"
            ' ARRAY[\'{"correlation_id":"c","causation_id":null,"actor":"t"}\'],'
            " ARRAY[sha256('')], ARRAY[now()])"
        )
        for number in range(5):
            await store.append(append_of(f"fast{number}", a_fact()), context=CONTEXT)
        await seal_until_rest(pool)
        before = await ledger(store)
        await transaction.commit()
    await seal_until_rest(pool)

    after = await ledger(store)
    assert [f"fast{number}" for number in range(5)] == [fact.stream for fact in before]
    assert before == after[:5]
    assert [a_fact("slow")] == [fact.event for fact in after[5:]]
    assert_dense_and_causal(after)


async def test_sealing_refuses_a_transaction_it_could_not_trust(pool: Pool) -> None:
    """seal() runs neither under an old snapshot nor inside a transaction that has written."""
    import asyncpg

    async with pool.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read"):
            with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
                await connection.fetchval("SELECT seal(10)")
        async with connection.transaction():
            await connection.execute("INSERT INTO cursors (name) VALUES ('x')")
            with pytest.raises(asyncpg.RaiseError, match="alone"):
                await connection.fetchval("SELECT seal(10)")


async def test_a_sealer_that_was_turned_away_asks_again(pool: Pool, database_url: str) -> None:
    """A rival that looked before our commit leaves our fact; its -1 must not be taken for rest."""
    asked = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%SELECT seal($1)%'"
        " AND application_name = 'cashbot/sealer' AND datname = current_database())"
    )
    async with await open_pool(database_url, size=2, name="sealer") as sealing:
        sealer = Sealer(sealing)
        async with in_background(sealer.run()):
            async with pool.acquire() as rival, rival.transaction():
                assert await rival.fetchval("SELECT seal(10)") == 0
                await a_store(pool, sealer).append(append_of("a", a_fact()), context=CONTEXT)
                await until(asked, pool)
            await until("SELECT NOT EXISTS (SELECT FROM unsealed)", pool)


async def test_one_batch_is_announced_once(pool: Pool, database_url: str) -> None:
    """Whoever listens is told of the new head, once per batch and never for nothing."""
    told: list[str] = []
    store = a_store(pool)
    listener = await open_connection(database_url, name="test")
    await listener.add_listener("cashbot_ledger", lambda *heard: told.append(str(heard[-1])))
    await store.append(append_of("a", a_fact(), a_fact(), a_fact()), context=CONTEXT)
    await seal_until_rest(pool)
    await seal_until_rest(pool)
    await listener.fetchval("SELECT 1")  # what was sent before it has arrived
    await listener.close()
    assert told == ["3"]


async def test_only_one_session_seals_at_a_time(pool: Pool) -> None:
    """While one session holds the sealing lock another is told so at once."""
    async with pool.acquire() as holder, holder.transaction():
        assert await holder.fetchval("SELECT seal(10)") == 0
        assert await pool.fetchval("SELECT seal(10)") == -1
    assert await pool.fetchval("SELECT seal(10)") == 0


async def test_what_a_killed_process_left_unsealed_is_sealed_by_the_next(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """A process that starts seals at once, although it has appended nothing and reads nothing."""
    await a_store(pool).append(append_of("a", a_fact()), context=CONTEXT)
    attachments = FolderAttachments(root=tmp_path)
    async with open_log(
        database_url, name="next", connections=2, attachments=attachments, secret=bytes(32)
    ):
        await until("SELECT NOT EXISTS (SELECT FROM unsealed)", pool)
    assert len(await ledger(a_store(pool))) == 1
