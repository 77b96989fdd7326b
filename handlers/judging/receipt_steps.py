"""What a receipt's own stream says: what is asked, what was decided, who has it in hand. Pure."""

from collections.abc import Sequence
from datetime import datetime

from eventstore.catalogue import (
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptOverridden,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    ReviewAssigned,
)
from eventstore.corrections import readings_in
from eventstore.store import Recorded

#: Facts that ask for a decision.
Ask = ReceiptRead | ReceiptCorrected | ReceiptReviewed | ReceiptOverridden
#: Facts that are one.
Decision = ReceiptAccepted | ReceiptRejected | ReceiptReferred


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


def readings_of(story: Sequence[Recorded]) -> list[ReceiptRead]:
    """Return what was read, and as reviewers corrected it since: the last one counts."""
    return list(readings_in(fact.event for fact in story))
