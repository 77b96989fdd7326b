"""What was so then: read models of an earlier seq, made apart from those in use.

The projections' own code fills temporary tables of one connection that hide the real ones by
name. The log is paged by seq in short transactions, and the tables vanish with the connection.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from eventstore import sql
from eventstore.moments import sealed_at
from eventstore.pool import Connection, open_connection
from eventstore.store import EventStore, Recorded
from eventstore.subscription import read_dense
from projections import review_queue
from projections.projector import Projection
from projections.receipts import Reads

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Facts applied in one transaction: nobody waits for the first of them.
PAGE_EVENTS = 5_000
#: Rows printed per question.
PAGE_ROWS = 1_000

#: The table and its key, by the statement that pages through it.
ROWS = {
    "receipts_after": "receipts",
    "payouts_after": "payouts",
    "queue_after": "review_queue",
    "bonuses_after": "product_bonuses",
}


class PayoutSum(msgspec.Struct, frozen=True, kw_only=True):
    """The payouts in one state."""

    payouts: int
    kopecks: int


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """The read models in short, as of ``seq``."""

    seq: int
    #: when its last fact was sealed, None before the first
    sealed_at: datetime | None
    #: receipts by state
    receipts: dict[str, int]
    #: payouts by state
    payouts: dict[str, PayoutSum]
    #: receipts that wait for a person
    waiting: int

    @property
    def money(self) -> dict[str, int]:
        """What was requested in kopecks, and how far it got; the parts add up."""
        ends = ("confirmed", "failed", "unknown")
        parts = {end: self.payouts[end].kopecks if end in self.payouts else 0 for end in ends}
        requested = sum(each.kopecks for each in self.payouts.values())
        return {"requested": requested, **parts, "under_way": requested - sum(parts.values())}


@asynccontextmanager
async def empty_models(url: str, projections: Iterable[Projection]) -> AsyncIterator[Connection]:
    """Give a connection on which the tables of ``projections`` are empty and its own."""
    connection = await open_connection(url, name="replay")
    try:
        await connection.execute(SQL["plan_for_growing_tables"])
        for table in (table for projection in projections for table in projection.tables):
            await connection.execute(f"CREATE TEMP TABLE {table} (LIKE {table} INCLUDING ALL)")
        yield connection
    finally:
        await connection.close()


async def apply(
    connection: Connection, projections: Iterable[Projection], batch: Sequence[Recorded]
) -> None:
    """Apply ``batch``, in ledger order, to the models of ``empty_models``."""
    async with connection.transaction():
        for projection in projections:
            wanted = [
                fact for fact in batch if fact.type in projection.handles and fact.event is not None
            ]
            if wanted:
                await projection.apply(connection, wanted)


async def replay(
    store: EventStore,
    connection: Connection,
    projections: Sequence[Projection],
    *,
    until: int,
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """Apply the ledger up to seq ``until``; ``told`` hears each seq that is reached."""
    last = 0
    while last < until:
        page = await read_dense(store, after=last, limit=min(PAGE_EVENTS, until - last))
        await apply(connection, projections, page)
        last += len(page)
        told(last)


async def then(store: EventStore, reads: Reads, seq: int) -> Then:
    """Return in short what the models behind ``reads`` say, which stand at ``seq``."""
    receipts = {row["state"]: row["total"] for row in await reads.fetch(SQL["receipts_by_state"])}
    payouts = {
        row["state"]: PayoutSum(payouts=row["total"], kopecks=row["kopecks"])
        for row in await reads.fetch(SQL["payouts_by_state"])
    }
    return Then(
        seq=seq,
        sealed_at=await sealed_at(store, seq),
        receipts=receipts,
        payouts=payouts,
        waiting=(await review_queue.load(reads)).items,
    )


async def rows(reads: Reads) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the table and the content of every row, each table's in the order of its key."""
    for statement, table in ROWS.items():
        last = ""
        while page := await reads.fetch(SQL[statement], last, PAGE_ROWS):
            for row in page:
                yield table, msgspec.json.decode(row["content"])
            last = page[-1]["key"]
