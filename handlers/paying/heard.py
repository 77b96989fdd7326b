"""What callbacks said of a payout that its own facts do not weigh yet, or never will."""

from collections.abc import Sequence

from eventstore.catalogue import (
    CallbackReceived,
    Event,
    PayoutConfirmed,
    PayoutContradicted,
)
from eventstore.identity import BillId, payout_in
from eventstore.people import callbacks_about
from eventstore.store import EventStore, Recorded
from handlers.paying.bills import owner_of
from handlers.paying.payout_steps import bills_of, may_have_left_a_bill, owed


async def unweighed_ok(
    store: EventStore, records: Sequence[Recorded], *, bill: BillId | None = None
) -> BillId | None:
    """Return the bill of an ok that may be about the payout with ``records``, None without one.

    It was heard and waits to be applied, is parked, or fitted no payout at all: money may have
    moved. What came before the payout was owed is not about it; what names no more than its
    phone may be, if a bill of it was lost. ``bill`` is one that a person calls the payout's.
    """
    history = [record.event for record in records]
    bonus = owed(history)
    bills = bills_of(history) if bill is None else [*bills_of(history), bill]
    names = [bonus.payout, *bills, *sorted(bonus.phones)]
    for told in await callbacks_about(store, names):
        if told.position < records[0].position or not isinstance(told.event, CallbackReceived):
            continue
        if told.event.status == "ok" and await _is_news(store, told.event, history, bills):
            return told.event.bill
    return None


async def _is_news(
    store: EventStore, ok: CallbackReceived, history: Sequence[Event], bills: Sequence[BillId]
) -> bool:
    weighed = (e.bill for e in history if isinstance(e, PayoutConfirmed | PayoutContradicted))
    if ok.bill in weighed:
        return False
    if ok.bill in bills:
        return True
    bonus = owed(history)
    owner = await owner_of(store, ok.bill) or payout_in(ok.comment)
    if owner is not None:
        return owner == bonus.payout
    return ok.amount_kopecks in (None, bonus.amount_kopecks) and may_have_left_a_bill(history)
