"""The review queue: receipts that only a person can judge, oldest first.

A receipt waits from its first referral until it is decided: being corrected and judged again does
not put it behind others. Built like ``receipts``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from msgspec.structs import astuple

from eventstore import catalogue as facts
from eventstore import sql
from eventstore.identity import Kopecks, ReceiptId, ShopperId, StreamName
from eventstore.store import Recorded
from projections.forgetting import Sender, forgettings, senders
from projections.receipt_rows import columns
from projections.receipts import Reads, Writes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: A reviewer's word is the end of waiting, whatever the rules make of it a moment later.
ENDING = (
    facts.ReceiptAccepted,
    facts.ReceiptRejected,
    facts.ReceiptReviewed,
    facts.ReceiptOverridden,
)


class Place(msgspec.Struct, kw_only=True):
    """A receipt's row; fields are the columns of ``review_queue.sql``, in their order."""

    receipt: str
    shopper: str
    #: joined by commas
    reasons: str
    waiting_since: datetime
    reviewer: str | None = None
    assigned_until: datetime | None = None
    corrections: int = 0
    #: the last fact told about it
    seq: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that waits for a person."""

    receipt: ReceiptId
    shopper: ShopperId
    #: codes of the catalogue
    reasons: list[str]
    #: of its first referral
    waiting_since: datetime
    #: who had it in hand last, and until when nobody else decides it
    reviewer: str | None
    assigned_until: datetime | None
    #: how often a person said what is printed, and doubts were left
    corrections: int
    seq: int
    merchant: str | None
    total_kopecks: Kopecks | None
    purchased_at: datetime | None

    def held_at(self, now: datetime) -> str | None:
        """Return who has it in hand, None when anybody may take it."""
        return self.reviewer if self.assigned_until and self.assigned_until > now else None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits for people."""

    items: int
    oldest_seconds: float


class ReviewQueue:
    """The projection: applies facts to ``review_queue``."""

    name: ClassVar[str] = "review_queue"
    handles: ClassVar[frozenset[str]] = frozenset(kind.__name__ for kind in ENDING) | {
        "ReceiptReferred",
        "ReviewAssigned",
        "ReceiptCorrected",
        "ShopperForgotten",
    }
    tables: ClassVar[tuple[str, ...]] = ("review_queue",)

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor."""
        told = {receipt for fact in batch if (receipt := _receipt_in(fact))}
        gone = [shopper for shopper, _, _ in forgettings(batch)]
        known = await connection.fetch(SQL["places"], list(told), gone)
        referred = [fact for fact in batch if isinstance(fact.event, facts.ReceiptReferred)]
        queue = _Queue((Place(**row) for row in known), sent_by=await senders(connection, referred))
        for fact in batch:
            queue.tell(fact)
        if left := {row["receipt"] for row in known} - queue.places.keys():
            await connection.execute(SQL["leave"], list(left))
        if queue.changed:
            rows = [astuple(queue.places[receipt]) for receipt in sorted(queue.changed)]
            await connection.execute(SQL["keep_places"], *columns(rows))


class _Queue:
    """A batch being told: the places it is about."""

    def __init__(self, places: Iterable[Place], *, sent_by: Mapping[StreamName, Sender]) -> None:
        self.places = {place.receipt: place for place in places}
        #: places to be written
        self.changed: set[str] = set()
        self._sent_by = sent_by

    def tell(self, fact: Recorded) -> None:
        """Let a fact give a place, change it or take it away."""
        event, receipt = fact.event, _receipt_in(fact) or ""
        if isinstance(event, facts.ReceiptReferred):
            self._refer(fact, event)
        elif isinstance(event, facts.ShopperForgotten):
            self._leave(self._of_shopper(fact.stream.partition("-")[2]))
        elif isinstance(event, ENDING):
            self._leave([receipt])
        elif place := self.places.get(receipt):
            if isinstance(event, facts.ReviewAssigned):
                place.reviewer, place.assigned_until = event.reviewer, event.until
            elif isinstance(event, facts.ReceiptCorrected):
                place.corrections += 1
            self._change(place, fact)

    def _refer(self, fact: Recorded, event: facts.ReceiptReferred) -> None:
        sender = self._sent_by.get(fact.stream)
        if sender is None or sender.forgotten:
            return
        receipt = fact.stream.partition("-")[2]
        place = self.places.setdefault(
            receipt,
            Place(
                receipt=receipt,
                shopper=sender.shopper,
                reasons="",
                waiting_since=fact.recorded_at,
                seq=0,
            ),
        )
        place.reasons = ",".join(event.reasons)
        self._change(place, fact)

    def _change(self, place: Place, fact: Recorded) -> None:
        place.seq = fact.seq or 0
        self.changed.add(place.receipt)

    def _leave(self, receipts: Iterable[str]) -> None:
        for receipt in receipts:
            self.places.pop(receipt, None)
            self.changed.discard(receipt)

    def _of_shopper(self, shopper: str) -> list[str]:
        return [each.receipt for each in self.places.values() if each.shopper == shopper]


def _receipt_in(fact: Recorded) -> str | None:
    """Return the receipt in whose stream a fact lies."""
    kind, _, name = fact.stream.partition("-")
    return name if kind == "receipt" else None


async def waiting(reads: Reads, *, limit: int) -> list[Waiting]:
    """Return the receipts that wait longest, the oldest first."""
    rows = await reads.fetch(SQL["waiting"], limit)
    return [msgspec.convert(dict(row), Waiting) for row in rows]


async def load(reads: Reads) -> Load:
    """Return how many receipts wait for a person, and how long the first has waited."""
    return msgspec.convert(dict(await reads.fetchrow(SQL["load"])), Load)
