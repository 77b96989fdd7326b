"""What must be known beside a payout's own stream before a request leaves; one read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import PayoutContradicted
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
from handlers.paying.payout_steps import Owed


class Grounds(Struct, frozen=True, kw_only=True):
    """What a request stands on."""

    policy: Policy
    #: what a booking that the log has lost means, None when there is none
    lost: PayoutContradicted | None = None
    #: what the payout is to be counted in, None when it was
    budget: Budget | None = None

    def counted(self, owed: Owed) -> list[Append]:
        """Return what counts the payout, nothing when it was counted; raises ``OverBudget``."""
        if self.budget is None:
            return []
        return [self.budget.use(owed.payout, owed.amount_kopecks)]


async def grounds_of(
    store: EventStore, owed: Owed, records: Sequence[Recorded], *, first: bool, now: datetime
) -> Grounds:
    """Return what a request about ``owed`` stands on at ``now``; ``first`` since it was opened.

    Raises ``LogUnavailable``, also when only a newer release can read what it finds.
    """
    today = stream_of(now)
    streams = [POLICY_STREAM, *([today, *_bookings(owed)] if first else ())]
    lasts = await store.read_lasts(streams)
    told = lasts.get(POLICY_STREAM)
    policy = (await policy_now(store) if told is None else in_force(told)).policy
    if not first:
        return Grounds(policy=policy)
    if owed.openings > 1 and await store.read_events([used_id(today, owed.payout)]):
        budget = None  # tried before on the same day, and no money moved
    else:
        limit = policy.budget_per_day_kopecks
        budget = budget_after(today, lasts.get(today), limit_kopecks=limit)
    return Grounds(policy=policy, lost=_lost(owed, records, lasts), budget=budget)


def _bookings(owed: Owed) -> list[StreamName]:
    return [payout_bookings_stream(owed.payout), bookings_stream(owed.phone_fingerprint)]


def _lost(
    owed: Owed, records: Sequence[Recorded], lasts: Mapping[StreamName, Recorded]
) -> PayoutContradicted | None:
    """Return what a booking that the log has lost means before anything was asked for.

    It names this payout, or this phone got the money and it was told after the bonus was owed:
    what was told before, the decision has weighed.
    """
    named, phone = _bookings(owed)
    for told in (lasts.get(named), lasts.get(phone)):
        if told and (told.stream == named or told.position > records[0].position):
            return PayoutContradicted(bill=told.event.bill, about="bill")
    return None
