"""Made-up shoppers, receipts and readings."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from eventstore.catalogue import (
    ConsentGiven,
    Item,
    PhoneShared,
    ReceiptRead,
    ReceiptUploaded,
)
from eventstore.identity import (
    KYIV,
    Kopecks,
    ReceiptId,
    Sha256,
    ShopperId,
    receipt_stream,
    shopper_stream,
)
from eventstore.store import EventStore, now_utc
from eventstore.vault import Vault
from tests.story import CONTEXT, append_of

FISCAL_NUMBER = "4001000000"


def an_item(
    name: str = "Цитрамон-Дарниця табл. №10", kopecks: int = 3650, *, confidence: float = 0.95
) -> Item:
    """Return one pack of ``name``."""
    return Item(
        name=name,
        quantity_milli=1000,
        unit_price_kopecks=Kopecks(kopecks),
        line_total_kopecks=Kopecks(kopecks),
        confidence=confidence,
        place=None,
    )


def a_reading(**changes: Any) -> ReceiptRead:
    """Return a reading nobody has a doubt about, with ``changes``.

    A confidence is that of the page and of its line.
    """
    reading = ReceiptRead(
        document="sale",
        merchant="ТОВ АПТЕКА-ПРИКЛАД",
        address=None,
        items=[an_item(confidence=changes.get("confidence", 0.95))],
        discount_kopecks=Kopecks(0),
        total_kopecks=Kopecks(3650),
        purchased_at=now_utc().astimezone(KYIV) - timedelta(days=1),
        fiscal_number=FISCAL_NUMBER,
        receipt_number="1",
        qr_url=None,
        sources={
            "total": ["qr", "text", "arithmetic"],
            "date": ["qr", "text"],
            "fiscal_number": ["qr", "text"],
            "receipt_number": ["qr", "text"],
        },
        confidence=0.95,
        words_sha256=Sha256("00"),
        preview_sha256=Sha256("00"),
        reader="test",
        seconds=0.1,
    )
    return replace(reading, **changes)


async def read_receipt(
    store: EventStore, vault: Vault, reading: ReceiptRead, *, shopper: str, receipt: str = ""
) -> ReceiptUploaded:
    """Let a receipt of ``shopper`` be uploaded and read, and not yet decided."""
    uploaded = ReceiptUploaded(
        receipt=ReceiptId(receipt or f"receipt-{reading.receipt_number}"),
        shopper=ShopperId(shopper),
        photo_sha256=Sha256("00"),
        photo_bytes=1,
        source="web",
    )
    await _welcome(store, vault, uploaded.shopper)
    await store.append(
        append_of(receipt_stream(uploaded.receipt), uploaded, reading), context=CONTEXT
    )
    return uploaded


def phone_of(shopper: str) -> str:
    """Return the phone that a made-up shopper shares, nearly always another one's for another."""
    return f"38067{int.from_bytes(shopper.encode(), 'big') % 10**7:07}"


async def _welcome(store: EventStore, vault: Vault, shopper: ShopperId) -> None:
    """Let ``shopper`` have agreed and shared a phone, once."""
    stream = shopper_stream(shopper)
    if await store.read_stream(stream):
        return
    consent = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")
    shared = PhoneShared(
        phone_sealed=await vault.seal(shopper, "phone", phone_of(shopper).encode()),
        phone_fingerprint=await vault.fingerprint(phone_of(shopper)),
    )
    await store.append(append_of(stream, consent, shared), context=CONTEXT)
