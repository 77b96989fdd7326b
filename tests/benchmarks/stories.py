"""Made-up receipts, each from photo to callback, in the facts that a real one leaves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from eventstore import catalogue as facts
from eventstore.identity import (
    BillId,
    CallbackId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    StreamName,
    bill_stream,
    callback_stream,
    fiscal_claim,
    payout_of,
    payout_stream,
    receipt_stream,
)
from eventstore.store import NO_STREAM, Append, EventStore
from tests.benchmarks.ground import fresh
from tests.factories import a_reading, an_item
from tests.story import CONTEXT, append_of

#: Facts of one story.
STORY_EVENTS = 14
#: Stories appended together: their facts are as many as one append may have.
STORIES_TOGETHER = 60
SHA256 = Sha256("ab" * 32)
MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def tell(store: EventStore, *, events: int) -> int:
    """Append stories of about ``events`` facts in all; return how many facts they have."""
    told = 0
    while told < events:
        count = min(STORIES_TOGETHER, (events - told) // STORY_EVENTS + 1)
        stories = [_story(fresh("story-")) for _ in range(count)]
        for chapter in zip(*stories, strict=True):
            await store.append(*_flat(chapter), context=CONTEXT)
        told += count * STORY_EVENTS
    return told


def _flat(chapter: Sequence[Sequence[Append]]) -> Iterator[Append]:
    for appends in chapter:
        yield from appends


def _story(name: str) -> tuple[list[Append], list[Append], list[Append]]:
    """Return what the shopper and the reader say, what the rules say, and what the bank says."""
    receipt, shopper = ReceiptId(name), ShopperId(f"shopper-{name}")
    payout, bill = payout_of(receipt), BillId(f"bill-{name}")
    return (
        [append_of(receipt_stream(receipt), *_beginning(receipt, shopper))],
        _decision(receipt, shopper, payout),
        _ending(payout, bill, name),
    )


def _beginning(receipt: ReceiptId, shopper: ShopperId) -> list[facts.Event]:
    uploaded = facts.ReceiptUploaded(
        receipt=receipt, shopper=shopper, photo_sha256=SHA256, photo_bytes=200_000, source="web"
    )
    items = [an_item(), an_item("Анальгін-Дарниця табл. №10", 4210), an_item("Пакет", 300)]
    reading = a_reading(
        items=items,
        purchased_at=MOMENT,
        receipt_number=receipt,
        words_sha256=SHA256,
        preview_sha256=SHA256,
    )
    return [uploaded, reading]


def _decision(receipt: ReceiptId, shopper: ShopperId, payout: PayoutId) -> list[Append]:
    accepted = facts.ReceiptAccepted(
        darnitsa_items=["Цитрамон-Дарниця табл. №10"],
        amount_kopecks=Kopecks(1000),
        rules="bench",
        products=SHA256,
    )
    requested = facts.PayoutRequested(
        payout=payout,
        receipt=receipt,
        shopper=shopper,
        amount_kopecks=Kopecks(1000),
        phone_sealed="c2VhbGVk" * 8,
        phone_fingerprint=SHA256,
    )
    claim = facts.ClaimTaken(receipt=receipt)
    return [
        append_of(receipt_stream(receipt), accepted, expected=1),
        append_of(fiscal_claim("4001000000", receipt), claim),
        append_of(StreamName(f"paper-{receipt}"), claim),
        append_of(StreamName(f"allowance-{shopper}"), facts.AllowanceUsed(receipt=receipt)),
        append_of(payout_stream(payout), requested),
    ]


def _ending(payout: PayoutId, bill: BillId, name: str) -> list[Append]:
    callback = facts.CallbackReceived(
        bill=bill,
        status="ok",
        amount_kopecks=Kopecks(1000),
        phone_fingerprint=SHA256,
        comment=payout,
        error_code=None,
        body_fingerprint=SHA256,
    )
    paying = [
        facts.PayoutAttempted(step="create", attempt=1),
        facts.PayoutSubmitted(step="create", bill=bill),
        facts.PayoutAttempted(step="pay", attempt=1),
        facts.PayoutSubmitted(step="pay", bill=bill),
        facts.PayoutConfirmed(bill=bill),
    ]
    return [
        append_of(bill_stream(bill), facts.BillIssued(payout=payout)),
        append_of(callback_stream(CallbackId(name)), callback),
        append_of(payout_stream(payout), *paying, expected=NO_STREAM + 1),
    ]
