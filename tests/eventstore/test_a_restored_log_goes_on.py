"""A dump, restored into a younger cluster, is the same log: same order, same root, and on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstore.cluster import sight_now
from eventstore.embedded import EmbeddedPostgres
from eventstore.migrate import migrate
from eventstore.pool import Pool, open_pool
from eventstore.proving.merkle import CompactRange
from eventstore.store import EventStore
from tests.restoring import a_younger_cluster, dump, restored
from tests.story import CONTEXT, a_fact, a_store, append_of, given, ledger

#: More transactions than a new cluster has behind it.
TRANSACTIONS = 3_000
XID = "SELECT pg_current_xact_id()::text::bigint"


@pytest.fixture(scope="module")
def younger(binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A cluster younger than the one under test."""
    with a_younger_cluster(tmp_path_factory.mktemp("younger"), binaries) as server:
        yield server


async def root(store: EventStore, *, size: int) -> bytes:
    """Return the root over the first ``size`` facts."""
    leaves = [fact.leaf_hash for fact in await ledger(store)]
    return CompactRange().grown(leaves[:size]).root()


async def test_order_and_root_survive_and_new_facts_go_on_behind_them(
    pool: Pool,
    database_url: str,
    younger: EmbeddedPostgres,
    binaries: Path,
    tmp_path: Path,
) -> None:
    """Though the new cluster's transactions are older by number, nothing is lost or reordered."""
    store = a_store(pool)
    for _ in range(TRANSACTIONS):
        await pool.execute(XID)
    for number in range(20):
        await given(store, f"s{number % 3}-{number}", a_fact(str(number)))
    await store.append(append_of("unsealed", a_fact("u")), context=CONTEXT)
    before, size = await ledger(store), await store.head()
    signed, xid = await root(store, size=size), await pool.fetchval(XID)
    dumped = await dump(database_url, to=tmp_path / "dump", binaries=binaries)

    async with restored(dumped, into=younger, binaries=binaries) as (_, connections):
        copy = a_store(connections)
        assert await connections.fetchval(XID) < xid
        assert await ledger(copy) == before
        assert await root(copy, size=size) == signed

        await given(copy, "after", a_fact("a"), a_fact("b"))  # seals what was left unsealed too
        after = await ledger(copy)
        assert [fact.seq for fact in after] == list(range(1, size + 4))
        assert [fact.stream for fact in after[size:]] == ["unsealed", "after", "after"]
        assert await root(copy, size=size) == signed


async def test_every_way_to_another_database_gives_another_identity(
    pool: Pool, database_url: str, younger: EmbeddedPostgres, binaries: Path, tmp_path: Path
) -> None:
    """Another cluster, another database of one cluster, a table that was made anew."""
    here = await identity(pool)
    assert await identity(pool) == here
    dumped = await dump(database_url, to=tmp_path / "dump", binaries=binaries)
    async with (
        restored(dumped, into=younger, binaries=binaries) as (_, first),
        restored(dumped, into=younger, binaries=binaries) as (_, second),
    ):
        there, beside = await identity(first), await identity(second)
        await first.execute("ALTER TABLE events RENAME TO old")
        await first.execute("CREATE TABLE events (LIKE old INCLUDING ALL)")
        anew = await identity(first)
    assert differing(here, there)[0]
    assert differing(there, beside)[:3] == [False, False, True]
    assert differing(there, anew) == [False, False, False, True]


async def identity(pool: Pool) -> str:
    """Return who the database is."""
    return (await sight_now(a_store(pool))).identity


def differing(one: str, other: str) -> list[bool]:
    """Tell for system, timeline, database and table whether two identities differ in it."""
    return [mine != theirs for mine, theirs in zip(one.split("/"), other.split("/"), strict=True)]


async def test_a_base_backup_brought_up_again_gives_another_identity(
    binaries: Path, tmp_path: Path
) -> None:
    """Same system, same tables, a new timeline, as when a replica takes over."""
    with a_younger_cluster(tmp_path / "cluster", binaries) as server:
        url = server.ensure_database("log")
        migrate(url)
        first, data = await identity_and_data(url)
        server.stop()
        signal = data / "recovery.signal"
        signal.touch()
        os.chown(signal, data.stat().st_uid, data.stat().st_gid)
        server.start()
        second, _ = await identity_and_data(url)
    assert differing(first, second) == [False, True, False, False]


async def identity_and_data(url: str) -> tuple[str, Path]:
    """Return who the database at ``url`` is and where its files lie."""
    async with await open_pool(url, size=1, name="test") as pool:
        await pool.execute("ALTER SYSTEM SET restore_command = 'false'")
        folder = await pool.fetchval("SHOW data_directory")
        return await identity(pool), Path(folder)
