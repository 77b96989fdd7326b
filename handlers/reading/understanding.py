"""What the rows of a receipt mean, read as often as it pays."""

import traceback
from subprocess import SubprocessError

from msgspec import Struct

from handlers.reading.meaning.fields import Candidates, candidates_of
from handlers.reading.meaning.fuse import Fused, fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.payload import FiscalCode
from handlers.reading.meaning.sold import Zone
from handlers.reading.pixels.clean_page import lay_out
from handlers.reading.pixels.digits import TOLD_BY_QR, TOLD_BY_QR_AND_SUMS, second_readings
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.page import rows_of, words_on
from handlers.reading.pixels.sight import Sight
from handlers.reading.pixels.transcriber import words_in
from handlers.reading.protocol import Engine
from handlers.reading.rows import Row, Seen

#: Rows read with less are read again by Tesseract; the rules ask as much of a line.
_CLEAR = 0.9
#: Mean of a page that was read, if with slips: neither sum, number nor day can hide in it.
_LEGIBLE = 0.7
#: Another reading with a smaller share of the signs has lost something.
_AS_MUCH = 0.8
_FIELDS = ("total", "date", "fiscal_number", "receipt_number")


class Meaning(Struct, frozen=True, kw_only=True):
    """Rows, items and fields of one look at a receipt."""

    rows: list[Row]
    text: Candidates
    zone: Zone
    fused: Fused

    @property
    def confidence(self) -> float:
        """Mean of all words, weighted by length: specks do not count for much."""
        letters = sum(len(word.text) for row in self.rows for word in row.words)
        weighted = sum(len(word.text) * word.confidence for row in self.rows for word in row.words)
        return round(weighted / letters, 4) if letters else 0.0

    @property
    def told(self) -> frozenset[Kind]:
        """Kinds of row that another reader of figures could add nothing to."""
        sources = self.fused.sources
        if self.fused.disagreements or not all("qr" in sources.get(name, []) for name in _FIELDS):
            return frozenset()
        contradicted = any(line.contradicts_itself for line in self.fused.lines)
        adds_up = "arithmetic" in sources["total"] and not contradicted
        return TOLD_BY_QR_AND_SUMS if adds_up else TOLD_BY_QR

    @property
    def is_settled(self) -> bool:
        """Whether QR, print and sums say the same, and no barcode says more."""
        coded = any(line.barcode for line in self.fused.lines)
        return self.told == TOLD_BY_QR_AND_SUMS and not coded

    @property
    def is_no_receipt(self) -> bool:
        """Whether print was read, and nothing of it is a receipt's: a page, a box."""
        return self.confidence >= _LEGIBLE and not self.fused.sources and not self.zone.lines

    @property
    def is_clear(self) -> bool:
        """Whether what is sold and what the paper is were read without doubt."""
        lines = self.zone.lines
        return (
            self.text.document != "unknown"
            and bool(lines)
            and all(line.confidence >= _CLEAR for line in lines)
        )


def understand(sight: Sight, code: FiscalCode | None, engine: Engine, models: Models) -> Meaning:
    """Return what the receipt says.

    Our reader reads every row once. The second one is asked for figures that matter and are
    not told by the QR; Tesseract for unclear rows where it is unclear what was sold, or whether
    the paper is a sale at all.
    """
    words = words_in(sight.crop, sight.rows, sight.usual, models)
    meaning = _meaning([Row(tuple(seen)) for seen in words if seen], code)
    if code is None and meaning.is_no_receipt:
        return meaning
    said = [""] * len(words)
    if not meaning.is_settled:
        said = second_readings(sight, words, models, told=meaning.told)
        meaning = _meaning(_rows(words, said), code)
    if meaning.is_clear or meaning.text.document not in ("sale", "unknown"):
        return meaning
    return _meaning(_rows(_read_again(sight, words, engine), said), code)


def _rows(words: list[list[Seen]], said: list[str]) -> list[Row]:
    both = zip(words, said, strict=True)
    return [Row(tuple(seen), second) for seen, second in both if seen or second]


def _read_again(sight: Sight, words: list[list[Seen]], engine: Engine) -> list[list[Seen]]:
    """Return the words with those rows replaced of which Tesseract reads as much, and surer."""
    unclear = [number for number, seen in enumerate(words) if _certainty(seen) < _CLEAR]
    if not unclear:
        return words
    page = lay_out(sight.crop, [sight.rows[number] for number in unclear], sight.usual)
    try:
        others = rows_of(page, words_on(page.pixels, engine), len(unclear))
    except (OSError, RuntimeError, SubprocessError, ValueError):  # none there, crashed, too slow
        traceback.print_exc()
        return words
    again = dict(zip(unclear, others, strict=True))
    return [better(seen, again.get(number, [])) for number, seen in enumerate(words)]


def better(seen: list[Seen], other: list[Seen]) -> list[Seen]:
    """Return the other reading where it has hardly fewer letters and is surer of them."""
    whole = _signs(other) >= _AS_MUCH * _signs(seen)
    return other if whole and _certainty(other) > _certainty(seen) else seen


def _signs(seen: list[Seen]) -> int:
    return sum(len(word.text) for word in seen)


def _certainty(seen: list[Seen]) -> float:
    return Row(tuple(seen)).confidence


def _meaning(rows: list[Row], code: FiscalCode | None) -> Meaning:
    text, zone = candidates_of(rows), items_of(rows)
    return Meaning(rows=rows, text=text, zone=zone, fused=fuse(code, text, zone))
