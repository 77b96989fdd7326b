"""Signed roots of the ledger, once a minute while it grows, and a copy of each far from it.

Any number of processes may run this: who gets the lock and finds the newest checkpoint as it
knew it adds the next one. The copy among the attachments is write-once, so that a checkpoint
the database forgets or changes is still found there.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import asyncpg
import structlog

from eventstore import sql
from eventstore.attachments import (
    AttachmentConflict,
    Attachments,
    checkpoint_key,
)
from eventstore.doubt import jittered, persist
from eventstore.errors import EventStoreError
from eventstore.pool import Pool
from eventstore.proving.merkle import CompactRange
from eventstore.proving.notes import Checkpoint, SigningKey, checkpoint_of
from eventstore.store import QUERIES, now_utc
from eventstore.subscription import LEDGER, LedgerHole, Listener
from eventstore.vault import Vault

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_name("checkpoints.sql"))

#: The least time between two checkpoints: what an auditor may have to take on trust.
CHECKPOINT_SECONDS = 60.0
#: Leaf hashes read at once: about 10 ms of hashing, so that a process stays responsive.
LEAVES_MAX = 8_192
#: A tile is the root of 2**8 leaves.
TILE_LEVEL = 8
#: Checkpoints copied in one round.
COPIES_MAX = 100


class LedgerForked(EventStoreError):
    """Two histories of one length are signed: the log was restored and went another way."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(
            f"among the attachments lies another signed root for {size} facts: compare"
            f" {checkpoint_key(size)} with the database by `events verify --checkpoint`"
        )


class Checkpoints:
    """Makes the checkpoints of one log and copies them."""

    def __init__(
        self,
        *,
        pool: Pool,
        vault: Vault,
        attachments: Attachments,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Sign with the vault's key; copy to ``attachments``."""
        self._pool = pool
        self._vault = vault
        self._attachments = attachments
        self._clock = clock

    async def run(self, listener: Listener) -> None:
        """Make and copy checkpoints while the ledger grows, until cancelled."""
        async with listener.woken_by(LEDGER) as wakes:
            while True:
                await wakes.wait(CHECKPOINT_SECONDS)
                try:
                    await asyncio.sleep(await self._seconds_until_due())
                    await self.make()
                    await self.copy()
                except Exception as trouble:  # proofs may be late, but not for ever
                    log.warning("checkpoint.delayed", error=repr(trouble))
                    await asyncio.sleep(jittered(CHECKPOINT_SECONDS / 2))

    async def make(self) -> Checkpoint | None:
        """Sign the ledger as it is now; None if there is nothing new or another process did.

        Raises ``LedgerHole`` when a seq is missing, ``LogUnavailable``.
        """
        row = await self._latest()
        known = CompactRange(row["size"], tuple(row["nodes"])) if row else CompactRange()
        head = await self._head()
        if head <= known.size:
            return None
        grown, tiles = await self._grow(known, head)
        key = await self.key()
        made_at = self._clock()
        note = key.signed(size=grown.size, root=grown.root(), made_at=made_at)
        added = await self._add(known.size, grown, tiles, note, made_at)
        return key.verifier.opened(note) if added else None

    async def key(self) -> SigningKey:
        """Return the log's signing key, made at its first use."""
        return SigningKey(await self._vault.signing_seed())

    async def latest_note(self) -> str | None:
        """Return the newest checkpoint as it was signed, None when there is none."""
        row = await self._latest()
        return row["note"] if row else None

    async def copy(self) -> int:
        """Copy what is not among the attachments yet; return how many were copied.

        A copy that says something else stays, is told as ``ledger.forked`` and looked at again
        next time. Raises ``AttachmentsUnavailable``.
        """
        copied = 0
        for size, note in await persist(self._uncopied):
            try:
                await self._copy_one(size, note)
            except LedgerForked as forked:
                log.error("ledger.forked", size=size, error=str(forked))
                continue
            await persist(partial(self._pool.execute, SQL["forget_to_copy"], size))
            copied += 1
        return copied

    async def _copy_one(self, size: int, note: str) -> None:
        key = checkpoint_key(size)
        try:
            await self._attachments.put(key, note.encode())
        except AttachmentConflict as other:
            there = checkpoint_of((await self._attachments.get(key)).decode())
            if there.root != checkpoint_of(note).root:
                raise LedgerForked(size) from other

    async def _seconds_until_due(self) -> float:
        row = await self._latest()
        if row is None:
            return 0.0
        passed: float = (self._clock() - row["made_at"]).total_seconds()
        return min(max(0.0, CHECKPOINT_SECONDS - passed), CHECKPOINT_SECONDS)

    async def _grow(self, known: CompactRange, head: int) -> tuple[CompactRange, list[bytes]]:
        """Return the range grown to ``head`` leaves, and the tiles completed on the way."""
        tiles: list[bytes] = []
        while known.size < head:
            upto = min(head, known.size + LEAVES_MAX)
            leaves = await persist(partial(self._leaves, known.size, upto))
            if len(leaves) < upto - known.size:
                raise LedgerHole(known.size + len(leaves) + 1)
            known, completed = known.grown_with_subtrees(leaves, TILE_LEVEL)
            tiles += completed
        return known, tiles

    async def _add(
        self,
        known_size: int,
        grown: CompactRange,
        tiles: list[bytes],
        note: str,
        made_at: datetime,
    ) -> bool:
        """Keep the checkpoint unless another process was faster; tell whether it was kept."""

        async def attempt() -> bool:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(SQL["lock_checkpoints"])
                latest = await connection.fetchrow(SQL["latest_checkpoint"])
                if (latest["size"] if latest else 0) != known_size:
                    return False
                root, nodes = grown.root(), list(grown.nodes)
                await connection.execute(
                    SQL["add_checkpoint"], grown.size, root, nodes, note, made_at
                )
                await connection.execute(SQL["remember_to_copy"], grown.size)
                await connection.execute(SQL["add_tiles"], known_size >> TILE_LEVEL, tiles)
                return True

        return await persist(attempt)

    async def _latest(self) -> asyncpg.Record | None:
        return await persist(partial(self._pool.fetchrow, SQL["latest_checkpoint"]))

    async def _head(self) -> int:
        return int(await persist(partial(self._pool.fetchval, QUERIES["head"])))

    async def _leaves(self, begin: int, end: int) -> list[bytes]:
        return [row["leaf_hash"] for row in await self._pool.fetch(SQL["leaves"], begin, end)]

    async def _uncopied(self) -> list[tuple[int, str]]:
        rows = await self._pool.fetch(SQL["uncopied_checkpoints"], COPIES_MAX)
        return [(row["size"], row["note"]) for row in rows]
