"""Compares the checkpoints of a database with their write-once copies among the attachments.

Whoever can rewrite the database cannot rewrite these: a history that was cut off or written
anew does not have the roots that lie there.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eventstore import sql
from eventstore.attachments import AttachmentMissing, Attachments, checkpoint_key
from eventstore.doubt import persist
from eventstore.pool import Pool
from eventstore.proving.notes import NoteError, checkpoint_of
from eventstore.proving.verdicts import Fault, Kind

SQL = sql.load(Path(__file__).with_name("proving.sql"))

#: Copies that are read: the newest root covers all before it, more only narrow a fault.
COPIES_READ_MAX = 1_000
#: Copies read at once.
READERS = 8


async def without_a_row(pool: Pool, attachments: Attachments) -> list[str]:
    """Return copied notes for whose size the database has no checkpoint, by size.

    Raises ``AttachmentsUnavailable``, ``LogUnavailable``.
    """
    lost: list[int] = []
    after = ""
    while keys := await attachments.keys("checkpoints", after=after):
        after = keys[-1]
        sizes = [int(key.rpartition("/")[2]) for key in keys if key.rpartition("/")[2].isdigit()]
        rows = await persist(partial(pool.fetch, SQL["checkpoints_without"], sizes))
        lost += [row["size"] for row in rows]
    notes = [await _note(attachments, size) for size in lost[-COPIES_READ_MAX:]]
    return [note for note in notes if note is not None]


def none_lost(lost: Sequence[str]) -> None:
    """Raise ``Fault`` if the database lacks checkpoints whose copies were found."""
    if lost:
        size = checkpoint_of(lost[0]).size
        what = f"the checkpoint of {size} facts is gone from the database; its copy fits"
        raise Fault(Kind.MISSING, what)


async def compare(pool: Pool, attachments: Attachments) -> None:
    """Raise ``Fault`` unless each checkpoint's copy is there and has the same root.

    Raises ``AttachmentsUnavailable``, ``LogUnavailable``.
    """
    rows = await persist(partial(pool.fetch, SQL["newest_copied"], COPIES_READ_MAX))
    for begin in range(0, len(rows), READERS):
        some = rows[begin : begin + READERS]
        notes = await asyncio.gather(*(_note(attachments, row["size"]) for row in some))
        for row, note in zip(some, notes, strict=True):
            _same_root(row["size"], row["root"], note)


def _same_root(size: int, root: bytes, note: str | None) -> None:
    if note is None:
        what = f"the copy of the checkpoint of {size} facts is gone from the attachments"
        raise Fault(Kind.MISSING, what)
    try:
        fits = checkpoint_of(note).root == root
    except NoteError:
        fits = False
    if not fits:
        what = f"the copied checkpoint of {size} facts has another root: history was rewritten"
        raise Fault(Kind.CHANGED, what, first_seq=1, last_seq=size)


async def _note(attachments: Attachments, size: int) -> str | None:
    try:
        return (await attachments.get(checkpoint_key(size))).decode(errors="replace")
    except AttachmentMissing:
        return None
