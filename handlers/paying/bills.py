"""Whose a bill is: each bill at Portmone belongs to one payout, as its own stream says."""

from eventstore.catalogue import BillIssued
from eventstore.identity import BillId, EventId, PayoutId, bill_stream
from eventstore.store import NO_STREAM, Append, EventStore


async def owner_of(store: EventStore, bill: BillId) -> PayoutId | None:
    """Return the payout that ``bill`` belongs to, None while nothing tells."""
    told = await store.read_stream(bill_stream(bill))
    return told[0].event.payout if told and isinstance(told[0].event, BillIssued) else None


def issued(bill: BillId, payout: PayoutId, event_id: EventId) -> Append:
    """Return what tells whose ``bill`` is, so that all else that names it finds the payout.

    It loses to whoever told that first.
    """
    fact = (event_id, BillIssued(payout=payout))
    return Append(stream=bill_stream(bill), expected=NO_STREAM, events=[fact])
