"""Receipts: how each one stands, and its whole story from photo to callback.

``receipt_rows`` says what a fact changes. Times are those of the facts, and whatever the batches
are, replaying the log gives the same rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

import msgspec
from msgspec.structs import astuple

from eventstore import sql
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    StreamName,
)
from eventstore.store import Recorded
from projections import receipt_rows as made
from projections.forgetting import forgettings

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: A story has about a dozen facts; a receipt with more than this has trouble of its own.
STEPS_MAX = 200


class Reads(Protocol):
    """A connection or a pool, for reading."""

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        """Return the rows of ``query``."""

    async def fetchrow(self, query: str, /, *args: Any) -> Any:
        """Return the first row of ``query`` or None."""


class Writes(Protocol):
    """A connection inside the transaction that moves the cursor."""

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        """Return the rows of ``query``."""

    async def execute(self, query: str, /, *args: Any) -> str:
        """Run ``query`` once."""

    async def copy_records_to_table(
        self, table_name: str, /, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> str:
        """Add ``records`` to a table by COPY."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """How one receipt stands."""

    receipt: ReceiptId
    shopper: ShopperId
    source: str
    state: str
    #: codes of the catalogue: why it was refused, referred, or not paid
    reasons: list[str]
    photo_sha256: Sha256
    preview_sha256: Sha256 | None
    words_sha256: Sha256 | None
    merchant: str | None
    total_kopecks: Kopecks | None
    purchased_at: datetime | None
    fiscal_number: str | None
    receipt_number: str | None
    qr_url: str | None
    payout: PayoutId | None
    bonus_kopecks: Kopecks | None
    bill: BillId | None
    #: seq of the last fact told about it
    seq: int
    uploaded_at: datetime
    updated_at: datetime
    #: its shopper was forgotten then: what was read is not held here any more
    forgotten_at: datetime | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of a receipt's story."""

    seq: int
    type: str
    at: datetime
    event_id: UUID
    stream: StreamName
    version: int
    #: the fact's fields as JSON gives them, without what is sealed
    facts: dict[str, Any]


class Receipts:
    """The projection: applies facts to ``receipts`` and ``receipt_steps``."""

    name: ClassVar[str] = "receipts"
    handles: ClassVar[frozenset[str]] = made.TOLD | {"ShopperForgotten"}
    tables: ClassVar[tuple[str, ...]] = ("receipts", "receipt_steps")

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor.

        Facts of a type that is not known here change nothing.
        """
        known = await connection.fetch(SQL["standings"], *made.named(batch))
        telling = made.Telling(made.Standing(**row) for row in known)
        for recorded in batch:
            telling.tell(recorded)
        if telling.steps:
            standings = [astuple(each) for each in telling.standings.values()]
            if standings:
                await connection.execute(SQL["keep_standings"], *made.columns(standings))
            # COPY: an array's elements cost the client more than all else that a fact costs.
            await connection.copy_records_to_table(
                "receipt_steps", columns=made.STEP_COLUMNS, records=telling.steps
            )
        await _forget(connection, batch, telling.standings.values())


async def _forget(
    connection: Writes, batch: Sequence[Recorded], told: Iterable[made.Standing]
) -> None:
    """Hold nothing of what was bought by whoever was forgotten, in this batch or earlier."""
    gone = {each.receipt: each.forgotten_at for each in told if each.forgotten_at is not None}
    for shopper, seq, at in forgettings(batch):
        sent = await connection.fetch(SQL["sent_before"], shopper, seq)
        gone |= {row["receipt"]: at for row in sent}
    if gone:
        await connection.execute(SQL["forget_steps"], list(gone))
        await connection.execute(SQL["forget_receipts"], list(gone), list(gone.values()))


async def receipt(reads: Reads, receipt: ReceiptId) -> Receipt | None:
    """Return how ``receipt`` stands, None when nobody sent it."""
    row = await reads.fetchrow(SQL["receipt"], receipt)
    return None if row is None else msgspec.convert(dict(row), Receipt)


async def steps(reads: Reads, receipt: ReceiptId) -> list[Step]:
    """Return the story of ``receipt`` in the order of the ledger."""
    return [_step(row) for row in await reads.fetch(SQL["steps"], receipt, STEPS_MAX)]


async def receipts_of(reads: Reads, shopper: ShopperId, *, limit: int) -> list[Receipt]:
    """Return the newest receipts of ``shopper``."""
    rows = await reads.fetch(SQL["receipts_of"], shopper, limit)
    return [msgspec.convert(dict(row), Receipt) for row in rows]


async def latest(reads: Reads, *, limit: int) -> list[Receipt]:
    """Return the newest receipts of anybody."""
    rows = await reads.fetch(SQL["latest"], limit)
    return [msgspec.convert(dict(row), Receipt) for row in rows]


async def newest_seq(reads: Reads) -> int:
    """Return the seq of the last fact told about any receipt, 0 when there is none."""
    return int((await reads.fetchrow(SQL["newest_seq"]))["seq"])


async def counts(reads: Reads, *, since: datetime | None = None) -> dict[str, int]:
    """Return how many receipts, or of those that came in ``since``, are in each state."""
    rows = await reads.fetch(*((SQL["counts"],) if since is None else (SQL["counts_since"], since)))
    return {row["state"]: row["total"] for row in rows}


def _step(row: Any) -> Step:
    fields = dict(row)
    fields["facts"] = msgspec.json.decode(fields["facts"])
    return msgspec.convert(fields, Step)
