"""What was read, as people corrected it since. Pure.

Shared by those who decide, those who explain, and those who name what a person's receipts hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from eventstore.catalogue import Event, Item, ReceiptCorrected, ReceiptRead, Source

#: Field of a correction -> the name under which sources, confidences and disagreements stand.
NAMED = {
    "total_kopecks": "total",
    "purchased_at": "date",
    "fiscal_number": "fiscal_number",
    "receipt_number": "receipt_number",
    "items": "items",
}
_AS_READ = ("merchant", "document", *NAMED)


def readings_in(story: Iterable[Event | None]) -> Iterator[ReceiptRead]:
    """Yield what a receipt was taken to say after each reading and each correction, in order."""
    reading: ReceiptRead | None = None
    for event in story:
        if isinstance(event, ReceiptRead):
            reading = event
        elif isinstance(event, ReceiptCorrected) and reading is not None:
            reading = corrected(reading, event)
        else:
            continue
        yield reading


def corrected(reading: ReceiptRead, correction: ReceiptCorrected) -> ReceiptRead:
    """Return ``reading`` with what a person says is printed; that is sure, and settles quarrels.

    Whether the lines add up is reckoned anew: it may have been the misread one that did not.
    """
    said = {name: value for name in _AS_READ if (value := getattr(correction, name)) is not None}
    fields = {NAMED[name] for name in said if name in NAMED}
    person: list[Source] = ["person"]
    changed = replace(
        reading,
        **said,
        sources={**reading.sources, **dict.fromkeys(fields, person)},
        confidences={**reading.confidences, **dict.fromkeys(fields, 1.0)},
        disagreements=[name for name in reading.disagreements if name not in fields],
    )
    return _reckoned(changed) if fields & {"total", "items"} else changed


def _reckoned(reading: ReceiptRead) -> ReceiptRead:
    before = reading.sources.get("total", [])
    said: list[Source] = [source for source in before if source != "arithmetic"]
    if _adds_up(reading.items, reading):
        said.append("arithmetic")
    settled = [name for name in reading.disagreements if name not in ("items", "total")]
    kept = settled if "arithmetic" in said else reading.disagreements
    return replace(reading, sources={**reading.sources, "total": said}, disagreements=kept)


def _adds_up(items: Sequence[Item], reading: ReceiptRead) -> bool:
    costs: list[Any] = [item.line_total_kopecks for item in items]
    known = bool(costs) and None not in costs and reading.total_kopecks is not None
    return known and sum(costs) - reading.discount_kopecks == reading.total_kopecks
