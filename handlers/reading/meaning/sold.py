"""What was sold: the lines of a receipt. Pure."""

from typing import Literal

from msgspec import Struct

from eventstore.identity import Kopecks
from handlers.goods.letters import distance, fold
from handlers.reading.meaning.amounts import cost_of
from handlers.reading.meaning.kinds import is_packed
from handlers.reading.rows import Row

#: Weights are cut to grams in print: quantity times price may be a kopeck off.
_WEIGHED_OFF_BY_MAX = 1
#: A line that is not quantity times price is at most half right.
_TRUST_IN_CONTRADICTION = 0.5
#: Cash is rounded by so much.
_ROUNDED_BY_MAX = 5
#: «ВСЬОГО», «СУМА», «РАЗОМ» with a speck; «СУМА ДО СПЛАТИ» with one.
_TOTAL_LETTERS_MAX, _TOTAL_WORDS_MAX = 7, 4
#: One digit of fewer kopecks may be another price.
_SLIP_FROM = 10_000
#: Letters in which a name that is said twice may be read differently.
_SLIPS_OF_A_NAME = 3


class Line(Struct, frozen=True, kw_only=True):
    """An item and the rows it was printed on."""

    name: str
    rows: tuple[Row, ...]
    quantity_milli: int | None = None
    unit_price_kopecks: Kopecks | None = None
    #: before the line's own discount
    cost_kopecks: Kopecks | None = None
    discount_kopecks: Kopecks = Kopecks(0)
    #: what it costs before its discount, as said by each price and each quantity times price
    voices: tuple[Kopecks, ...] = ()
    #: quantity times price is printed, the cost is not
    unpriced: bool = False
    #: whether the reader of digits saw its figures
    by_digits: bool = False
    barcode: str | None = None
    barcode_sources: tuple[Literal["text", "digits"], ...] = ()

    @property
    def confidence(self) -> float:
        """Mean of the line's words, weighted by their length."""
        words = [word for row in self.rows for word in row.words]
        letters = sum(len(word.text) for word in words)
        return sum(len(word.text) * word.confidence for word in words) / max(1, letters)

    @property
    def contradicts_itself(self) -> bool:
        """Whether the printed cost is not quantity times price: one of them was misread."""
        if self.cost_kopecks is None or not self.quantity_milli or not self.unit_price_kopecks:
            return False
        off_by = _WEIGHED_OFF_BY_MAX if self.quantity_milli % 1000 else 0
        product = cost_of(self.quantity_milli, self.unit_price_kopecks)
        return abs(product - self.cost_kopecks) > off_by

    @property
    def trust(self) -> float:
        """The confidence, less where a figure must have been misread."""
        return self.confidence * (_TRUST_IN_CONTRADICTION if self.contradicts_itself else 1.0)

    @property
    def line_total_kopecks(self) -> Kopecks | None:
        """What the line costs after its own discount."""
        if self.cost_kopecks is None:
            return None
        return Kopecks(self.cost_kopecks - self.discount_kopecks)


class Zone(Struct, frozen=True):
    """Items of a receipt and what was taken off between them and the total."""

    lines: tuple[Line, ...]
    #: reductions after the last line; they repeat the lines' own or stand for themselves
    summary_discount_kopecks: Kopecks
    #: kopecks, up or down, by which cash is printed as rounded, as each reader saw them
    roundings: frozenset[int] = frozenset()


def without_total(lines: list[Line], *, reduction: int) -> list[Line]:
    """Return the lines above the first that all above it come to, less ``reduction`` or not.

    That one is the total whose word was lost; what follows it is VAT and payment.
    """
    come_to = 0
    for place, line in enumerate(lines):
        sums = (come_to, come_to - reduction)
        if place and _may_be_total(line, place) and any(_is_sum(line, one) for one in sums):
            return lines[:place]
        come_to += line.line_total_kopecks or 0
    return lines


def repeats(line: Line, lines: list[Line]) -> bool:
    """Tell whether an item of this name and cost was sold above."""
    return any(
        known.cost_kopecks == line.cost_kopecks and is_name_of(line.name, known) for known in lines
    )


def is_name_of(name: str, line: Line) -> bool:
    """Tell whether ``name`` is a line's but for a few letters."""
    return distance(fold(name), fold(line.name), at_most=_SLIPS_OF_A_NAME) <= _SLIPS_OF_A_NAME


def _may_be_total(line: Line, lines_above: int) -> bool:
    """Tell a sum with a misread word, under several lines some, and nothing that goods have."""
    bare = line.barcode is None and line.quantity_milli is None and not is_packed(line.name)
    words = line.name.split()
    short = len(words) <= 1 and len(line.name) <= _TOTAL_LETTERS_MAX
    return bare and (short or (lines_above > 1 and len(words) <= _TOTAL_WORDS_MAX))


def _is_sum(line: Line, come_to: int) -> bool:
    """Tell whether a line's cost is what others come to, rounded or with one digit misread."""
    cost = line.cost_kopecks or 0
    near = distance(str(cost), str(come_to), at_most=1) <= 1
    slip = near and cost >= _SLIP_FROM and len(line.name) <= _TOTAL_LETTERS_MAX
    return slip or abs(come_to - cost) <= _ROUNDED_BY_MAX
