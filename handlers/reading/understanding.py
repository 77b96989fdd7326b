"""What the rows of a receipt mean, read as often as it pays."""

from msgspec import Struct

from handlers.reading.meaning.fields import Candidates, candidates_of
from handlers.reading.meaning.fuse import Fused, fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.payload import FiscalCode
from handlers.reading.meaning.sold import Zone
from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.clean_page import lay_out
from handlers.reading.pixels.digits import second_readings
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.page import rows_of, words_on
from handlers.reading.pixels.sight import Sight
from handlers.reading.protocol import Engine
from handlers.reading.rows import Row, Seen

#: A row shorter than this many of its heights may be a speck.
_A_WORD_HEIGHTS = 3.0
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
    def is_settled(self) -> bool:
        """Whether another reader could add nothing: QR, print and sums say the same."""
        adds_up = "arithmetic" in self.fused.sources.get("total", [])
        clear = not any(line.contradicts_itself or line.barcode for line in self.fused.lines)
        return self.is_told_by_qr and adds_up and clear

    @property
    def is_told_by_qr(self) -> bool:
        """Whether the QR says all fields, and print says nothing else."""
        told = all("qr" in self.fused.sources.get(name, []) for name in _FIELDS)
        return told and not self.fused.disagreements


def understand(sight: Sight, code: FiscalCode | None, engine: Engine, models: Models) -> Meaning:
    """Return what the receipt says; the second reader is asked only where it may matter.

    Raises:
        RuntimeError: Tesseract crashed or took longer than its limit.
    """
    words = _words_of(sight, engine)
    first = _meaning([Row(tuple(seen)) for seen in words if seen], code)
    if first.is_settled:
        return first
    second = second_readings(sight, words, models, told_by_qr=first.is_told_by_qr)
    both = zip(words, second, strict=True)
    return _meaning([Row(tuple(seen), said) for seen, said in both if seen or said], code)


def _words_of(sight: Sight, engine: Engine) -> list[list[Seen]]:
    """Return the words of each row; rows of which nothing was read are read again by themselves."""
    words = _read(sight, sight.rows, engine)
    missed = [number for number, seen in enumerate(words) if not seen and _is_print(sight, number)]
    if missed:
        again = _read(sight, [sight.rows[number] for number in missed], engine)
        for number, seen in zip(missed, again, strict=True):
            words[number] = seen
    return words


def _is_print(sight: Sight, number: int) -> bool:
    """Tell a row with room for a word from a speck."""
    return sum(box.width / box.height for box in sight.rows[number]) > _A_WORD_HEIGHTS


def _read(sight: Sight, rows: list[list[TextBox]], engine: Engine) -> list[list[Seen]]:
    page = lay_out(sight.crop, rows, sight.usual)
    return rows_of(page, words_on(page.pixels, engine), len(rows))


def _meaning(rows: list[Row], code: FiscalCode | None) -> Meaning:
    text, zone = candidates_of(rows), items_of(rows)
    return Meaning(rows=rows, text=text, zone=zone, fused=fuse(code, text, zone))
