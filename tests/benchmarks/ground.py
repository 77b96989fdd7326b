"""The database on which all of one run happens, and a process's parts around it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.ledger import Sealer, seal_until_rest
from eventstore.pool import Pool, open_pool
from eventstore.process import in_background
from eventstore.store import EventStore, Recorded
from eventstore.subscription import Listener, keep_up, read_dense

#: Connections beside the writers': one for the sealer, one for the subscriber.
SERVICE_CONNECTIONS = 2
#: Facts a subscriber reads at once, as projections do.
SUBSCRIBER_EVENTS_MAX = 500

_numbers = count()


def fresh(kind: str) -> str:
    """Return a name that no other round of this run has."""
    return f"{kind}{next(_numbers)}"


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


class Subscriber:
    """Follows the ledger from its head on, as every reader does, and calls back per batch."""

    def __init__(self, store: EventStore, *, callback: Callable[[list[Recorded]], None]) -> None:
        self._store = store
        self._callback = callback
        #: seq of the last fact it has seen
        self.seq = 0

    async def step(self) -> int:
        """Read the next facts and tell the callback."""
        batch = await read_dense(self._store, after=self.seq, limit=SUBSCRIBER_EVENTS_MAX)
        if batch:
            self.seq += len(batch)
            self._callback(batch)
        return len(batch)

    async def follow(self, listener: Listener) -> None:
        """Follow until cancelled."""
        await keep_up(self.step, store=self._store, listener=listener, name="bench")


@asynccontextmanager
async def a_process(
    url: str, *, writers: int, callback: Callable[[list[Recorded]], None] = lambda _: None
) -> AsyncIterator[EventStore]:
    """Give the store of a process with a running sealer and a subscriber that is woken."""
    async with await open_pool(url, size=writers + SERVICE_CONNECTIONS, name="bench") as pool:
        await seal_until_rest(pool)
        sealer = Sealer(pool)
        listener = Listener(url, name="bench")
        store = EventStore(pool=pool, codec=Codec(EVENTS), appended=sealer.wake)
        subscriber = Subscriber(store, callback=callback)
        subscriber.seq = await store.head()
        async with in_background(sealer.run(), listener.run(), subscriber.follow(listener)):
            while not listener.connected:
                await asyncio.sleep(0)
            yield store


async def writing(
    writer: Callable[[str, Callable[[], bool]], Awaitable[int]], *, writers: int, seconds: float
) -> float:
    """Let ``writers`` copies of ``writer`` write until time is up; return facts per second.

    A writer gets a stream of its own and a question whether to go on, and returns its count.
    """
    started = time.perf_counter()
    deadline = started + seconds

    def go_on() -> bool:
        return time.perf_counter() < deadline

    counts = await asyncio.gather(*(writer(fresh("s"), go_on) for _ in range(writers)))
    return sum(counts) / (time.perf_counter() - started)


async def warmed(pool: Pool, connections: int) -> None:
    """Open ``connections`` of ``pool`` at once: connecting is no part of a round."""
    held = [await pool.acquire() for _ in range(connections)]
    for connection in held:
        await pool.release(connection)
