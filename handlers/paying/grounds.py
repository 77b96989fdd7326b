"""What must be known beside a payout's own stream before a request leaves: one read.

A second one asks whether the day has counted a payout that another call has tried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import Event, PayoutAttempted, PayoutContradicted
from eventstore.identity import (
    POLICY_STREAM,
    StreamName,
    bookings_stream,
    payout_bookings_stream,
)
from eventstore.policy import Policy
from eventstore.store import Append, EventStore, Recorded
from handlers.judging.terms import in_force, policy_now
from handlers.paying.budget import Budget, budget_after, stream_of, used_id
from handlers.paying.payout_steps import Owed, owed, since_opened


class Grounds(Struct, frozen=True, kw_only=True):
    """What a request stands on."""

    #: the stream of the Kyiv day in which the payout is counted
    today: StreamName
    policy: Policy
    #: what a booking that the log has lost means, None when there is none
    lost: PayoutContradicted | None = None
    #: how today stands if the payout is to be counted in it, None when it was
    budget: Budget | None = None

    def counted(self, bonus: Owed) -> list[Append]:
        """Return what counts the payout, nothing when it was counted; raises ``OverBudget``."""
        if self.budget is None:
            return []
        return [self.budget.use(bonus.payout, bonus.amount_kopecks)]


async def grounds_of(
    store: EventStore, records: Sequence[Recorded], *, before: Grounds | None, now: datetime
) -> Grounds:
    """Return what a request about the payout of ``records`` stands on at ``now``.

    ``before`` is what the caller's last request about it stood on: on the same day that one was
    counted. Raises ``LogUnavailable``, also when only a newer release can read what it finds.
    """
    history = [record.event for record in records]
    bonus, today = owed(history), stream_of(now)
    first = not any(isinstance(event, PayoutAttempted) for event in since_opened(history))
    streams = [POLICY_STREAM, today, *(_bookings(bonus) if first else ())]
    lasts = await store.read_lasts(streams)
    told = lasts.get(POLICY_STREAM)
    policy = (await policy_now(store) if told is None else in_force(told)).policy
    if before is not None and before.today == today:
        counted = True
    else:
        counted = await _was_counted(store, history, today)
    limit = policy.budget_per_day_kopecks
    return Grounds(
        today=today,
        policy=policy,
        lost=_lost(bonus, records, lasts) if first else None,
        budget=None if counted else budget_after(today, lasts.get(today), limit_kopecks=limit),
    )


async def _was_counted(store: EventStore, history: Sequence[Event], today: StreamName) -> bool:
    """Tell whether ``today`` counts the payout; of one that was never tried nothing is asked."""
    if not any(isinstance(event, PayoutAttempted) for event in history):
        return False
    return bool(await store.read_events([used_id(today, owed(history).payout)]))


def _bookings(bonus: Owed) -> list[StreamName]:
    return [payout_bookings_stream(bonus.payout), bookings_stream(bonus.phone_fingerprint)]


def _lost(
    bonus: Owed, records: Sequence[Recorded], lasts: Mapping[StreamName, Recorded]
) -> PayoutContradicted | None:
    """Return what a booking that the log has lost means before anything was asked for.

    It names this payout, or this phone got the money and it was told after the bonus was owed:
    what was told before, the decision has weighed.
    """
    named, phone = _bookings(bonus)
    for told in (lasts.get(named), lasts.get(phone)):
        if told and (told.stream == named or told.position > records[0].position):
            return PayoutContradicted(bill=told.event.bill, about="bill")
    return None
