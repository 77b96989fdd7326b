"""Receipts: how each one stands, and its whole story from photo to callback.

Facts of a batch are applied one kind after another; since a state remembers which fact made
it, the newest fact decides whatever the order. Times are those of the facts, so that replaying
the log gives the same rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

import msgspec

from eventstore import catalogue as facts
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
from projections.forgetting import forgettings

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: A story has about a dozen facts; a receipt with more than this has trouble of its own.
STEPS_MAX = 200

#: The state each fact puts its receipt into; the rest only adds to the story.
STATES: dict[type[facts.Event], str] = {
    facts.ReceiptRead: "read",
    facts.ReceiptUnreadable: "unreadable",
    facts.ReceiptReferred: "review",
    facts.ReceiptRejected: "rejected",
    facts.ReceiptAccepted: "accepted",
    facts.PayoutAttempted: "paying",
    facts.PayoutSubmitted: "paying",
    facts.PayoutOutcomeUnknown: "pay_unknown",
    facts.PayoutConfirmed: "paid",
    facts.PayoutFailed: "pay_failed",
}

#: Every fact that belongs into a receipt's story.
TOLD = frozenset(kind.__name__ for kind in STATES) | {
    "ReceiptUploaded",
    "ClaimTaken",
    "AllowanceUsed",
    "PayoutRequested",
    "PayoutRefused",
    "CallbackReceived",
    "PayoutContradicted",
    "PayoutResolved",
}

#: Sealed or keyed values say nothing to a reader of the story.
NOT_SHOWN = frozenset({"phone_sealed", "phone_fingerprint"})

Rows = Sequence[Sequence[Any]]


class Reads(Protocol):
    """A connection or a pool, for reading."""

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        """Return the rows of ``query``."""

    async def fetchrow(self, query: str, /, *args: Any) -> Any:
        """Return the first row of ``query`` or None."""


class Writes(Protocol):
    """A connection inside the transaction that moves the cursor."""

    async def executemany(self, command: str, args: Iterable[Sequence[Any]], /) -> None:
        """Run ``command`` once per element of ``args``."""


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


def _id_in(stream: StreamName) -> str:
    """Return the id behind the kind in a stream's name."""
    return stream.partition("-")[2]


def _state(event: facts.Event) -> str | None:
    """Return the state a fact puts its receipt into, None for no change."""
    if isinstance(event, facts.PayoutSubmitted) and event.step == "create":
        return "bill_created"
    if isinstance(event, facts.PayoutResolved):
        return "paid" if event.outcome == "paid" else "pay_failed"
    return STATES.get(type(event))


def _reasons(event: facts.Event) -> list[str]:
    """Return the codes that say why a receipt is in its new state."""
    match event:
        case facts.ReceiptReferred(reasons=reasons):
            return list(reasons)
        case facts.ReceiptUnreadable(reason=reason) | facts.ReceiptRejected(reason=reason):
            return [reason]
        case facts.PayoutOutcomeUnknown(cause=cause) | facts.PayoutFailed(cause=cause):
            return [cause]
        case facts.PayoutResolved(outcome="failed"):
            return ["statement"]
    return []


def _owner(recorded: Recorded) -> tuple[str | None, str | None, str | None]:
    """Return receipt, payout and bill as a fact names them; only a callback names a bill."""
    match recorded.event:
        case facts.ClaimTaken(receipt=receipt) | facts.AllowanceUsed(receipt=receipt):
            return receipt, None, None
        case facts.PayoutRequested(receipt=receipt):
            return receipt, None, None
        case facts.CallbackReceived(bill=bill, comment=comment):
            return None, comment, bill
    if recorded.stream.startswith("receipt-"):
        return _id_in(recorded.stream), None, None
    return None, _id_in(recorded.stream), None


def _shown(event: facts.Event) -> str:
    """Return the fields of a fact as JSON, without what is sealed."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    shown = {name: value for name, value in fields.items() if name not in NOT_SHOWN}
    return msgspec.json.encode(shown).decode()


def _begun(batch: Sequence[Recorded]) -> Rows:
    return [
        (e.receipt, e.shopper, e.photo_sha256, e.source, r.seq, r.recorded_at)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptUploaded)
    ]


def _readings(batch: Sequence[Recorded]) -> Rows:
    return [
        (_id_in(r.stream), e.merchant, e.total_kopecks, e.purchased_at, e.fiscal_number,
         e.receipt_number, e.qr_url, e.words_sha256, e.preview_sha256)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptRead)
    ]  # fmt: skip


def _previews(batch: Sequence[Recorded]) -> Rows:
    return [
        (_id_in(r.stream), e.preview_sha256)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptUnreadable)
    ]


def _payouts(batch: Sequence[Recorded]) -> Rows:
    return [
        (e.receipt, e.payout, e.amount_kopecks)
        for r in batch
        if isinstance(e := r.event, facts.PayoutRequested)
    ]


def _bills(batch: Sequence[Recorded]) -> Rows:
    return [
        (_id_in(r.stream), e.bill)
        for r in batch
        if isinstance(e := r.event, facts.PayoutSubmitted | facts.PayoutResolved) and e.bill
    ]


def _moves(batch: Sequence[Recorded]) -> Rows:
    return [
        (*_owner(r)[:2], r.seq, state, _reasons(r.event))
        for r in batch
        if r.event is not None and (state := _state(r.event)) is not None
    ]


def _steps(batch: Sequence[Recorded]) -> Rows:
    return [
        (*_owner(r), r.seq, r.type, r.recorded_at, r.event_id, r.stream, r.version,
         _shown(r.event))
        for r in batch
        if r.event is not None and r.type in TOLD
    ]  # fmt: skip


class Receipts:
    """The projection: applies facts to ``receipts`` and ``receipt_steps``."""

    name: ClassVar[str] = "receipts"
    handles: ClassVar[frozenset[str]] = TOLD | {"ShopperForgotten"}
    tables: ClassVar[tuple[str, ...]] = ("receipts", "receipt_steps")

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor.

        Facts of a type that is not known here change nothing.
        """
        for name, rows in (
            ("begin_receipt", _begun(batch)),
            ("keep_reading", _readings(batch)),
            ("keep_preview", _previews(batch)),
            ("name_payout", _payouts(batch)),
            ("name_bill", _bills(batch)),
            ("move_receipt", _moves(batch)),
            ("tell_step", _steps(batch)),
            ("forget_steps", [row[:2] for row in forgettings(batch)]),
            ("forget_receipts", forgettings(batch)),
        ):
            if rows:
                await connection.executemany(SQL[name], rows)


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


async def counts(reads: Reads) -> dict[str, int]:
    """Return how many receipts are in each state."""
    return {row["state"]: row["total"] for row in await reads.fetch(SQL["counts"])}


def _step(row: Any) -> Step:
    fields = dict(row)
    fields["facts"] = msgspec.json.decode(fields["facts"])
    return msgspec.convert(fields, Step)
