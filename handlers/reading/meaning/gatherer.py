"""Walks the item zone of a receipt once and gathers what was sold. Pure.

A price may stand before its name (hardware registers), after it, or at its end; names wrap
and are cut; a discount belongs to the line above it, a cancelled line to the one it repeats.
"""

import re
from collections.abc import Callable
from typing import Literal

from msgspec import structs

from eventstore.identity import Kopecks
from handlers.reading.meaning.amounts import ean13_of, last_sum
from handlers.reading.meaning.figures import Figures, figures_of
from handlers.reading.meaning.kinds import Kind, is_packed
from handlers.reading.meaning.printed import Printed
from handlers.reading.meaning.sold import Line, is_name_of, repeats, without_total
from handlers.reading.meaning.zones import NAME_ROWS_MAX, Print, fills_its_row, is_bare
from handlers.reading.rows import Row

_ARTICLE = re.compile(
    r"^\W*(?:[АA][РP][ТT]\D{0,6}|[^\W\d]{2,4}\.?\s?(?:№|N[o9]?|IU|#|\b[КЮМНЖ]»?)\s*)\d{1,12}\s+"
    r"|^\W*\d{4,8}\s+(?=\w)",
    re.IGNORECASE,
)
_POSITION = re.compile(r"^\W*\d{1,3}[.)]?\s+(?=\d+\s?[xхXХ×*]|[^\W\d])")
_LETTER_AT_END = re.compile(r"[\s\[(=]+[^\W\d_][\])]?\s*$")
#: Fewer letters are specks, a unit, a VAT letter.
_NAME_LETTERS_MIN = 3
#: A sum of so few kopecks without a name is the rounding whose word was lost.
_ROUNDING_MAX = 5
_POINT_BEFORE = re.compile(r"(?<!\d)[.,](?=\d+[.,]\d\d(?!\d))")
#: Prices begin in the right half; letters there are misread figures.
_PRICES_BEGIN_FROM = 0.6
#: A pack read as a price has one digit before the point.
_PACK_MAX = 1000
_BARCODE = re.compile(r"(?<!\d)\d{13}(?!\d)")


_Code = tuple[str | None, tuple[Literal["text", "digits"], ...]]


def code_of(row: Printed) -> _Code:
    """Return the barcode of a row and who read it; two that differ are one reader's."""
    by_text, by_digits = ean13_of(row.text), ean13_of(row.second)
    if by_text is not None and by_text == by_digits:
        return by_text, ("text", "digits")
    if by_digits is not None:
        return by_digits, ("digits",)
    return by_text, ("text",) if by_text else ()


class Gatherer:
    """Walks the zone once and gathers items."""

    def __init__(self, *, edges: Print, price_first: bool, codes_first: bool) -> None:
        self.summary_discount = 0
        self._edges = edges
        self._price_first = price_first
        self._codes_first = codes_first
        self._lines: list[Line] = []
        #: rows of a name with the text that is left of its figures
        self._names: list[tuple[Printed, str]] = []
        self._pending = Figures()
        self._code: _Code = (None, ())
        self._after_rule = False
        self._previous: Printed | None = None
        self._reducing = False
        #: the line above a mark of cancelling, until another turns out to be meant
        self._cancelled: Line | None = None
        #: the line that the mark above is about, whose name may be said again
        self._voided: Line | None = None
        self._takers: dict[Kind, Callable[[Printed], None]] = {
            Kind.PRICED: self._take_priced, Kind.DISCOUNT: self._take_discount,
            Kind.META: self._take_code, Kind.VOID: self._cancel, Kind.TEXT: self._take_text,
            Kind.RULE: self._forget_names,
        }  # fmt: skip

    def take(self, row: Printed, following: Kind) -> None:
        """Take the next row of the zone; ``following`` is the kind of the one below it."""
        voided, self._voided = self._voided, None
        if voided is not None and self._says_again(row, voided):
            return
        take = self._takers.get(row.kind)
        if row.kind is Kind.MULTIPLIER:
            self._take_multiplier(row, following)
        elif take is not None:
            take(row)
        self._after_rule = row.kind is Kind.RULE
        self._previous = row

    def take_off(self, row: Printed) -> None:
        """Take a reduction of the whole receipt."""
        amount = _reduction(row)
        self.summary_discount += amount or 0

    def finished(self) -> list[Line]:
        """Return all items; goods whose price was not read are one too, a greeting is none."""
        if self._names and is_packed(self._joined_names()):
            self._close(Figures(), rows=())
        self._drop_cancelled()
        return without_total(self._lines, reduction=self.summary_discount)

    def _take_multiplier(self, row: Printed, following: Kind) -> None:
        figures = figures_of(row)
        below = not self._names and following in (Kind.PRICED, Kind.TEXT)
        if below and not figures.prices and not self._price_first:
            self._pending = figures
        else:
            self._free_name_above(figures)
            self._close(figures, rows=(row.row,))

    def _free_name_above(self, figures: Figures) -> None:
        """Take a name back from its false price: «№10» is also read as 1.10.

        The row below says quantity, price and cost, and has no name of its own.
        """
        if self._names or self._price_first or not figures.prices or not self._lines:
            return
        last, above = self._lines[-1], self._previous
        pack = last.quantity_milli is None and 0 < (last.cost_kopecks or 0) < _PACK_MAX
        if pack and last.name and above is not None and above.row in last.rows:
            self._lines.pop()
            self._names = [(above, last.name)]

    def _take_priced(self, row: Printed) -> None:
        if self._reducing and is_bare(row):
            self._take_discount(row)
            return
        figures = figures_of(row)
        if is_bare(row) and not self._names and self._unpriced:
            self._price_last(figures, row.row)
            return
        own = "" if self._is_column(row) else row.text[: figures.name_end]
        if not _has_name(own) and not self._names and _has_name(row.second):
            own = row.second[: figures_of(structs.replace(row, text=row.second)).name_end]
        if _has_name(own):
            self._names.append((row, own))
            self._take_code(row)
        rows = () if self._names and self._names[-1][0] is row else (row.row,)
        self._close(figures.with_multipliers(self._pending.multipliers), rows=rows)

    def _is_column(self, row: Printed) -> bool:
        """Tell a row that stands where prices do, under a name that is to be priced."""
        begins = self._edges.share(row.row.left) if row.row.words else 1.0
        return bool(self._names) and begins >= _PRICES_BEGIN_FROM

    @property
    def _unpriced(self) -> bool:
        """Whether the last item's cost is to come: «1,00 x 3,50» and «3,50» in the next row."""
        return bool(self._lines) and self._lines[-1].unpriced

    def _price_last(self, figures: Figures, row: Row) -> None:
        line = self._lines[-1]
        voices = (*line.voices, *figures.prices)
        self._lines[-1] = structs.replace(
            line,
            cost_kopecks=Figures(prices=figures.prices, multipliers=()).cost or line.cost_kopecks,
            voices=voices,
            rows=(*line.rows, row),
            unpriced=False,
        )

    def _take_discount(self, row: Printed) -> None:
        taken = _reduction(row)
        self._reducing = taken is None
        if taken is None:
            return
        if self._after_rule or not self._lines:
            self.summary_discount += taken
            return
        line = self._lines[-1]
        total = Kopecks(line.discount_kopecks + taken)
        self._lines[-1] = structs.replace(line, discount_kopecks=total)

    def _take_code(self, row: Printed) -> None:
        code, sources = code_of(row)
        if code is None:
            return
        if self._codes_first or self._names or not self._lines or self._lines[-1].barcode:
            self._code = (code, sources)
        else:
            self._lines[-1] = structs.replace(
                self._lines[-1], barcode=code, barcode_sources=sources
            )

    def _take_text(self, row: Printed) -> None:
        if not self._price_first:
            self._names = [*self._names, (row, row.text)][-NAME_ROWS_MAX:]
            return
        if self._lines and self._may_go_on(self._lines[-1]):
            line = self._lines[-1]
            name = f"{line.name} {_name(row.text)}".strip()
            self._lines[-1] = structs.replace(line, name=name, rows=(*line.rows, row.row))

    def _may_go_on(self, line: Line) -> bool:
        """Tell whether the next row may be the line's name: the first, or after a full one."""
        if len(line.rows) > NAME_ROWS_MAX:
            return False
        return not line.name or fills_its_row(line.rows[-1], self._edges)

    def _forget_names(self, _: Printed) -> None:
        """A drawn line ends what has no price: greetings, offers."""
        self._names = []

    def _cancel(self, row: Printed) -> None:
        if self._names:
            self._names = []
        elif self._lines:
            self._cancelled = self._voided = self._lines[-1]
        if last_sum(row.text) or last_sum(row.second):
            self._voided = self._take_back(figures_of(row).cost) or self._voided

    def _says_again(self, row: Printed, voided: Line) -> bool:
        """Tell the name of what a mark took back, below the mark: it is no name of what follows.

        With a cost that is not below nothing it may be sold anew, unless the mark began its line.
        """
        if row.kind is Kind.PRICED:
            begun = self._previous is not None and figures_of(self._previous).multipliers
            if self._cancelled is not None or not (begun or (figures_of(row).cost or 0) < 0):
                return False
        elif row.kind is not Kind.TEXT:
            return False
        found = last_sum(row.text)
        return is_name_of(_name(row.text[: found.start] if found else row.text), voided)

    def _take_back(self, cost: Kopecks | None) -> Line | None:
        """Take out and return the last line of that cost, if there is one."""
        for position in range(len(self._lines) - 1, -1, -1):
            known = self._lines[position].cost_kopecks
            if cost and known == abs(cost):
                self._cancelled = None
                return self._lines.pop(position)
        return None

    def _drop_cancelled(self) -> None:
        if self._cancelled is not None:
            self._lines = [line for line in self._lines if line is not self._cancelled]
            self._cancelled = None

    def _joined_names(self) -> str:
        return " ".join(_name(text) for _, text in self._names).strip()

    def _close(self, figures: Figures, *, rows: tuple[Row, ...]) -> None:
        """End an item, or take back the one that it cancels."""
        line = self._line(figures, rows)
        self._names, self._pending, self._code = [], Figures(), (None, ())
        cost = figures.cost or 0
        cancels = cost < 0 or (self._cancelled is not None and repeats(line, self._lines))
        if cancels and self._take_back(Kopecks(cost)):
            return
        self._drop_cancelled()
        if cost > _ROUNDING_MAX or line.name:
            self._lines.append(line)

    def _line(self, figures: Figures, rows: tuple[Row, ...]) -> Line:
        multiplier, (code, sources) = figures.multiplier, self._code
        return Line(
            name=self._joined_names(),
            rows=(*(row.row for row, _ in self._names), *rows),
            quantity_milli=multiplier.quantity_milli if multiplier else None,
            unit_price_kopecks=multiplier.unit_price_kopecks if multiplier else None,
            cost_kopecks=figures.cost,
            voices=figures.voices,
            unpriced=bool(figures.multipliers) and not figures.prices,
            by_digits=figures.by_digits,
            barcode=code,
            barcode_sources=sources,
        )


def _reduction(row: Printed) -> int | None:
    """Return what a row takes off; its sign is often read as a point: «ЗНИЖКА .50.85»."""
    bare = _POINT_BEFORE.sub(" ", row.second)
    amount = last_sum(bare) or last_sum(row.text)
    return abs(amount.kopecks) if amount else None


def _has_name(text: str) -> bool:
    """Tell a name from figures with specks and a unit: «1,809 што" 34,66»."""
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    return letters >= _NAME_LETTERS_MIN and letters * 2 >= digits


def _name(text: str) -> str:
    """Return a row's text as a name: without article number, code, position and VAT letter."""
    bare = _LETTER_AT_END.sub("", text) if text.rstrip().endswith("]") else text
    bare = _BARCODE.sub(" ", bare)
    return _ARTICLE.sub("", _POSITION.sub("", bare)).strip(" |=:_*«»\"'.-—")
