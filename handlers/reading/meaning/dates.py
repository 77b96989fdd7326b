"""When it was sold: every printed date with its time, weighed. Pure.

The register prints the moment of the sale to the second, near its number or at the foot; a
bank's slip may stand a minute beside it, an offer has days without a time.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import Source
from handlers.goods.letters import fold
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.moments import (
    Day,
    Time,
    day_of,
    has_seconds,
    moment,
    time_of,
    worn_day_of,
    worn_time_of,
)
from handlers.reading.meaning.printed import Printed
from handlers.reading.meaning.votes import BY_DIGITS, BY_TEXT, Vote, may_be_zeros

_MOMENT, _SECONDS_MORE, _LABEL_MORE, _DAY_AGAIN = 3.05, 0.3, 0.3, 0.6
#: A time read by one reader only, beside a day that both could read; and one worn.
_BORROWED, _WORN = 0.8, 0.7
#: A day of which zeros had to be put back.
_WORN_DAY = 0.6
_LABELS = ("ЧЕК", "ДАТА", "Д/Ч", "ФН", "ЧАС")


class _Dated(Struct, frozen=True):
    """A row with a day, and the rows beside it that may hold its time."""

    row: Printed
    beside: tuple[Printed, ...]


class _Moment(Struct, frozen=True):
    """A moment as a reader saw it, and what its word is worth."""

    when: datetime
    worth: float
    #: whether the time is the other reader's: then two do not agree on it
    is_borrowed: bool


def moment_votes(rows: list[Printed]) -> list[Vote[datetime]]:
    """Return what is printed about the moment of the sale."""
    votes = [vote for dated in _dated(rows) for vote in _votes(dated)]
    return votes + list(_repeated(rows, votes))


def days_of(rows: list[Printed]) -> tuple[Day, ...]:
    """Return the days printed, whether a time could be read or not."""
    found = (day_of(text) for row in rows for text in (row.text, row.second))
    return tuple(dict.fromkeys(day for day in found if day is not None))


def _dated(rows: list[Printed]) -> Iterator[_Dated]:
    for row in rows:
        if _any_day(row.text) or _any_day(row.second):
            beside = (
                rows[near] for near in (row.place + 1, row.place - 1) if near in range(len(rows))
            )
            yield _Dated(row, tuple(one for one in beside if not day_of(one.text)))


def _votes(dated: _Dated) -> Iterator[Vote[datetime]]:
    """Yield what both readers say; a day that had to be mended may be the other's word alone."""
    weight = _MOMENT + _more(dated.row)
    by_text, by_digits = (_moment_by(dated, by_digits=reader) for reader in (False, True))
    if by_text and by_digits and _may_share_zeros(dated.row, by_text, by_digits):
        by_text = None
    readers: tuple[tuple[_Moment | None, float, Source], ...] = (
        (by_text, BY_TEXT, "text"), (by_digits, BY_DIGITS, "digits"),
    )  # fmt: skip
    for said, trust, source in readers:
        if said is not None:
            yield dated.row.vote(
                said.when,
                weight=weight * trust * said.worth,
                source=None if said.is_borrowed else source,
                place="date",
            )


def _may_share_zeros(row: Printed, by_text: _Moment, by_digits: _Moment) -> bool:
    """Tell a day into which zeros had to be put back, and of which an eight may be one more."""
    written = (f"{said.when:%Y%m%d%H%M}" for said in (by_text, by_digits))
    return day_of(row.text) is None and may_be_zeros(*written)


def _moment_by(dated: _Dated, *, by_digits: bool) -> _Moment | None:
    """Return the moment that a reader saw, and what its word is worth."""
    reading = _reading(dated.row, by_digits=by_digits)
    whole = day_of(reading)
    day = whole or worn_day_of(reading)
    found = _time(dated, by_digits=by_digits)
    if day is None or found is None:
        return None
    time, worth, is_borrowed = found
    return _Moment(moment(day, time), worth * (1.0 if whole else _WORN_DAY), is_borrowed)


def _any_day(text: str) -> Day | None:
    return day_of(text) or worn_day_of(text)


def _more(row: Printed) -> float:
    """Return what a time to the second and a label add."""
    seconds = has_seconds(row.text) or has_seconds(row.second)
    label = row.kind is not Kind.PAYMENT and any(label in fold(row.text) for label in _LABELS)
    return _SECONDS_MORE * seconds + _LABEL_MORE * label


def _time(dated: _Dated, *, by_digits: bool) -> tuple[Time, float, bool] | None:
    """Return the time that a reader saw on the row or beside it, its worth, and whether it is
    the other reader's.
    """
    for other in (False, True):
        reader = by_digits != other
        worth = _BORROWED if other else 1.0
        for row in (dated.row, *dated.beside):
            time = time_of(_reading(row, by_digits=reader))
            if time is not None:
                return time, worth, other
        worn = worn_time_of(_reading(dated.row, by_digits=reader))
        if worn is not None:
            return worn, worth * _WORN, other
    return None


def _reading(row: Printed, *, by_digits: bool) -> str:
    return row.second if by_digits else row.text


def _repeated(rows: list[Printed], votes: list[Vote[datetime]]) -> Iterator[Vote[datetime]]:
    """Yield for each moment the other rows that repeat its day."""
    days = [(row, {day_of(row.text), day_of(row.second)}) for row in rows]
    for when in {vote.value for vote in votes}:
        own = {vote.row for vote in votes if vote.value == when}
        day = (when.year, when.month, when.day)
        for row, said in days:
            if day in said and row.place not in own:
                yield row.vote(when, weight=_DAY_AGAIN, source=None, place="day")
