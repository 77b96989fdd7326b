"""Printed rows to sold items. Pure."""

from msgspec import structs

from eventstore.identity import Kopecks
from handlers.reading.meaning.gatherer import Gatherer, code_of
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.printed import Printed, printed_of
from handlers.reading.meaning.sold import Line, Zone
from handlers.reading.meaning.zones import (
    price_stands_first,
    print_of,
    reductions_below,
    roundings_of,
    zone_of,
)
from handlers.reading.rows import Row


def items_of(rows: list[Row]) -> Zone:
    """Return the items of a receipt's rows, top to bottom."""
    printed = printed_of(rows)
    zone = zone_of(printed)
    gatherer = Gatherer(
        edges=print_of(printed),
        price_first=price_stands_first(zone),
        codes_first=_codes_stand_first(zone),
    )
    for position, row in enumerate(zone):
        following = zone[position + 1].kind if position + 1 < len(zone) else Kind.RULE
        gatherer.take(row, following)
    for row in reductions_below(printed, zone):
        gatherer.take_off(row)
    return Zone(
        tuple(map(_told, gatherer.finished())),
        Kopecks(gatherer.summary_discount),
        roundings_of(printed),
    )


def _told(line: Line) -> Line:
    """Let a line whose name was not read be seen: what it is cannot be ruled out."""
    if line.name or line.cost_kopecks is None or not line.rows:
        return line
    return structs.replace(line, name=line.rows[-1].text or line.rows[-1].second)


def _codes_stand_first(zone: list[Printed]) -> bool:
    """Tell the layout in which a barcode precedes the name and price it belongs to."""
    codes = (i for i, row in enumerate(zone) if row.kind is Kind.META and code_of(row)[0])
    figures = (i for i, row in enumerate(zone) if row.kind in (Kind.PRICED, Kind.MULTIPLIER))
    return next(codes, len(zone)) < next(figures, len(zone))
