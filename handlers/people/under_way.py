"""What must still be finished for a shopper before anything of theirs may be destroyed."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutSubmitted,
    ReceiptUnreadable,
    WorkSkipped,
)
from eventstore.identity import (
    PayoutId,
    ReceiptId,
    ShopperId,
    payout_of,
    payout_stream,
    receipt_stream,
    work_stream,
)
from eventstore.people import uploads_of
from eventstore.store import EventStore, Recorded
from handlers.judging.receipt_steps import last_decision, open_ask
from handlers.paying.payout_steps import OPENS, Doubt, Send, final_outcome, next_step
from handlers.reactions import REACTIONS

Waits = Literal["for_us", "for_portmone", "for_a_person"]


class Open(Struct, frozen=True, kw_only=True):
    """Something that is not finished."""

    receipt: ReceiptId
    #: None while the receipt itself is undecided
    payout: PayoutId | None
    waits: Waits


def payout_waits(history: Sequence[Event], *, pays: bool, given_up: bool) -> Waits | None:
    """Return whom a payout waits for, None when it is final or at rest; pure.

    At rest is a bill that was created while the pay step is off: nothing leaves by itself any
    more, and a callback about it is applied without the phone. A payout whose work an operator
    gave up before anything left is at rest too.
    """
    if final_outcome(history):
        return None
    step = next_step(history, pays=pays)
    if given_up and isinstance(step, Send):
        return None if step.step == "create" else "for_a_person"
    if given_up and isinstance(step, Doubt):
        return "for_a_person"
    if isinstance(step, Send | Doubt):
        return "for_us"
    match history[-1]:
        case PayoutSubmitted(step="create"):
            return None
        case PayoutSubmitted() | PayoutAttempted():
            return "for_portmone"
    return "for_a_person"


async def under_way(store: EventStore, shopper: ShopperId, *, pays: bool) -> list[Open]:
    """Return what is open for ``shopper``; ``pays`` tells whether the pay step is on."""
    receipts = await uploads_of(store, shopper)
    found = [await open_of(store, receipt, pays=pays) for receipt in receipts]
    return [each for each in found if each is not None]


async def open_of(store: EventStore, receipt: ReceiptId, *, pays: bool) -> Open | None:
    """Return what is open of ``receipt``, None when nothing is; ``pays`` as above."""
    story = await store.read_stream(receipt_stream(receipt))
    if not _is_decided(story):
        if await given_up(store, story):
            return None
        return Open(receipt=receipt, payout=None, waits="for_us")
    payout = payout_of(receipt)
    records = await store.read_stream(payout_stream(payout))
    if not records:
        return None
    history = [record.event for record in records if record.event is not None]
    opens = [record for record in records if isinstance(record.event, OPENS)]
    skipped = await given_up(store, opens)
    waits = payout_waits(history, pays=pays, given_up=skipped)
    return None if waits is None else Open(receipt=receipt, payout=payout, waits=waits)


def _is_decided(story: Sequence[Recorded]) -> bool:
    """Tell whether nothing more follows by itself from a receipt's own facts.

    A referred one waits for a person, who judges by the photo: nothing is owed for it yet, and
    being forgotten withdraws it.
    """
    if any(isinstance(fact.event, ReceiptUnreadable) for fact in story):
        return True
    return last_decision(story) is not None and open_ask(story) is None


async def given_up(store: EventStore, story: Sequence[Recorded]) -> bool:
    """Tell whether an operator skipped the work that these facts, the last of them, ask for."""
    asks = [fact for fact in story if type(fact.event) in REACTIONS]
    if not asks or asks[-1].seq is None:
        return False
    acts = await store.read_stream(work_stream(REACTIONS[type(asks[-1].event)], asks[-1].seq))
    return any(isinstance(act.event, WorkSkipped) for act in acts)
