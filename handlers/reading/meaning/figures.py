"""Quantity, price and cost of an item, as both readings of its rows say. Pure."""

import re
from collections import Counter

from msgspec import Struct, structs

from eventstore.identity import Kopecks
from handlers.reading.meaning.amounts import (
    Multiplier,
    cost_of,
    is_figures,
    last_sum,
    multiplier_of,
    sums_of,
    worn_price_of,
)
from handlers.reading.meaning.printed import Printed

#: «2 21.50» before «43.00»: columns without a sign, believed where the product fits.
_COLUMNS = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[.,]\d{1,3})?)\s+(\d{1,6}[.,]\d{2})\s*(?:[\[(]\w[\])]\s*)?$"
)

#: A price read as letters: «го.бб».
_PRICE_SHAPE = re.compile(r"\w{1,4}[.,]\w{2}")
#: Shorter than a word of a name: a currency, a unit, specks.
_NAME_LETTERS_MIN = 3


class Figures(Struct, frozen=True, kw_only=True):
    """What a row says in figures, by each reading of it."""

    #: printed at its end: by the first reader, by the reader of digits
    prices: tuple[Kopecks, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    #: whether the reader of digits saw some of it
    by_digits: bool = False
    #: where the name before the figures ends in the page's text
    name_end: int = 0
    #: how many sums its reading has; what stands behind the price of one is the cost
    sums: int = 0

    def with_multipliers(self, others: tuple[Multiplier, ...]) -> "Figures":
        """Return these figures with ``others`` where the row itself has none."""
        return self if self.multipliers else structs.replace(self, multipliers=others)

    @property
    def voices(self) -> tuple[Kopecks, ...]:
        """What the item costs, as said by each price and each product."""
        products = (cost_of(one.quantity_milli, one.unit_price_kopecks) for one in self.multipliers)
        return (*self.prices, *products)

    @property
    def cost(self) -> Kopecks | None:
        """What most voices say; a printed price, and that of the reader of digits, goes first."""
        if not self.voices:
            return None
        said = Counter(self.voices)
        order = (*reversed(self.prices), *self.voices)
        return max(order, key=lambda cost: (said[cost], -order.index(cost)))

    @property
    def multiplier(self) -> Multiplier | None:
        """The one whose product is the cost, else the better reader's."""
        fitting = (
            one
            for one in self.multipliers
            if cost_of(one.quantity_milli, one.unit_price_kopecks) == self.cost
        )
        return next(fitting, self.multipliers[-1] if self.multipliers else None)


def figures_of(row: Printed) -> Figures:
    """Return what a row says about an item, figures at its end."""
    said = {found.kopecks for text in (row.text, row.second) if (found := last_sum(text))}
    by_text, by_digits = _reading(row.text, said), _reading(row.second, said)
    prices = _unless_unit(by_text, by_digits) + _unless_unit(by_digits, by_text)
    multipliers = by_text.multipliers + by_digits.multipliers
    if not prices and not multipliers:
        worn = (worn_price_of(row.text), worn_price_of(row.second))
        prices = tuple(price for price in worn if price is not None)
    own = by_text.prices or by_text.multipliers
    return Figures(
        prices=prices,
        multipliers=multipliers,
        by_digits=bool(by_digits.prices or by_digits.multipliers),
        name_end=by_text.name_end if own and not is_figures(row.second) else _name_end(row),
    )


def _unless_unit(reading: Figures, other: Figures) -> tuple[Kopecks, ...]:
    """Return the price, unless the other reader saw the sign that makes it the price of one."""
    is_unit = not reading.multipliers and other.multipliers and not other.prices
    if not is_unit:
        return reading.prices
    parts = other.multipliers[0].quantity_milli % 1000 != 0  # «0.25 x 82.31»: it looks like a sum
    return reading.prices if reading.sums > 1 + parts else ()


def _reading(text: str, costs: set[Kopecks]) -> Figures:
    found = last_sum(text) if text else None
    end = found.start if found else len(text)
    multiplier = multiplier_of(text[:end])
    if multiplier is None and found is not None:
        multiplier = _columns(text[:end], costs)
    if multiplier is None and found is not None:
        multiplier = multiplier_of(text)
        if multiplier is not None and multiplier.end > found.start:
            # the last sum is the price of one: nothing follows it
            return Figures(multipliers=(multiplier,), name_end=multiplier.start)
    return Figures(
        prices=(found.kopecks,) if found else (),
        multipliers=(multiplier,) if multiplier else (),
        name_end=multiplier.start if multiplier else end,
        sums=len(sums_of(text)),
    )


def _columns(text: str, costs: set[Kopecks]) -> Multiplier | None:
    found = _COLUMNS.search(text)
    if found is None:
        return None
    one = multiplier_of(f"{found[1]} x {found[2]}")
    if one is None or cost_of(one.quantity_milli, one.unit_price_kopecks) not in costs:
        return None
    return structs.replace(one, start=found.start(), end=found.end())


def _name_end(row: Printed) -> int:
    """Return where a name ends whose figures only the reader of digits could read."""
    end = len(row.text)
    if is_figures(row.second):
        return 0
    for word in reversed(row.text.split(" ")):
        letters = sum(map(str.isalpha, word))
        named = letters >= _NAME_LETTERS_MIN and letters > len(word) / 2
        if named and not _PRICE_SHAPE.fullmatch(word):
            return end
        end -= len(word) + 1
    return max(0, end)
