"""Whose key was destroyed for good: written once to the attachment store, and obeyed by every
database, also by one that was restored from before.

A tombstone's name is all that matters here: the shopper and the id of the destroyed key. Someone
who returns has another key, which no earlier tombstone names.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import structlog

from eventstore import sql
from eventstore.attachments import (
    KEYS_MAX,
    TOMBSTONES,
    Attachments,
    AttachmentsUnavailable,
)
from eventstore.doubt import persist
from eventstore.errors import EventStoreError, LogUnavailable
from eventstore.pool import Pool

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_name("vault.sql"))

#: A database restored under a running process may open a destroyed key for so long.
TOMBSTONES_SECONDS_MAX = 600.0


class VaultClosed(LogUnavailable):
    """Tombstones cannot be read, so no personal data is opened; nothing is lost, try again."""

    def __init__(self, why: str) -> None:
        super().__init__(f"no personal data is opened until the tombstones can be read: {why}")


class Tombstones:
    """Destroys in one database what the attachment store says is destroyed."""

    def __init__(
        self, *, pool: Pool, attachments: Attachments, clock: Callable[[], float] | None = None
    ) -> None:
        """Read ``attachments``; ``clock`` gives seconds, the event loop's unless told."""
        self._pool = pool
        self._attachments = attachments
        self._clock = clock
        self._applied_at: float | None = None
        self._applying = asyncio.Lock()

    async def be_fresh(self) -> None:
        """Apply them unless that was done lately; raises ``VaultClosed``."""
        async with self._applying:  # the others wait for the one that is at it
            if self._applied_at is None or self._now() - self._applied_at > TOMBSTONES_SECONDS_MAX:
                await self.apply()

    async def apply(self) -> int:
        """Destroy every key that a tombstone names; return how many were still there.

        Raises ``VaultClosed`` when the attachment store does not answer.
        """
        began = self._now()
        destroyed = 0
        try:
            async for page in self._pages():
                destroyed += await self._destroy(page)
        except AttachmentsUnavailable as away:
            raise VaultClosed(str(away)) from away
        self._applied_at = began
        return destroyed

    async def run(self) -> None:
        """Apply them now and then again and again, until cancelled."""
        while True:
            try:
                await self.apply()
            except EventStoreError as trouble:
                log.warning("tombstones.delayed", error=str(trouble))
            await asyncio.sleep(TOMBSTONES_SECONDS_MAX / 2)

    async def count(self) -> int:
        """Return how many there are; raises ``VaultClosed``."""
        try:
            return sum([len(page) async for page in self._pages()])
        except AttachmentsUnavailable as away:
            raise VaultClosed(str(away)) from away

    async def _pages(self) -> AsyncIterator[list[str]]:
        after = ""
        while page := await self._attachments.keys(TOMBSTONES, after=after):
            yield page
            if len(page) < KEYS_MAX:
                return
            after = page[-1]

    async def _destroy(self, page: list[str]) -> int:
        names = [key.split("/")[1:] for key in page]
        owners, key_ids = [name[0] for name in names], [name[1] for name in names]
        gone = await persist(partial(self._pool.fetch, SQL["apply_tombstones"], owners, key_ids))
        for row in gone:
            log.warning("tombstones.key_destroyed", owner=row["owner"])
        return len(gone)

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()
