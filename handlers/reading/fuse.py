"""QR, printed text and arithmetic to one reading that says who said what. Pure.

The QR is read by machine and wins; the text confirms it, or contradicts it, and then the
field is listed in ``disagreements`` and a person decides. A misread digit is no
contradiction: it is told apart by how little it differs.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from eventstore.identity import Kopecks, receipt_number_key
from handlers.letters import distance
from handlers.reading.fields import Candidates
from handlers.reading.items import Line, Zone
from handlers.reading.payload import FiscalCode
from handlers.reading.sums import closing_at, settled

Source = Literal["qr", "text", "arithmetic"]

#: A printed number that differs from the QR's in so few digits is a slip of the reader.
_SLIPS = 3


class Fused(Struct, frozen=True, kw_only=True):
    """The fields of a receipt with their sources."""

    total_kopecks: Kopecks | None
    purchased_at: datetime | None
    fiscal_number: str | None
    receipt_number: str | None
    discount_kopecks: Kopecks
    #: at the costs that the total proves
    lines: tuple[Line, ...]
    sources: dict[str, list[Source]]
    #: fields on which two sources state different things
    disagreements: list[str]


def fuse(code: FiscalCode | None, text: Candidates, zone: Zone) -> Fused:
    """Return what QR, text and arithmetic say together."""
    sources: dict[str, list[Source]] = {}
    disagreements: list[str] = []
    total = _total(code, text, zone, sources, disagreements)
    closing = None if total is None else closing_at(total, zone)
    unproven = closing is None or closing.costs is None
    if unproven and any(line.contradicts_itself for line in zone.lines):
        disagreements.append("items")
    reduction = zone.summary_discount_kopecks if closing is None else closing.discount_kopecks
    return Fused(
        total_kopecks=total,
        purchased_at=_date(code, text, sources, disagreements),
        fiscal_number=_fiscal_number(code, text, sources, disagreements),
        receipt_number=_receipt_number(code, text, sources),
        discount_kopecks=reduction,
        lines=zone.lines if closing is None else settled(zone, closing),
        sources=sources,
        disagreements=disagreements,
    )


def _total(
    code: FiscalCode | None,
    text: Candidates,
    zone: Zone,
    sources: dict[str, list[Source]],
    disagreements: list[str],
) -> Kopecks | None:
    printed = [kopecks for kopecks, _ in text.totals]
    total = _chosen_total(code, text, zone)
    if total is None:
        return None
    by_code = code is not None and code.total_kopecks == total
    votes: tuple[tuple[Source, bool], ...] = (
        ("qr", by_code),
        ("text", total in printed),
        ("arithmetic", closing_at(total, zone) is not None),
    )
    sources["total"] = [source for source, agrees in votes if agrees]
    slip = any(distance(str(total), str(one), at_most=2) <= 1 for one in printed)
    if by_code and printed and sources["total"] == ["qr"] and not slip:
        disagreements.append("total")
    return total


def _chosen_total(code: FiscalCode | None, text: Candidates, zone: Zone) -> Kopecks | None:
    """QR first; else the printed sum with most evidence, arithmetic counting as a witness."""
    if code is not None and code.total_kopecks is not None:
        return code.total_kopecks
    weighed = [
        (weight + 2.0 * (closing_at(kopecks, zone) is not None), kopecks)
        for kopecks, weight in text.totals
    ]
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else None


def _date(
    code: FiscalCode | None,
    text: Candidates,
    sources: dict[str, list[Source]],
    disagreements: list[str],
) -> datetime | None:
    if code is None or code.purchased_at is None:
        if text.moments:
            sources["date"] = ["text"]
        return text.moments[0] if text.moments else None
    said = _digits(code.purchased_at)
    printed = [_digits(one) for one in text.moments]
    if said in printed:
        sources["date"] = ["qr", "text"]
        return code.purchased_at
    sources["date"] = ["qr"]
    if printed and min(distance(said, one, at_most=12) for one in printed) > _SLIPS:
        disagreements.append("date")
    return code.purchased_at


def _digits(when: datetime) -> str:
    return when.strftime("%Y%m%d%H%M")


def _fiscal_number(
    code: FiscalCode | None,
    text: Candidates,
    sources: dict[str, list[Source]],
    disagreements: list[str],
) -> str | None:
    printed = text.fiscal_numbers
    if code is None or code.fiscal_number is None:
        if printed:
            sources["fiscal_number"] = ["text"]
        return printed[0] if printed else None
    agrees = code.fiscal_number in printed
    sources["fiscal_number"] = ["qr", "text"] if agrees else ["qr"]
    if not agrees and printed:
        nearest = min(distance(code.fiscal_number, one, at_most=10) for one in printed)
        if nearest > _SLIPS:
            disagreements.append("fiscal_number")
    return code.fiscal_number


def _receipt_number(
    code: FiscalCode | None, text: Candidates, sources: dict[str, list[Source]]
) -> str | None:
    """Return the number; paper carries several, so another one is no contradiction."""
    printed = text.receipt_numbers
    if code is None or code.receipt_number is None:
        if printed:
            sources["receipt_number"] = ["text"]
        return printed[0] if printed else None
    keys = {receipt_number_key(number) for number in printed}
    agrees = receipt_number_key(code.receipt_number) in keys
    sources["receipt_number"] = ["qr", "text"] if agrees else ["qr"]
    return code.receipt_number
