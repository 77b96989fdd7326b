"""Why a receipt ended as it did: each fact behind it with its proof, and the arithmetic of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventstore import catalogue as facts
from eventstore.identity import EventId, Kopecks, ReceiptId, Sha256, StreamName
from eventstore.store import EventStore, Recorded
from projections import receipts
from projections.as_of import apply, empty_models
from projections.lineage import lineage_of
from projections.receipt_rows import NOT_SHOWN
from projections.receipts import Receipt, Receipts

#: The steps of a kopeck, each with the facts that make it.
STAGES: dict[str, tuple[type[facts.Event], ...]] = {
    "shopper": (facts.ConsentGiven, facts.PhoneShared),
    "photo": (facts.ReceiptUploaded, facts.PhotoSeen, facts.PhotoExpired),
    "reading": (facts.ReceiptRead, facts.ReceiptUnreadable, facts.ReceiptCorrected),
    "decision": (
        facts.PolicyAdopted,
        facts.ReviewAssigned,
        facts.ReceiptReviewed,
        facts.ReceiptOverridden,
        facts.ReceiptAccepted,
        facts.ReceiptRejected,
        facts.ReceiptReferred,
        facts.ClaimTaken,
        facts.ClaimReleased,
        facts.AllowanceUsed,
        facts.LookTaken,
    ),
    "payout": (facts.PayoutRequested, facts.PayoutReopened),
    "attempts": (
        facts.PayoutAttempted,
        facts.PayoutSubmitted,
        facts.PayoutRefused,
        facts.PayoutOutcomeUnknown,
        facts.BillIssued,
    ),
    "callback": (facts.CallbackReceived, facts.CallbackUnmatched, facts.BodyExpired),
    "end": (
        facts.PayoutConfirmed,
        facts.PayoutFailed,
        facts.PayoutContradicted,
        facts.PayoutResolved,
    ),
}
#: Where facts go that this code does not know.
OTHER = "other"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that led to another."""

    event_id: UUID
    #: None when it lies outside this receipt's facts
    seq: int | None
    type: str | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as an auditor checks it."""

    seq: int
    event_id: UUID
    #: hex
    leaf_hash: str
    type: str
    stream: StreamName
    version: int
    recorded_at: datetime
    #: who did it
    actor: str
    #: why; None for a wish from outside
    because: Cause | None
    #: the fact's fields, without what is sealed
    facts: dict[str, Any]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One sold line."""

    name: str
    quantity_milli: int | None
    unit_price_kopecks: Kopecks | None
    line_total_kopecks: Kopecks | None
    #: it is one of those that earned the bonus
    earned: bool


class Arithmetic(msgspec.Struct, frozen=True, kw_only=True):
    """How lines, discount and total of a reading hang together."""

    lines: list[Line]
    discount_kopecks: Kopecks
    #: lines less discount; None when a line has no cost
    net_kopecks: Kopecks | None
    #: as the receipt says
    total_kopecks: Kopecks | None


class Bonus(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision granted, and by what."""

    amount_kopecks: Kopecks
    rules: str
    products: Sha256
    items: list[str]
    #: of the decision
    seq: int


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The lineage of every kopeck of one receipt."""

    receipt: Receipt
    arithmetic: Arithmetic | None
    bonus: Bonus | None
    stages: dict[str, list[Told]]


async def explain(store: EventStore, url: str, receipt: ReceiptId) -> Explanation:
    """Return the lineage of ``receipt`` from the log at ``url``; raises ``NothingRecorded``."""
    lineage = await lineage_of(store, receipt)
    async with empty_models(url, [Receipts()]) as connection:
        await apply(connection, [Receipts()], lineage)
        standing = await receipts.receipt(connection, receipt)
    assert standing is not None, "its upload is among the facts"
    return Explanation(
        receipt=standing,
        arithmetic=_arithmetic(lineage),
        bonus=_bonus(lineage),
        stages=_stages(lineage),
    )


def _stages(lineage: Sequence[Recorded]) -> dict[str, list[Told]]:
    known = {fact.event_id: fact for fact in lineage}
    stages: dict[str, list[Told]] = {name: [] for name in (*STAGES, OTHER)}
    for fact in lineage:
        stages[_stage(fact)].append(_told(fact, known))
    return {name: told for name, told in stages.items() if told}


def _stage(fact: Recorded) -> str:
    kinds = (name for name, kinds in STAGES.items() if isinstance(fact.event, kinds))
    return next(kinds, OTHER)


def _told(fact: Recorded, known: Mapping[EventId, Recorded]) -> Told:
    fields: dict[str, Any] = msgspec.json.decode(fact.data)
    return Told(
        seq=_seq(fact),
        event_id=fact.event_id,
        leaf_hash=fact.leaf_hash.hex(),
        type=fact.type,
        stream=fact.stream,
        version=fact.version,
        recorded_at=fact.recorded_at,
        actor=fact.metadata.actor,
        because=_because(fact.metadata.causation_id, known),
        facts={name: value for name, value in fields.items() if name not in NOT_SHOWN},
    )


def _seq(fact: Recorded) -> int:
    assert fact.seq is not None, "a lineage is made of sealed facts"
    return fact.seq


def _because(cause: EventId | None, known: Mapping[EventId, Recorded]) -> Cause | None:
    if cause is None:
        return None
    fact = known.get(cause)
    if fact is None:
        return Cause(event_id=cause, seq=None, type=None)
    return Cause(event_id=cause, seq=fact.seq, type=fact.type)


def _last(lineage: Sequence[Recorded], kind: type[facts.Event]) -> Recorded | None:
    return next((fact for fact in reversed(lineage) if isinstance(fact.event, kind)), None)


def _bonus(lineage: Sequence[Recorded]) -> Bonus | None:
    decision = _last(lineage, facts.ReceiptAccepted)
    if decision is None:
        return None
    return Bonus(
        amount_kopecks=decision.event.amount_kopecks,
        rules=decision.event.rules,
        products=decision.event.products,
        items=decision.event.darnitsa_items,
        seq=_seq(decision),
    )


def _arithmetic(lineage: Sequence[Recorded]) -> Arithmetic | None:
    reading = _last(lineage, facts.ReceiptRead)
    if reading is None:
        return None
    bonus = _bonus(lineage)
    read: facts.ReceiptRead = reading.event
    lines = [
        Line(
            name=item.name,
            quantity_milli=item.quantity_milli,
            unit_price_kopecks=item.unit_price_kopecks,
            line_total_kopecks=item.line_total_kopecks,
            earned=bonus is not None and item.name in bonus.items,
        )
        for item in read.items
    ]
    costs = [line.line_total_kopecks for line in lines]
    known = [cost for cost in costs if cost is not None]
    whole = bool(costs) and len(known) == len(costs)
    return Arithmetic(
        lines=lines,
        discount_kopecks=read.discount_kopecks,
        net_kopecks=Kopecks(sum(known) - read.discount_kopecks) if whole else None,
        total_kopecks=read.total_kopecks,
    )
