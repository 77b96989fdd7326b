"""Receipts of whole lives, told as facts, and a picture to go with them."""

from datetime import UTC, datetime

import msgspec

from eventstore.attachments import Attachments, photo_key, words_key
from eventstore.catalogue import (
    Box,
    CallbackReceived,
    ClaimTaken,
    Item,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutRequested,
    PayoutSubmitted,
    ReceiptAccepted,
    ReceiptRead,
    ReceiptRejected,
    ReceiptUploaded,
    RejectionReason,
)
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    payout_of,
    sha256_of,
)
from eventstore.store import EventStore
from eventstore.vault import Vault
from tests.story import CONTEXT, append_of
from web.story import Word

NOWHERE = Sha256("0" * 64)
#: What a preview begins with is all that a test of bytes needs.
PICTURE = b"\xff\xd8\xff\xe0 a picture"
ITEM_PLACE = Box(left=0.1, top=0.2, width=0.8, height=0.05)
WORDS = [
    Word(
        text="Цитрамон-Дарниця",
        place=Box(left=0.1, top=0.2, width=0.4, height=0.02),
        confidence=0.97,
    ),
    Word(text="<№10>", place=Box(left=0.6, top=0.2, width=0.1, height=0.02), confidence=0.31),
]
#: As the reader keeps them, with what the page does not draw.
KEPT = {"words": WORDS, "rows": [{"text": "Цитрамон-Дарниця <№10>", "second": "UNTPAMOH"}]}


def uploaded(receipt: str, shopper: str = "somebody") -> ReceiptUploaded:
    """Return the fact that a photo came in."""
    return ReceiptUploaded(
        receipt=ReceiptId(receipt),
        shopper=ShopperId(shopper),
        photo_sha256=NOWHERE,
        photo_bytes=1000,
        source="command",
    )


def read(*, words: Sha256 = NOWHERE, preview: Sha256 = NOWHERE) -> ReceiptRead:
    """Return the reading of a receipt with one Darnitsa item and one other."""
    return ReceiptRead(
        document="sale",
        merchant='ТОВ "Аптека-Зразок"',
        address="м. Київ, вул. Прикладна, 1",
        items=[
            Item(
                name="Цитрамон-Дарниця табл. №10",
                quantity_milli=2000,
                unit_price_kopecks=Kopecks(3650),
                line_total_kopecks=Kopecks(7300),
                confidence=0.95,
                place=ITEM_PLACE,
            ),
            Item(
                name="Бинт стерильний",
                quantity_milli=500,
                unit_price_kopecks=None,
                line_total_kopecks=Kopecks(2400),
                confidence=0.7,
                place=None,
            ),
        ],
        discount_kopecks=Kopecks(0),
        total_kopecks=Kopecks(123_450),
        purchased_at=datetime(2026, 11, 22, 17, 42, tzinfo=UTC),
        fiscal_number="4000000001",
        receipt_number="1234567890",
        qr_url=None,
        sources={"total": ["qr", "text", "digits"]},
        confidences={"total": 0.98},
        confidence=0.9,
        words_sha256=words,
        preview_sha256=preview,
        reader="test/1",
        seconds=1.2,
    )


def accepted() -> ReceiptAccepted:
    """Return the decision to grant a bonus for the Darnitsa item of ``read``."""
    return ReceiptAccepted(
        darnitsa_items=["Цитрамон-Дарниця табл. №10"],
        amount_kopecks=Kopecks(100),
        rules="test/1",
        products=NOWHERE,
    )


def requested(receipt: str, shopper: str = "somebody") -> PayoutRequested:
    """Return the fact that a bonus is owed."""
    return PayoutRequested(
        payout=payout_of(ReceiptId(receipt)),
        receipt=ReceiptId(receipt),
        shopper=ShopperId(shopper),
        amount_kopecks=Kopecks(100),
        phone_sealed="SEALED-PHONE",
        phone_fingerprint="PHONE-FINGERPRINT",
    )


def called_back(bill: str, *, comment: str | None = None) -> CallbackReceived:
    """Return an authentic callback that says a bill was paid."""
    return CallbackReceived(
        bill=BillId(bill),
        status="ok",
        amount_kopecks=Kopecks(100),
        phone_fingerprint="PHONE-FINGERPRINT",
        comment=comment,
        error_code=None,
        body_fingerprint=NOWHERE,
    )


async def tell_upload(store: EventStore, receipt: str, shopper: str = "somebody") -> None:
    """Record that a photo came in."""
    upload = append_of(f"receipt-{receipt}", uploaded(receipt, shopper))
    await store.append(upload, context=CONTEXT)


async def tell_reading(store: EventStore, receipt: str, reading: ReceiptRead | None = None) -> None:
    """Record that an uploaded photo was read."""
    append = append_of(f"receipt-{receipt}", reading or read(), expected=0)
    await store.append(append, context=CONTEXT)


async def tell_rejection(
    store: EventStore, receipt: str, reason: RejectionReason, shopper: str = "somebody"
) -> None:
    """Record a receipt from its photo to its refusal."""
    await tell_upload(store, receipt, shopper)
    await tell_reading(store, receipt)
    refused = ReceiptRejected(reason=reason, rules="test/1")
    await store.append(append_of(f"receipt-{receipt}", refused, expected=1), context=CONTEXT)


async def tell_acceptance(store: EventStore, receipt: str, shopper: str = "somebody") -> PayoutId:
    """Record that a read receipt was accepted, its claim taken and its bonus owed."""
    payout = payout_of(ReceiptId(receipt))
    await store.append(
        append_of(f"fiscal-{receipt}", ClaimTaken(receipt=ReceiptId(receipt))),
        append_of(f"payout-{payout}", requested(receipt, shopper)),
        append_of(f"receipt-{receipt}", accepted(), expected=1),
        context=CONTEXT,
    )
    return payout


async def tell_payment(store: EventStore, payout: PayoutId, bill: str) -> None:
    """Record both steps of a payout, the callback and the happy end."""
    stream = f"payout-{payout}"
    steps = (
        PayoutAttempted(step="create", attempt=1),
        PayoutSubmitted(step="create", bill=BillId(bill)),
        PayoutAttempted(step="pay", attempt=1),
        PayoutSubmitted(step="pay", bill=BillId(bill)),
    )
    await store.append(append_of(stream, *steps, expected=0), context=CONTEXT)
    await store.append(append_of(f"callback-{bill}", called_back(bill)), context=CONTEXT)
    paid = PayoutConfirmed(bill=BillId(bill))
    await store.append(append_of(stream, paid, expected=4), context=CONTEXT)


async def tell_paid(
    store: EventStore,
    receipt: str,
    *,
    shopper: str = "somebody",
    bill: str = "700",
    reading: ReceiptRead | None = None,
) -> None:
    """Record a receipt from its photo to the money."""
    await tell_upload(store, receipt, shopper)
    await tell_reading(store, receipt, reading)
    await tell_payment(store, await tell_acceptance(store, receipt, shopper), bill)


async def keep_reading(
    attachments: Attachments, vault: Vault, shopper: str, *, words: bytes = b""
) -> ReceiptRead:
    """Keep words and preview as the reader does; return the reading that names them."""
    owner = ShopperId(shopper)
    sealed = (await vault.seal(owner, "words", words or msgspec.json.encode(KEPT))).encode()
    await attachments.put(words_key(owner, sha256_of(sealed)), sealed)
    await attachments.put(photo_key(owner, sha256_of(PICTURE)), PICTURE)
    return read(words=sha256_of(sealed), preview=sha256_of(PICTURE))
