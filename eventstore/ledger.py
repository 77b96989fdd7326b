"""Sealing: committed facts get their dense order, readers get one wake-up per batch."""

import asyncio

import structlog

from eventstore.pool import Pool
from eventstore.store import QUERIES

log = structlog.get_logger()

#: Facts numbered in one go: about 10 ms of work, so that nobody waits long for the lock.
SEAL_EVENTS_MAX = 1_000
#: Under load facts are sealed and announced this often: a batch costs as much as a single fact,
#: in the sealer and in each reader that it wakes. After a rest there is no pause before.
SEAL_PAUSE_SECONDS = 0.002
#: Another session is sealing; it needs about this long.
RIVAL_PAUSE_SECONDS = 0.002
#: The database is away; the flag stays up.
TROUBLE_PAUSE_SECONDS = 0.5
#: What seal() answers while another session holds the lock.
RIVAL_SEALS = -1


async def seal_until_rest(pool: Pool) -> int:
    """Seal whatever was committed before this call; return how many facts were ordered.

    A fact is surely sealed only by a call that began after its commit *and* got the lock, so
    an answer of -1 is no answer: ask again. A batch that is not full has left nothing behind.
    """
    total, sealed = 0, SEAL_EVENTS_MAX
    while sealed in (RIVAL_SEALS, SEAL_EVENTS_MAX):
        sealed = await pool.fetchval(QUERIES["seal"], SEAL_EVENTS_MAX)
        if sealed == RIVAL_SEALS:
            await asyncio.sleep(RIVAL_PAUSE_SECONDS)
        else:
            total += sealed
    return total


class Sealer:
    """The one task of a process that seals what the process appends."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Say that something was committed; returns at once."""
        self._news.set()

    async def run(self) -> None:
        """Seal whenever woken, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await seal_until_rest(self._pool)
                await asyncio.sleep(SEAL_PAUSE_SECONDS)
            except Exception as trouble:  # without a sealer nothing would be read any more
                log.warning("ledger.seal_delayed", error=repr(trouble))
                self._news.set()
                await asyncio.sleep(TROUBLE_PAUSE_SECONDS)
