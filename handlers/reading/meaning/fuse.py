"""QR, two readings of the print and arithmetic to one reading that says who said what. Pure.

The QR is read by machine and wins; the print confirms it, or contradicts it, and then the
field is listed in ``disagreements`` and a person decides. A misread digit is no
contradiction: it is told apart by how little it differs, unless the print is sure of it.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import zip_longest
from operator import eq
from typing import Any, Generic, TypeVar

from msgspec import Struct, structs

from eventstore.catalogue import Share, Source
from eventstore.identity import Kopecks, receipt_number_key
from handlers.goods.letters import distance
from handlers.ports import Candidate, FieldEvidence
from handlers.reading.meaning.fields import Candidates
from handlers.reading.meaning.legibility import LEGIBLE
from handlers.reading.meaning.payload import FiscalCode
from handlers.reading.meaning.sold import Line, Zone
from handlers.reading.meaning.sums import Closings, best_guess, closing_at, closings_of, settled
from handlers.reading.meaning.votes import CONFIDENCE_MAX, Standing, confidence_of

T = TypeVar("T")

#: The QR alone; a person may have glued it there, but no reader ever misread one.
_CODE_ALONE = 0.98
#: … whose print differs by a slip; and one that the print contradicts.
_CODE_BESIDE_SLIP, _CODE_CONTRADICTED = 0.95, 0.5
#: One reader repeats its slip on every row of one font, two share it where print is bad.
_UNCONFIRMED_MAX = 0.89
#: From here on two readers of the print are sure, and even one digit is another value; one
#: reader makes one slip on every row of one font.
_SURE = 4.0
#: Print that speaks for the QR is outvoted only by so much more that speaks against it.
_SUPPORTED_CODE = 3.0
#: What both readers make of a slashed zero.
_WORN_ZERO = "8690"
#: Below it the print of another value is no evidence at all.
_HEARD = 1.5
#: A printed number that differs from the QR's in so few digits is a slip of the reader.
_SLIPS_OF_A_NUMBER, _SLIPS_OF_A_SUM = 3, 1
#: A bank's slip stands some minutes beside the register's moment.
_SAME_SALE = timedelta(minutes=15)
#: A printed moment on the day that the QR says.
_DAY_BY_CODE = 4.0
#: A sum that nobody printed as the total.
_SUM_ALONE = 0.8
_NO_CODE = FiscalCode(text="")
#: Candidates shown to a person.
_SHOWN_MAX = 6


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
    confidences: dict[str, Share]
    #: fields on which two sources state different things
    disagreements: list[str]
    #: why each field has its value, with all that was printed
    evidence: list[FieldEvidence]


def _itself(value: object) -> object:
    return value


class _Field(Struct, Generic[T], frozen=True, kw_only=True):
    """How values of one field are compared and told."""

    name: str
    #: tells a slip of the reader from another value
    is_slip: Callable[[T, T], bool]
    #: as a person reads it
    told: Callable[[T], str] = str
    #: two spellings of one value
    key: Callable[[T], object] = _itself
    #: tells values that differ and yet do not contradict each other
    is_same: Callable[[T, T], bool] = eq
    #: whether paper has but one, so that another contradicts it
    only_one: bool = True


class _Believed(Struct, Generic[T], frozen=True, kw_only=True):
    value: T | None
    sources: list[Source]
    confidence: Share
    disagrees: bool
    evidence: FieldEvidence


def fuse(code: FiscalCode | None, text: Candidates, zone: Zone) -> Fused:
    """Return what QR, text and arithmetic say together."""
    code, closings = code or _NO_CODE, closings_of(zone)
    legible = text.legibility >= LEGIBLE
    totals = _with_sums(text.totals, code.total_kopecks, zone, closings)
    total = _weighed(_TOTAL, code.total_kopecks, totals, legible=legible)
    moment = _moment(code, text.moments, legible=legible)
    register = _weighed(_REGISTER, code.fiscal_number, text.fiscal_numbers, legible=legible)
    number = _weighed(_NUMBER, code.receipt_number, text.receipt_numbers, legible=legible)
    said: dict[str, _Believed[Any]] = {
        "total": total,
        "date": moment,
        "fiscal_number": register,
        "receipt_number": number,
    }
    known = {name: field for name, field in said.items() if field.value is not None}
    lines, discount, proven = _lines(total.value, zone, closings)
    contradicted = not proven and any(line.contradicts_itself for line in lines)
    return Fused(
        total_kopecks=total.value,
        purchased_at=moment.value,
        fiscal_number=register.value,
        receipt_number=number.value,
        discount_kopecks=discount,
        lines=lines,
        sources={name: field.sources for name, field in known.items()},
        confidences={name: field.confidence for name, field in known.items()},
        disagreements=[name for name, field in said.items() if field.disagrees]
        + ["items"] * contradicted,
        evidence=[field.evidence for field in said.values()],
    )


def _lines(
    total: Kopecks | None, zone: Zone, closings: Closings
) -> tuple[tuple[Line, ...], Kopecks, bool]:
    """Return the lines, what was taken off below them, and whether the total proves them."""
    closing = None if total is None else closing_at(total, closings, zone)
    if closing is None:
        return zone.lines, zone.summary_discount_kopecks, False
    return settled(zone, closing), closing.discount_kopecks, closing.costs is not None


def _with_sums(
    printed: tuple[Standing[Kopecks], ...], said: Kopecks | None, zone: Zone, closings: Closings
) -> tuple[Standing[Kopecks], ...]:
    """Let the lines speak for the totals they come to; alone they may name one."""
    standings = {standing.value: standing for standing in printed}
    guess = best_guess(closings)
    named = [*standings, *([said] if said else []), *([guess] if guess else [])]
    for total in dict.fromkeys(named):
        closing = closing_at(total, closings, zone)
        if closing is not None:
            known = standings.get(total)
            near = any(_is_slip_of_a_sum(total, other) for other in standings)
            weight = closing.weight if known or near or total == said else _SUM_ALONE
            standings[total] = _supported(known, total, weight)
    return tuple(sorted(standings.values(), key=lambda one: -one.weight))


def _supported(known: Standing[Kopecks] | None, total: Kopecks, weight: float) -> Standing[Kopecks]:
    if known is None:
        return Standing(value=total, weight=weight, sources=("arithmetic",))
    return structs.replace(
        known, weight=known.weight + weight, sources=(*known.sources, "arithmetic")
    )


def _moment(
    code: FiscalCode, printed: tuple[Standing[datetime], ...], *, legible: bool
) -> _Believed[datetime]:
    """Return the moment; print of another day than the QR's contradicts it."""
    if code.purchased_at is not None or code.day is None:
        return _weighed(_DATE, code.purchased_at, printed, legible=legible)
    found = _weighed(_DATE, None, _on_day(code.day, printed), legible=legible)
    if found.value is None or found.value.date() == code.day:
        return found
    share = min(found.confidence, _CODE_CONTRADICTED)
    evidence = structs.replace(found.evidence, confidence=share)
    return structs.replace(found, confidence=share, disagrees=True, evidence=evidence)


def _on_day(day: date, printed: tuple[Standing[datetime], ...]) -> tuple[Standing[datetime], ...]:
    """Let the QR that says a day and no time speak for the printed moments of that day."""
    said = [
        structs.replace(one, weight=one.weight + _DAY_BY_CODE, sources=("qr", *one.sources))
        if one.value.date() == day
        else one
        for one in printed
    ]
    return tuple(sorted(said, key=lambda one: -one.weight))


def _weighed(
    field: _Field[T], said: T | None, printed: tuple[Standing[T], ...], *, legible: bool
) -> _Believed[T]:
    """Return what is believed of a field: the QR, or the weightiest print."""
    if said is not None:
        return _by_code(field, said, printed)
    if not printed:
        return _told(field, None, [], 0.0, printed)
    best, rival = printed[0], printed[1].weight if len(printed) > 1 else 0.0
    confidence = confidence_of(best.weight, rival)
    if not _is_confirmed(best, legible=legible):
        confidence = min(confidence, _UNCONFIRMED_MAX)
    return _told(field, best.value, list(best.sources), confidence, printed)


def _is_confirmed(best: Standing[T], *, legible: bool) -> bool:
    """Tell print that the sums prove, or that two readers agree on where they agree at all."""
    both = {"text", "digits"} <= set(best.sources)
    return not {"qr", "arithmetic"}.isdisjoint(best.sources) or (both and legible)


def _by_code(field: _Field[T], said: T, printed: tuple[Standing[T], ...]) -> _Believed[T]:
    agreeing = [one for one in printed if field.key(one.value) == field.key(said)]
    others = [one for one in printed if field.key(one.value) != field.key(said)]
    own = max((one.weight for one in agreeing), default=0.0)
    sources: list[Source] = ["qr", *(source for one in agreeing[:1] for source in one.sources)]
    enough = own + _SUPPORTED_CODE if own else own
    against = [one for one in others if field.only_one and one.weight > enough]
    if any(_contradicts(field, said, one) for one in against):
        return _told(field, said, sources, _CODE_CONTRADICTED, printed, disagrees=True)
    if agreeing:
        return _told(field, said, sources, CONFIDENCE_MAX, printed)
    return _told(field, said, sources, _CODE_BESIDE_SLIP if against else _CODE_ALONE, printed)


def _contradicts(field: _Field[T], said: T, other: Standing[T]) -> bool:
    """Tell another value from a slip; what the print is sure of is no slip."""
    if other.weight < _HEARD or field.is_same(said, other.value):
        return False
    sure = other.weight >= _SURE and {"text", "digits"} <= set(other.sources)
    return sure or not field.is_slip(said, other.value)


def _told(
    field: _Field[T],
    value: T | None,
    sources: list[Source],
    confidence: Share,
    printed: tuple[Standing[T], ...],
    *,
    disagrees: bool = False,
) -> _Believed[T]:
    shown = [
        Candidate(
            value=field.told(one.value), weight=round(one.weight, 3), sources=list(one.sources)
        )
        for one in printed[:_SHOWN_MAX]
    ]
    evidence = FieldEvidence(
        field=field.name,
        value=None if value is None else field.told(value),
        sources=sources,
        confidence=confidence,
        candidates=shown,
    )
    return _Believed(
        value=value,
        sources=sources,
        confidence=confidence,
        disagrees=disagrees,
        evidence=evidence,
    )


def _is_slip_of_a_sum(said: Kopecks, other: Kopecks) -> bool:
    return distance(str(said), str(other), at_most=_SLIPS_OF_A_SUM) <= _SLIPS_OF_A_SUM


def _is_slip_of_a_number(said: str, other: str) -> bool:
    return distance(said, other, at_most=_SLIPS_OF_A_NUMBER) <= _SLIPS_OF_A_NUMBER


def _is_slip_of_a_moment(said: datetime, other: datetime) -> bool:
    return _is_slip_of_a_number(said.strftime("%Y%m%d%H%M"), other.strftime("%Y%m%d%H%M"))


def _is_one_sale(said: datetime, other: datetime) -> bool:
    return abs(said - other) <= _SAME_SALE


def _is_worn_sum(said: Kopecks, other: Kopecks) -> bool:
    """Tell 408.60 from 488.68 in print: zeros alone differ."""
    pairs = zip_longest(str(said), str(other))
    return all(one == two or (one == "0" and two and two in _WORN_ZERO) for one, two in pairs)


_TOTAL = _Field[Kopecks](name="total", is_slip=_is_slip_of_a_sum, is_same=_is_worn_sum)
_DATE = _Field[datetime](
    name="date", is_slip=_is_slip_of_a_moment, is_same=_is_one_sale, told=datetime.isoformat
)
_REGISTER = _Field[str](name="fiscal_number", is_slip=_is_slip_of_a_number)
_NUMBER = _Field[str](
    name="receipt_number", is_slip=_is_slip_of_a_number, key=receipt_number_key, only_one=False
)
