"""The ledger read, replayed through a projection, and verified: facts per second."""

import os
import time
from collections.abc import Awaitable, Callable
from functools import partial

from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.ledger import seal_until_rest
from eventstore.pool import open_pool
from eventstore.proving.verdicts import Kind
from eventstore.proving.verify_log import verify_log
from eventstore.store import EventStore
from eventstore.subscription import read_dense
from projections.projector import Projector
from projections.receipts import Receipts
from tests.benchmarks import replay_peer
from tests.benchmarks.figures import Line, compared, in_turns
from tests.benchmarks.stories import tell
from tests.processes import resident_mib

CONNECTIONS = 3
PAGE_EVENTS = 5_000

#: Goes through the whole ledger once and returns how many facts that were.
Pass = Callable[[EventStore], Awaitable[int]]


async def reading(store: EventStore) -> int:
    """Read and decode every fact."""
    seq = 0
    while batch := await read_dense(store, after=seq, limit=PAGE_EVENTS):
        seq += len(batch)
    return seq


async def replaying(store: EventStore) -> int:
    """Make the read model of receipts anew."""
    return await Projector(store=store, projection=Receipts()).rebuild()


async def verifying(store: EventStore) -> int:
    """Verify content, order and root."""
    report = await verify_log(store.pool, keys=[])
    assert report.kind is Kind.OK, report
    return report.events


async def rate(url: str, work: Pass) -> float:
    """Return the facts per second of ``work`` over the whole ledger."""
    async with await open_pool(url, size=CONNECTIONS, name="bench") as pool:
        store = EventStore(pool=pool, codec=Codec(EVENTS), appended=lambda: None)
        started = time.perf_counter()
        return await work(store) / (time.perf_counter() - started)


async def filled(url: str, *, events: int) -> int:
    """Let the ledger of ``url`` hold about ``events`` facts more, all of them receipts' stories."""
    async with await open_pool(url, size=CONNECTIONS, name="bench") as pool:
        store = EventStore(pool=pool, codec=Codec(EVENTS), appended=lambda: None)
        told = await tell(store, events=events)
        await seal_until_rest(pool)
        for table in ("events", "ledger"):  # as autovacuum does within a minute
            await pool.execute(f"VACUUM ANALYZE {table}")
        return told


async def compare(url: str, *, events: int, peer_events: int, rounds: int) -> list[Line]:
    """Compare reading and replaying with ``eventsourcing``; time verifying."""
    await filled(url, events=events)
    await replay_peer.filled(url, events=peer_events)
    passes: list[tuple[str, Pass, Callable[[str], Awaitable[float]] | None]] = [
        ("read", reading, replay_peer.reading),
        ("replay", replaying, replay_peer.replaying),
        ("verify", verifying, None),
    ]
    lines = []
    for bench, work, peer in passes:
        peers = {"eventsourcing": partial(peer, url)} if peer else {}
        lines += await in_turns(bench, rounds=rounds, ours=partial(rate, url, work), peers=peers)
    return lines


async def memory(url: str, *, events: int) -> list[Line]:
    """Measure what replaying and verifying a tenth and all of ``events`` facts leaves resident."""
    lines = []
    tenth = await filled(url, events=events // 10)
    small = {work: await _resident_after(url, work) for work in (replaying, verifying)}
    whole = tenth + await filled(url, events=events - tenth)
    for work, before in small.items():
        mib, per_second = await _resident_after(url, work)
        extra = {"mib_at_a_tenth": before[0], "events": whole, "events_per_second": per_second}
        lines.append(compared(f"memory_{work.__name__}_mib", [mib], extra=extra))
    return lines


async def _resident_after(url: str, work: Pass) -> tuple[float, float]:
    per_second = await rate(url, work)
    return resident_mib(os.getpid()), per_second
