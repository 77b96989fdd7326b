"""What a payout's own stream says, and what it needs next; pure."""

from collections.abc import Sequence
from datetime import datetime
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
    PayoutStep,
    PayoutSubmitted,
)
from eventstore.identity import BillId, Kopecks, PayoutId, ShopperId
from eventstore.policy import PortmoneError
from eventstore.store import Recorded
from handlers.ports import Billed, OutcomeUnknown, Refused

#: R62: tries of one step, all but the last of them known to be without effect.
TRIES_MAX = 3
#: A fact of a type this code does not know comes from a newer release: its processes are
#: starting, and one of them will know what to do.
NEWER_RELEASE_SECONDS = 60.0
#: A younger attempt may still be under way in a process we cannot see: it may leave late, then
#: waits a gateway's 15 s, and its answer needs some time to reach the log.
ANSWER_SECONDS_MAX = 60.0

Answer = Billed | Refused | OutcomeUnknown

#: How a payout can end.
Final = PayoutConfirmed | PayoutFailed | PayoutResolved

_NAMES_A_BILL = PayoutSubmitted | PayoutConfirmed | PayoutResolved
_TAKEN = PayoutAttempted | PayoutSubmitted | PayoutRefused | PayoutOutcomeUnknown
#: What begins a payout, or begins it anew.
OPENS = PayoutRequested | PayoutReopened


class Owed(Struct, frozen=True, kw_only=True):
    """What is owed to whom, as the newest facts about it say."""

    payout: PayoutId
    shopper: ShopperId
    amount_kopecks: Kopecks
    phone_sealed: str
    #: of the phone that gets it, and of all that were to get it
    phone_fingerprint: str
    phones: frozenset[str]
    #: 1, and one more for each time it was reopened
    openings: int


def understood(records: Sequence[Recorded]) -> list[Event] | None:
    """Return the facts, None when one is of an unknown type: it may be the one that matters."""
    if any(recorded.event is None for recorded in records):
        return None
    return [recorded.event for recorded in records]


def owed(history: Sequence[Event]) -> Owed:
    """Return what a payout with ``history`` is about."""
    requested = history[0]
    assert isinstance(requested, PayoutRequested), "a payout begins with its request"
    opens = [event for event in history if isinstance(event, OPENS)]
    return Owed(
        payout=requested.payout,
        shopper=requested.shopper,
        amount_kopecks=requested.amount_kopecks,
        phone_sealed=opens[-1].phone_sealed,
        phone_fingerprint=opens[-1].phone_fingerprint,
        phones=frozenset(event.phone_fingerprint for event in opens),
        openings=len(opens),
    )


def opened_at(history: Sequence[Event]) -> int:
    """Return the place of the fact that opened the payout, the last one if it was reopened."""
    return max((at for at, event in enumerate(history) if isinstance(event, OPENS)), default=0)


def since_opened(history: Sequence[Event]) -> Sequence[Event]:
    """Return what has happened since: what was before a reopening surely moved no money."""
    return history[opened_at(history) :]


def may_have_left_a_bill(history: Sequence[Event]) -> bool:
    """Tell whether a bill may stand at Portmone for the payout that no fact names.

    Of each time it was opened that counts by itself: a request left, its bill is not known, and
    it is open or nobody knows the answer.
    """
    begins = [at for at, event in enumerate(history) if isinstance(event, OPENS)]
    times = [history[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]
    return any(_lacks_its_bill(time) for time in times)


def _lacks_its_bill(time: Sequence[Event]) -> bool:
    taken = [event for event in time if isinstance(event, _TAKEN)]
    if not taken or bills_of(time):
        return False
    doubtful = isinstance(taken[-1], PayoutAttempted) or was_in_doubt(taken)
    return doubtful or final_outcome(time) is None


def was_in_doubt(history: Sequence[Event]) -> bool:
    """Tell whether nobody knew the answer to a request."""
    return any(isinstance(event, PayoutOutcomeUnknown) for event in history)


def final_outcome(history: Sequence[Event]) -> Final | None:
    """Return how the payout ended: the first final fact since it was opened counts, unless a person
    showed that money had moved all the same; that stands also when it is opened again.
    """
    first = next((event for event in since_opened(history) if isinstance(event, Final)), None)
    if first is not None and was_paid(first):
        return first
    resolved = (event for event in history if isinstance(event, PayoutResolved))
    return next((event for event in resolved if was_paid(event)), first)


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
    """Return the bills that stand for the payout at Portmone: one, if all is well and it was
    never reopened.
    """
    told = (event for event in history if isinstance(event, _NAMES_A_BILL))
    return list(dict.fromkeys(event.bill for event in told if event.bill is not None))


def former_bills(history: Sequence[Event]) -> list[BillId]:
    """Return the bills from before the payout was reopened: that they fail is nothing new."""
    bills = bills_of(since_opened(history))
    return [bill for bill in bills_of(history) if bill not in bills]


def can_fail_by(bill: BillId, history: Sequence[Event]) -> bool:
    """Tell whether it can mean anything new for the payout that ``bill`` came to nothing.

    Once it was reopened ``bill`` may be a lost one of an earlier time, so that it must be known
    to be of this time, and while the payout is open to be the only one.
    """
    if owed(history).openings == 1:
        return True
    bills = bills_of(since_opened(history))
    return bills == [bill] if final_outcome(history) is None else bill in bills


def is_another(bill: BillId, final: Final) -> bool:
    """Tell whether the end names a bill, and not this one."""
    return bill not in (bills_of([final]) or [bill])


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
    if final_outcome(history) or _is_doubted_end(history[: opened_at(history)]):
        return Rest()
    history = since_opened(history)
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


def _is_doubted_end(history: Sequence[Event]) -> bool:
    """Tell whether what ended a payout was contradicted, and nobody ended it anew since.

    Nobody has it tried again then; but a receipt that is accepted again opens it too.
    """
    ends = [at for at, event in enumerate(history) if isinstance(event, Final)]
    since = history[ends[-1] :] if ends else []
    return any(isinstance(event, PayoutContradicted) for event in since)


def _after_refusal(refused: PayoutRefused, history: Sequence[Event]) -> Send | GiveUp:
    tries = sum(
        isinstance(event, PayoutAttempted) and event.step == refused.step for event in history
    )
    if refused.kind == "final" or tries >= TRIES_MAX:
        never_left = refused.kind == "not_sent"
        return GiveUp(cause="not_sent" if never_left else "refused", code=refused.code)
    bill = bills_of(history)[0] if refused.step == "pay" else None
    return Send(step=refused.step, attempt=tries + 1, bill=bill)


def under_way_since(records: Sequence[Recorded]) -> datetime | None:
    """Return when a request left to which no answer has come, None when there is none."""
    taken = [record for record in records if isinstance(record.event, OPENS | _TAKEN)]
    last = taken[-1]
    return last.recorded_at if isinstance(last.event, PayoutAttempted) else None


def weighed(answer: Answer, errors: Sequence[PortmoneError]) -> Answer:
    """Return ``answer`` as the policy's table of ``errors`` has it: a listed no may be no more
    than a passing trouble.
    """
    passing = {error.code for error in errors if error.kind == "transient"}
    if isinstance(answer, Refused) and answer.kind == "final" and answer.code in passing:
        return Refused(kind="transient", code=answer.code)
    return answer


def facts_of(
    answer: Answer, *, step: PayoutStep, history: Sequence[Event], outdated: bool = False
) -> list[Event]:
    """Return what ``answer`` adds to a payout with ``history``, which may have ended meanwhile.

    An ``outdated`` one is to a request from before a person had the payout tried again: a no
    says what that person said, and of anything else a person must hear before more leaves.
    """
    if outdated:
        return _outdated(answer, step)
    final = final_outcome(history)
    match answer:
        case Billed(bill=bill):
            submitted = PayoutSubmitted(step=step, bill=bill)
            if final is not None and was_paid(final) and is_another(bill, final):
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


def _outdated(answer: Answer, step: PayoutStep) -> list[Event]:
    if not isinstance(answer, Billed):
        return []
    submitted = PayoutSubmitted(step=step, bill=answer.bill)
    about: Literal["bill", "status"] = "bill" if step == "create" else "status"
    return [submitted, PayoutContradicted(bill=answer.bill, about=about)]


def may_try_again(answer: Answer, send: Send) -> bool:
    """Tell whether ``send`` surely had no effect and has tries left."""
    return isinstance(answer, Refused) and answer.kind != "final" and send.attempt < TRIES_MAX
