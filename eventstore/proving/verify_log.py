"""Examines the log in its database, and the copies of its checkpoints beside it.

Nothing is locked and no snapshot is held: pages are read in short statements, up to where the
ledger stood at the beginning. The server puts together the bytes of each fact that were hashed
when it was written; they are hashed here, while the server makes the next page.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import asyncpg

from eventstore import sql
from eventstore.attachments import Attachments
from eventstore.doubt import persist
from eventstore.pool import Pool
from eventstore.proving import copies
from eventstore.proving.chain import Chain, Versions, out_of_line
from eventstore.proving.checkpoints import TILE_LEVEL
from eventstore.proving.diagnosis import gone
from eventstore.proving.notes import VerifierKey
from eventstore.proving.verdicts import Fault, Kind, Report
from eventstore.store import QUERIES

SQL = sql.load(Path(__file__).with_name("proving.sql"))

#: Facts read at once: 5 to 10 MB; larger pages are no faster. A multiple of a tile's leaves.
PAGE_EVENTS = 8_192
#: Facts hashed between two looks at the socket: about 1 ms, so that the server never waits long.
SLICE_EVENTS = 512
#: Positions looked through at once for facts that nobody ordered.
POSITIONS_PAGE = 100_000

Progress = Callable[[int], None]


async def verify_log(
    pool: Pool,
    *,
    keys: Sequence[VerifierKey],
    pinned: bool = False,
    awaited: Sequence[str] = (),
    attachments: Attachments | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Examine every sealed fact and every checkpoint; believe ``keys``.

    The log must contain the history of ``awaited``, signed notes from elsewhere; and that of
    the checkpoints' copies, if ``attachments`` are given.
    Raises ``LogUnavailable``, ``AttachmentsUnavailable``.
    """
    chain = Chain(keys, pinned=pinned)
    try:
        lost = await copies.without_a_row(pool, attachments) if attachments else []
        chain.expect(*awaited, *lost)
        head = int(await persist(partial(pool.fetchval, QUERIES["head"])))
        await _Examination(pool, chain, head).read(progress)
        chain.finish()
        if attachments:
            copies.none_lost(lost)
            await copies.compare(pool, attachments)
        await _look_for_unordered(pool)
    except Fault as fault:
        return chain.report("log", fault.finding)
    return chain.report("log", None)


async def _look_for_unordered(pool: Pool) -> None:
    """Raise ``Fault`` for a fact that was put into the table past the ledger."""
    last = int(await persist(partial(pool.fetchval, SQL["last_position"])))
    for begin in range(0, last, POSITIONS_PAGE):
        arguments = begin, min(begin + POSITIONS_PAGE, last)
        position = await persist(partial(pool.fetchval, SQL["never_sealed"], *arguments))
        if position is not None:
            what = f"the fact at position {position} stands in no order: it was never sealed"
            raise Fault(Kind.ADDED, what)


class _Page(NamedTuple):
    """Facts, and what is kept of the tree above them."""

    end: int
    facts: list[asyncpg.Record]
    checkpoints: dict[int, asyncpg.Record]
    tiles: dict[int, bytes]


class _Examination:
    def __init__(self, pool: Pool, chain: Chain, head: int) -> None:
        self._pool = pool
        self._chain = chain
        self._head = head
        self._newest_size = 0
        self._seq = 0
        self._unsure: list[tuple[str, int, int]] = []
        self._versions = Versions(unsure=self._ask_later)

    async def read(self, progress: Progress) -> None:
        """Examine everything, reading one page ahead; raises ``Fault``."""
        newest = await persist(partial(self._pool.fetchval, SQL["newest_checkpoint_size"]))
        self._newest_size = min(newest, self._head)
        coming = asyncio.create_task(self._page(0))
        try:
            while self._seq < self._head:
                page = await coming
                coming = asyncio.create_task(self._page(page.end))
                await self._examine(page)
                progress(self._seq)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _page(self, begin: int) -> _Page:
        end = min(begin + PAGE_EVENTS, self._head)

        async def attempt() -> _Page:
            async with self._pool.acquire() as connection:
                facts = await connection.fetch(SQL["examine_page"], begin, end)
                checkpoints = await connection.fetch(SQL["checkpoints_between"], begin, end)
                indexes = begin >> TILE_LEVEL, end >> TILE_LEVEL
                tiles = await connection.fetch(SQL["tiles_between"], *indexes)
                by_size = {row["size"]: row for row in checkpoints}
                return _Page(end, facts, by_size, {row["index"]: row["root"] for row in tiles})

        return await persist(attempt)

    async def _examine(self, page: _Page) -> None:
        done = 0
        while done < len(page.facts):
            size = self._chain.range.size
            stop = min((at for at in page.checkpoints if at > size), default=page.end)
            facts = page.facts[done : done + min(stop - size, SLICE_EVENTS)]
            await self._examine_facts(facts, page.tiles)
            if (row := page.checkpoints.get(self._chain.range.size)) is not None:
                self._meet(row)
            done += len(facts)
            await asyncio.sleep(0)  # so that the next page comes in meanwhile
        if self._seq < page.end:
            raise gone(self._seq + 1, page.end)
        await self._ask()

    async def _examine_facts(self, facts: list[asyncpg.Record], tiles: dict[int, bytes]) -> None:
        leaves: list[bytes] = []
        follow = self._versions.follow
        try:
            for seq, stream, version, hashed, leaf in facts:
                if seq != self._seq + 1:
                    raise gone(self._seq + 1, seq - 1)
                if sha256(hashed).digest() != leaf:
                    what = f"seq {seq} does not have its hash: one of the two was changed"
                    raise Fault(Kind.CHANGED, what, first_seq=seq)
                self._seq = seq
                if (last := follow(stream, version)) is not None:
                    raise await self._out_of_line(seq, stream, version, last)
                leaves.append(leaf)
        finally:
            self._grow(leaves, tiles)

    def _grow(self, leaves: list[bytes], tiles: dict[int, bytes]) -> None:
        first = self._chain.range.size >> TILE_LEVEL
        for index, root in enumerate(self._chain.grow(leaves), start=first):
            begin, end = (index << TILE_LEVEL) + 1, (index + 1) << TILE_LEVEL
            if end > self._newest_size:
                return
            if index not in tiles:
                what = f"the tile over seq {begin} to {end} is gone"
                raise Fault(Kind.MISSING, what, first_seq=begin, last_seq=end)
            if tiles[index] != root:
                what = f"the tile over seq {begin} to {end} does not fit them: either was changed"
                raise Fault(Kind.CHANGED, what, first_seq=begin, last_seq=end)

    def _meet(self, row: asyncpg.Record) -> None:
        checkpoint = self._chain.meet(row["note"])
        kept = row["root"], tuple(row["nodes"])
        if kept != (checkpoint.root, self._chain.range.nodes):
            what = f"root or nodes beside the checkpoint of {checkpoint.size} facts were changed"
            raise Fault(Kind.CHANGED, what)

    async def _out_of_line(self, seq: int, stream: str, version: int, last: int) -> Fault:
        arguments = stream, last + 1, seq
        later = await persist(partial(self._pool.fetchval, SQL["follows_later"], *arguments))
        return out_of_line(stream, version, last, seq, later=later)

    def _ask_later(self, stream: str, version: int) -> None:
        self._unsure.append((stream, version, self._seq))

    async def _ask(self) -> None:
        """Ask the database about versions whose streams were not remembered."""
        if not self._unsure:
            return
        asked = map(list, zip(*self._unsure, strict=True))
        row = await persist(partial(self._pool.fetchrow, SQL["out_of_line"], *asked))
        self._unsure.clear()
        if row is not None:
            what = f"seq {row['seq']} is version {row['version']} of {row['stream']}, but the one"
            raise Fault(Kind.REORDERED, f"{what} before it is not", first_seq=row["seq"])
