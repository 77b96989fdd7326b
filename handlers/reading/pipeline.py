"""One photo from bytes to a reading, or to the reason why it cannot be read."""

import time

import numpy as np
from msgspec import Struct
from PIL import Image

from eventstore.catalogue import Box, Item, UnreadableReason
from handlers.ports import Reading, Unreadable, Word
from handlers.reading.codes import Symbol, find_symbols
from handlers.reading.decode import SHORTEST_SIDE_MIN, Undecodable, decode, preview_of
from handlers.reading.fields import candidates_of
from handlers.reading.fuse import fuse
from handlers.reading.items import Line, items_of
from handlers.reading.page import Seen, Tesseract, good_words
from handlers.reading.payload import FiscalCode, best_of, parse_payload
from handlers.reading.prepare import Page, flatten, quarter_of, sharpness
from handlers.reading.rows import Row, rows_of

#: Kept with every reading, for comparing readings later.
READER = "tesseract-page/1"
#: Fewer good words than this may be a receipt lying on its side.
_GOOD_WORDS_UPRIGHT = 15
#: Fewer than this, and no QR, is no reading at all.
_GOOD_WORDS_MIN = 6
#: Of sharp photos none was under 0.08, of blurred ones none over 0.05.
_SHARPNESS_MIN = 0.06
#: The brightest hundredth of a photo darker than this shows no paper.
_LIGHT_MIN = 60
#: Words kept with a reading; a page holds a few hundred.
_WORDS_MAX = 1500


class Settings(Struct, frozen=True, kw_only=True):
    """What the configuration decides about reading."""

    tesseract: Tesseract = Tesseract()
    shortest_side_min: int = SHORTEST_SIDE_MIN


class _Sight(Struct, frozen=True):
    """A picture turned upright, its page and the words on it."""

    picture: Image.Image
    page: Page
    words: list[Seen]


def read_photo(photo: bytes, settings: Settings) -> Reading | Unreadable:
    """Return what ``photo`` says. Expected failures are an ``Unreadable``, not an exception."""
    started = time.perf_counter()
    try:
        picture = decode(photo, shortest_side_min=settings.shortest_side_min)
    except Undecodable as refused:
        return Unreadable(
            reason=refused.reason, preview_jpeg=None, seconds=time.perf_counter() - started
        )
    grey = picture.convert("L")
    symbols = find_symbols(grey)
    code = best_of([symbol.text for symbol in symbols])
    sight = _seen_upright(picture, grey, _own_symbol(symbols, code), settings.tesseract)
    preview = preview_of(sight.picture)
    reason = _why_unreadable(grey, sight.words, code)
    seconds = time.perf_counter() - started
    if reason is not None:
        return Unreadable(reason=reason, preview_jpeg=preview, seconds=seconds)
    return _reading(sight, code, preview, seconds)


def _own_symbol(symbols: list[Symbol], code: FiscalCode | None) -> Symbol | None:
    """Return the receipt's QR, or another on the same paper: it lies the same way."""
    own = [symbol for symbol in symbols if code is not None and symbol.text.strip() == code.text]
    fiscal = [symbol for symbol in symbols if parse_payload(symbol.text) is not None]
    return next(iter([*own, *fiscal]), None)


def _seen_upright(
    picture: Image.Image, grey: Image.Image, symbol: Symbol | None, tesseract: Tesseract
) -> _Sight:
    """Read the picture the way its QR lies; without a QR try until words appear."""
    if symbol is not None:
        quarter = quarter_of(symbol)
        turned = Symbol(text=symbol.text, angle=_remainder(symbol.angle), corners=symbol.corners)
        return _seen(picture, grey, quarter, turned, tesseract)
    best = _seen(picture, grey, 0, None, tesseract)
    for quarter in (2, 1, 3):
        if good_words(best.words) >= _GOOD_WORDS_UPRIGHT or not _promises_text(best):
            break
        other = _seen(picture, grey, quarter, None, tesseract)
        best = max(best, other, key=lambda sight: good_words(sight.words))
    return best


def _promises_text(sight: _Sight) -> bool:
    """Tell whether turning may help: something sharp and letter-like was there."""
    return len(sight.words) >= _GOOD_WORDS_MIN and sharpness(sight.picture.convert("L")) > (
        _SHARPNESS_MIN
    )


def _remainder(angle: float) -> float:
    return angle - 90.0 * round(angle / 90.0)


def _seen(
    picture: Image.Image,
    grey: Image.Image,
    quarter: int,
    symbol: Symbol | None,
    tesseract: Tesseract,
) -> _Sight:
    angle = 90 * quarter
    upright = grey.rotate(angle, expand=True) if quarter else grey
    page = flatten(upright, symbol)
    words = tesseract.words(page)
    return _Sight(picture.rotate(angle, expand=True) if quarter else picture, page, words)


def _why_unreadable(
    grey: Image.Image, words: list[Seen], code: FiscalCode | None
) -> UnreadableReason | None:
    if code is not None or good_words(words) >= _GOOD_WORDS_MIN:
        return None
    if float(np.percentile(np.asarray(grey), 99)) < _LIGHT_MIN:
        return "too_dark"
    return "blurred" if sharpness(grey) < _SHARPNESS_MIN else "no_text"


def _reading(sight: _Sight, code: FiscalCode | None, preview: bytes, seconds: float) -> Reading:
    rows = rows_of(sight.words)
    text, zone = candidates_of(rows), items_of(rows)
    fused = fuse(code, text, zone)
    fiscal = code is not None and code.fiscal_number is not None
    return Reading(
        document="sale" if fiscal and text.document != "return" else text.document,
        merchant=text.merchant,
        address=text.address,
        items=[_item(line, sight) for line in zone.lines if line.name],
        discount_kopecks=fused.discount_kopecks,
        total_kopecks=fused.total_kopecks,
        purchased_at=fused.purchased_at,
        fiscal_number=fused.fiscal_number,
        receipt_number=fused.receipt_number,
        qr_url=code.url if code else None,
        sources=fused.sources,
        disagreements=fused.disagreements,
        confidence=_confidence(rows),
        words=[_word(word, sight) for row in rows for word in row.words][:_WORDS_MAX],
        preview_jpeg=preview,
        reader=READER,
        seconds=seconds,
    )


def _confidence(rows: list[Row]) -> float:
    """Return the mean of all words, weighted by length: specks do not count for much."""
    letters = sum(len(word.text) for row in rows for word in row.words)
    weighted = sum(len(word.text) * word.confidence for row in rows for word in row.words)
    return round(weighted / letters, 4) if letters else 0.0


def _item(line: Line, sight: _Sight) -> Item:
    words = [word for row in line.rows for word in row.words]
    letters = max(1, sum(len(word.text) for word in words))
    return Item(
        name=line.name,
        quantity_milli=line.quantity_milli,
        unit_price_kopecks=line.unit_price_kopecks,
        line_total_kopecks=line.line_total_kopecks,
        confidence=round(sum(len(word.text) * word.confidence for word in words) / letters, 4),
        place=_place(words, sight) if words else None,
        barcode=line.barcode,
    )


def _word(word: Seen, sight: _Sight) -> Word:
    return Word(text=word.text, place=_place([word], sight), confidence=word.confidence)


def _place(words: list[Seen], sight: _Sight) -> Box:
    """Return where words stand on the upright picture, in fractions of it."""
    left, right = min(word.left for word in words), max(word.right for word in words)
    top = min(word.top for word in words)
    below = max(word.top + word.height for word in words)
    corners = [sight.page.on_picture(x, y) for x in (left, right) for y in (top, below)]
    across = [_fraction(x, sight.picture.width) for x, _ in corners]
    down = [_fraction(y, sight.picture.height) for _, y in corners]
    return Box(
        left=min(across), top=min(down), width=max(across) - min(across),
        height=max(down) - min(down),
    )  # fmt: skip


def _fraction(pixel: float, side: int) -> float:
    return min(1.0, max(0.0, pixel / side))
