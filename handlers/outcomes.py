"""What became of a receipt, told from its facts and its payout's."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from eventstore.catalogue import (
    Event,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutResolved,
    ReceiptAccepted,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptUnreadable,
)
from eventstore.identity import ReceiptId, payout_of, payout_stream, receipt_stream
from eventstore.store import EventStore, Recorded
from eventstore.subscription import LEDGER, POLL_SECONDS, Listener

#: A receipt is read in about a second and paid in another; this long means it is stuck.
OUTCOME_SECONDS_MAX = 120.0

State = Literal["paid", "rejected", "review", "unreadable", "not_paid"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a receipt, and when each step was done."""

    state: State
    reason: str | None
    uploaded_at: datetime
    read_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime

    @property
    def steps_seconds(self) -> tuple[float | None, float | None, float | None]:
        """How long reading, deciding and paying took; None for a step there was not."""
        paid = self.state in ("paid", "not_paid")
        return (
            _between(self.uploaded_at, self.read_at),
            _between(self.read_at, self.decided_at),
            _between(self.decided_at, self.ended_at) if paid else None,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the fields as JSON gives them."""
        return dict(msgspec.to_builtins(self))

    @property
    def seconds(self) -> float:
        """From upload to the end."""
        return (self.ended_at - self.uploaded_at).total_seconds()


async def await_outcome(
    store: EventStore,
    listener: Listener,
    receipt: ReceiptId,
    *,
    seconds_max: float = OUTCOME_SECONDS_MAX,
) -> Outcome:
    """Wait for what becomes of ``receipt``; raises ``TimeoutError`` when it gets stuck."""
    async with asyncio.timeout(seconds_max), listener.woken_by(LEDGER) as wakes:
        while True:
            story = await store.read_stream(receipt_stream(receipt))
            story += await store.read_stream(payout_stream(payout_of(receipt)))
            if (outcome := outcome_of(story)) is not None:
                return outcome
            await wakes.wait(POLL_SECONDS)


def outcome_of(story: Sequence[Recorded]) -> Outcome | None:
    """Return what became of a receipt by its facts and its payout's, None while it is open."""
    ends = [(fact, end) for fact in story if (end := _end(fact.event)) is not None]
    if not ends:
        return None
    last, (state, reason) = ends[-1]
    return Outcome(
        state=state,
        reason=reason,
        uploaded_at=story[0].recorded_at,
        read_at=_first(story, (ReceiptRead, ReceiptUnreadable)),
        decided_at=_first(story, (ReceiptAccepted, ReceiptRejected, ReceiptReferred)),
        ended_at=last.recorded_at,
    )


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else (end - begin).total_seconds()


def _end(event: Event | None) -> tuple[State, str | None] | None:
    match event:
        case ReceiptUnreadable(reason=reason):
            return "unreadable", reason
        case ReceiptRejected(reason=refusal):
            return "rejected", refusal
        case ReceiptReferred(reasons=doubts):
            return "review", doubts[0]
        case PayoutConfirmed():
            return "paid", None
        case PayoutFailed(cause=cause) | PayoutOutcomeUnknown(cause=cause):
            return "not_paid", cause
        case PayoutResolved(outcome=outcome):
            return ("paid", None) if outcome == "paid" else ("not_paid", "statement")
    return None


def _first(story: Sequence[Recorded], kinds: tuple[type[Event], ...]) -> datetime | None:
    return next((fact.recorded_at for fact in story if isinstance(fact.event, kinds)), None)
