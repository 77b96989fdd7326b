"""What was sold: the lines of a receipt. Pure."""

from typing import Literal

from msgspec import Struct

from eventstore.identity import Kopecks
from handlers.reading.amounts import cost_of
from handlers.reading.rows import Row

#: Weights are cut to grams in print: quantity times price may be a kopeck off.
_WEIGHED_OFF_BY_MAX = 1
#: A line that is not quantity times price is at most half right.
_TRUST_IN_CONTRADICTION = 0.5


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
