"""What one person wrote is taken up in the order it was written, other people's meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """One thing at a time per person; who waits is served in the order of asking."""

    def __init__(self) -> None:
        #: by person: the lock, and how many hold or await it
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    def wanted_by(self, person: Hashable) -> int:
        """Return how many hold or await this person's turn."""
        return self._locks[person][1] if person in self._locks else 0

    @asynccontextmanager
    async def of(self, person: Hashable) -> AsyncIterator[None]:
        """Wait for this person's turn, and hold it meanwhile."""
        lock, holders = self._locks.get(person, (asyncio.Lock(), 0))
        self._locks[person] = (lock, holders + 1)
        try:
            async with lock:
                yield
        finally:
            lock, holders = self._locks[person]
            if holders == 1:
                del self._locks[person]
            else:
                self._locks[person] = (lock, holders - 1)
