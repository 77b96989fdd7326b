"""From the call of ``append`` to the callback of a subscriber, and what can delay it."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

from eventstore.identity import EventId
from eventstore.pool import open_connection
from eventstore.process import in_background
from eventstore.store import EventStore, Recorded
from eventstore.subscription import Listener
from tests.benchmarks.figures import Line, compared, percentile
from tests.benchmarks.ground import Subscriber, a_process, fresh, warmed
from tests.benchmarks.peers import BARE_INSERT, BARE_TABLE, rows_of
from tests.story import CONTEXT, a_fact, a_sealed_store, append_of

#: Pace of ``latency_1000``, facts per second.
PACE = 1_000
#: Appends under way at that pace.
WRITERS = 16
MILLISECONDS = 1_000
#: Between two appends of ``latency_idle``: sealer and reader have come to rest.
REST_SECONDS = 0.01
#: A callback that did not come in this time will not come.
CALLBACK_SECONDS_MAX = 30.0

Send = Callable[[], Awaitable[None]]


class Waiting:
    """Facts on their way from ``append`` to the subscriber's callback."""

    def __init__(self) -> None:
        self._arrivals: dict[EventId, asyncio.Future[float]] = {}

    def callback(self, batch: list[Recorded]) -> None:
        """Note when each fact arrived."""
        now = time.perf_counter()
        for fact in batch:
            if (arrival := self._arrivals.pop(fact.event_id, None)) is not None:
                arrival.set_result(now)

    async def append(self, store: EventStore) -> None:
        """Append a fact and wait until the callback has got it."""
        append = append_of(fresh("l"), a_fact())
        arrival = asyncio.get_running_loop().create_future()
        self._arrivals[append.events[0][0]] = arrival
        await store.append(append, context=CONTEXT)
        async with asyncio.timeout(CALLBACK_SECONDS_MAX):
            await arrival


async def _one_by_one(send: Send, *, samples: int) -> list[float]:
    """Return the milliseconds of each of ``samples`` calls, each made while all else rests."""
    taken = []
    for _ in range(samples):
        await pause(REST_SECONDS)
        started = time.perf_counter()
        await send()
        taken.append((time.perf_counter() - started) * MILLISECONDS)
    return taken


async def _at_a_pace(send: Send, *, samples: int) -> list[float]:
    """Return the milliseconds of calls begun every 1/``PACE`` s, counted from their due time."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    taken: list[float] = []
    tasks: list[asyncio.Task[None]] = []
    all_begun = loop.create_future()

    async def timed(due: float) -> None:
        await send()
        taken.append((loop.time() - due) * MILLISECONDS)

    def start(number: int) -> None:
        tasks.append(asyncio.create_task(timed(begin + number / PACE)))
        if number + 1 == samples:
            all_begun.set_result(None)

    for number in range(samples):
        loop.call_at(begin + number / PACE, start, number)
    await all_begun
    await asyncio.gather(*tasks)
    return taken


@asynccontextmanager
async def _bare(url: str, connections: int) -> AsyncIterator[Send]:
    """Give a bare insert over a few prepared connections."""
    opened = [await open_connection(url, name="bench") for _ in range(connections)]
    await opened[0].execute(BARE_TABLE)
    statements = [await each.prepare(BARE_INSERT) for each in opened]
    free = asyncio.Queue[int]()
    for number in range(connections):
        free.put_nowait(number)
    (row,) = rows_of(append_of("bare", a_fact()))

    async def send() -> None:
        number = await free.get()
        await statements[number].fetch(fresh("b"), 0, uuid4(), *row[3:])
        free.put_nowait(number)

    try:
        yield send
    finally:
        for each in opened:
            await each.close()


async def woken(url: str, *, paced: bool, samples: int, rounds: int) -> Line:
    """Compare append-to-callback with the mere commit of a bare insert at the same pace."""
    measure = _at_a_pace if paced else _one_by_one
    mine: list[float] = []
    tails: list[float] = []
    theirs: list[float] = []
    for number in range(rounds + 1):
        waiting = Waiting()
        async with a_process(url, writers=WRITERS, callback=waiting.callback) as store:
            await warmed(store.pool, WRITERS)
            taken = await measure(partial(waiting.append, store), samples=samples)
        async with _bare(url, WRITERS) as send:
            bare = await measure(send, samples=samples)
        if number:
            mine.append(percentile(taken, 0.5))
            tails.append(percentile(taken, 0.99))
            theirs.append(percentile(bare, 0.5))
    return compared(
        f"latency_{PACE}" if paced else "latency_idle",
        mine,
        peer="bare insert",
        theirs=theirs,
        less_is_better=True,
        extra={"p99": percentile(tails, 0.5), "p99_max": max(tails)},
    )


async def deaf(url: str, *, samples: int) -> Line:
    """Measure append-to-callback when no NOTIFY ever arrives: the backup poll brings it."""
    waiting = Waiting()
    async with a_process(url, writers=1) as store, a_sealed_store(store.pool) as sealed:
        subscriber = Subscriber(sealed, callback=waiting.callback)
        subscriber.seq = await sealed.head()
        never_connected = Listener(url, name="deaf")
        async with in_background(subscriber.follow(never_connected)):
            await waiting.append(sealed)
            taken = []
            for _ in range(samples):  # at any point of the poll's round
                await pause(random.random())
                taken += await _one_by_one(lambda: waiting.append(sealed), samples=1)
    return compared("latency_notify_lost", taken, extra={"p99": percentile(taken, 0.99)})


async def pause(seconds: float) -> None:
    """Return after ``seconds``: a pace is part of what is measured."""
    over = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, over.set_result, None)
    await over
