"""Appends per second: single facts by 1, 8 and 32 writers, batches, beside an old snapshot."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool, open_pool
from tests.benchmarks import peers
from tests.benchmarks.figures import Line, compared, in_turns, percentile
from tests.benchmarks.ground import a_process, warmed, writing
from tests.story import CONTEXT, a_fact, append_of

BATCH_EVENTS = 100
WRITERS_MAX = 32


async def ours(url: str, *, writers: int, seconds: float, size: int = 1) -> float:
    """Append ``size`` facts at a time with sealing and wake-ups on; facts per second."""
    async with a_process(url, writers=writers) as store:
        await warmed(store.pool, writers)

        async def writer(name: str, go_on: Callable[[], bool]) -> int:
            version = 0
            while not version or go_on():
                facts = [a_fact() for _ in range(size)]
                append = append_of(name, *facts, expected=version - 1)
                await store.append(append, context=CONTEXT)
                version += size
            return version

        return await writing(writer, writers=writers, seconds=seconds)


async def singles(url: str, *, writers: int, seconds: float, rounds: int) -> list[Line]:
    """Compare single-fact appends by ``writers`` writers with every peer."""
    return await in_turns(
        f"append_{writers}",
        rounds=rounds,
        ours=lambda: ours(url, writers=writers, seconds=seconds),
        peers={
            "bare insert": lambda: peers.bare_insert(url, writers=writers, seconds=seconds),
            "eventsourcing": lambda: peers.eventsourcing(url, writers=writers, seconds=seconds),
            "notify in transaction": lambda: peers.notify_in_transaction(
                url, writers=writers, seconds=seconds
            ),
        },
    )


async def batches(url: str, *, seconds: float, rounds: int) -> list[Line]:
    """Compare appends of a hundred facts, one after another, with every peer that has such."""
    size = BATCH_EVENTS
    return await in_turns(
        f"batch_{size}",
        rounds=rounds,
        ours=lambda: ours(url, writers=1, seconds=seconds, size=size),
        peers={
            "bare insert": lambda: peers.bare_batches(url, size=size, seconds=seconds),
            "eventsourcing": lambda: peers.eventsourcing(
                url, writers=1, seconds=seconds, size=size
            ),
        },
    )


async def seal_lag(url: str, *, seconds: float) -> Line:
    """Measure how long facts wait for their place in the ledger while 32 writers append."""
    async with await open_pool(url, size=1, name="bench") as pool:
        before = await pool.fetchval("SELECT coalesce(max(seq), 0) FROM ledger")
        rate = await ours(url, writers=WRITERS_MAX, seconds=seconds)
        await seal_until_rest(pool)
        # The writer's clock says when a fact was made, before it was even sent.
        lags = await pool.fetch(
            "SELECT extract(EPOCH FROM sealed_at - recorded_at)::float8 AS lag"
            " FROM ledger JOIN events USING (position) WHERE seq > $1",
            before,
        )
    seconds_each = [row["lag"] for row in lags]
    return compared(
        "seal_lag",
        seconds_each,
        extra={"p99": percentile(seconds_each, 0.99), "appends_per_second": rate},
    )


async def beside_an_old_snapshot(url: str, *, seconds: float, round_seconds: float) -> list[Line]:
    """Compare single appends while somebody holds a snapshot for ``seconds`` with bare inserts.

    Meanwhile 32 writers append; every round of theirs one writer's rate is taken. The last
    rounds, when the snapshot is oldest, are what counts; ``fresh`` is the rate before it.
    """
    fresh = [await ours(url, writers=1, seconds=round_seconds) for _ in range(2)][-1]
    ages: list[tuple[float, float]] = []
    async with await open_pool(url, size=1, name="bench") as pool:
        before = await _positions(pool)
        async with an_old_snapshot(url):
            deadline = time.monotonic() + seconds
            while True:
                await ours(url, writers=WRITERS_MAX, seconds=4 * round_seconds)
                mine = await ours(url, writers=1, seconds=round_seconds)
                ages.append((mine, await peers.bare_insert(url, writers=1, seconds=round_seconds)))
                if time.monotonic() > deadline:
                    break
            lag = await seal_lag(url, seconds=round_seconds)
        written = await _positions(pool) - before
    oldest = ages[-max(1, len(ages) // 2) :]
    line = compared(
        "append_1_old_snapshot",
        [mine for mine, _ in oldest],
        peer="bare insert",
        theirs=[theirs for _, theirs in oldest],
        extra={
            "fresh": fresh,
            "held_seconds": seconds,
            "appends_meanwhile": written,
            "seal_lag_p99": lag.extra["p99"],
        },
    )
    return [line]


async def _positions(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT coalesce(max(position), 0) FROM events"))


@asynccontextmanager
async def an_old_snapshot(url: str) -> AsyncIterator[None]:
    """Hold a snapshot as a long report would, on a connection without our time-outs."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await connection.fetchval("SELECT count(*) FROM cursors")
            yield
    finally:
        await connection.close()
