"""What the lines of a receipt come to, and which costs a total proves. Pure.

A line has up to two voices: the cost printed at its end, and quantity times price. Where
they differ one of them was misread, and only a total can tell which.
"""

from itertools import product

from msgspec import Struct, structs

from eventstore.identity import Kopecks
from handlers.letters import distance
from handlers.reading.items import Line, Zone

#: A line read worse than this may be no item at all, and is no witness.
_LINE_CONFIDENCE_MIN = 0.55
#: More lines than a pharmacy ever prints, and more sums than they need.
_LINES_MAX, _SUMS_MAX = 80, 500
#: Cash is rounded to ten kopecks.
_ROUNDED_TO, _ROUNDED_BY_MAX = 10, 5

#: What each line costs; None when the same sum is reached in several ways.
Costs = tuple[Kopecks, ...] | None


class Closing(Struct, frozen=True, kw_only=True):
    """A total that the lines come to."""

    #: what was taken off below the lines
    discount_kopecks: Kopecks
    #: before the lines' own discounts
    costs: Costs


def closings_of(zone: Zone) -> dict[Kopecks, Closing]:
    """Return every total the lines can come to.

    A reduction printed below the lines repeats theirs (then it is not taken again) or
    stands for itself. Without a price for every line nothing can be added up.
    """
    clear = all(line.confidence >= _LINE_CONFIDENCE_MIN for line in zone.lines)
    if not zone.lines or len(zone.lines) > _LINES_MAX or not clear:
        return {}
    reachable = _reachable(zone.lines)
    reduction = zone.summary_discount_kopecks
    return {
        Kopecks(total - taken): Closing(discount_kopecks=taken, costs=costs)
        for taken in (reduction, Kopecks(0))
        for total, costs in reachable.items()
    }


def closing_at(total: Kopecks, zone: Zone) -> Closing | None:
    """Return how the lines come to ``total``, or None.

    Rounding is believed only of lines that do not contradict themselves: between 73.05 and
    73.00 it would hide a misread digit.
    """
    closings = closings_of(zone)
    if total in closings:
        return closings[total]
    if total % _ROUNDED_TO or any(line.contradicts_itself for line in zone.lines):
        return None
    near = (one for one in closings if abs(total - one) <= _ROUNDED_BY_MAX)
    return next((closings[one] for one in near), None)


def settled(zone: Zone, closing: Closing) -> tuple[Line, ...]:
    """Return the lines at the costs that the total proves, a slip beside a cost mended."""
    if closing.costs is None:
        return zone.lines
    pairs = zip(zone.lines, closing.costs, strict=True)
    return tuple(_mended(structs.replace(line, cost_kopecks=cost)) for line, cost in pairs)


def _mended(line: Line) -> Line:
    """Mend one misread digit of price or quantity: the cost and the other tell it.

    Whole packs only, and only when one of the two can be the misread one.
    """
    cost, price, quantity = line.cost_kopecks, line.unit_price_kopecks, line.quantity_milli
    if not line.contradicts_itself or not cost or not price or not quantity:
        return line
    prices = _whole_and_near(price, cost * 1000, quantity) if quantity % 1000 == 0 else []
    packs = [count for count in _whole_and_near(quantity, cost * 1000, price) if count % 1000 == 0]
    if len(prices) + len(packs) != 1:
        return line
    return structs.replace(
        line,
        unit_price_kopecks=Kopecks((prices or [price])[0]),
        quantity_milli=(packs or [quantity])[0],
    )


def _whole_and_near(said: int, dividend: int, divisor: int) -> list[int]:
    """Return the quotient if it is whole and one digit more, less or other than was read."""
    quotient, rest = divmod(dividend, divisor)
    near = distance(str(said), str(quotient), at_most=1) == 1
    return [quotient] if not rest and near else []


def _reachable(lines: tuple[Line, ...]) -> dict[Kopecks, Costs]:
    """Return every sum of one cost per line, the lines' own discounts taken off."""
    reachable: dict[Kopecks, Costs] = {Kopecks(0): ()}
    for line in lines:
        longer: dict[Kopecks, Costs] = {}
        for (known, costs), cost in product(reachable.items(), sorted(line.possible_costs)):
            total = Kopecks(known + cost - line.discount_kopecks)
            extended = None if costs is None else (*costs, cost)
            longer[total] = None if total in longer else extended
        reachable = dict(sorted(longer.items())[:_SUMS_MAX])
    return reachable
