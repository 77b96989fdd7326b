"""A printed row with what both its readings are, found out once for all that ask. Pure."""

import re
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from eventstore.catalogue import Source
from handlers.reading.meaning.amounts import digits_mended, ean13_of, is_figures, second_mended
from handlers.reading.meaning.kinds import Kind, kind_of
from handlers.reading.meaning.votes import BY_DIGITS, BY_DIGITS_ALONE, BY_TEXT, Vote
from handlers.reading.rows import Row

T = TypeVar("T")

#: A code's row has a label of so few letters («Штрих-код», «ШК»); a name has more.
_LABEL_LETTERS_MAX = 9
#: Fewer letters than a word beside figures: specks and a VAT letter.
_SPECK_LETTERS_MAX = 3
#: «0.33л» at the end of a name is no price, though the reader of digits drops the unit.
_AMOUNT_OF_GOODS = re.compile(r"\d\s?(?:г|гр|кг|мг|л|мл|шт|таб|%)\W*$", re.IGNORECASE)
#: Double height is read in pieces: «CY MA 6.6 3».
_TORN = re.compile(r"(?<=[^\W\d]) (?=[^\W\d])")
#: The digit reader is often given a part of a row.
_WHOLE_ROW = 0.7
#: What the second reading may reveal of a row that the first made no sense of.
_BY_WORD = {Kind.TOTAL, Kind.PAYMENT}
_BY_FIGURES = {Kind.PRICED, Kind.DATE}


class Printed(Struct, frozen=True, kw_only=True):
    """A row in both readings, letters inside numbers put back to digits."""

    row: Row
    #: from top to bottom
    place: int
    text: str
    #: "" when the reader of digits was not asked
    second: str
    kind: Kind

    @property
    def letters(self) -> int:
        """How many letters the first reader saw."""
        return sum(map(str.isalpha, self.text))

    def votes(self, ask: Callable[[str], T | None], *, weight: float, place: str) -> list[Vote[T]]:
        """Return what ``ask`` finds in either reading, as votes of ``weight`` at best."""
        by_text, by_digits = ask(self.text), ask(self.second) if self.second else None
        agreed = by_text is not None and by_digits == by_text
        alone = BY_DIGITS if by_text is None else BY_DIGITS_ALONE
        said: tuple[tuple[T | None, float, Source], ...] = (
            (by_text, BY_TEXT if agreed else BY_TEXT * self.row.confidence**2, "text"),
            (by_digits, BY_DIGITS if agreed else alone, "digits"),
        )
        return [
            self.vote(value, weight=weight * trust, source=source, place=place)
            for value, trust, source in said
            if value is not None
        ]

    def vote(self, value: T, *, weight: float, source: Source | None, place: str) -> Vote[T]:
        """Return this row's voice for ``value``."""
        return Vote(value=value, weight=weight, source=source, row=self.place, place=place)


def printed_of(rows: list[Row]) -> list[Printed]:
    """Return the rows that say something, from top to bottom."""
    found: list[Printed] = []
    for row in rows:
        text, second = digits_mended(row.text).strip(), second_mended(row.second).strip()
        if text or second:
            kind = _kind(text, second)
            found.append(Printed(row=row, place=len(found), text=text, second=second, kind=kind))
    return found


def _kind(text: str, second: str) -> Kind:
    kind = kind_of(text)
    if kind in (Kind.TEXT, Kind.PRICED) and _is_code(text, second):
        return Kind.META
    if not second or kind not in (Kind.TEXT, Kind.PRICED, Kind.RULE):
        return kind
    other = kind_of(second)
    if other in _BY_WORD or (other in _BY_FIGURES and not _AMOUNT_OF_GOODS.search(text)):
        return other if kind is not Kind.PRICED or other in _BY_WORD else kind
    if kind_of(_TORN.sub("", second)) is Kind.TOTAL:
        return Kind.TOTAL
    few = sum(map(str.isalpha, text)) < _SPECK_LETTERS_MAX or _covers(second, text)
    return other if few and other is Kind.MULTIPLIER else kind


def _covers(second: str, text: str) -> bool:
    """Tell a second reading that is figures and the whole row: its letters are misread ones."""
    return is_figures(second) and len(second) >= _WHOLE_ROW * len(text)


def _is_code(text: str, second: str) -> bool:
    few = sum(map(str.isalpha, text)) <= _LABEL_LETTERS_MAX
    return few and bool(ean13_of(text) or ean13_of(second))
