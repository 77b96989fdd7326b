"""Every fact behind one receipt, found in the log from stream to stream.

The read model only points at callbacks that concluded nothing; whatever is told of any fact is
the log's.
"""

from collections.abc import Sequence

from eventstore import catalogue as facts
from eventstore.claims import allowance_of, claims_ever_of
from eventstore.corrections import readings_in
from eventstore.errors import EventStoreError
from eventstore.identity import (
    BillId,
    PayoutId,
    ReceiptId,
    StreamName,
    bill_stream,
    payout_of,
    payout_stream,
    photo_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.store import EventStore, Recorded
from projections import receipts


class NothingRecorded(EventStoreError):
    """No receipt, payout or bill has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no receipt, payout or bill {name!r} is recorded; see `events tail`")


async def receipt_named(store: EventStore, name: str) -> ReceiptId:
    """Return the receipt that ``name`` is about: its own id, its payout's or its bill's.

    Raises ``NothingRecorded``.
    """
    if not name.isprintable():  # no id of ours, and nothing a database could look for
        raise NothingRecorded(name)
    if await store.read_stream(receipt_stream(ReceiptId(name))):
        return ReceiptId(name)
    payout = PayoutId(name)
    for fact in await store.read_stream(bill_stream(BillId(name))):
        if isinstance(fact.event, facts.BillIssued):
            payout = fact.event.payout
    for fact in await store.read_stream(payout_stream(payout)):
        if isinstance(fact.event, facts.PayoutRequested):
            return fact.event.receipt
    raise NothingRecorded(name)


async def lineage_of(store: EventStore, receipt: ReceiptId) -> list[Recorded]:
    """Return every sealed fact behind ``receipt``, in the order of the ledger.

    Its photo, reading and decision with the claims and the policy, its payout, bills and
    callbacks; of the shopper the consent and the phone that counted. Raises ``NothingRecorded``.
    """
    await seal_until_rest(store.pool)
    story = await store.read_streams(
        [receipt_stream(receipt), payout := payout_stream(payout_of(receipt))]
    )
    if not any(isinstance(fact.event, facts.ReceiptUploaded) for fact in story):
        raise NothingRecorded(receipt)
    paid = [fact for fact in story if fact.stream == payout]
    bills = await store.read_streams([bill_stream(bill) for bill in _bills(paid)])
    callbacks = await _callbacks(store, receipt, paid)
    found = [
        *story,
        *await _claims(store, receipt, story),
        *await _policies(store, story),
        *(fact for fact in bills if getattr(fact.event, "payout", None) == payout_of(receipt)),
        *await store.read_streams(sorted(callbacks)),
        *await _shopper(store, story),
    ]
    sealed = {fact.seq: fact for fact in found if fact.seq is not None}
    return [sealed[seq] for seq in sorted(sealed)]


def _bills(paid: Sequence[Recorded]) -> list[BillId]:
    told = (getattr(fact.event, "bill", None) for fact in paid)
    return list(dict.fromkeys(bill for bill in told if bill))


async def _claims(
    store: EventStore, receipt: ReceiptId, story: Sequence[Recorded]
) -> list[Recorded]:
    streams: set[StreamName] = set()
    for reading in readings_in(fact.event for fact in story):
        streams |= claims_ever_of(reading)
    for fact in story:
        if isinstance(fact.event, facts.ReceiptUploaded):
            streams.add(allowance_of(fact.event, fact.recorded_at))
            streams.add(photo_stream(fact.event.photo_sha256))
    held = await store.read_streams(sorted(streams))
    return [fact for fact in held if getattr(fact.event, "receipt", None) == receipt]


async def _policies(store: EventStore, story: Sequence[Recorded]) -> list[Recorded]:
    """Return the policies that the receipt's decisions cite."""
    cited = (getattr(fact.event, "policy", None) for fact in story)
    return await store.read_events(list(dict.fromkeys(policy for policy in cited if policy)))


async def _callbacks(
    store: EventStore, receipt: ReceiptId, paid: Sequence[Recorded]
) -> set[StreamName]:
    """Return the streams of callbacks: causes of what befell the payout, and those that fit it."""
    causes = [fact.metadata.causation_id for fact in paid if fact.metadata.causation_id]
    caused = await store.read_events(list(dict.fromkeys(causes)))
    told = await receipts.steps(store.pool, receipt)
    return {
        *(fact.stream for fact in caused if isinstance(fact.event, facts.CallbackReceived)),
        *(step.stream for step in told if step.type == "CallbackReceived"),
    }


async def _shopper(store: EventStore, story: Sequence[Recorded]) -> list[Recorded]:
    """Return the consent that stood at the upload, and the phone that the payout is for."""
    uploaded = next(fact for fact in story if isinstance(fact.event, facts.ReceiptUploaded))
    phones = [fact.event.phone_sealed for fact in story
              if isinstance(fact.event, facts.PayoutRequested)]  # fmt: skip
    known = await store.read_stream(shopper_stream(uploaded.event.shopper))
    consents = [fact for fact in known
                if isinstance(fact.event, facts.ConsentGiven)
                and fact.position < uploaded.position]  # fmt: skip
    shared = [fact for fact in known
              if isinstance(fact.event, facts.PhoneShared)
              and fact.event.phone_sealed in phones]  # fmt: skip
    return [*consents[-1:], *shared[-1:]]
