"""What the lines of a receipt come to, and which costs a total proves. Pure.

A line has several voices: the cost printed at its end, and quantity times price, each in
either reading. Where they differ one of them was misread, and only a total can tell which.
Believing it by chance is guarded against: the more sums the voices can make, the less it
means that one of them is a total.
"""

from collections import Counter

from msgspec import Struct, structs

from eventstore.identity import Kopecks
from handlers.goods.letters import distance
from handlers.reading.meaning.sold import Line, Zone

#: A line read worse than this may be no item at all, and is no witness.
_LINE_CONFIDENCE_MIN = 0.75
#: More lines than a pharmacy ever prints, and more sums than they need.
_LINES_MAX, _SUMS_MAX = 80, 500
#: Cash is rounded to ten kopecks.
_ROUNDED_TO, _ROUNDED_BY_MAX = 10, 5
#: Sums a fifth above or below would have been as good a guess; one in a hundred by chance is
#: the most that is believed.
_PLAUSIBLE_SPAN, _CHANCE_MAX = 0.4, 0.01
#: What lines that come to a total weigh: by all their voices, against some, rounded.
_AGREED, _AGAINST_SOME, _ROUNDED = 2.0, 1.2, 1.2

#: What each line costs; None when the same sum is reached in several ways.
Costs = tuple[Kopecks, ...] | None


class Closing(Struct, frozen=True, kw_only=True):
    """A total that the lines come to."""

    #: what was taken off below the lines
    discount_kopecks: Kopecks
    #: before the lines' own discounts
    costs: Costs
    #: voices that say otherwise
    dissent: int
    #: as a witness of the total
    weight: float = _AGREED


class _Way(Struct, frozen=True):
    costs: Costs
    dissent: int


Closings = dict[Kopecks, Closing]


def closings_of(zone: Zone) -> Closings:
    """Return every total the lines can come to.

    A reduction printed below the lines repeats theirs (then it is not taken again) or
    stands for itself; it is never passed over. A line without any price is left out: it is
    none if the others close.
    """
    lines = [line for line in zone.lines if line.voices]
    if not lines or len(lines) > _LINES_MAX or not _are_clear(lines):
        return {}
    reachable = _reachable(lines)
    reduction = zone.summary_discount_kopecks
    repeats = reduction == sum(line.discount_kopecks for line in lines)
    return {
        Kopecks(total - taken): Closing(
            discount_kopecks=taken, costs=way.costs, dissent=way.dissent
        )
        for taken in ((reduction, Kopecks(0)) if repeats else (reduction,))
        for total, way in reachable.items()
    }


def _are_clear(lines: list[Line]) -> bool:
    """Tell lines that were read well, or whose figures the reader of digits saw."""
    several = len(lines) > 1
    return all(
        line.confidence >= _LINE_CONFIDENCE_MIN or (several and line.by_digits) for line in lines
    )


def closing_at(total: Kopecks, closings: Closings, zone: Zone) -> Closing | None:
    """Return how the lines come to ``total``, or None.

    Rounding is believed only of lines that do not contradict themselves: between 73.05 and
    73.00 it would hide a misread digit.
    """
    exact = closings.get(total)
    if exact is not None:
        return _weighed(exact, total, closings, tolerance=1)
    if total % _ROUNDED_TO:
        return None
    said = [closings[one] for step in zone.roundings if (one := Kopecks(total - step)) in closings]
    if said:
        least = min(said, key=lambda closing: closing.dissent)
        return _weighed(least, total, closings, tolerance=len(zone.roundings))
    if any(line.contradicts_itself for line in zone.lines):
        return None
    near = (one for one in closings if abs(total - one) <= _ROUNDED_BY_MAX)
    rounded = next((closings[one] for one in near), None)
    return rounded and _weighed(rounded, total, closings, tolerance=2 * _ROUNDED_BY_MAX + 1)


def best_guess(closings: Closings) -> Kopecks | None:
    """Return the total that most voices make, if there is one."""
    if not closings:
        return None
    least = min(closing.dissent for closing in closings.values())
    best = [total for total, closing in closings.items() if closing.dissent == least]
    return best[0] if len(best) == 1 and best[0] > 0 else None


def settled(zone: Zone, closing: Closing) -> tuple[Line, ...]:
    """Return the lines at the costs that the total proves, a slip beside a cost mended."""
    if closing.costs is None:
        return zone.lines
    costs = iter(closing.costs)
    lines = tuple(
        _mended(structs.replace(line, cost_kopecks=next(costs))) if line.voices else line
        for line in zone.lines
    )
    return tuple(line for line in lines if line.voices) if all(map(_is_named, lines)) else lines


def _is_named(line: Line) -> bool:
    return bool(line.name)


def _weighed(
    closing: Closing, total: Kopecks, closings: Closings, *, tolerance: int
) -> Closing | None:
    """Return the closing with its weight, or None when chance could have made it."""
    as_good = sum(other.dissent <= closing.dissent for other in closings.values())
    if as_good * tolerance > max(1, _CHANCE_MAX * _PLAUSIBLE_SPAN * total) and as_good > 2:
        return None
    least = min(other.dissent for other in closings.values())
    weight = _AGREED if closing.dissent == least else _AGAINST_SOME
    return structs.replace(closing, weight=weight if tolerance == 1 else _ROUNDED)


def _mended(line: Line) -> Line:
    """Mend one misread digit of price or quantity: the cost and the other tell it.

    Whole packs only, and only when one of the two can be the misread one; else neither is told.
    """
    cost, price, quantity = line.cost_kopecks, line.unit_price_kopecks, line.quantity_milli
    if not line.contradicts_itself or not cost or not price or not quantity:
        return line
    prices = _whole_and_near(price, cost * 1000, quantity) if quantity % 1000 == 0 else []
    packs = [count for count in _whole_and_near(quantity, cost * 1000, price) if count % 1000 == 0]
    if len(prices) + len(packs) != 1:
        return structs.replace(line, quantity_milli=None, unit_price_kopecks=None)
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


def _reachable(lines: list[Line]) -> dict[Kopecks, _Way]:
    """Return every sum of one cost per line, the lines' own discounts taken off."""
    reachable = {Kopecks(0): _Way((), 0)}
    for line in lines:
        voices = Counter(line.voices)
        longer: dict[Kopecks, _Way] = {}
        for cost, agreeing in voices.items():
            against = len(line.voices) - agreeing
            for known, way in reachable.items():
                total = Kopecks(known + cost - line.discount_kopecks)
                longer[total] = _better(longer.get(total), _extended(way, cost, against))
        reachable = dict(sorted(longer.items(), key=lambda one: one[1].dissent)[:_SUMS_MAX])
    return reachable


def _extended(way: _Way, cost: Kopecks, against: int) -> _Way:
    return _Way(None if way.costs is None else (*way.costs, cost), way.dissent + against)


def _better(known: _Way | None, other: _Way) -> _Way:
    """Keep the way with less against it; two as good prove no line."""
    if known is None or other.dissent < known.dissent:
        return other
    return _Way(None, known.dissent) if other.dissent == known.dissent else known
