"""Printed rows to sold items. Pure.

A price may stand before its name (hardware registers), after it, or at its end; names wrap
and are cut; a discount belongs to the line above it. Only the zone between the header and
the first total, tax or payment row is looked at: shop names, streets and adverts are not
items whatever they say.
"""

import re
from statistics import quantiles

from msgspec import Struct, structs

from eventstore.identity import Kopecks
from handlers.reading.amounts import (
    Multiplier,
    cost_of,
    digits_mended,
    is_ean13,
    last_sum,
    multiplier_of,
)
from handlers.reading.kinds import Kind, kind_of
from handlers.reading.rows import Row

#: Weights are cut to grams in print: quantity times price may be a kopeck off.
_WEIGHED_OFF_BY_MAX = 1
#: A line that is not quantity times price is at most half right.
_TRUST_IN_CONTRADICTION = 0.5
#: A name wraps over so many rows at most; more is no name.
_NAME_ROWS_MAX = 3
_ENDS = {Kind.TOTAL, Kind.TAX, Kind.PAYMENT, Kind.SUBTOTAL, Kind.END}
_ARTICLE = re.compile(
    r"^\W*(?:[АA][РP][ТT]\D{0,6}|[^\W\d]{2,4}\.?\s?(?:№|N[o9]?|IU|#)\s*)\d{1,12}\s+", re.IGNORECASE
)
_POSITION = re.compile(r"^\W*\d{1,3}[.)]?\s+(?=\d+\s?[xхXХ×*]|[^\W\d])")
_LETTER_AT_END = re.compile(r"[\s\[(=]+[^\W\d_][\])]?\s*$")


class Line(Struct, frozen=True, kw_only=True):
    """An item and the rows it was printed on."""

    name: str
    rows: tuple[Row, ...]
    quantity_milli: int | None = None
    unit_price_kopecks: Kopecks | None = None
    #: before the line's own discount
    cost_kopecks: Kopecks | None = None
    discount_kopecks: Kopecks = Kopecks(0)
    barcode: str | None = None

    @property
    def confidence(self) -> float:
        """Mean of the line's words, weighted by their length."""
        words = [word for row in self.rows for word in row.words]
        letters = sum(len(word.text) for word in words)
        return sum(len(word.text) * word.confidence for word in words) / max(1, letters)

    @property
    def possible_costs(self) -> set[Kopecks]:
        """What the line may cost before its discount: as printed, or quantity times price."""
        costs = set() if self.cost_kopecks is None else {self.cost_kopecks}
        if self.quantity_milli is not None and self.unit_price_kopecks is not None:
            costs.add(cost_of(self.quantity_milli, self.unit_price_kopecks))
        return costs

    @property
    def contradicts_itself(self) -> bool:
        """Whether the printed cost is not quantity times price: one of them was misread."""
        costs = self.possible_costs
        off_by = _WEIGHED_OFF_BY_MAX if (self.quantity_milli or 0) % 1000 else 0
        return bool(costs) and max(costs) - min(costs) > off_by

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


class _Marked(Struct, frozen=True):
    row: Row
    kind: Kind
    text: str


def items_of(rows: list[Row]) -> Zone:
    """Return the items of a receipt's rows, top to bottom."""
    edge = _price_edge(rows)
    marked = [_marked(row, text, edge) for row in rows if (text := _mended(row.text))]
    zone = _zone(marked)
    gatherer = _Gatherer(price_first=_price_stands_first(zone))
    for position, mark in enumerate(zone):
        following = zone[position + 1].kind if position + 1 < len(zone) else Kind.RULE
        gatherer.take(mark, following)
    return Zone(tuple(gatherer.finished()), Kopecks(gatherer.summary_discount))


def _price_edge(rows: list[Row]) -> float:
    """Return where prices begin to end: the right quarter of the print."""
    if not rows:
        return 0.0
    left = quantiles([row.words[0].left for row in rows] * 2, n=10)[0]
    right = quantiles([row.words[-1].right for row in rows] * 2, n=10)[-1]
    return left + 0.72 * (right - left)


def _marked(row: Row, text: str, edge: float) -> _Marked:
    """Name the row; «№10» read as «1,10» is no price, it ends where no price does."""
    kind = Kind.RULE if _is_noise(row) else kind_of(text)
    short = kind is Kind.PRICED and row.words[-1].right < edge
    return _Marked(row, Kind.TEXT if short else kind, text)


def _is_noise(row: Row) -> bool:
    """Tell a drawn line that was read as letters: «Р а зн ін о а а ор»."""
    signs = sum(len(word.text) for word in row.words)
    broken = len(row.words) >= 5 and signs < 2.5 * len(row.words)
    return broken and row.confidence < 0.6 and not any(map(str.isdigit, row.text))


def _mended(text: str) -> str:
    return digits_mended(text).strip()


def _zone(marked: list[_Marked]) -> list[_Marked]:
    """Return the rows of the item zone: after the header, before totals."""
    figures = (Kind.PRICED, Kind.MULTIPLIER)
    first = next((i for i, mark in enumerate(marked) if mark.kind in figures), None)
    if first is None:
        return []
    start = max(
        (i + 1 for i in range(first) if marked[i].kind in (Kind.HEADER, Kind.DATE, Kind.END)),
        default=0,
    )
    end = next((i for i in range(first, len(marked)) if marked[i].kind in _ENDS), None)
    if end is None:
        end = max(i for i, mark in enumerate(marked) if mark.kind in figures) + 1
    return _after_last_rule(marked[start:end], first - start)


def _after_last_rule(zone: list[_Marked], first: int) -> list[_Marked]:
    """Drop rows above a drawn line that still precede the first figures."""
    rule = max((i + 1 for i in range(first) if zone[i].kind is Kind.RULE), default=0)
    return zone[rule:]


def _price_stands_first(zone: list[_Marked]) -> bool:
    """Tell the layout in which «22.75 X 2 = 45.50» precedes the name."""
    kinds = [mark.kind for mark in zone if mark.kind not in (Kind.RULE, Kind.META)]
    if not kinds or kinds[0] is not Kind.MULTIPLIER or len(kinds) < 2:
        return False
    return kinds[1] is Kind.TEXT and kinds[-1] is not Kind.MULTIPLIER


class _Gatherer:
    """Walks the zone once and gathers items."""

    def __init__(self, *, price_first: bool) -> None:
        self.summary_discount = 0
        self._price_first = price_first
        self._lines: list[Line] = []
        self._names: list[_Marked] = []
        self._multiplier: Multiplier | None = None
        self._barcode: str | None = None
        self._after_rule = False

    def take(self, mark: _Marked, following: Kind) -> None:
        match mark.kind:
            case Kind.MULTIPLIER:
                self._take_multiplier(mark, following)
            case Kind.PRICED:
                self._take_priced(mark)
            case Kind.DISCOUNT:
                self._take_discount(mark)
            case Kind.META:
                self._take_meta(mark)
            case Kind.VOID:
                self._cancel()
            case Kind.TEXT:
                self._take_text(mark)
            case _:
                pass
        self._after_rule = mark.kind is Kind.RULE

    def finished(self) -> list[Line]:
        """Return all items; a name whose price was not read is one too."""
        if self._names and sum(map(str.isalpha, self._joined_names())) >= 3:
            self._close(cost=None, multiplier=None, rows=())
        return self._lines

    def _take_multiplier(self, mark: _Marked, following: Kind) -> None:
        found = multiplier_of(mark.text)
        if found is None:
            return
        total = last_sum(mark.text[found.end :])
        belongs_below = not self._names and following in (Kind.PRICED, Kind.TEXT)
        if belongs_below and total is None and not self._price_first:
            self._multiplier = found
            return
        product = cost_of(found.quantity_milli, found.unit_price_kopecks)
        cost = Kopecks(abs(total.kopecks)) if total else product
        self._close(cost=cost, multiplier=found, rows=(mark.row,))

    def _take_priced(self, mark: _Marked) -> None:
        price = last_sum(mark.text)
        if price is None:
            return
        inline = multiplier_of(mark.text[: price.start])
        name_end = inline.start if inline else price.start
        if _POSITION.sub("", mark.text[:name_end]).strip(" .=:"):
            named = structs.replace(mark, text=mark.text[:name_end])
            self._names.append(named)
        rows = () if self._names and self._names[-1].row is mark.row else (mark.row,)
        self._close(cost=price.kopecks, multiplier=inline or self._multiplier, rows=rows)

    def _take_discount(self, mark: _Marked) -> None:
        amount = last_sum(mark.text)
        if amount is None:
            return
        taken = abs(amount.kopecks)
        if self._after_rule or not self._lines:
            self.summary_discount += taken
            return
        line = self._lines[-1]
        total = Kopecks(line.discount_kopecks + taken)
        self._lines[-1] = structs.replace(line, discount_kopecks=total)

    def _take_meta(self, mark: _Marked) -> None:
        digits = re.sub(r"\s", "", mark.text)
        code = next((c for c in re.findall(r"(?<!\d)\d{13}(?!\d)", digits) if is_ean13(c)), None)
        if code is None:
            return
        below = self._price_first and self._lines and not self._lines[-1].barcode
        if below:
            self._lines[-1] = structs.replace(self._lines[-1], barcode=code)
        else:
            self._barcode = code

    def _take_text(self, mark: _Marked) -> None:
        if not self._price_first:
            self._names = [*self._names, mark][-_NAME_ROWS_MAX:]
            return
        if self._lines and len(self._lines[-1].rows) <= _NAME_ROWS_MAX:
            line = self._lines[-1]
            name = f"{line.name} {_name(mark.text)}".strip()
            self._lines[-1] = structs.replace(line, name=name, rows=(*line.rows, mark.row))

    def _cancel(self) -> None:
        if self._names:
            self._names = []
        elif self._lines:
            self._lines.pop()

    def _joined_names(self) -> str:
        return " ".join(_name(mark.text) for mark in self._names).strip()

    def _close(
        self, *, cost: Kopecks | None, multiplier: Multiplier | None, rows: tuple[Row, ...]
    ) -> None:
        self._lines.append(
            Line(
                name=self._joined_names(),
                rows=(*(mark.row for mark in self._names), *rows),
                quantity_milli=multiplier.quantity_milli if multiplier else None,
                unit_price_kopecks=multiplier.unit_price_kopecks if multiplier else None,
                cost_kopecks=cost,
                barcode=self._barcode,
            )
        )
        self._names, self._multiplier, self._barcode = [], None, None


def _name(text: str) -> str:
    """Return a row's text as a name: without article number, position and VAT letter."""
    bare = _LETTER_AT_END.sub("", text) if text.rstrip().endswith("]") else text
    return _ARTICLE.sub("", _POSITION.sub("", bare)).strip(" |=:_*«»\"'.-—")
