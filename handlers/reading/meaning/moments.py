"""Dates and times inside a printed row. Pure."""

import re
from datetime import date, datetime

from eventstore.identity import KYIV

#: Fiscal receipts with a QR exist since 2020; a photo of an older one is still dated.
YEAR_MIN, YEAR_MAX = 2015, 2040

#: What follows an unread year («2926-12-12 19:19») is no date of its own, nor is an hour a
#: year; a blank before the time may be lost («12.04.202620:41»).
_DAY = re.compile(
    r"(?<!\d)(?<!\d{4}[.\-])(?P<day>[0-3]?\d)\s?[.\-/, ]\s?(?P<month>[01]\d)\s?[.\-/, ]\s?"
    r"(?P<year>20[1-4]\d)(?=\D|$|[0-2]\d[:\-][0-5]\d)"
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>20[1-4]\d)[.\-/](?P<month>[01]\d)[.\-/](?P<day>[0-3]\d)"
    r"(?=\D|$|[0-2]\d[:\-][0-5]\d)"
)
#: Two digits of a year are believed between equal signs only: «21-01-19», «21.01.19».
_SHORT_YEAR = re.compile(
    r"(?<![\d.,\-/])(?P<day>[0-3]?\d)(?P<sign>[.\-/])(?P<month>[01]\d)(?P=sign)"
    r"(?P<year>\d{2})(?![\d:]|[.\-/]\d)"
)
_WHOLE_YEARS = (_DAY, _YEAR_FIRST)
_YEAR = re.compile(r"\d[.\-/, ]\s?20[1-4]\d(?!\d)|(?<!\d)20[1-4]\d[.\-/]\d")
#: A date whose zeros were taken for 8, 6 or 9: «14-18-2826», «07.66.2025».
_WORN_DAY = re.compile(
    r"(?<!\d)(?P<day>\d\d)[.\-/](?P<month>\d\d)[.\-/]2[0689](?P<year>[1-4]\d)(?=\D|$)"
)
_ZERO_SHAPES = "689"
_TIME = re.compile(
    r"(?<![\d.,:])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d,])"
    r"|(?<![\d.,\-])(?P<h>[01]\d|2[0-3])-(?P<m>[0-5]\d)(?:-(?P<s>[0-5]\d))?(?![\d.,\-])"
)
#: Signs between the digits of a time that were lost or misread: «20 41.09», «204109»; zeros
#: taken for 8, 6 or 9: «88:12:05».
_WORN_TIME = re.compile(
    r"(?<![\d.,:])(?P<hour>[01689]\d|2[0-3])[:;.,\- ]{0,2}(?P<minute>[0-5689]\d)[:;.,\- ]{0,2}"
    r"(?P<second>[0-5689]\d)(?!\d)"
)

#: Year, month, day.
Day = tuple[int, int, int]
#: Hour, minute.
Time = tuple[int, int]


def day_of(text: str) -> Day | None:
    """Return the first date in a row."""
    for pattern in _patterns(text):
        for found in pattern.finditer(text):
            year = int(found["year"])
            day = (year if year > 99 else 2000 + year, int(found["month"]), int(found["day"]))
            if _is_date(day):
                return day
    return None


def worn_day_of(text: str) -> Day | None:
    """Return a date that is one when zeros taken for 8, 6 or 9 are put back."""
    for found in _WORN_DAY.finditer(text):
        day, month = _at_most(found["day"], 31), _at_most(found["month"], 12)
        worn = (2000 + int(found["year"]), month, day)
        if _is_date(worn):
            return worn
    return None


def _at_most(digits: str, most: int) -> int:
    """Return the number with as few zeros put back as make it possible, else none at all."""
    tens, ones = digits[0], digits[1]
    forms = (digits, f"0{ones}" if tens in _ZERO_SHAPES else "", f"{tens}0")
    fitting = (int(form) for form in forms[: 3 if ones in _ZERO_SHAPES else 2] if form)
    return next((number for number in fitting if 0 < number <= most), 0)


def _patterns(text: str) -> tuple[re.Pattern[str], ...]:
    """Return the forms to look for: beside a whole year, «20-09-25» is a time."""
    return _WHOLE_YEARS if _YEAR.search(text) else (*_WHOLE_YEARS, _SHORT_YEAR)


def time_of(text: str) -> Time | None:
    """Return the first time in a row, dates left out."""
    found = _TIME.search(_without_days(text))
    if found is None:
        return None
    return int(found["hour"] or found["h"]), int(found["minute"] or found["m"])


def worn_time_of(text: str) -> Time | None:
    """Return a time whose signs were lost; believe it on the row of a date only."""
    found = _WORN_TIME.search(_without_days(text))
    return (_tens_mended(found["hour"]), _tens_mended(found["minute"])) if found else None


def _tens_mended(digits: str) -> int:
    """Return two digits of a clock, whose first is never 6, 8 or 9."""
    return int(digits[1] if digits[0] in _ZERO_SHAPES else digits)


def has_seconds(text: str) -> bool:
    """Tell whether a time is printed to the second, as the fiscal one is."""
    found = _TIME.search(_without_days(text))
    return found is not None and bool(found["second"] or found["s"])


def moment(day: Day, time: Time) -> datetime:
    """Return a printed day and time as a moment in Kyiv."""
    return datetime(*day, *time, tzinfo=KYIV)


def _without_days(text: str) -> str:
    for pattern in (*_patterns(text), _WORN_DAY):
        text = pattern.sub(" ", text)
    return text


def _is_date(day: Day) -> bool:
    try:
        date(*day)
    except ValueError:
        return False
    return YEAR_MIN <= day[0] <= YEAR_MAX
