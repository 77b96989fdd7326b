"""Writes the log into one file, as lines of JSON or as Parquet.

The ledger is read by seq in short statements; no snapshot is held and memory stays flat. What
is written has a hidden name until it is whole and on the disk: under the final name there is a
complete export or nothing.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from eventstore import sql
from eventstore.doubt import persist
from eventstore.errors import EventStoreError
from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.diagnosis import gone
from eventstore.proving.exported import (
    FORMAT,
    CheckpointLine,
    End,
    EndLine,
    EventLine,
    Header,
    event_line,
    line_of,
    lines_of,
)
from eventstore.proving.merkle import CompactRange
from eventstore.proving.notes import VerifierKey
from eventstore.proving.signers import signers_until
from eventstore.store import QUERIES

SQL = sql.load(Path(__file__).with_name("proving.sql"))

#: Facts read at once: 3 to 6 MB.
PAGE_EVENTS = 4_096

Progress = Callable[[int, int], None]


class ExportFailed(EventStoreError):
    """The file could not be written; nothing is left under its name."""


class Writer(Protocol):
    """One format of an export."""

    def begin(self, keys: Sequence[VerifierKey]) -> None:
        """Write what comes first; ``keys`` signed what follows."""

    def add(self, events: list[EventLine], note: str | None) -> None:
        """Write facts, and the checkpoint behind them."""

    def finish(self, end: End) -> None:
        """Write what comes last."""


class NdjsonWriter:
    """Lines of JSON, see ``exported``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def begin(self, keys: Sequence[VerifierKey]) -> None:
        """Write the header."""
        self._file.write(line_of(Header(cashbot_export=FORMAT, keys=[str(key) for key in keys])))

    def add(self, events: list[EventLine], note: str | None) -> None:
        """Write a line per fact, and one for the checkpoint."""
        self._file.write(lines_of(events))
        if note is not None:
            self._file.write(line_of(CheckpointLine(checkpoint=note)))

    def finish(self, end: End) -> None:
        """Write the last line."""
        self._file.write(line_of(EndLine(end=end)))


class _Page(NamedTuple):
    events: list[EventLine]
    notes: dict[int, str]


async def export_log(
    pool: Pool,
    checkpoints: Checkpoints,
    writer: Writer,
    *,
    until: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> End:
    """Write everything up to seq ``until``, or up to where the ledger stands now.

    Raises ``Fault`` when a seq is missing, ``LogUnavailable``.
    """
    head = int(await persist(partial(pool.fetchval, QUERIES["head"])))
    last = head if until is None else min(until, head)
    tree, count = CompactRange(), 0
    writer.begin(await signers_until(pool, checkpoints, last))
    async for page in _pages(pool, last):
        if [event.seq for event in page.events] != [
            *range(tree.size + 1, tree.size + len(page.events) + 1)
        ]:
            seqs = {event.seq for event in page.events}
            hole = next(seq for seq in range(tree.size + 1, last + 1) if seq not in seqs)
            raise gone(hole, hole)
        for events, note in _parted(page):
            writer.add(events, note)
            count += note is not None
        tree = tree.grown([bytes.fromhex(event.leaf_hash) for event in page.events])
        progress(tree.size, last)
    if tree.size < last:
        raise gone(tree.size + 1, last)
    end = End(events=last, checkpoints=count, root=tree.root().hex())
    writer.finish(end)
    return end


def _parted(page: _Page) -> Iterator[tuple[list[EventLine], str | None]]:
    """Give the facts of a page, parted where checkpoints stand."""
    begin = 0
    for size, note in page.notes.items():
        stop = begin + sum(event.seq <= size for event in page.events[begin:])
        yield page.events[begin:stop], note
        begin = stop
    if begin < len(page.events):
        yield page.events[begin:], None


async def _pages(pool: Pool, last: int) -> AsyncIterator[_Page]:
    """Give all facts up to seq ``last``; the next page is read while one is written."""
    coming = asyncio.create_task(_page(pool, 0, last))
    try:
        for begin in range(0, last, PAGE_EVENTS):
            page = await coming
            coming = asyncio.create_task(_page(pool, begin + PAGE_EVENTS, last))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _page(pool: Pool, begin: int, last: int) -> _Page:
    async def attempt() -> _Page:
        between = begin, min(begin + PAGE_EVENTS, last)
        async with pool.acquire() as connection:
            rows = await connection.fetch(SQL["export_page"], *between)
            notes = await connection.fetch(SQL["checkpoints_between"], *between)
        return _Page([event_line(row) for row in rows], {row["size"]: row["note"] for row in notes})

    return await persist(attempt)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that appears under ``path`` when it is whole and on the disk, or never.

    Raises ``ExportFailed`` when something lies there already, or the disk is full or refuses.
    """
    if path.exists():
        raise ExportFailed(f"{path} exists and is never overwritten: choose another name")
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with _opened(unfinished) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a rename, a link never replaces
        _sync_folder(path.parent)
    except FileExistsError:
        raise ExportFailed(f"{path} appeared meanwhile: choose another name") from None
    except OSError as trouble:
        raise ExportFailed(
            f"{path}: {trouble.strerror}; nothing is left there: make room or choose another place"
        ) from trouble
    finally:
        unfinished.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    """Open a new file for its owner's eyes."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
