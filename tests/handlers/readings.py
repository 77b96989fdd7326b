"""Readings for tests of what follows from them."""

from datetime import datetime
from typing import Literal, TypedDict, Unpack

from msgspec import structs

from eventstore.catalogue import Item, Source
from eventstore.identity import KYIV, Kopecks
from handlers.ports import Reading


class Barcode(TypedDict, total=False):
    """What may be known of an item's barcode."""

    barcode: str
    barcode_sources: list[Literal["text", "digits"]]


Sources = dict[str, list[Source]]

#: Both numbers and the date as the QR says them.
NUMBERS: Sources = {"fiscal_number": ["qr", "text"], "receipt_number": ["qr"], "date": ["qr"]}
#: No QR: what both readers of the print made out.
BOTH: Sources = {
    "total": ["text", "digits"],
    "date": ["text", "digits"],
    "fiscal_number": ["text", "digits"],
    "receipt_number": ["text", "digits"],
}

#: A sale of one Darnitsa item on which QR, text and arithmetic agree.
GOOD = Reading(
    document="sale",
    merchant='ТОВ "АПТЕКА-ПРИКЛАД"',
    address=None,
    items=[],
    discount_kopecks=Kopecks(0),
    total_kopecks=Kopecks(3650),
    purchased_at=datetime(2026, 11, 20, 12, 30, tzinfo=KYIV),
    fiscal_number="4000000001",
    receipt_number="1300000001",
    qr_url=None,
    sources={"total": ["qr", "text", "arithmetic"], **NUMBERS},
    confidence=0.86,
    words=[],
    preview_jpeg=b"",
    reader="test",
    seconds=0.1,
)


#: The same without a QR, on paper of a register that counts its receipts.
PRINTED: Reading = structs.replace(
    GOOD,
    receipt_number="000315311 00256",
    sources=BOTH,
    confidences=dict.fromkeys(BOTH, 0.93),
)


def sold(
    name: str, kopecks: int | None, *, confidence: float = 0.9, **changes: Unpack[Barcode]
) -> Item:
    """Return one item."""
    return Item(
        name=name,
        quantity_milli=1000,
        unit_price_kopecks=None if kopecks is None else Kopecks(kopecks),
        line_total_kopecks=None if kopecks is None else Kopecks(kopecks),
        confidence=confidence,
        place=None,
        **changes,
    )


def reading_of(*items: Item, **changes: object) -> Reading:
    """Return the good reading with these items and changes."""
    return structs.replace(GOOD, items=list(items), **changes)


def printed(*items: Item, **changes: object) -> Reading:
    """Return the reading of paper alone, with these items and changes."""
    return structs.replace(PRINTED, items=list(items), **changes)
