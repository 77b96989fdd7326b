"""What a payout's own stream says, and what it needs next; pure."""

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
    PayoutResolved,
    PayoutStep,
    PayoutSubmitted,
)
from eventstore.identity import BillId
from eventstore.store import Recorded
from handlers.ports import Billed, OutcomeUnknown, Refused

#: R62: tries of one step, all but the last of them known to be without effect.
TRIES_MAX = 3
#: A fact of a type this code does not know comes from a newer release: its processes are
#: starting, and one of them will know what to do.
NEWER_RELEASE_SECONDS = 60.0

Answer = Billed | Refused | OutcomeUnknown

#: How a payout can end.
Final = PayoutConfirmed | PayoutFailed | PayoutResolved

_NAMES_A_BILL = PayoutSubmitted | PayoutConfirmed | PayoutResolved
_TAKEN = PayoutAttempted | PayoutSubmitted | PayoutRefused | PayoutOutcomeUnknown


def understood(records: Sequence[Recorded]) -> list[Event] | None:
    """Return the facts, None when one is of an unknown type: it may be the one that matters."""
    if any(recorded.event is None for recorded in records):
        return None
    return [recorded.event for recorded in records]


def final_outcome(history: Sequence[Event]) -> Final | None:
    """Return how the payout ended; the first final fact counts."""
    return next((event for event in history if isinstance(event, Final)), None)


def was_paid(final: Final) -> bool:
    """Tell whether money moved in the end."""
    match final:
        case PayoutConfirmed():
            return True
        case PayoutFailed():
            return False
        case PayoutResolved(outcome=outcome):
            return outcome == "paid"
    assert_never(final)


def bills_of(history: Sequence[Event]) -> list[BillId]:
    """Return the bills that stand for the payout at Portmone: one, if all is well."""
    told = (event for event in history if isinstance(event, _NAMES_A_BILL))
    return list(dict.fromkeys(event.bill for event in told if event.bill is not None))


class Send(Struct, frozen=True, kw_only=True):
    """Take ``step`` for the ``attempt``-th time."""

    step: PayoutStep
    attempt: int
    #: to be paid; None for the create step
    bill: BillId | None = None


class Doubt(Struct, frozen=True, kw_only=True):
    """An attempt stands there without an answer."""

    step: PayoutStep


class GiveUp(Struct, frozen=True, kw_only=True):
    """No try is left, and surely no money moved."""

    cause: Literal["refused", "not_sent"]
    code: str


class Rest(Struct, frozen=True, kw_only=True):
    """Nothing more to do from here: it is final, or waits for a callback or a person."""


def next_step(history: Sequence[Event], *, pays: bool) -> Send | Doubt | GiveUp | Rest:
    """Return what a payout with ``history`` needs next; pure.

    After a doubt or a contradiction nothing leaves by itself any more, even if a later fact
    cleared it up: by then a person may be at work on it.
    """
    if final_outcome(history):
        return Rest()
    last = next((event for event in reversed(history) if isinstance(event, _TAKEN)), None)
    if isinstance(last, PayoutAttempted):
        return Doubt(step=last.step)
    if any(isinstance(event, PayoutOutcomeUnknown | PayoutContradicted) for event in history):
        return Rest()
    match last:
        case PayoutSubmitted(step="create", bill=bill) if pays:
            return Send(step="pay", attempt=1, bill=bill)
        case PayoutSubmitted():
            return Rest()
        case PayoutRefused():
            return _after_refusal(last, history)
    return Send(step="create", attempt=1)


def _after_refusal(refused: PayoutRefused, history: Sequence[Event]) -> Send | GiveUp:
    tries = sum(
        isinstance(event, PayoutAttempted) and event.step == refused.step for event in history
    )
    if refused.kind == "final" or tries >= TRIES_MAX:
        never_left = refused.kind == "not_sent"
        return GiveUp(cause="not_sent" if never_left else "refused", code=refused.code)
    bill = bills_of(history)[0] if refused.step == "pay" else None
    return Send(step=refused.step, attempt=tries + 1, bill=bill)


def facts_of(answer: Answer, *, step: PayoutStep, history: Sequence[Event]) -> list[Event]:
    """Return what ``answer`` adds to a payout with ``history``, which may have ended meanwhile."""
    final = final_outcome(history)
    match answer:
        case Billed(bill=bill):
            submitted = PayoutSubmitted(step=step, bill=bill)
            if final is not None and was_paid(final) and bill not in bills_of([final]):
                return [submitted, PayoutContradicted(bill=bill, about="bill")]
            if final is not None and not was_paid(final) and step == "pay":
                return [submitted, PayoutContradicted(bill=bill, about="status")]
            return [submitted]
        case Refused(kind=kind, code=code):
            refused = PayoutRefused(step=step, kind=kind, code=code)
            if final is not None and was_paid(final) and kind == "final":
                bills = bills_of([final])
                return [refused, *(PayoutContradicted(bill=b, about="status") for b in bills)]
            return [refused]
        case OutcomeUnknown(cause=cause):
            return [] if final else [PayoutOutcomeUnknown(step=step, cause=cause)]


def may_try_again(answer: Answer, send: Send) -> bool:
    """Tell whether ``send`` surely had no effect and has tries left."""
    return isinstance(answer, Refused) and answer.kind != "final" and send.attempt < TRIES_MAX
