"""Where a receipt stands by its facts and its payout's, as its shopper is told. Pure.

The newest truth wins, except that money's end beats all: a receipt that was paid stays paid,
whatever is recorded late. Two streams are read one after the other, so that either may lag.
"""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutReopened,
    PayoutRequested,
    PayoutResolved,
    PayoutSubmitted,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptOverridden,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    ReceiptUnreadable,
    ReceiptUploaded,
)

State = Literal[
    "reading",
    "checking",
    "review",
    "rejected",
    "unreadable",
    "paying",
    "delayed",
    "bill",  # made, and not paid: the pay step is off
    "paid",
    "unknown",
    "not_paid",
]

_Tells = (
    ReceiptUploaded
    | ReceiptRead
    | ReceiptUnreadable
    | ReceiptReferred
    | ReceiptRejected
    | ReceiptAccepted
    | ReceiptCorrected
    | ReceiptReviewed
    | ReceiptOverridden
)
_Step = PayoutAttempted | PayoutSubmitted | PayoutRefused
_End = PayoutConfirmed | PayoutFailed | PayoutResolved


class Standing(Struct, frozen=True, kw_only=True):
    """Where a receipt stands, as its shopper is told."""

    state: State
    #: a code, where the state has reasons
    reason: str = ""


def standing_of(
    story: Sequence[Event], payout: Sequence[Event], *, held: bool, pays: bool
) -> Standing:
    """Return where a receipt stands by its facts and its payout's, each in order."""
    money = _since_opened(payout)
    end = _end(money)
    if end is not None and not _is_withdrawn(end):
        return _ended(end)
    if any(isinstance(event, PayoutOutcomeUnknown | PayoutContradicted) for event in money):
        return Standing(state="unknown")
    by_story = _told(story)
    if end is None and money and not _is_turned_down(story):
        return Standing(state=_under_way(money, held=held, pays=pays))
    if by_story is None:  # accepted: either the payout lags, or the word that withdrew it does
        return Standing(state="checking" if end else "delayed" if held else "paying")
    return by_story


def _since_opened(payout: Sequence[Event]) -> Sequence[Event]:
    """Return the facts since a payout was opened, the last time if it was reopened."""
    opens = (PayoutRequested, PayoutReopened)
    begin = max((at for at, event in enumerate(payout) if isinstance(event, opens)), default=0)
    return payout[begin:]


def _end(money: Sequence[Event]) -> _End | None:
    """Return how it ended: the first end counts, unless a person showed that it was paid."""
    ends = [event for event in money if isinstance(event, _End)]
    shown = (end for end in ends if isinstance(end, PayoutResolved) and end.outcome == "paid")
    first = ends[0] if ends else None
    return first if isinstance(first, PayoutConfirmed) else next(shown, first)


def _is_withdrawn(end: _End) -> bool:
    return isinstance(end, PayoutFailed) and end.cause == "withdrawn"


def _ended(end: _End) -> Standing:
    match end:
        case PayoutConfirmed() | PayoutResolved(outcome="paid"):
            return Standing(state="paid")
        case PayoutFailed(cause=cause):
            return Standing(state="not_paid", reason=cause)
        case PayoutResolved():
            return Standing(state="not_paid", reason="statement")
    assert_never(end)


def _under_way(money: Sequence[Event], *, held: bool, pays: bool) -> State:
    last = next((event for event in reversed(money) if isinstance(event, _Step)), None)
    if isinstance(last, PayoutAttempted) or (
        isinstance(last, PayoutSubmitted) and last.step == "pay"
    ):
        return "paying"
    if isinstance(last, PayoutSubmitted) and not pays:
        return "bill"
    return "delayed" if held else "paying"


def _last(story: Sequence[Event]) -> _Tells | None:
    return next((event for event in reversed(story) if isinstance(event, _Tells)), None)


def _is_turned_down(story: Sequence[Event]) -> bool:
    """Tell whether a person or the rules took back what a payout was opened for."""
    return isinstance(_last(story), ReceiptRejected)


def _told(story: Sequence[Event]) -> Standing | None:
    """Return where a receipt stands by its own facts alone, None when it is accepted."""
    match _last(story):
        case None | ReceiptUploaded():
            return Standing(state="reading")
        case ReceiptUnreadable(reason=reason):
            return Standing(state="unreadable", reason=reason)
        case ReceiptRejected(reason=refusal):
            return Standing(state="rejected", reason=refusal)
        case ReceiptReferred():
            return Standing(state="review")
        case ReceiptAccepted():
            return None
    return Standing(state="checking")
