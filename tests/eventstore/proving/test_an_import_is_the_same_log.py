"""An export put into an empty database is the same log: facts, order, root and checkpoints."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path

import asyncpg
import psycopg
import pytest

from eventstore.embedded import EmbeddedPostgres
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool, open_pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.importing import ImportRefused, import_log
from eventstore.proving.notes import SigningKey
from eventstore.proving.proofs import prove
from eventstore.proving.signers import known_keys
from eventstore.proving.verdicts import Kind
from eventstore.proving.verify_export import verify_export
from eventstore.proving.verify_log import verify_log
from eventstore.store import Recorded
from eventstore.worklist import Worklist
from tests.conftest import TEMPLATE
from tests.eventstore.proving.logs import a_signer, exported, grow, key_of
from tests.processes import ROOT, environment
from tests.story import CONTEXT, a_fact, a_store, append_of, ledger, until

SIZE = 1_500
READERS = ["work/h", "work/other"]


@pytest.fixture
def elsewhere_url(
    server: EmbeddedPostgres, admin: psycopg.Connection, database_numbers: Iterator[int]
) -> Iterator[str]:
    """URL of another, empty database."""
    name = f"elsewhere_{next(database_numbers)}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield server.url(name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def elsewhere(elsewhere_url: str) -> AsyncIterator[Pool]:
    """Connections to the other database."""
    pool = await open_pool(elsewhere_url, size=4, name="test")
    yield pool
    pool.terminate()


@pytest.fixture
async def signer(pool: Pool, tmp_path: Path) -> Checkpoints:
    """What signed the log that is to be imported."""
    signer = a_signer(pool, tmp_path / "here")
    for count in (1, 700, 600):
        await grow(pool, count)
        await signer.make()
    await grow(pool, SIZE - 1_301)
    return signer


def _told(facts: list[Recorded]) -> list[object]:
    return [(fact.seq, fact.stream, fact.version, fact.data, fact.leaf_hash) for fact in facts]


async def test_an_import_exports_the_same_bytes(
    pool: Pool, elsewhere: Pool, signer: Checkpoints, tmp_path: Path
) -> None:
    """There and back again not one byte is different."""
    content = await exported(pool, signer)
    report = await import_log(elsewhere, BytesIO(content), readers=READERS)
    assert report.finding is None
    assert (report.events, report.signed) == (SIZE, 1_301)
    there = a_signer(elsewhere, tmp_path / "there")
    assert content == await exported(elsewhere, there)
    assert _told(await ledger(a_store(pool))) == _told(await ledger(a_store(elsewhere)))
    for table in ("checkpoints", "tiles"):
        same = [await each.fetch(f"SELECT * FROM {table} ORDER BY 1") for each in (pool, elsewhere)]
        assert same[0] == same[1]


async def test_an_imported_log_goes_on_and_is_proved(
    pool: Pool, elsewhere: Pool, signer: Checkpoints, tmp_path: Path
) -> None:
    """New facts follow, signed with a key of the new place; both keys together prove all."""
    await import_log(elsewhere, BytesIO(await exported(pool, signer)), readers=READERS)
    there = a_signer(elsewhere, tmp_path / "there")
    await grow(elsewhere, 600)
    assert await there.make() is not None
    assert await there.copy() == 4
    keys = [await key_of(signer), await key_of(there)]
    assert keys[0] != keys[1]
    assert await known_keys(elsewhere, there) == keys
    report = await verify_log(elsewhere, keys=keys, attachments=there._attachments)
    assert report.finding is None
    assert (report.events, report.signed, report.checkpoints) == (SIZE + 600, SIZE + 600, 4)
    content = await exported(elsewhere, there)
    assert verify_export(BytesIO(content), keys=keys).finding is None
    only_old = verify_export(BytesIO(content), keys=keys[:1])
    assert only_old.kind is Kind.FOREIGN_CHECKPOINT
    assert (await prove(elsewhere, there, "57")).key == str(keys[1])


async def test_no_handler_reacts_to_what_was_imported(
    pool: Pool, elsewhere: Pool, signer: Checkpoints
) -> None:
    """What is imported has happened: work begins behind it, wherever a reader stood."""
    store = a_store(elsewhere)
    worklist = Worklist(store=store, handler="h", types=frozenset({"ClaimTaken"}))
    await worklist.start()
    await import_log(elsewhere, BytesIO(await exported(pool, signer)), readers=READERS)
    assert await worklist.plan() == 0
    assert await elsewhere.fetchval("SELECT count(*) FROM work") == 0
    await store.append(append_of("claim-new", a_fact()), context=CONTEXT)
    await seal_until_rest(elsewhere)
    assert await worklist.plan() == 1
    cursors = await elsewhere.fetch("SELECT name, seq FROM cursors WHERE seq > 0 ORDER BY name")
    assert [tuple(row) for row in cursors] == [("work/h", SIZE + 1), ("work/other", SIZE)]


async def is_empty(pool: Pool) -> bool:
    """Tell whether nothing of an import is left."""
    tables = ("events", "ledger", "unsealed", "checkpoints", "tiles", "imported_keys")
    counts = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    moved = await pool.fetchval("SELECT count(*) FROM cursors WHERE seq > 0")
    return [*counts, moved] == [0] * (len(tables) + 1)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
async def test_a_faulty_export_is_not_imported(
    pool: Pool, elsewhere: Pool, signer: Checkpoints, place: float
) -> None:
    """Wherever the fault is, the database stays empty and the fault is named."""
    content = await exported(pool, signer)
    cut = content[: int(len(content) * place)]
    report = await import_log(elsewhere, BytesIO(cut), readers=READERS)
    assert report.kind is Kind.TRUNCATED
    assert await is_empty(elsewhere)


async def test_an_import_believes_the_pinned_key_only(
    pool: Pool, elsewhere: Pool, signer: Checkpoints
) -> None:
    """Another log's export is refused when the key is named."""
    content = await exported(pool, signer)
    keys = [SigningKey(bytes(range(32))).verifier]
    report = await import_log(elsewhere, BytesIO(content), readers=READERS, keys=keys)
    assert report.kind is Kind.FOREIGN_CHECKPOINT
    assert await is_empty(elsewhere)
    keys = [await key_of(signer)]
    report = await import_log(elsewhere, BytesIO(content), readers=READERS, keys=keys)
    assert report.finding is None


async def test_only_an_empty_database_takes_an_import(pool: Pool, signer: Checkpoints) -> None:
    """Two histories are never mixed."""
    content = await exported(pool, signer)
    with pytest.raises(ImportRefused, match="import into an empty one"):
        await import_log(pool, BytesIO(content), readers=READERS)
    assert content == await exported(pool, signer)


async def test_nobody_appends_into_an_import(
    pool: Pool, elsewhere: Pool, signer: Checkpoints
) -> None:
    """A process that is running already waits, and its fact comes behind the imported ones."""
    content = await exported(pool, signer)
    async with elsewhere.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE unsealed IN ROW EXCLUSIVE MODE")
        importing = asyncio.create_task(import_log(elsewhere, BytesIO(content), readers=READERS))
        waits = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
        await until(waits, elsewhere)
        append = append_of("claim-mine", a_fact())
        appending = asyncio.create_task(a_store(elsewhere).append(append, context=CONTEXT))
        await until("SELECT count(*) > 1 FROM pg_locks WHERE NOT granted", elsewhere)
    assert (await importing).finding is None
    await appending
    await seal_until_rest(elsewhere)
    facts = await ledger(a_store(elsewhere))
    assert [fact.seq for fact in facts if fact.stream == "claim-mine"] == [SIZE + 1]


#: Imports a file; what it says on stdout shows how far it is.
IMPORTING = """
import asyncio, sys
from eventstore.proving.importing import import_log
from eventstore.pool import open_pool

async def main(url, path):
    async with await open_pool(url, size=1, name="import") as pool:
        with open(path, "rb") as file:
            await import_log(pool, file, readers=[], progress=lambda done: print(done, flush=True))

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def test_a_killed_import_leaves_nothing(
    pool: Pool, signer: Checkpoints, elsewhere: Pool, elsewhere_url: str, tmp_path: Path
) -> None:
    """Killed midway, an import leaves the database as empty as it was, and can be repeated."""
    content = await exported(pool, signer)
    half = tmp_path / "half"
    os.mkfifo(half)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IMPORTING, elsewhere_url, str(half)),
        cwd=ROOT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    with half.open("wb") as file:
        file.write(b"".join(content.splitlines(keepends=True)[:1_200]))
        file.flush()
        assert process.stdout is not None
        assert int(await process.stdout.readline()) > 0
        process.kill()
        await process.wait()
    await until("SELECT count(*) = 0 FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'", elsewhere)
    assert await is_empty(elsewhere)
    report = await import_log(elsewhere, BytesIO(content), readers=READERS)
    assert report.finding is None
    assert report.events == SIZE


async def test_a_fact_the_database_cannot_hold_is_refused(
    pool: Pool, elsewhere: Pool, signer: Checkpoints
) -> None:
    """What Postgres refuses is told in one line, and nothing is left."""
    await elsewhere.execute("ALTER TABLE events ADD CONSTRAINT no CHECK (version <> 3)")
    with pytest.raises(ImportRefused, match="nothing was imported"):
        await import_log(elsewhere, BytesIO(await exported(pool, signer)), readers=READERS)
    assert await is_empty(elsewhere)


async def test_imported_keys_stay(pool: Pool, elsewhere: Pool, signer: Checkpoints) -> None:
    """Whom to believe about the past is decided once."""
    await import_log(elsewhere, BytesIO(await exported(pool, signer)), readers=READERS)
    for change in ("DELETE FROM imported_keys", "UPDATE imported_keys SET key = 'x'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await elsewhere.execute(change)
