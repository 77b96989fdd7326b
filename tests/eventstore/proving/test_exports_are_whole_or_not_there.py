"""Under the name of an export lies all of it, or nothing."""

import json
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from eventstore.codec import leaf_hash, microseconds
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.proving.export import ExportFailed, NdjsonWriter, export_log, new_file
from eventstore.proving.exported import event_line, leaf_of
from eventstore.proving.parquet import ParquetWriter
from eventstore.proving.verdicts import Fault, Kind
from eventstore.proving.verify_export import verify_export
from eventstore.proving.verify_log import SQL
from eventstore.store import Recorded
from tests.eventstore.proving.logs import a_signer, exported, grow, key_of
from tests.processes import environment, run
from tests.story import CONTEXT, a_fact, a_store, append_of, ledger

PAGE = 4_096


async def test_an_export_says_what_is_stored(pool: Pool, tmp_path: Path) -> None:
    """Each stored field stands in its line as it is, in the order of the ledger."""
    await grow(pool, 120)
    lines = [
        json.loads(line) for line in (await exported(pool, a_signer(pool, tmp_path))).splitlines()
    ]
    facts = await ledger(a_store(pool))
    assert lines[0] == {"cashbot_export": 1, "keys": []}
    assert [line["data"] for line in lines[1:-1]] == [fact.data for fact in facts]
    assert [line["leaf_hash"] for line in lines[1:-1]] == [fact.leaf_hash.hex() for fact in facts]
    assert [line["event_id"] for line in lines[1:-1]] == [str(fact.event_id) for fact in facts]
    assert lines[-1]["end"]["events"] == 120


async def test_the_exported_fact_has_the_leaf_of_the_stored_one(pool: Pool) -> None:
    """The quick way to hash an exported fact and the one that wrote it agree on any text."""
    facts = [a_fact(text) for text in ("", "Ґанок «7»", "\\", '"', "\t\n\x7f", "\U0001f9fe" * 50)]
    await a_store(pool).append(append_of("claim-«ї»", *facts), context=CONTEXT)
    await seal_until_rest(pool)
    rows = await pool.fetch(SQL["export_page"], 0, 100)
    for row, fact in zip(rows, await ledger(a_store(pool)), strict=True):
        assert leaf_of(event_line(row)) == fact.leaf_hash == stored_leaf(fact, row["metadata"])


def stored_leaf(fact: Recorded, metadata: str) -> bytes:
    """Return the leaf hash by the codec."""
    return leaf_hash(
        stream=fact.stream,
        version=fact.version,
        event_id=fact.event_id,
        type_name=fact.type,
        data=fact.data,
        metadata=metadata,
        recorded_microseconds=microseconds(fact.recorded_at),
    )


@pytest.mark.parametrize("until", [0, 1, 255, 256, 300, PAGE, PAGE + 1, 4_300, 9_999])
async def test_an_export_may_end_earlier(pool: Pool, tmp_path: Path, until: int) -> None:
    """Up to any seq the export is right, with the checkpoints up to there."""
    signer = a_signer(pool, tmp_path)
    for count in (256, PAGE - 256, 200):
        await grow(pool, count)
        await signer.make()
    await grow(pool, 10)
    content = await exported(pool, signer, until=until)
    report = verify_export(BytesIO(content), keys=[await key_of(signer)])
    assert report.kind is (Kind.UNSIGNED if until in {1, 255} else Kind.OK)
    assert report.events == min(until, PAGE + 210)
    assert report.checkpoints == sum(size <= until for size in (256, PAGE, PAGE + 200))


async def test_a_log_with_a_hole_is_not_exported_as_whole(pool: Pool, tmp_path: Path) -> None:
    """A seq that is missing ends the export, which leaves nothing."""
    await grow(pool, 20)
    await pool.execute("ALTER TABLE ledger DISABLE TRIGGER USER; DELETE FROM ledger WHERE seq = 7")
    target = tmp_path / "log.ndjson"
    with pytest.raises(Fault) as refused, new_file(target) as file:
        await export_log(pool, a_signer(pool, tmp_path), NdjsonWriter(file))
    assert (refused.value.finding.kind, refused.value.finding.first_seq) == (Kind.MISSING, 7)
    assert [*tmp_path.iterdir()] == []


def test_an_export_never_replaces_a_file(tmp_path: Path) -> None:
    """What lies under the name stays, whether it was there before or came meanwhile."""
    target = tmp_path / "log.ndjson"
    target.write_text("mine")
    with pytest.raises(ExportFailed, match="never overwritten"), new_file(target):
        pass
    target.unlink()
    with pytest.raises(ExportFailed, match="meanwhile"), new_file(target) as file:
        file.write(b"ours")
        target.write_text("mine")
    assert target.read_text() == "mine"
    assert [*tmp_path.iterdir()] == [target]


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    """While it is written nothing lies under its name, and nobody else may read it."""
    target = tmp_path / "log.ndjson"
    with new_file(target) as file:
        file.write(b"whole")
        assert not target.exists()
        (unfinished,) = tmp_path.iterdir()
        assert unfinished.name.startswith(".")
        assert unfinished.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == b"whole"
    assert [*tmp_path.iterdir()] == [target]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A place that is not there is told in one line."""
    with pytest.raises(ExportFailed, match=r"nowhere/log\.ndjson: No such file"):
        new_file(tmp_path / "nowhere" / "log.ndjson").__enter__()


#: Exports the log of a database in a process that may write so many bytes to a file and no more.
UNDER_A_LIMIT = """
import asyncio, resource, sys
from pathlib import Path
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.export import NdjsonWriter, export_log, new_file
from eventstore.proving.parquet import ParquetWriter
from eventstore.pool import open_pool
from tests.eventstore.proving.logs import a_signer

async def main(url, folder, writer, bytes_max):
    async with await open_pool(url, size=2, name="test") as pool:
        signer = a_signer(pool, folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max))
        with new_file(folder / "log") as file:
            formats = {"ndjson": NdjsonWriter, "parquet": ParquetWriter}
            await export_log(pool, signer, formats[writer](file))

asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
"""


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
@pytest.mark.parametrize("bytes_max", [0, 1, 5_000])
async def test_a_full_disk_leaves_nothing(
    pool: Pool, database_url: str, tmp_path: Path, form: str, bytes_max: int
) -> None:
    """When the file cannot grow any more that is told, and neither file nor fragment is left."""
    await grow(pool, 1_000)
    status, _, talk = await run(
        "-c", UNDER_A_LIMIT, database_url, str(tmp_path), form, str(bytes_max), env=environment()
    )
    assert status == 1
    assert "ExportFailed" in talk.splitlines()[-1]
    assert "File too large; nothing is left there" in talk.splitlines()[-1]
    assert [*tmp_path.iterdir()] == []


async def test_a_parquet_export_holds_the_same(pool: Pool, tmp_path: Path) -> None:
    """Analysts get the same facts, hashes and checkpoints, as columns."""
    signer = a_signer(pool, tmp_path)
    await grow(pool, 300)
    await signer.make()
    await grow(pool, 40)
    target = tmp_path / "log.parquet"
    with new_file(target) as file:
        end = await export_log(pool, signer, ParquetWriter(file))
    table = pq.read_table(target)
    facts = await ledger(a_store(pool))
    assert table["seq"].to_pylist() == [fact.seq for fact in facts]
    assert table["data"].to_pylist() == [fact.data for fact in facts]
    assert table["recorded_at"].to_pylist() == [fact.recorded_at for fact in facts]
    assert table["leaf_hash"].to_pylist() == [fact.leaf_hash for fact in facts]
    notes = {seq: note for seq, note in enumerate(table["checkpoint"].to_pylist(), 1) if note}
    assert notes == {300: await signer.latest_note()}
    metadata = pq.read_metadata(target).metadata
    assert metadata[b"keys"].decode() == str(await key_of(signer))
    assert json.loads(metadata[b"end"])["root"] == end.root


async def test_memory_stays_flat(pool: Pool, database_url: str, tmp_path: Path) -> None:
    """Ten times the facts need no more memory, to export as well as to examine."""
    used = []
    for count in (9_000, 50_000):
        await grow(pool, count)
        status, out, talk = await run("-c", MEMORY, database_url, str(tmp_path), env=environment())
        assert status == 0, talk
        used.append(int(out))
    assert used[1] < used[0] + 12_000, "kilobytes"


#: Exports and examines a log; prints the most memory it needed, in kilobytes.
MEMORY = """
import asyncio, os, resource, sys
from pathlib import Path
from eventstore.proving.export import NdjsonWriter, export_log
from eventstore.pool import open_pool
from eventstore.proving.verify_export import verify_export
from eventstore.proving.verify_log import verify_log
from tests.eventstore.proving.logs import a_signer

async def main(url, folder):
    async with await open_pool(url, size=2, name="test") as pool:
        with open(folder / "log", "wb") as file:
            await export_log(pool, a_signer(pool, folder), NdjsonWriter(file))
        report = await verify_log(pool, keys=[])
    assert report.finding is None, report
    with open(folder / "log", "rb") as file:
        assert verify_export(file).finding is None

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
