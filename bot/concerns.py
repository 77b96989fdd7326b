"""Which facts are answered, and whom each of them concerns."""

from typing import get_args

from msgspec import Struct

from bot.words.telling_staff import Alert
from eventstore import catalogue as facts
from eventstore.identity import (
    ReceiptId,
    ShopperId,
    StreamName,
    chat_stream,
    notices_stream,
    receipt_stream,
)
from eventstore.store import EventStore, Recorded

#: Facts about a receipt after which its shopper may have to be told something else.
ABOUT_RECEIPTS = (
    facts.ReceiptUploaded,
    facts.ReceiptRead,
    facts.ReceiptUnreadable,
    facts.ReceiptReferred,
    facts.ReceiptRejected,
    facts.ReceiptAccepted,
    facts.ReceiptCorrected,
    facts.ReceiptReviewed,
    facts.ReceiptOverridden,
)
ABOUT_PAYOUTS = (
    facts.PayoutSubmitted,
    facts.PayoutRefused,
    facts.PayoutOutcomeUnknown,
    facts.PayoutConfirmed,
    facts.PayoutFailed,
    facts.PayoutReopened,
    facts.PayoutResolved,
    facts.PayoutContradicted,
)
#: Facts of a shopper's own, each answered at once.
OF_SHOPPERS = (
    facts.ShopperStarted,
    facts.LanguageChosen,
    facts.ConsentGiven,
    facts.PhoneShared,
    facts.ForgettingRequested,
    facts.ShopperAsked,
    facts.PhotoDeclined,
    facts.ContactDeclined,
    facts.ReminderDue,
)
ALERTS = get_args(Alert)
#: Names of all facts that are answered.
ANSWERED = frozenset(
    kind.__name__
    for kind in (*ABOUT_RECEIPTS, *ABOUT_PAYOUTS, *OF_SHOPPERS, *ALERTS, facts.StaffInvited)
)


class Concern(Struct, frozen=True, kw_only=True):
    """Somebody whom a fact concerns."""

    shopper: ShopperId
    #: the place in the log of what it goes back to: a photo, or the fact itself
    begun: int
    #: about whose receipt it is, None: about no receipt
    receipt: ReceiptId | None = None
    #: they hear of it because they are staff
    as_staff: bool = False

    @property
    def stream(self) -> StreamName:
        """Where it is recorded what they were told."""
        return chat_stream(self.shopper) if self.receipt is None else notices_stream(self.receipt)


async def concerned(
    store: EventStore, fact: Recorded, *, staff: frozenset[ShopperId]
) -> list[Concern]:
    """Return whom ``fact`` concerns, shoppers before staff, always in the same order."""
    event, begun = fact.event, fact.position
    found: list[Concern] = []
    if isinstance(event, facts.StaffInvited):
        found.append(Concern(shopper=event.staff, begun=begun, as_staff=True))
    elif isinstance(event, OF_SHOPPERS):
        found.append(Concern(shopper=ShopperId(fact.stream.partition("-")[2]), begun=begun))
    elif isinstance(event, (*ABOUT_RECEIPTS, *ABOUT_PAYOUTS)):
        found += await _sender(store, fact)
    elif isinstance(event, facts.BudgetExhausted):
        found += await _who_waits(store, fact)
    if isinstance(event, ALERTS):
        found += [Concern(shopper=each, begun=begun, as_staff=True) for each in sorted(staff)]
    return found


async def _who_waits(store: EventStore, exhausted: Recorded) -> list[Concern]:
    """Return the shopper of the payout for which nothing was left of the day's budget."""
    cause = exhausted.metadata.causation_id
    payout = await store.read_events([cause]) if cause is not None else []
    return await _sender(store, payout[0]) if payout else []


async def _sender(store: EventStore, fact: Recorded) -> list[Concern]:
    """Return the shopper of the receipt that a fact of it or of its payout is about."""
    receipt = ReceiptId(fact.stream.partition("-")[2])
    if isinstance(fact.event, facts.ReceiptUploaded):  # the first of its story tells it all
        return [Concern(shopper=fact.event.shopper, begun=fact.position, receipt=receipt)]
    if not isinstance(fact.event, ABOUT_RECEIPTS):
        payout = await store.read_stream(fact.stream)
        asked = [each.event for each in payout if isinstance(each.event, facts.PayoutRequested)]
        if not asked:
            return []  # a booking of a payout that a restored log lost
        receipt = asked[0].receipt
    story = await store.read_stream(receipt_stream(receipt))
    if not story:
        return []
    shopper, begun = story[0].event.shopper, story[0].position
    return [Concern(shopper=shopper, begun=begun, receipt=receipt)]
