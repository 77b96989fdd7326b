"""One photo from bytes to a reading, or to the reason why it cannot be read."""

import time

from eventstore.catalogue import Item
from handlers.ports import Reading, Unreadable, Word
from handlers.reading.codes import Symbol, find_symbols
from handlers.reading.decode import Undecodable, decode, preview_of
from handlers.reading.items import Line
from handlers.reading.meaning import Meaning, understand
from handlers.reading.page import Seen
from handlers.reading.payload import FiscalCode, best_of, parse_payload
from handlers.reading.protocol import Settings
from handlers.reading.sight import Sight, see_upright, why_unreadable

#: Kept with every reading, for comparing readings later.
READER = "tesseract-page/1"
#: Words kept with a reading; a page holds a few hundred.
_WORDS_MAX = 1500


def read_photo(photo: bytes, settings: Settings) -> Reading | Unreadable:
    """Return what ``photo`` says. Expected failures are an ``Unreadable``, not an exception."""
    started = time.perf_counter()
    try:
        picture = decode(photo, shortest_side_min=settings.shortest_side_min)
    except Undecodable as refused:
        seconds = time.perf_counter() - started
        return Unreadable(reason=refused.reason, preview_jpeg=None, seconds=seconds)
    symbols = find_symbols(picture.convert("L"))
    code = best_of([symbol.text for symbol in symbols])
    sight = see_upright(picture, _own_symbol(symbols, code), settings.engine)
    reason = None if code is not None else why_unreadable(sight)
    if reason is not None:
        preview = preview_of(sight.picture)
        seconds = time.perf_counter() - started
        return Unreadable(reason=reason, preview_jpeg=preview, seconds=seconds)
    return _reading(understand(sight, code, settings.engine), code, started)


def _own_symbol(symbols: list[Symbol], code: FiscalCode | None) -> Symbol | None:
    """Return the receipt's QR; with several receipts in sight, the first one's."""
    own = [symbol for symbol in symbols if code is not None and symbol.text.strip() == code.text]
    fiscal = [symbol for symbol in symbols if parse_payload(symbol.text) is not None]
    return next(iter([*own, *fiscal]), None)


def _reading(meaning: Meaning, code: FiscalCode | None, started: float) -> Reading:
    text, fused, sight = meaning.text, meaning.fused, meaning.sight
    fiscal = code is not None and code.fiscal_number is not None
    words = [word for row in meaning.rows for word in row.words]
    return Reading(
        document="sale" if fiscal and text.document != "return" else text.document,
        merchant=text.merchant,
        address=text.address,
        items=[_item(line, sight) for line in meaning.fused.lines if line.name],
        discount_kopecks=fused.discount_kopecks,
        total_kopecks=fused.total_kopecks,
        purchased_at=fused.purchased_at,
        fiscal_number=fused.fiscal_number,
        receipt_number=fused.receipt_number,
        qr_url=code.url if code else None,
        sources=fused.sources,
        disagreements=fused.disagreements,
        confidence=meaning.confidence,
        words=[_word(word, sight) for word in words][:_WORDS_MAX],
        preview_jpeg=preview_of(sight.picture),
        reader=READER,
        seconds=time.perf_counter() - started,
    )


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
    )


def _word(word: Seen, sight: Sight) -> Word:
    return Word(text=word.text, place=sight.place([word]), confidence=word.confidence)
