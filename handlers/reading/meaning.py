"""What the words of a page mean, read as often as it pays."""

from contextlib import suppress

from msgspec import Struct, structs

from handlers.reading.digits import numbers_again
from handlers.reading.fields import Candidates, candidates_of
from handlers.reading.fuse import Fused, fuse
from handlers.reading.items import Zone, items_of
from handlers.reading.page import Seen
from handlers.reading.payload import FiscalCode
from handlers.reading.prepare import SECOND_LOOK
from handlers.reading.protocol import Engine
from handlers.reading.rows import Row, rows_of
from handlers.reading.sight import Sight


class Meaning(Struct, frozen=True, kw_only=True):
    """Rows, items and fields of one look at a page."""

    sight: Sight
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
    def adds_up(self) -> bool:
        """Whether the lines come to the total."""
        return "arithmetic" in self.fused.sources.get("total", [])

    @property
    def contradictions(self) -> int:
        """How many lines are not quantity times price, whatever the total proved."""
        return sum(line.contradicts_itself for line in self.fused.lines)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is gained by looking again."""
        return self.adds_up and not self.contradictions

    @property
    def worth(self) -> tuple[bool, int, int, int, float]:
        """How well it holds together: adding up first, then its lines, witnesses, fields."""
        witnesses = len(self.fused.sources.get("total", [])) - len(self.fused.disagreements)
        fields = sum(len(said) for said in self.fused.sources.values())
        return self.adds_up, -self.contradictions, witnesses, fields, self.confidence


def understand(sight: Sight, code: FiscalCode | None, engine: Engine) -> Meaning:
    """Return the best of up to three readings; a sound one is read once."""
    first = _meaning(sight, sight.words, code)
    if first.is_sound:
        return first
    looks = [first]
    for look in (_numbers_again, _page_again):
        with suppress(RuntimeError):  # Tesseract gave up; what the first look saw stands
            looks.append(look(sight, code, engine))
        if looks[-1].is_sound:
            break
    best = max(looks, key=lambda meaning: meaning.worth)
    return structs.replace(best, fused=_completed(best.fused, looks))


def _numbers_again(sight: Sight, code: FiscalCode | None, engine: Engine) -> Meaning:
    return _meaning(sight, numbers_again(sight.page, sight.words, engine), code)


def _page_again(sight: Sight, code: FiscalCode | None, engine: Engine) -> Meaning:
    other = sight.again(SECOND_LOOK, engine)
    return _meaning(other, other.words, code)


def _meaning(sight: Sight, words: list[Seen], code: FiscalCode | None) -> Meaning:
    rows = rows_of(words)
    text, zone = candidates_of(rows), items_of(rows)
    return Meaning(sight=sight, rows=rows, text=text, zone=zone, fused=fuse(code, text, zone))


def _completed(fused: Fused, looks: list[Meaning]) -> Fused:
    """Fill what this look missed with what another look read."""
    for look in looks:
        fused = _filled(fused, look.fused)
    return fused


def _filled(fused: Fused, other: Fused) -> Fused:
    named = {
        "total": "total_kopecks", "date": "purchased_at",
        "fiscal_number": "fiscal_number", "receipt_number": "receipt_number",
    }  # fmt: skip
    missing = [field for field in named if field not in fused.sources and field in other.sources]
    values = {named[field]: getattr(other, named[field]) for field in missing}
    said = {field: [one for one in other.sources[field] if one == "text"] for field in missing}
    return structs.replace(fused, **values, sources={**fused.sources, **said})
