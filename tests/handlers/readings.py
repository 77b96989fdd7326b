"""Readings for tests of what follows from them."""

from datetime import datetime

from msgspec import structs

from eventstore.catalogue import Item, Source
from eventstore.identity import KYIV, Kopecks
from handlers.ports import Reading

Sources = dict[str, list[Source]]

#: Both numbers as the QR says them.
NUMBERS: Sources = {"fiscal_number": ["qr", "text"], "receipt_number": ["qr"]}

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
    sources={"total": ["qr", "text", "arithmetic"], "date": ["qr"], **NUMBERS},
    confidence=0.86,
    words=[],
    preview_jpeg=b"",
    reader="test",
    seconds=0.1,
)


def sold(name: str, kopecks: int | None, *, confidence: float = 0.9) -> Item:
    """Return one item."""
    return Item(
        name=name,
        quantity_milli=1000,
        unit_price_kopecks=None if kopecks is None else Kopecks(kopecks),
        line_total_kopecks=None if kopecks is None else Kopecks(kopecks),
        confidence=confidence,
        place=None,
    )


def reading_of(*items: Item, **changes: object) -> Reading:
    """Return the good reading with these items and changes."""
    return structs.replace(GOOD, items=list(items), **changes)
