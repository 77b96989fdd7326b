"""Proves one fact with one small file, which is checked without any database.

The file is one line of JSON: the fact as it is exported, the path of RFC 6962 §2.1.1 from its
leaf to the root, and the signed checkpoint with that root. With an older checkpoint it holds
the path of §2.1.2 too, which proves that nothing was changed between the two.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from eventstore import sql
from eventstore.doubt import persist
from eventstore.errors import EventStoreError
from eventstore.pool import Pool
from eventstore.proving.chain import Chain
from eventstore.proving.checkpoints import TILE_LEVEL, Checkpoints
from eventstore.proving.exported import FORMAT, EventLine, event_line, leaf_of
from eventstore.proving.merkle import (
    HASH_BYTES,
    CompactRange,
    Span,
    consistency_spans,
    inclusion_spans,
    is_consistent,
    root_of_inclusion,
)
from eventstore.proving.notes import Checkpoint, VerifierKey, checkpoint_of
from eventstore.proving.signers import known_keys
from eventstore.proving.verdicts import Fault, Kind, Report

SQL = sql.load(Path(__file__).with_name("proving.sql"))

#: What a proof begins with.
PROOF_PREFIX = b'{"cashbot_proof":'
#: A fact of some kilobytes, and at most 2 * 63 hashes.
PROOF_BYTES_MAX = 16_000_000
_TILE = 1 << TILE_LEVEL

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class NotProvable(EventStoreError):
    """There is no such fact, or no checkpoint covers it yet."""


class Since(Struct, frozen=True, kw_only=True):
    """An older checkpoint, and the path from its tree to the newer one."""

    checkpoint: str
    path: list[Hash]


class Proof(Struct, frozen=True, kw_only=True):
    """That a fact stands in the ledger at its seq."""

    cashbot_proof: int
    #: of the checkpoints' signer
    key: str
    event: EventLine
    #: hex, from the leaf upwards
    path: list[Hash]
    checkpoint: str
    since: Since | None


async def prove(
    pool: Pool, checkpoints: Checkpoints, what: str, *, since: str | None = None
) -> Proof:
    """Prove the fact with the seq or id ``what``; ``since`` is the note of an older checkpoint.

    Raises ``NotProvable``, ``NoteMalformed``, ``LogUnavailable``.
    """
    event = await _event(pool, what)
    newest = await persist(partial(pool.fetchrow, SQL["newest_checkpoint"]))
    if newest is None or event.seq > newest["size"]:
        raise NotProvable(
            f"no checkpoint covers seq {event.seq} yet: run `events checkpoint` and try again"
        )
    size = newest["size"]
    key = await _signer(pool, checkpoints, newest["note"])
    older = checkpoint_of(since) if since is not None else None
    if older is not None and older.size > size:
        raise NotProvable(f"the older checkpoint covers {older.size} facts, the newest {size}")
    tree = _Tree(pool, size)
    await tree.load(event.seq - 1, *([older.size] if older else []))
    return Proof(
        cashbot_proof=FORMAT,
        key=str(key),
        event=event,
        path=[tree.root(span).hex() for span in inclusion_spans(event.seq - 1, size)],
        checkpoint=newest["note"],
        since=_since(since, older, tree),
    )


def _since(note: str | None, older: Checkpoint | None, tree: "_Tree") -> Since | None:
    if note is None or older is None:
        return None
    spans = consistency_spans(older.size, tree.size)
    return Since(checkpoint=note, path=[tree.root(span).hex() for span in spans])


async def _event(pool: Pool, what: str) -> EventLine:
    try:
        seq, event_id = (int(what), None) if what.isdecimal() else (None, UUID(what))
    except ValueError:
        raise NotProvable(f"{what!r} is neither a seq nor an event id; see `events tail`") from None
    if seq is not None and seq >= 1 << 63:
        raise NotProvable(f"the ledger does not reach seq {seq}")
    row = await persist(partial(pool.fetchrow, SQL["export_event"], seq, event_id))
    if row is None:
        raise NotProvable(f"no sealed fact has the seq or id {what}; see `events tail`")
    return event_line(row)


async def _signer(pool: Pool, checkpoints: Checkpoints, note: str) -> VerifierKey:
    origin = checkpoint_of(note).origin
    known = {key.name: key for key in await known_keys(pool, checkpoints)}
    if origin not in known:
        raise NotProvable(f"the newest checkpoint is signed by {origin}, a key not known here")
    return known[origin]


class _Tree:
    """The ledger's tree, read as tiles; leaves only where a tile must be opened."""

    def __init__(self, pool: Pool, size: int) -> None:
        self._pool = pool
        self.size = size
        self._tiles: list[bytes] = []
        self._leaves: dict[int, list[bytes]] = {}

    async def load(self, *indexes: int) -> None:
        """Read all tiles, and the leaves of the tiles that hold ``indexes`` or the end."""
        roots = await persist(
            partial(self._pool.fetchval, SQL["tile_roots"], self.size >> TILE_LEVEL)
        )
        self._tiles = _hashes(roots)
        for tile in {index >> TILE_LEVEL for index in (*indexes, self.size)}:
            between = tile << TILE_LEVEL, min((tile + 1) << TILE_LEVEL, self.size)
            leaves = await persist(partial(self._pool.fetchval, SQL["leaf_hashes"], *between))
            self._leaves[tile] = _hashes(leaves)

    def root(self, span: Span) -> bytes:
        """Return the root of a subtree."""
        begin, tile = span.begin, span.begin >> TILE_LEVEL
        whole = self._tiles[tile : span.end >> TILE_LEVEL] if begin % _TILE == 0 else []
        grown = CompactRange().grown_above(TILE_LEVEL, whole)
        begin += grown.size
        if begin < span.end:
            tile = begin >> TILE_LEVEL
            offset = tile << TILE_LEVEL
            grown = grown.grown(self._leaves[tile][begin - offset : span.end - offset])
        return grown.root()


def _hashes(together: bytes) -> list[bytes]:
    return [together[at : at + HASH_BYTES] for at in range(0, len(together), HASH_BYTES)]


def verify_proof(
    line: bytes, *, keys: Sequence[VerifierKey] = (), awaited: Sequence[str] = ()
) -> Report:
    """Examine a proof; believe the pinned ``keys``, or without any the one it names.

    A checkpoint in ``awaited`` must be the proof's own or the one it is consistent with.
    """
    chain = Chain(keys, pinned=bool(keys))
    proof = None
    try:
        proof = _proof_in(line)
        key = VerifierKey.parse(proof.key)
        if str(key) != proof.key:
            raise Fault(Kind.CHANGED, "the key in the proof has spaces around it")
        if keys and key not in keys:
            what = f"the proof is signed by {key.name}, which is not pinned"
            raise Fault(Kind.FOREIGN_CHECKPOINT, what)
        chain = Chain([key], pinned=bool(keys))
        _examine(proof, chain, awaited)
    except Fault as fault:
        return _report(chain, proof, fault)
    except EventStoreError as malformed:
        return _report(chain, proof, Fault(Kind.MALFORMED, str(malformed)))
    return _report(chain, proof, None)


def _proof_in(line: bytes) -> Proof:
    try:
        proof = msgspec.json.decode(line, type=Proof)
    except (msgspec.MsgspecError, UnicodeError) as malformed:
        raise Fault(Kind.CHANGED, f"the proof cannot be read: {malformed}") from malformed
    if msgspec.json.encode(proof) + b"\n" != line:
        raise Fault(Kind.CHANGED, "the proof is not as `events proof` writes it")
    if proof.cashbot_proof != FORMAT:
        raise Fault(Kind.MALFORMED, f"this is no proof in format {FORMAT}")
    return proof


def _examine(proof: Proof, chain: Chain, awaited: Sequence[str]) -> None:
    newer, seq = chain.opened_once(proof.checkpoint), proof.event.seq
    leaf = leaf_of(proof.event)
    if leaf.hex() != proof.event.leaf_hash:
        what = f"seq {seq} does not have its hash: one of the two was changed"
        raise Fault(Kind.CHANGED, what, first_seq=seq)
    path = [bytes.fromhex(node) for node in proof.path]
    if not 1 <= seq <= newer.size or newer.root != root_of_inclusion(
        leaf, seq - 1, newer.size, path
    ):
        what = f"the path does not lead from seq {seq} to the signed root of {newer.size} facts"
        raise Fault(Kind.CHANGED, what, first_seq=seq)
    signed = [newer]
    if proof.since is not None:
        signed.append(_older(proof.since, newer, chain))
    for note in awaited:
        asked = chain.opened(note)
        if (asked.size, asked.root) not in [(each.size, each.root) for each in signed]:
            what = "the proof says nothing about the checkpoint you named: prove `--since` it"
            raise Fault(Kind.FOREIGN_CHECKPOINT, what)


def _older(since: Since, newer: Checkpoint, chain: Chain) -> Checkpoint:
    older = chain.opened(since.checkpoint)
    consistent = older.size <= newer.size and is_consistent(
        old=older.size,
        old_root=older.root,
        new=newer.size,
        new_root=newer.root,
        path=[bytes.fromhex(node) for node in since.path],
    )
    if not consistent:
        what = f"the {older.size} facts signed before are not the first of the {newer.size}"
        raise Fault(Kind.CHANGED, what, first_seq=1, last_seq=older.size)
    return older


def _report(chain: Chain, proof: Proof | None, fault: Fault | None) -> Report:
    """Return the verdict on one fact."""
    good = proof is not None and fault is None
    return msgspec.structs.replace(
        chain.report("proof", fault.finding if fault else None),
        events=1,
        signed=int(good),
        checkpoints=1 + (proof.since is not None) if proof and good else 0,
        root=checkpoint_of(proof.checkpoint).root.hex() if proof and good else "",
        signers=[checkpoint_of(proof.checkpoint).origin] if proof and good else [],
    )
