"""Facts about a shopper that stand in nobody's own stream: callbacks, bookings, bills, claims,
how photos look and where their bytes were seen.

Anybody can type another's phone, so a phone proves little. What names a payout is about the
shopper of that payout, and about those who named its phone only if the payout is for another.
"""

from collections.abc import Sequence

from msgspec import Struct

from eventstore.attachments import callback_key
from eventstore.catalogue import (
    BillIssued,
    BookingOrphaned,
    CallbackReceived,
    ClaimReleased,
    ClaimTaken,
    LookTaken,
    PayoutRequested,
    PhoneShared,
    PhotoSeen,
    ReceiptUploaded,
)
from eventstore.claims import claims_ever_of
from eventstore.corrections import readings_in
from eventstore.identity import (
    BillId,
    PayoutId,
    ReceiptId,
    ShopperId,
    StreamName,
    bill_stream,
    bookings_stream,
    payout_bookings_stream,
    payout_in,
    payout_of,
    payout_stream,
    photo_stream,
    shopper_stream,
)
from eventstore.people import callbacks_about, shared_by, uploads_of
from eventstore.store import EventStore, Recorded
from handlers.paying.payout_steps import bills_of
from handlers.people.standing import standing_of

Told = CallbackReceived | BookingOrphaned


class Names(Struct, frozen=True, kw_only=True):
    """By what a fact can be about a shopper."""

    shopper: ShopperId
    receipts: list[ReceiptId]
    #: fingerprints of all that were ever shared
    phones: list[str]
    #: also those that were never requested
    payouts: list[PayoutId]
    bills: list[BillId]


async def names_of(store: EventStore, shopper: ShopperId) -> Names:
    """Return every name of the shopper's, of each life between two forgettings."""
    own = await store.read_stream(shopper_stream(shopper))
    phones = [fact.event.phone_fingerprint for fact in own if isinstance(fact.event, PhoneShared)]
    receipts = await uploads_of(store, shopper)
    payouts = [payout_of(receipt) for receipt in receipts]
    history = await store.read_streams([payout_stream(payout) for payout in payouts])
    return Names(
        shopper=shopper,
        receipts=receipts,
        phones=list(dict.fromkeys(phones)),
        payouts=payouts,
        bills=bills_of([fact.event for fact in history if fact.event is not None]),
    )


async def callbacks_of(store: EventStore, names: Names) -> list[Recorded]:
    """Return the callbacks about the shopper and what was concluded of them."""
    facts = await callbacks_about(store, [*names.phones, *names.payouts, *names.bills])
    heard = [fact for fact in facts if isinstance(fact.event, CallbackReceived)]
    named = await payouts_named(store, [fact.event for fact in heard])
    own = {
        fact.stream
        for fact, payout in zip(heard, named, strict=True)
        if _is_about(names, fact.event, fact.event.phone_fingerprint, payout)
    }
    return [fact for fact in facts if fact.stream in own]


async def bodies_about(store: EventStore, shopper: ShopperId) -> list[str]:
    """Return where the bodies of callbacks about the shopper lie, or lay."""
    heard = await callbacks_of(store, await names_of(store, shopper))
    return [
        callback_key(fact.event.body_fingerprint)
        for fact in heard
        if isinstance(fact.event, CallbackReceived)
    ]


async def bookings_of(store: EventStore, names: Names) -> list[Recorded]:
    """Return what statements told of the shopper's phones and payouts and the log had lost."""
    phones = {bookings_stream(phone): phone for phone in names.phones}
    streams = [*phones, *map(payout_bookings_stream, names.payouts)]
    facts = await store.read_streams(streams)
    told = [fact for fact in facts if isinstance(fact.event, BookingOrphaned)]
    named = await payouts_named(store, [fact.event for fact in told])
    return [
        fact
        for fact, payout in zip(told, named, strict=True)
        if _is_about(names, fact.event, phones.get(fact.stream), payout)
    ]


async def marks_left_by(
    store: EventStore, names: Names, stories: Sequence[Recorded]
) -> list[Recorded]:
    """Return what the shopper's receipts hold, by their ``stories``, which photos and looks are
    told of as theirs, and whose their bills are.
    """
    readings = readings_in(fact.event for fact in stories)
    held = {name for reading in readings for name in claims_ever_of(reading)}
    photos = {
        photo_stream(fact.event.photo_sha256)
        for fact in stories
        if isinstance(fact.event, ReceiptUploaded)
    }
    facts = await store.read_streams([*held, *photos, *map(bill_stream, names.bills)])
    return [fact for fact in facts if _is_owned(names, fact)]


async def is_about_somebody_gone(store: EventStore, heard: CallbackReceived) -> bool:
    """Tell whether ``heard`` is about a shopper of whom nothing is kept."""
    (payout,) = await payouts_named(store, [heard])
    streams: list[StreamName] = [] if payout is None else [shopper_stream(payout.shopper)]
    phone = heard.phone_fingerprint
    if phone is not None and (payout is None or phone != payout.phone_fingerprint):
        streams += await shared_by(store, phone)
    facts = await store.read_streams(streams)
    return any(
        standing_of([fact.event for fact in facts if fact.stream == stream]).gone
        for stream in streams
    )


async def payouts_named(store: EventStore, told: Sequence[Told]) -> list[PayoutRequested | None]:
    """Return the payout that each names: by its bill, else by the id that Portmone echoes."""
    bills = [bill_stream(each.bill) for each in told if each.bill is not None]
    issued = {
        fact.stream: fact.event.payout
        for fact in await store.read_streams(bills)
        if isinstance(fact.event, BillIssued)
    }
    named = [
        (each.bill and issued.get(bill_stream(each.bill))) or payout_in(each.comment)
        for each in told
    ]
    streams = [payout_stream(payout) for payout in named if payout is not None]
    requested = {
        fact.event.payout: fact.event
        for fact in await store.read_streams(streams)
        if isinstance(fact.event, PayoutRequested)
    }
    return [None if payout is None else requested.get(payout) for payout in named]


def _is_about(names: Names, told: Told, phone: str | None, payout: PayoutRequested | None) -> bool:
    """Tell whether ``told``, which names ``phone`` and ``payout``, is about the shopper."""
    if payout is None:
        named = told.bill in names.bills or payout_in(told.comment) in names.payouts
        return named or phone in names.phones
    if payout.shopper == names.shopper:
        return True
    return phone in names.phones and phone != payout.phone_fingerprint


def _is_owned(names: Names, fact: Recorded) -> bool:
    match fact.event:
        case BillIssued(payout=payout):
            return payout in names.payouts
        case (
            ClaimTaken(receipt=receipt)
            | ClaimReleased(receipt=receipt)
            | LookTaken(receipt=receipt)
            | PhotoSeen(receipt=receipt)
        ):
            return receipt in names.receipts
    return False
