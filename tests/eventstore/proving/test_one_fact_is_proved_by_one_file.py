"""A proof of one fact needs no database, and nothing in it can be changed."""

import json
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.notes import NoteMalformed, SigningKey, VerifierKey
from eventstore.proving.proofs import NotProvable, prove, verify_proof
from eventstore.proving.verdicts import Kind
from eventstore.store import now_utc
from tests.eventstore.proving.logs import a_signer, grow, key_of
from tests.story import a_store

#: Signed when the log had so many facts.
SIGNED = (1, 256, 700, 1_024, 1_300)


@pytest.fixture
async def notes(pool: Pool, signer: Checkpoints) -> list[str]:
    """The checkpoints of a log, oldest first."""
    notes, size = [], 0
    for next_size in SIGNED:
        await grow(pool, next_size - size)
        await signer.make()
        notes.append(await signer.latest_note() or "")
        size = next_size
    await grow(pool, 10)
    return notes


@pytest.fixture
def signer(pool: Pool, tmp_path: Path) -> Checkpoints:
    """What signs."""
    return a_signer(pool, tmp_path)


async def a_proof(
    pool: Pool, signer: Checkpoints, what: object, *, since: str | None = None
) -> bytes:
    """Return a proof's file."""
    proof = await prove(pool, signer, str(what), since=since)
    return msgspec.json.encode(proof) + b"\n"


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize("seq", [1, 2, 255, 256, 257, 512, 513, 1_024, 1_025, 1_280, 1_299, 1_300])
async def test_every_signed_fact_can_be_proved(pool: Pool, signer: Checkpoints, seq: int) -> None:
    """By seq or by id, wherever the fact stands in the tree."""
    fact = await a_store(pool).read_event(seq)
    assert fact is not None
    by_seq = await a_proof(pool, signer, seq)
    assert by_seq == await a_proof(pool, signer, fact.event_id)
    report = verify_proof(by_seq, keys=[await key_of(signer)])
    assert report.finding is None
    assert json.loads(by_seq)["event"]["data"] == fact.data
    assert len(by_seq) < 4_000


async def test_a_proof_goes_on_from_an_older_checkpoint(
    pool: Pool, signer: Checkpoints, notes: list[str]
) -> None:
    """Who kept any older checkpoint sees that history up to it is unchanged."""
    keys = [await key_of(signer)]
    for since in notes:
        proof = await a_proof(pool, signer, 300, since=since)
        assert verify_proof(proof, keys=keys, awaited=[since]).finding is None
    unrelated = await a_proof(pool, signer, 300)
    assert verify_proof(unrelated, keys=keys, awaited=[notes[-1]]).finding is None
    told = verify_proof(unrelated, keys=keys, awaited=[notes[0]])
    assert told.kind is Kind.FOREIGN_CHECKPOINT


@pytest.mark.usefixtures("notes")
async def test_another_history_cannot_be_gone_on_from(pool: Pool, signer: Checkpoints) -> None:
    """A checkpoint that this log never had is not consistent with it, whoever signed it."""
    key = await signer.key()
    forked = key.signed(size=256, root=bytes(32), made_at=now_utc())
    proof = await a_proof(pool, signer, 300, since=forked)
    assert verify_proof(proof, keys=[key.verifier]).kind is Kind.CHANGED


async def test_what_cannot_be_proved_is_said(
    pool: Pool, signer: Checkpoints, notes: list[str]
) -> None:
    """No such fact, not signed yet, no such id, no checkpoint: each has its sentence."""
    for what in ("0", "1311", str(2**70), "receipt-1", "00000000-0000-0000-0000-000000000000", ""):
        with pytest.raises(NotProvable):
            await prove(pool, signer, what)
    with pytest.raises(NotProvable, match="no checkpoint covers seq 1305 yet"):
        await prove(pool, signer, "1305")
    with pytest.raises(NoteMalformed):
        await prove(pool, signer, "5", since="no note")
    ahead = (await signer.key()).signed(size=9_999, root=bytes(32), made_at=now_utc())
    with pytest.raises(NotProvable, match="covers 9999"):
        await prove(pool, signer, "5", since=ahead)
    assert len(notes) == len(SIGNED)


@pytest.fixture
async def proof(pool: Pool, signer: Checkpoints, notes: list[str]) -> tuple[bytes, VerifierKey]:
    """A proof with all it can hold, and the key that signed it."""
    return await a_proof(pool, signer, 300, since=notes[1]), await key_of(signer)


async def test_no_byte_of_a_proof_can_be_changed(proof: tuple[bytes, VerifierKey]) -> None:
    """Whatever byte is changed, added or removed, the proof does not hold any more."""
    content, key = proof

    @settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        at=st.integers(0, len(content) - 1),
        end=st.integers(0, 1),
        letter=st.one_of(st.just(b""), st.integers(0, 255).map(lambda number: bytes([number]))),
    )
    def examine(at: int, end: int, letter: bytes) -> None:
        changed = content[:at] + letter + content[at + end :]
        if changed != content:
            assert verify_proof(changed, keys=[key]).finding is not None
            assert verify_proof(changed).finding is not None

    examine()
    for at in range(len(content)):
        assert verify_proof(content[:at] + b" " + content[at:]).finding is not None


async def test_a_proof_by_another_key_is_foreign(proof: tuple[bytes, VerifierKey]) -> None:
    """The pinned key decides whose log a fact stands in."""
    content, _ = proof
    other = SigningKey(bytes(32)).verifier
    assert verify_proof(content, keys=[other]).kind is Kind.FOREIGN_CHECKPOINT
    assert not verify_proof(content).pinned


async def test_a_proof_takes_milliseconds(pool: Pool, signer: Checkpoints) -> None:
    """Tiles make a proof quick: few rows are read, however long the log is."""
    await grow(pool, 20_000)
    await signer.make()
    await prove(pool, signer, "777")
    took = []
    for seq in range(1, 20_000, 1_000):
        begin = time.perf_counter()
        await prove(pool, signer, str(seq))
        took.append(time.perf_counter() - begin)
    assert sorted(took)[len(took) // 2] < 0.1, "a whole reading of the ledger takes longer"
