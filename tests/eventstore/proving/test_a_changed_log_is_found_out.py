"""Whoever can write to the database, past every trigger, is found out by `events verify`."""

import asyncio
from pathlib import Path

import pytest

from eventstore.attachments import FolderAttachments, checkpoint_key
from eventstore.codec import leaf_hash, microseconds
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.proving import chain, verify_log
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.notes import SigningKey
from eventstore.proving.signers import known_keys
from eventstore.proving.verdicts import Finding, Kind, Report
from eventstore.store import now_utc
from tests.eventstore.proving.logs import a_signer, grow, key_of
from tests.story import CONTEXT, a_fact, a_store, append_of

#: What the log holds: signed at 300 and at 700, a tail behind.
SIZE = 800


@pytest.fixture
async def signer(pool: Pool, tmp_path: Path) -> Checkpoints:
    """What signed a log of ``SIZE`` facts."""
    signer = a_signer(pool, tmp_path)
    for count in (300, 400):
        await grow(pool, count)
        await signer.make()
        await signer.copy()
    await grow(pool, SIZE - 700)
    return signer


async def examined(pool: Pool, signer: Checkpoints, folder: Path | None = None) -> Report:
    """Return what is found in the log, and beside it in ``folder``."""
    return await verify_log.verify_log(
        pool,
        keys=await known_keys(pool, signer),
        attachments=None if folder is None else FolderAttachments(root=folder),
    )


async def tampered(pool: Pool, statement: str, *arguments: object) -> None:
    """Run ``statement`` as somebody who may turn triggers off."""
    tables = ("events", "ledger", "checkpoints", "tiles")
    async with pool.acquire() as connection, connection.transaction():
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await connection.execute(statement, *arguments)
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def found(pool: Pool, signer: Checkpoints, folder: Path | None = None) -> Finding:
    """Return the fault that must be found."""
    finding = (await examined(pool, signer, folder)).finding
    assert finding is not None
    return finding


async def test_an_untouched_log_fits(pool: Pool, signer: Checkpoints, tmp_path: Path) -> None:
    """All facts are right, the signed ones proved, and those behind are told."""
    report = await examined(pool, signer, tmp_path)
    assert report.finding is None
    assert (report.events, report.signed, report.unsigned, report.checkpoints) == (800, 700, 100, 2)
    assert report.signers == [(await key_of(signer)).name]


async def test_an_empty_log_fits(pool: Pool, tmp_path: Path) -> None:
    """Nothing recorded, nothing wrong."""
    assert (await examined(pool, a_signer(pool, tmp_path), tmp_path)).finding is None


SWAP = """
    UPDATE ledger SET seq = CASE seq WHEN $1 THEN $2 + 1000000 ELSE $1 + 1000000 END
    WHERE seq IN ($1, $2)
"""


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ('UPDATE events SET data = \'{"receipt":"mine"}\' WHERE position = $1', Kind.CHANGED),
        ("UPDATE events SET data = (data::text || ' ')::json WHERE position = $1", Kind.CHANGED),
        ("UPDATE events SET type = 'PayoutConfirmed' WHERE position = $1", Kind.CHANGED),
        ("UPDATE events SET event_id = gen_random_uuid() WHERE position = $1", Kind.CHANGED),
        ("UPDATE events SET stream = 'claim-other' WHERE position = $1", Kind.CHANGED),
        (
            "UPDATE events SET recorded_at = recorded_at + interval '1 microsecond'"
            " WHERE position = $1",
            Kind.CHANGED,
        ),
        ("UPDATE events SET leaf_hash = sha256('x') WHERE position = $1", Kind.CHANGED),
        ("DELETE FROM events WHERE position = $1", Kind.MISSING),
        ("DELETE FROM ledger WHERE position = $1", Kind.MISSING),
    ],
)
@pytest.mark.parametrize("seq", [1, 299, 512, 700, 701, SIZE - 1])
async def test_a_changed_row_is_named(
    pool: Pool, signer: Checkpoints, change: str, kind: Kind, seq: int
) -> None:
    """Each stored column matters, and each row."""
    await tampered(pool, change, await position_of(pool, seq))
    finding = await found(pool, signer)
    assert (finding.kind, finding.first_seq, finding.last_seq) == (kind, seq, seq)


async def position_of(pool: Pool, seq: int) -> int:
    """Return where the fact with ``seq`` lies."""
    return int(await pool.fetchval("SELECT position FROM ledger WHERE seq = $1", seq))


@pytest.mark.parametrize(
    ("seq", "first", "last"), [(10, 1, 256), (290, 1, 300), (400, 257, 512), (699, 301, 700)]
)
async def test_a_fact_rewritten_with_its_hash_is_narrowed_down(
    pool: Pool, signer: Checkpoints, seq: int, first: int, last: int
) -> None:
    """Who fits the hash to a changed fact does not fit its tile, or the signed root."""
    await rewrite(pool, seq)
    finding = await found(pool, signer)
    assert (finding.kind, finding.first_seq, finding.last_seq) == (Kind.CHANGED, first, last)


async def rewrite(pool: Pool, seq: int) -> None:
    """Change a fact and make its hash fit."""
    store = a_store(pool)
    fact = await store.read_event(seq)
    assert fact is not None
    row = await pool.fetchrow(
        "SELECT metadata::text FROM events WHERE position = $1", fact.position
    )
    assert row is not None
    leaf = leaf_hash(
        stream=fact.stream,
        version=fact.version,
        event_id=fact.event_id,
        type_name=fact.type,
        data='{"receipt":"mine"}',
        metadata=row["metadata"],
        recorded_microseconds=microseconds(fact.recorded_at),
    )
    change = 'UPDATE events SET data = \'{"receipt":"mine"}\', leaf_hash = $2 WHERE position = $1'
    await tampered(pool, change, fact.position, leaf)


@pytest.mark.parametrize(("one", "two"), [(5, 55), (705, 755)])
async def test_facts_in_another_order_are_named(
    pool: Pool, signer: Checkpoints, one: int, two: int
) -> None:
    """Two facts of a stream that changed places break its versions, signed or not."""
    await tampered(pool, SWAP, one, two)
    await tampered(pool, "UPDATE ledger SET seq = seq - 1000000 WHERE seq > 1000000")
    finding = await found(pool, signer)
    assert (finding.kind, finding.first_seq) == (Kind.REORDERED, one)


async def test_order_is_checked_for_streams_not_seen_for_long(
    pool: Pool, signer: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that had to be forgotten on the way is looked up again."""
    monkeypatch.setattr(chain, "STREAMS_MAX", 3)
    assert (await examined(pool, signer)).finding is None
    await tampered(pool, SWAP, 705, 755)
    await tampered(pool, "UPDATE ledger SET seq = seq - 1000000 WHERE seq > 1000000")
    finding = await found(pool, signer)
    assert (finding.kind, finding.first_seq) == (Kind.REORDERED, 705)


async def test_a_fact_put_past_the_ledger_is_found(pool: Pool, signer: Checkpoints) -> None:
    """A row among the events that nobody sealed is no fact."""
    await a_store(pool).append(append_of("claim-x", a_fact()), context=CONTEXT)
    await tampered(pool, "DELETE FROM unsealed")
    assert (await found(pool, signer)).kind is Kind.ADDED


async def test_a_fact_not_sealed_yet_is_no_fault(pool: Pool, signer: Checkpoints) -> None:
    """Between commit and seal a fact waits for its order."""
    await a_store(pool).append(append_of("claim-x", a_fact()), context=CONTEXT)
    assert (await examined(pool, signer)).events == SIZE
    assert (await examined(pool, signer)).finding is None
    await seal_until_rest(pool)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE checkpoints SET root = sha256('x') WHERE size = 300", Kind.CHANGED),
        ("UPDATE checkpoints SET nodes[1] = sha256('x') WHERE size = 300", Kind.CHANGED),
        ("UPDATE checkpoints SET size = 301 WHERE size = 300", Kind.REORDERED),
        (
            "UPDATE checkpoints SET note = replace(note, 'time 2', 'time 1') WHERE size = 300",
            Kind.WRONG_SIGNATURE,
        ),
        ("UPDATE tiles SET root = sha256('x') WHERE index = 1", Kind.CHANGED),
        ("DELETE FROM tiles WHERE index = 1", Kind.MISSING),
        ("DELETE FROM checkpoints WHERE size = 300", Kind.MISSING),
        ("DELETE FROM checkpoints WHERE size = 700", Kind.MISSING),
    ],
)
async def test_what_is_kept_of_the_tree_must_fit(
    pool: Pool, signer: Checkpoints, tmp_path: Path, change: str, kind: Kind
) -> None:
    """Checkpoints and tiles belong to the facts, and to their copies outside the database."""
    await tampered(pool, change)
    assert (await found(pool, signer, tmp_path)).kind is kind


async def test_a_log_cut_off_with_its_checkpoint_is_found(
    pool: Pool, signer: Checkpoints, tmp_path: Path
) -> None:
    """Who removes the newest facts and every sign of them is found by the copy outside."""
    await tampered(pool, "DELETE FROM checkpoints WHERE size = 700")
    await tampered(pool, "DELETE FROM tiles WHERE index = 1")
    await tampered(
        pool, "DELETE FROM events WHERE position IN (SELECT position FROM ledger WHERE seq > 500)"
    )
    await tampered(pool, "DELETE FROM ledger WHERE seq > 500")
    finding = await found(pool, signer, tmp_path)
    assert (finding.kind, finding.first_seq) == (Kind.TRUNCATED, 501)


async def test_a_copy_that_is_gone_or_differs_is_found(
    pool: Pool, signer: Checkpoints, tmp_path: Path
) -> None:
    """A checkpoint's copy is there and has its root, or somebody rewrote one of the two."""
    copy = tmp_path / checkpoint_key(300)
    note = copy.read_text()
    copy.unlink()
    assert (await found(pool, signer, tmp_path)).kind is Kind.MISSING
    key = await signer.key()
    copy.write_text(key.signed(size=300, root=bytes(32), made_at=now_utc()))
    assert (await found(pool, signer, tmp_path)).kind is Kind.CHANGED
    copy.write_text(note)
    assert (await examined(pool, signer, tmp_path)).finding is None


async def test_a_pinned_key_must_have_signed(pool: Pool, signer: Checkpoints) -> None:
    """An auditor's key decides, not the one that lies in the database."""
    other = SigningKey(bytes(32)).verifier
    report = await verify_log.verify_log(pool, keys=[other], pinned=True)
    assert report.kind is Kind.FOREIGN_CHECKPOINT


async def test_a_known_checkpoint_must_be_part_of_the_history(
    pool: Pool, signer: Checkpoints
) -> None:
    """A checkpoint that an auditor kept is found again in the log, or the log was rewritten."""
    key, kept = await signer.key(), await signer.latest_note()
    assert kept is not None
    for note, kind in (
        (kept, Kind.OK),
        (key.signed(size=650, root=bytes(32), made_at=now_utc()), Kind.CHANGED),
        (key.signed(size=900, root=bytes(32), made_at=now_utc()), Kind.TRUNCATED),
    ):
        report = await verify_log.verify_log(pool, keys=[key.verifier], awaited=[note])
        assert report.kind is kind


async def test_the_server_puts_together_what_was_hashed(pool: Pool) -> None:
    """The bytes that are hashed here are those of `leaf_hash`, for any stored text and time."""
    store = a_store(pool)
    facts = [a_fact(text) for text in ("", "Ґанок «7»", "\\", '"', "\t\n", "\U0001f9fe" * 50)]
    await store.append(append_of("claim-«ї»", *facts), context=CONTEXT)
    await seal_until_rest(pool)
    for moment in ("1969-12-31 23:59:59.999999+00", "0001-01-01 00:00+00", "9999-12-31 00:00+00"):
        await tampered(pool, f"UPDATE events SET recorded_at = '{moment}' WHERE version = 1")
        for row in await pool.fetch(verify_log.SQL["examine_page"], 0, 100):
            fact = await store.read_event(row["seq"])
            assert fact is not None
            hashed = row["hashed"]
            assert fact.data.encode() in hashed
            assert hashed.endswith(microseconds(fact.recorded_at).to_bytes(8, "big", signed=True))
        finding = (await verify_log.verify_log(pool, keys=[])).finding
        assert finding is not None
        assert finding.first_seq == 2


async def test_a_growing_log_is_examined(pool: Pool, signer: Checkpoints) -> None:
    """What is appended and signed meanwhile is no fault."""
    report, _, _ = await asyncio.gather(examined(pool, signer), grow(pool, 200), signer.make())
    assert report.finding is None
    assert SIZE <= report.events <= SIZE + 200
