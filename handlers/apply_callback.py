"""CallbackReceived -> PayoutConfirmed | PayoutFailed, or what is wrong with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from eventstore.catalogue import (
    BillIssued,
    CallbackReceived,
    CallbackUnmatched,
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
)
from eventstore.identity import BillId, Kopecks, PayoutId, payout_in, payout_stream
from eventstore.payments import payouts_to
from eventstore.store import Append, EventStore, Recorded, now_utc
from eventstore.worklist import Work
from handlers.paying.alerts import tell_contradictions, tell_unmatched
from handlers.paying.bills import issued, owner_of
from handlers.paying.payout_steps import (
    NEWER_RELEASE_SECONDS,
    Doubt,
    Send,
    bills_of,
    can_fail_by,
    final_outcome,
    former_bills,
    is_another,
    may_have_left_a_bill,
    next_step,
    owed,
    since_opened,
    under_way_since,
    understood,
    was_in_doubt,
    was_paid,
)

#: A callback may overtake the answer that names its bill, by a slow answer or a restart.
EARLY_SECONDS_MAX = 15 * 60.0
#: First look, and then each time after as long again as it has waited, but not longer than this.
LOOK_SECONDS_MIN = 1.0
LOOK_SECONDS_MAX = 120.0

#: One callback leads to one conclusion; each kind has its own id, whichever comes first.
_ORDINALS: dict[type[Event], int] = {
    PayoutConfirmed: 0,
    PayoutFailed: 1,
    PayoutContradicted: 2,
    CallbackUnmatched: 3,
    BillIssued: 4,
}


class Unproven(Struct, frozen=True, kw_only=True):
    """The callback names our payout but not what it is about; a bill that is late may tell."""

    lacks: Literal["amount", "phone", "bill"]


def conclude(callback: CallbackReceived, history: Sequence[Event]) -> Event | Unproven | None:
    """Return what ``callback`` adds to the payout it names, None when that stands already; pure.

    An authentic ok with our bill is Portmone saying that money arrived: that is believed
    whatever we asked for so far, also when the pay step is off or its outcome is in doubt,
    because confirming can only stop requests; an amount or phone it left out is no disagreement
    then. While no bill of the payout is known, the echoed payout id alone ends nothing: amount
    and phone must be there and be ours, and something must have been asked for. Of a payout that
    was reopened a former bill may still be paid, and that ends it; that it came to nothing is
    known, or was taken for granted.
    """
    if callback.status == "fail" and not can_fail_by(callback.bill, history):
        return Unproven(lacks="bill") if _may_become_ours(callback.bill, history) else None
    about = _disagreement(callback, history)
    if about is not None:
        return PayoutContradicted(bill=callback.bill, about=about)
    final = final_outcome(history)
    if final is None:
        return _lacking(callback, history) or _end(callback, callback.status)
    if was_paid(final) != (callback.status == "ok"):
        return PayoutContradicted(bill=callback.bill, about="status")
    if was_paid(final) and is_another(callback.bill, final):
        return PayoutContradicted(bill=callback.bill, about="bill")
    return None


def _disagreement(
    callback: CallbackReceived, history: Sequence[Event]
) -> Literal["bill", "amount", "phone"] | None:
    bonus = owed(history)
    former = callback.bill in former_bills(history)
    bills = bills_of(since_opened(history))
    if not former and callback.bill not in bills and (bills or not _was_asked_for(history)):
        return "bill"
    if "amount" in callback.unusable or callback.amount_kopecks not in (
        None,
        bonus.amount_kopecks,
    ):
        return "amount"
    phones = bonus.phones if former else {bonus.phone_fingerprint}
    if "phone" in callback.unusable or callback.phone_fingerprint not in {None, *phones}:
        return "phone"
    return None


def _may_become_ours(bill: BillId, history: Sequence[Event]) -> bool:
    """Tell whether an answer that is under way may still name ``bill``."""
    creating = next_step(history, pays=True) == Doubt(step="create")
    return creating and bill not in bills_of(history)


def _was_asked_for(history: Sequence[Event]) -> bool:
    return any(isinstance(event, PayoutAttempted) for event in since_opened(history))


def _lacking(
    callback: CallbackReceived, history: Sequence[Event]
) -> Unproven | PayoutContradicted | None:
    """Return what keeps ``callback`` from ending the payout, None when it is proof enough.

    Waiting for the bill is safe only while nothing can leave by itself; else a contradiction
    stops that, for money may have arrived.
    """
    if callback.bill in bills_of(history):
        return None
    lacks: Literal["amount", "phone"]
    if callback.amount_kopecks is None:
        lacks = "amount"
    elif callback.phone_fingerprint is None:
        lacks = "phone"
    else:
        return None
    if isinstance(next_step(history, pays=True), Send):
        return PayoutContradicted(bill=callback.bill, about=lacks)
    return Unproven(lacks=lacks)


def _end(callback: CallbackReceived, status: Literal["ok", "fail"]) -> Event:
    if status == "ok":
        return PayoutConfirmed(bill=callback.bill)
    return PayoutFailed(cause="callback", code=callback.error_code or "none")


def look_again_seconds(waited_seconds: float) -> float | None:
    """Return the pause before an early callback is looked at again, None when it waited enough."""
    if waited_seconds >= EARLY_SECONDS_MAX:
        return None
    return min(max(waited_seconds, LOOK_SECONDS_MIN), LOOK_SECONDS_MAX)


class ApplyCallback:
    """Finds the payout of each callback and concludes what it says about it."""

    name = "apply_callback"
    #: Two reads and one append.
    time_limit_seconds = 20.0

    def __init__(self, *, store: EventStore, clock: Callable[[], datetime] = now_utc) -> None:
        """Read and append in ``store``."""
        self._store = store
        self._clock = clock

    async def handle(self, work: Work) -> None:
        """Conclude; a lost race is concluded again with what is so then."""
        callback: CallbackReceived = work.event.event
        owner = await owner_of(self._store, callback.bill)
        records = await self._payout_of(callback, owner)
        if not records:
            unmatched = CallbackUnmatched(bill=callback.bill)
            return await self._wait(work, _append(work, work.event, unmatched))
        history = understood(records)
        if history is None:
            return await work.retry_later(NEWER_RELEASE_SECONDS)
        conclusion = conclude(callback, history)
        if isinstance(conclusion, Unproven):
            unproven = PayoutContradicted(bill=callback.bill, about=conclusion.lacks)
            return await self._wait(work, _append(work, records[-1], unproven))
        appends = [] if conclusion is None else [_append(work, records[-1], conclusion)]
        if owner is None and _owns(callback, conclusion):
            event_id, _ = work.fact(callback, ordinal=_ORDINALS[BillIssued])
            appends.append(issued(callback.bill, owed(history).payout, event_id))
        return await self._finish(work, *appends)

    async def _payout_of(
        self, callback: CallbackReceived, owner: PayoutId | None
    ) -> list[Recorded]:
        """Return the payout's stream: by its bill, else by the id that Portmone echoed, else by
        phone and amount, if one payout alone can be meant.
        """
        payout = owner or payout_in(callback.comment)
        if payout is not None:
            return await self._store.read_stream(payout_stream(payout))
        phone, amount = callback.phone_fingerprint, callback.amount_kopecks
        if phone is None or amount is None or callback.unusable:
            return []
        payouts = await payouts_to(self._store, phone)
        return only_one_meant(payouts, bill=callback.bill, amount=amount)

    async def _wait(self, work: Work, in_the_end: Append) -> None:
        """Look again later; once that was done long enough, conclude ``in_the_end``."""
        waited = (self._clock() - work.event.recorded_at).total_seconds()
        pause_seconds = look_again_seconds(waited)
        if pause_seconds is not None:
            return await work.retry_later(pause_seconds)
        return await self._finish(work, in_the_end)

    async def _finish(self, work: Work, *appends: Append) -> None:
        await work.finish(*appends)
        for append in appends:
            told = [fact for _, fact in append.events]
            tell_contradictions(payout_in(append.stream.partition("-")[2]), told)
            tell_unmatched(told)


def _owns(callback: CallbackReceived, conclusion: Event | None) -> bool:
    """Tell whether the bill is surely that of the payout which was found: the callback ended it,
    says what was said of its end, or disputes that end and nothing else.
    """
    if conclusion is None:
        return callback.status == "ok"
    return not isinstance(conclusion, PayoutContradicted) or conclusion.about == "status"


def only_one_meant(
    payouts: Sequence[list[Recorded]], *, bill: BillId, amount: Kopecks
) -> list[Recorded]:
    """Return the payout that a callback without echo can mean, none when in doubt; pure.

    It is the one that knows the bill, else one whose request was never answered. Any other to
    the same phone that may have left a bill which nobody knows may be meant as well, ended or
    not; one that is under way right now is waited for.
    """
    for records in payouts:
        if bill in bills_of(_facts(records)):
            return records
    meant = [records for records in payouts if _may_be_meant(_facts(records), amount)]
    if len(meant) != 1 or under_way_since(meant[0]) is not None:
        return []
    return meant[0] if was_in_doubt(_facts(meant[0])) else []


def _may_be_meant(history: Sequence[Event], amount: Kopecks) -> bool:
    return owed(history).amount_kopecks == amount and may_have_left_a_bill(history)


def _facts(records: Sequence[Recorded]) -> list[Event]:
    return [record.event for record in records]


def _append(work: Work, last: Recorded, event: Event) -> Append:
    fact = work.fact(event, ordinal=_ORDINALS[type(event)])
    return Append(stream=last.stream, expected=last.version, events=[fact])
