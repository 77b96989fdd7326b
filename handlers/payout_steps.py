"""What a payout's own stream says, and what it needs next; pure."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
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

_TAKEN = PayoutAttempted | PayoutSubmitted | PayoutRefused | PayoutOutcomeUnknown


def understood(records: Sequence[Recorded]) -> list[Event] | None:
    """Return the facts, None when one is of an unknown type: it may be the one that matters."""
    if any(recorded.event is None for recorded in records):
        return None
    return [recorded.event for recorded in records]


def final_outcome(history: Sequence[Event]) -> PayoutConfirmed | PayoutFailed | None:
    """Return how the payout ended; the first final fact counts."""
    finals = (event for event in history if isinstance(event, PayoutConfirmed | PayoutFailed))
    return next(finals, None)


def bills_of(history: Sequence[Event]) -> list[BillId]:
    """Return the bills that stand for the payout at Portmone: one, if all is well."""
    told = (event for event in history if isinstance(event, PayoutSubmitted | PayoutConfirmed))
    return list(dict.fromkeys(event.bill for event in told))


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
            if isinstance(final, PayoutConfirmed) and final.bill != bill:
                return [submitted, PayoutContradicted(bill=bill, about="bill")]
            if isinstance(final, PayoutFailed) and step == "pay":
                return [submitted, PayoutContradicted(bill=bill, about="status")]
            return [submitted]
        case Refused(kind=kind, code=code):
            refused = PayoutRefused(step=step, kind=kind, code=code)
            if isinstance(final, PayoutConfirmed) and kind == "final":
                return [refused, PayoutContradicted(bill=final.bill, about="status")]
            return [refused]
        case OutcomeUnknown(cause=cause):
            return [] if final else [PayoutOutcomeUnknown(step=step, cause=cause)]


def may_try_again(answer: Answer, send: Send) -> bool:
    """Tell whether ``send`` surely had no effect and has tries left."""
    return isinstance(answer, Refused) and answer.kind != "final" and send.attempt < TRIES_MAX
