"""What a receipt's own stream says: what is asked, what was decided, who has it in hand. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from eventstore.catalogue import (
    Item,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptOverridden,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    ReviewAssigned,
    Source,
)
from eventstore.store import Recorded

#: Facts that ask for a decision.
Ask = ReceiptRead | ReceiptCorrected | ReceiptReviewed | ReceiptOverridden
#: Facts that are one.
Decision = ReceiptAccepted | ReceiptRejected | ReceiptReferred

#: Field of a correction -> the name under which sources, confidences and disagreements stand.
_NAMED = {
    "total_kopecks": "total",
    "purchased_at": "date",
    "fiscal_number": "fiscal_number",
    "receipt_number": "receipt_number",
    "items": "items",
}
_AS_READ = ("merchant", "document", *_NAMED)


def open_ask(story: Sequence[Recorded]) -> Recorded | None:
    """Return the fact that asks for a decision and has none behind it, None if there is none."""
    for fact in reversed(story):
        if isinstance(fact.event, Decision):
            return None
        if isinstance(fact.event, Ask):
            return fact
    return None


def last_decision(story: Sequence[Recorded]) -> Decision | None:
    """Return what the receipt is decided to be now, None before the first decision."""
    decisions = (fact.event for fact in reversed(story) if isinstance(fact.event, Decision))
    return next(decisions, None)


def is_granted(story: Sequence[Recorded]) -> bool:
    """Tell whether the receipt earned a bonus that nobody withdrew."""
    return isinstance(last_decision(story), ReceiptAccepted)


def assignment_at(story: Sequence[Recorded], now: datetime) -> ReviewAssigned | None:
    """Return whose turn it is at ``now``, None when nobody's is."""
    last = last_assignment(story)
    return last if last is not None and now < last.until else None


def last_assignment(story: Sequence[Recorded]) -> ReviewAssigned | None:
    """Return who took the receipt last, whether the time is over or not."""
    taken = (fact.event for fact in reversed(story) if isinstance(fact.event, ReviewAssigned))
    return next(taken, None)


def reading_in(story: Sequence[Recorded]) -> ReceiptRead | None:
    """Return what was read, as reviewers corrected it since; None before it was read."""
    reading: ReceiptRead | None = None
    for fact in story:
        match fact.event:
            case ReceiptRead() as read:
                reading = read
            case ReceiptCorrected() as correction if reading is not None:
                reading = corrected(reading, correction)
    return reading


def corrected(reading: ReceiptRead, correction: ReceiptCorrected) -> ReceiptRead:
    """Return ``reading`` with what a person says is printed; that is sure, and settles quarrels.

    Whether the lines add up is reckoned anew: it may have been the misread one that did not.
    """
    said = {name: value for name in _AS_READ if (value := getattr(correction, name)) is not None}
    fields = {_NAMED[name] for name in said if name in _NAMED}
    person: list[Source] = ["person"]
    changed = replace(
        reading,
        **said,
        sources={**reading.sources, **dict.fromkeys(fields, person)},
        confidences={**reading.confidences, **dict.fromkeys(fields, 1.0)},
        disagreements=[name for name in reading.disagreements if name not in fields],
    )
    return _reckoned(changed) if fields & {"total", "items"} else changed


def _reckoned(reading: ReceiptRead) -> ReceiptRead:
    before = reading.sources.get("total", [])
    said: list[Source] = [source for source in before if source != "arithmetic"]
    if _adds_up(reading.items, reading):
        said.append("arithmetic")
    settled = [name for name in reading.disagreements if name not in ("items", "total")]
    kept = settled if "arithmetic" in said else reading.disagreements
    return replace(reading, sources={**reading.sources, "total": said}, disagreements=kept)


def _adds_up(items: Sequence[Item], reading: ReceiptRead) -> bool:
    costs: list[Any] = [item.line_total_kopecks for item in items]
    known = bool(costs) and None not in costs and reading.total_kopecks is not None
    return known and sum(costs) - reading.discount_kopecks == reading.total_kopecks
