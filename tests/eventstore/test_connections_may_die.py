"""A connection may die at any moment; no fact is lost by it and none is doubled."""

import asyncio
from pathlib import Path

import pytest

from eventstore.errors import LogUnavailable
from eventstore.identity import EventId
from eventstore.pool import Connection, Pool, open_pool
from eventstore.process import in_background
from eventstore.store import EventStore
from eventstore.subscription import Listener, keep_up, read_dense
from tests.lossy_postgres import lossy
from tests.story import (
    CONTEXT,
    a_fact,
    a_sealed_store,
    a_store,
    append_of,
    facts,
    until,
)


@pytest.fixture
def socket_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket."""
    return tmp_path_factory.mktemp("w")


async def test_an_append_whose_answer_was_lost_is_stored_once(
    database_url: str, socket_folder: Path
) -> None:
    """The connection dies after the commit: the same call again finds the stored fact."""
    async with (
        lossy(database_url, socket_folder) as (url, wire),
        await open_pool(url, size=2, name="test") as pool,
    ):
        store = a_store(pool)
        await store.append(append_of("a", a_fact("1")), context=CONTEXT)
        wire.lose_the_answer(b"SELECT 1\x00")

        (answer,) = await store.append(append_of("a", a_fact("2"), expected=0), context=CONTEXT)

        assert wire.cuts == 1
        assert (answer.version, answer.stored_before) == (1, True)
        assert await facts(store, "a") == [a_fact("1"), a_fact("2")]


async def test_an_append_that_never_arrived_is_sent_again(
    database_url: str, socket_folder: Path
) -> None:
    """The connection dies before the server heard of the append: it is stored by the retry."""
    async with (
        lossy(database_url, socket_folder) as (url, wire),
        await open_pool(url, size=2, name="test") as pool,
    ):
        store = a_store(pool)
        wire.lose_the_request(b"the-lost-one")

        (answer,) = await store.append(append_of("a", a_fact("the-lost-one")), context=CONTEXT)

        assert wire.cuts == 1
        assert (answer.version, answer.stored_before) == (0, False)


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_an_outcome_and_its_companion_are_committed_once(
    database_url: str, socket_folder: Path, lost: str
) -> None:
    """The connection dies around COMMIT: facts and what goes with them are there exactly once."""
    async with (
        lossy(database_url, socket_folder) as (url, wire),
        await open_pool(url, size=2, name="test") as pool,
    ):
        store = a_store(pool)
        if lost == "request":
            wire.lose_the_request(b"COMMIT;\x00")
        else:
            wire.lose_the_answer(b"COMMIT\x00")

        async def move(connection: Connection) -> None:
            await connection.execute(
                "INSERT INTO cursors (name, seq) VALUES ('mine', 7) ON CONFLICT DO NOTHING"
            )

        await store.append_with(append_of("a", a_fact()), context=CONTEXT, also=move)

        assert wire.cuts == 1
        assert await facts(store, "a") == [a_fact()]
        assert await pool.fetchval("SELECT seq FROM cursors WHERE name = 'mine'") == 7


async def test_a_database_that_stays_away_is_said_to_be(
    database_url: str, socket_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When no try gets an answer the caller is told, in one word, what to check."""
    monkeypatch.setattr("eventstore.doubt.FIRST_PAUSE_SECONDS", 0.001)
    async with lossy(database_url, socket_folder) as (url, _):
        pool = await open_pool(url, size=1, name="test")
    for socket in socket_folder.iterdir():
        socket.unlink()
    await pool.expire_connections()
    store = EventStore(pool=pool, codec=a_store(pool)._codec, appended=lambda: None)
    with pytest.raises(LogUnavailable, match="DATABASE_URL"):
        await store.append(append_of("a", a_fact()), context=CONTEXT)
    pool.terminate()


async def test_events_reach_a_reader_whose_listener_is_killed_again_and_again(
    database_url: str, pool: Pool
) -> None:
    """LISTEN connections are terminated while facts arrive: every fact is read once, in order."""
    listener = Listener(database_url, name="reader")
    read: list[EventId] = []
    last = 0

    async with a_sealed_store(pool) as store:

        async def step() -> int:
            nonlocal last
            batch = await read_dense(store, after=last, limit=7)
            read.extend(fact.event_id for fact in batch)
            last += len(batch)
            return len(batch)

        async with in_background(
            listener.run(), keep_up(step, store=store, listener=listener, name="reader")
        ):
            written = []
            for number in range(120):
                append = append_of(f"s{number}", a_fact())
                await store.append(append, context=CONTEXT)
                written.append(append.events[0][0])
                if number % 20 == 0:
                    await pool.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                        " application_name = 'cashbot/reader-listen'"
                        " AND datname = current_database()"
                    )
            await _until_read(read, len(written))
    assert read == written


async def test_a_listener_comes_back_and_is_heard_to(database_url: str, pool: Pool) -> None:
    """After its connection was killed the listener reconnects and wakes all its readers."""
    listener = Listener(database_url, name="reader")
    listening = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE"
        " application_name = 'cashbot/reader-listen' AND datname = current_database()"
        " AND query ILIKE 'LISTEN%' AND pid <> ALL($1::int[]))"
    )
    async with in_background(listener.run()), listener.woken_by("cashbot_ledger") as wakes:
        await until(listening, pool, [])
        assert await wakes.wait(5)
        killed = await pool.fetch(
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'cashbot/reader-listen' AND datname = current_database()"
        )
        await until(listening, pool, [row["pid"] for row in killed])
        assert await wakes.wait(5)


async def test_a_lost_notify_is_made_up_by_the_poll_and_counted(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that no NOTIFY reaches still reads by its poll, and the miss is counted."""
    monkeypatch.setattr("eventstore.subscription.POLL_SECONDS", 0.05)
    store = a_store(pool)  # nobody seals and nobody listens
    deaf = Listener(database_url, name="deaf")
    await pool.execute("INSERT INTO cursors (name) VALUES ('deaf')")
    read: list[EventId] = []

    async def step() -> int:
        batch = await read_dense(store, after=len(read), limit=10)
        read.extend(fact.event_id for fact in batch)
        return len(batch)

    async with in_background(keep_up(step, store=store, listener=deaf, name="deaf")):
        append = append_of("a", a_fact())
        await store.append(append, context=CONTEXT)
        await _until_read(read, 1)
        await until("SELECT notify_missed = 1 FROM cursors WHERE name = 'deaf'", pool)
    assert read == [append.events[0][0]]


async def _until_read(read: list[EventId], count: int) -> None:
    while len(read) < count:
        await asyncio.sleep(0)
