"""Puts an export into an empty database: the same facts, the same order, the same root.

All of it is one transaction, and it is committed only when the whole file was examined and is
right: whatever is killed on the way, the database is as empty as before. An empty database has
no readers that a long transaction could hold up.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import asyncpg

from eventstore import sql
from eventstore.errors import EventStoreError
from eventstore.pool import Connection, Pool
from eventstore.proving.checkpoints import SQL as CHECKPOINTS
from eventstore.proving.checkpoints import TILE_LEVEL
from eventstore.proving.exported import EventLine
from eventstore.proving.merkle import CompactRange
from eventstore.proving.notes import VerifierKey, checkpoint_of
from eventstore.proving.verdicts import Report
from eventstore.proving.verify_export import Examination, Sealed

SQL = sql.load(Path(__file__).with_name("importing.sql"))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]


class ImportRefused(EventStoreError):
    """The database is not empty, or it cannot hold what the file says; nothing was imported."""


class _Faulty(Exception):
    """The file is not what it should be: its report says why."""


async def import_log(
    pool: Pool,
    file: BinaryIO,
    *,
    readers: Sequence[str],
    keys: Sequence[VerifierKey] = (),
    awaited: Sequence[str] = (),
    progress: Progress = lambda _: None,
) -> Report:
    """Import an export and return its examination; when that has a finding, nothing was imported.

    ``readers`` are the cursors that begin behind the imported history: what it led to has
    happened. All others begin at 0. ``keys`` and ``awaited`` are those of ``Examination``.
    Raises ``ImportRefused``.
    """
    examination = Examination(file, keys=keys, awaited=awaited)
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["lock_the_log"])
            if not await connection.fetchval(SQL["is_empty"]):
                raise ImportRefused(
                    "there is a log in this database already: import into an empty one"
                )
            await _Import(connection, progress).take(examination)
            report = examination.report()
            if report.finding is not None:
                raise _Faulty
            for ordinal, key in enumerate(examination.keys):
                await connection.execute(SQL["import_key"], ordinal, str(key))
            for reader in readers:
                await connection.execute(SQL["set_cursor"], reader, report.events)
    except _Faulty:
        return report
    except asyncpg.PostgresError as refused:
        raise ImportRefused(
            f"the database refused it, nothing was imported: {refused}"
        ) from refused
    return report


class _Import:
    def __init__(self, connection: Connection, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._tree = CompactRange()
        #: tiles wait for a checkpoint that covers them
        self._tiles: list[bytes] = []
        self._tiles_kept = 0

    async def take(self, examination: Examination) -> None:
        """Write everything that the examination finds good."""
        for good in examination.good():
            if isinstance(good, Sealed):
                await self._take_checkpoint(good)
            else:
                await self._take_events(good)
                self._progress(self._tree.size)

    async def _take_events(self, events: list[EventLine]) -> None:
        leaves = [bytes.fromhex(event.leaf_hash) for event in events]
        await self._connection.execute(
            SQL["import_events"],
            [event.seq for event in events],
            [event.stream for event in events],
            [event.version for event in events],
            [event.event_id for event in events],
            [event.type for event in events],
            [event.data for event in events],
            [event.metadata for event in events],
            leaves,
            [_EPOCH + timedelta(microseconds=event.recorded_at) for event in events],
        )
        self._tree, tiles = self._tree.grown_with_subtrees(leaves, TILE_LEVEL)
        self._tiles += tiles

    async def _take_checkpoint(self, sealed: Sealed) -> None:
        root, nodes = self._tree.root(), list(self._tree.nodes)
        made_at = checkpoint_of(sealed.note).made_at
        arguments = sealed.size, root, nodes, sealed.note, made_at
        await self._connection.execute(CHECKPOINTS["add_checkpoint"], *arguments)
        await self._connection.execute(CHECKPOINTS["remember_to_copy"], sealed.size)
        await self._connection.execute(CHECKPOINTS["add_tiles"], self._tiles_kept, self._tiles)
        self._tiles_kept += len(self._tiles)
        self._tiles = []
