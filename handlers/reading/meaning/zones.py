"""Where the sold items of a receipt stand: below the header, above what is paid. Pure.

Only this zone is looked at for items: shop names, streets and adverts are none, whatever
they say. Above the first price a row is a name only where it looks like one: at the left
edge, and as long as the rows that wrap.
"""

import re
from statistics import quantiles

from msgspec import Struct, structs

from handlers.reading.meaning.amounts import last_sum, worn_price_of
from handlers.reading.meaning.figures import figures_of
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.printed import Printed
from handlers.reading.rows import Row

_FIGURES = (Kind.PRICED, Kind.MULTIPLIER)
_ENDS = {Kind.TOTAL, Kind.TAX, Kind.PAYMENT, Kind.SUBTOTAL, Kind.END, Kind.ROUNDING}
_ABOVE = (Kind.HEADER, Kind.DATE, Kind.END, Kind.ADVERT)
#: Prices end in the right quarter of the print and begin in its right half.
_PRICES_END_FROM, _PRICES_BEGIN_FROM = 0.72, 0.5
#: Names begin at the left; what is centred is a header. A name that wraps fills its row.
_NAMES_BEGIN_BEFORE, _WRAPPED_REACH = 0.2, 0.45
#: What ends at the right edge is not centred: a name without its torn-off beginning.
_ROW_ENDS_FROM = 0.95
#: A header is centred but for so much.
_ASIDE_FROM = 0.1
#: A name wraps over so many rows at most; more is no name.
NAME_ROWS_MAX = 3
#: A drawn line read as one word is long, of few letters, and hardly believed.
_DRAWN_SIGNS_MIN, _DRAWN_CONFIDENCE_MAX = 10, 0.6
#: Cash is rounded to ten kopecks.
_ROUNDED_TO = 10
_MINUS = re.compile(r"\s-\s?\d")
#: Beside figures: units, a currency, a VAT letter.
_BARE_LETTERS_MAX = 4


class Print(Struct, frozen=True):
    """The left and right edge of what is printed, in pixels."""

    left: float
    right: float

    def share(self, x: float) -> float:
        """Return where ``x`` stands between the edges, 0..1."""
        return (x - self.left) / max(1.0, self.right - self.left)


def print_of(rows: list[Printed]) -> Print:
    """Return the edges, a tenth of the rows being allowed to stand out."""
    read = [row.row for row in rows if row.row.words]
    if not read:
        return Print(0.0, 1.0)
    left = quantiles([row.left for row in read] * 2, n=10)[0]
    right = quantiles([row.right for row in read] * 2, n=10)[-1]
    return Print(left, right)


def zone_of(rows: list[Printed]) -> list[Printed]:
    """Return the rows of the item zone, those with a price named as such."""
    edges = print_of(rows)
    marked = [_marked(row, edges) for row in rows]
    first = next((i for i, row in enumerate(marked) if row.kind in _FIGURES), None)
    if first is None:
        return []
    end = next((i for i in range(first, len(marked)) if marked[i].kind in _ENDS), None)
    if end is None:
        end = max(i for i, row in enumerate(marked) if row.kind in _FIGURES) + 1
    return marked[_start(marked, first, edges) : end]


def reductions_below(rows: list[Printed], zone: list[Printed]) -> list[Printed]:
    """Return what is taken off between the items and the last total."""
    last = zone[-1].place if zone else len(rows)
    totals = [row.place for row in rows if row.kind is Kind.TOTAL]
    until = max(totals, default=0)
    between = [row for row in rows if last < row.place < until]
    sums = [row.place for row in between if row.kind in (Kind.TOTAL, Kind.SUBTOTAL)]
    after = min(sums, default=until)
    return [
        row
        for row in between
        if row.kind is Kind.DISCOUNT or (row.place > after and _takes_off(row))
    ]


def _takes_off(row: Printed) -> bool:
    """Tell a reduction whose word was misread: «Зимяка -1.19» between two sums."""
    return row.kind is Kind.PRICED and _MINUS.search(f"{row.text} {row.second}") is not None


def roundings_of(rows: list[Printed]) -> frozenset[int]:
    """Return the kopecks by which cash is said to be rounded; its sign is often lost."""
    said = (
        last_sum(text)
        for row in rows
        if row.kind is Kind.ROUNDING
        for text in (row.text, row.second)
    )
    sizes = {abs(one.kopecks) for one in said if one is not None}
    return frozenset(sign * size for size in sizes for sign in (1, -1) if 0 < size < _ROUNDED_TO)


def price_stands_first(zone: list[Printed]) -> bool:
    """Tell the layout in which «22.75 X 2 = 45.50» precedes the name."""
    rows = [row for row in zone if row.kind not in (Kind.RULE, Kind.META)]
    kinds = [row.kind for row in rows]
    if len(kinds) < 2 or kinds[0] is not Kind.MULTIPLIER or _is_above(rows, 0):
        return False
    return kinds[1] is Kind.TEXT and kinds[-1] is not Kind.MULTIPLIER


def _is_above(rows: list[Printed], place: int) -> bool:
    """Tell a multiplier whose name and cost follow below: «2 x 177.90» and a name."""
    row, below = rows[place], rows[place + 1 : place + 2]
    lone = row.kind is Kind.MULTIPLIER and not figures_of(row).prices
    return lone and any(one.kind in (Kind.PRICED, Kind.TEXT) and not is_bare(one) for one in below)


def fills_its_row(row: Row, edges: Print) -> bool:
    """Tell whether a name is so long that it may go on below."""
    return bool(row.words) and edges.share(row.right) >= _WRAPPED_REACH


def is_bare(row: Printed) -> bool:
    """Tell figures that have no name beside them."""
    return row.letters <= _BARE_LETTERS_MAX


def _marked(row: Printed, edges: Print) -> Printed:
    """Name the row; «№10» read as «1,10» is no price, it ends where no price does."""
    if _is_noise(row):
        return structs.replace(row, kind=Kind.RULE)
    reaches = edges.share(row.row.right) >= _PRICES_END_FROM
    if row.kind is Kind.PRICED and not reaches and last_sum(row.text):
        return structs.replace(row, kind=Kind.TEXT)
    if row.kind is Kind.PRICED and _is_strength(row):
        return structs.replace(row, kind=Kind.TEXT)
    if row.kind is Kind.TEXT and reaches and _has_worn_price(row, edges):
        return structs.replace(row, kind=Kind.PRICED)
    return row


def _is_strength(row: Printed) -> bool:
    """Tell «2 % 25» read as «2 7, 25»: a sum with a blank that the other reader did not see."""
    found = last_sum(row.text)
    if found is None or not row.second or not _has_blank(row.text[found.start : found.end]):
        return False
    return last_sum(row.second) is None and worn_price_of(row.second) is None


def _has_blank(text: str) -> bool:
    return any(map(str.isspace, text))


def _has_worn_price(row: Printed, edges: Print) -> bool:
    if worn_price_of(row.text) is None and worn_price_of(row.second) is None:
        return False
    figures = [word for word in row.row.words if any(map(str.isdigit, word.text))]
    return bool(figures) and edges.share(figures[-1].left) >= _PRICES_BEGIN_FROM


def _is_noise(row: Printed) -> bool:
    """Tell a drawn line that was read as letters: «Р а зн ін о а а ор»."""
    words = row.row.words
    if row.row.confidence < _DRAWN_CONFIDENCE_MAX and any(_is_drawn(word.text) for word in words):
        return True
    signs = sum(len(word.text) for word in words)
    broken = len(words) >= 5 and signs < 2.5 * len(words)
    return broken and row.row.confidence < 0.7 and not any(map(str.isdigit, row.text))


def _is_drawn(word: str) -> bool:
    """Tell stars or dashes read as one long word of few letters: «нюнюнюююююююю»."""
    return len(word) >= _DRAWN_SIGNS_MIN and len(set(word)) * 2 <= len(word)


def _start(marked: list[Printed], first: int, edges: Print) -> int:
    """Return where the first item begins: walk up from its figures while rows are names."""
    start, names = first, 0
    for above in range(first - 1, -1, -1):
        row = marked[above]
        if row.kind is Kind.META:
            start = above
        elif row.kind is Kind.TEXT and names < NAME_ROWS_MAX:
            must_be = names == 0 and is_bare(marked[first]) and not _is_above(marked, first)
            if not _at_left(row, edges, alone=must_be) or not (
                must_be or fills_its_row(row.row, edges)
            ):
                break
            start, names = above, names + 1
        else:
            break
    return start


def _at_left(row: Printed, edges: Print, *, alone: bool) -> bool:
    left, right = edges.share(row.row.left), edges.share(row.row.right)
    ends_the_row = right >= _ROW_ENDS_FROM and left <= 1 - _WRAPPED_REACH
    begins_left = left <= _NAMES_BEGIN_BEFORE or ends_the_row
    return bool(row.row.words) and (begins_left or (alone and _is_aside(left, right)))


def _is_aside(left: float, right: float) -> bool:
    """Tell a row that stands left of the middle: what is left of a torn name."""
    return 1 - right - left >= _ASIDE_FROM
