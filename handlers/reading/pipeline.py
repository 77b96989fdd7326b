"""One photo from bytes to a reading, or to the reason why it cannot be read."""

import time

from msgspec import structs
from PIL import Image

from eventstore.catalogue import DocumentKind, Item, UnreadableReason
from handlers.ports import Reading, ReadRow, Unreadable, Word
from handlers.reading.faults import fault_of, fault_without_print, is_screenshot
from handlers.reading.meaning.payload import FiscalCode, are_contradictory, best_of, parse_payload
from handlers.reading.meaning.sold import Line
from handlers.reading.pixels.codes import Symbol, find_codes
from handlers.reading.pixels.decode import Undecodable, decode, preview_of
from handlers.reading.pixels.look import look_of
from handlers.reading.pixels.marks import marks_of
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.sight import Sight, see
from handlers.reading.protocol import READER, Settings
from handlers.reading.rows import Row
from handlers.reading.understanding import Meaning, understand

#: Words kept with a reading; a receipt holds a few hundred.
_WORDS_MAX = 1500


def read_photo(photo: bytes, settings: Settings, models: Models) -> Reading | Unreadable:
    """Return what ``photo`` says. Expected failures are an ``Unreadable``, not an exception."""
    started = time.perf_counter()
    try:
        picture = decode(
            photo, limits=settings.limits, shortest_side_min=settings.shortest_side_min
        )
    except Undecodable as refused:
        return _unreadable(refused.reason, None, started)
    codes = find_codes(picture.convert("L"))
    payloads = [symbol.text for symbol in codes.symbols]
    code = best_of(payloads)
    sight = see(picture, codes, _own_symbol(codes.symbols, code), models, settings)
    if sight is None:
        return _unreadable(fault_without_print(picture), picture, started)
    meaning = understand(sight, code, settings.engine, models)
    fault = fault_of(sight, meaning) if code is None else None
    if fault is not None:
        return _unreadable(fault, sight.picture, started)
    reading = structs.replace(
        _reading(sight, meaning, code, started), look=look_of(meaning.rows), marks=marks_of(photo)
    )
    return _doubted(reading) if are_contradictory(payloads) else reading


def _doubted(reading: Reading) -> Reading:
    """Let a person look at a photo whose QRs are of two receipts."""
    return structs.replace(reading, disagreements=[*reading.disagreements, "qr"])


def _unreadable(
    reason: UnreadableReason, picture: Image.Image | None, started: float
) -> Unreadable:
    preview = None if picture is None else preview_of(picture)
    return Unreadable(
        reason=reason,
        preview_jpeg=preview,
        seconds=time.perf_counter() - started,
        reader=None if picture is None else READER,
    )


def _own_symbol(symbols: list[Symbol], code: FiscalCode | None) -> Symbol | None:
    """Return the receipt's QR; with several receipts in sight, the first one's."""
    own = [symbol for symbol in symbols if code is not None and symbol.text.strip() == code.text]
    fiscal = [symbol for symbol in symbols if parse_payload(symbol.text) is not None]
    return next(iter([*own, *fiscal]), None)


def _reading(sight: Sight, meaning: Meaning, code: FiscalCode | None, started: float) -> Reading:
    text, fused = meaning.text, meaning.fused
    return Reading(
        document=_document(sight, meaning),
        merchant=text.merchant,
        address=text.address,
        items=[_item(line, sight) for line in fused.lines if line.name],
        discount_kopecks=fused.discount_kopecks,
        total_kopecks=fused.total_kopecks,
        purchased_at=fused.purchased_at,
        fiscal_number=fused.fiscal_number,
        receipt_number=fused.receipt_number,
        qr_url=code.url if code else None,
        sources=fused.sources,
        confidences=fused.confidences,
        disagreements=fused.disagreements,
        confidence=meaning.confidence,
        words=_words(sight, meaning.rows),
        rows=[_row(row, sight) for row in meaning.rows],
        fields=fused.evidence,
        preview_jpeg=preview_of(sight.picture),
        reader=READER,
        seconds=time.perf_counter() - started,
    )


def _document(sight: Sight, meaning: Meaning) -> DocumentKind:
    """Name the document by its own marks, or as a picture of a screen.

    A fiscal QR does not make it a sale: refunds have one too, and their mark may be cut off.
    """
    kind = meaning.text.document
    return "screenshot" if kind in ("sale", "unknown") and is_screenshot(sight.picture) else kind


def _item(line: Line, sight: Sight) -> Item:
    words = [word for row in line.rows for word in row.words]
    return Item(
        name=line.name,
        quantity_milli=line.quantity_milli,
        unit_price_kopecks=line.unit_price_kopecks,
        line_total_kopecks=line.line_total_kopecks,
        confidence=round(line.trust, 4),
        place=sight.place(words) if words else None,
        barcode=line.barcode,
        barcode_sources=list(line.barcode_sources),
    )


def _words(sight: Sight, rows: list[Row]) -> list[Word]:
    words = [
        Word(text=word.text, place=sight.place([word]), confidence=word.confidence, row=number)
        for number, row in enumerate(rows)
        for word in row.words
    ]
    return words[:_WORDS_MAX]


def _row(row: Row, sight: Sight) -> ReadRow:
    place = sight.place(list(row.words)) if row.words else None
    return ReadRow(text=row.text, second=row.second, place=place)
