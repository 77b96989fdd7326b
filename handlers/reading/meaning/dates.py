"""When it was sold: every printed date with its time, weighed. Pure.

The register prints the moment of the sale to the second, near its number or at the foot; a
bank's slip may stand a minute beside it, an offer has days without a time.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import Source
from handlers.letters import fold
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
from handlers.reading.meaning.votes import BY_DIGITS, BY_TEXT, Vote, differ_in_zeros, may_be_zeros

_MOMENT, _SECONDS_MORE, _LABEL_MORE, _DAY_AGAIN = 2.9, 0.3, 0.3, 0.6
#: A time read by one reader only, beside a day that both could read; and one worn.
_BORROWED, _WORN = 0.8, 0.7
#: A day of which zeros had to be put back.
_WORN_DAY = 0.6
_LABELS = ("ЧЕК", "ДАТА", "Д/Ч", "ФН", "ЧАС")


class _Dated(Struct, frozen=True):
    """A row with a day, and the rows beside it that may hold its time."""

    row: Printed
    beside: tuple[Printed, ...]


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
    """Yield what both readers say; one who mistakes slashed zeros speaks for the other digits."""
    weight = _MOMENT + _more(dated.row)
    (by_text, text_worth), (by_digits, digits_worth) = (
        _moment_by(dated, by_digits=False),
        _moment_by(dated, by_digits=True),
    )
    if by_text and by_digits:
        said, meant = _written(by_text), _written(by_digits)
        slashed = differ_in_zeros(said, meant)
        worn = slashed or day_of(dated.row.text) is None
        if slashed:
            by_text, text_worth = by_digits, _WORN_DAY
        if worn and may_be_zeros(said, meant):
            by_text = None
    if by_text:
        yield _vote(dated.row, by_text, weight * BY_TEXT * text_worth, "text")
    if by_digits:
        yield _vote(dated.row, by_digits, weight * BY_DIGITS * digits_worth, "digits")


def _vote(row: Printed, when: datetime, weight: float, source: Source) -> Vote[datetime]:
    return row.vote(when, weight=weight, source=source, place="date")


def _moment_by(dated: _Dated, *, by_digits: bool) -> tuple[datetime | None, float]:
    """Return the moment that a reader saw, and what its word is worth."""
    reading = _reading(dated.row, by_digits=by_digits)
    whole = day_of(reading)
    day = whole or worn_day_of(reading)
    time, worth = _time(dated, by_digits=by_digits)
    if day is None or time is None:
        return None, 0.0
    return moment(day, time), worth * (1.0 if whole else _WORN_DAY)


def _written(when: datetime) -> str:
    return f"{when:%Y%m%d%H%M}"


def _any_day(text: str) -> Day | None:
    return day_of(text) or worn_day_of(text)


def _more(row: Printed) -> float:
    """Return what a time to the second and a label add."""
    seconds = has_seconds(row.text) or has_seconds(row.second)
    label = row.kind is not Kind.PAYMENT and any(label in fold(row.text) for label in _LABELS)
    return _SECONDS_MORE * seconds + _LABEL_MORE * label


def _time(dated: _Dated, *, by_digits: bool) -> tuple[Time | None, float]:
    """Return the time that a reader saw on the row or beside it, else the other reader's."""
    for other in (False, True):
        reader = by_digits != other
        worth = _BORROWED if other else 1.0
        for row in (dated.row, *dated.beside):
            time = time_of(_reading(row, by_digits=reader))
            if time is not None:
                return time, worth
        worn = worn_time_of(_reading(dated.row, by_digits=reader))
        if worn is not None:
            return worn, worth * _WORN
    return None, 0.0


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
