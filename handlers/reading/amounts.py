"""Sums, dates and numbers inside a printed row. Pure.

A sum always has two decimals on a fiscal receipt; «2,5%» and «12,5 мг» therefore are none.
"""

import re
from datetime import date, datetime

from msgspec import Struct

from eventstore.identity import KYIV, Kopecks

#: A million hryvnias on a line is a misread number, not a price (the predecessor's cap).
SUM_KOPECKS_MAX = 100_000_000
#: Fiscal receipts with a QR exist since 2020; a photo of an older one is still dated.
YEAR_MIN, YEAR_MAX = 2015, 2040

_SUM = re.compile(
    r"(?<![\d.,])(-?)(\d{1,7})\s?[.,]\s?(\d{2})(?![\d%]|\s?%|[.,]\d|\s?(?:мг|мл|г|л)\b)"
)
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3}(?: \d{3})+)\s?[.,]\s?(\d{2})(?!\d)")
_MULTIPLIER = re.compile(
    r"(?<![\w.,])(\d{1,4}(?:\s?[.,]\s?\d{1,3})?)\s*(?:шт|уп|пач|фл|амп|кг)?\.?\s*"
    r"[xхXХ×*]\W{0,3}(\d{1,6}\s?[.,:]\s?\d{2})(?!\d)",
    re.IGNORECASE,
)
#: The sign is lost or read as another letter: «2.000 36.50 = 73.00». Three decimals are a
#: quantity, two a price, and the cost follows.
_SIGNLESS = re.compile(
    r"(?<![\w.,])(\d{1,4}[.,]\d{3})\s+(?:[^\W\d]\s+)?(\d{1,6}[.,]\d{2})"
    r"(?=\s\D{0,6}\d+[.,]\d{2}(?!\d))"
)
#: A letter «З» where a quantity stands is a three.
_THREE = re.compile(r"(?<!\w)[Зз](?=\s*[xхXХ×*]\s)|(?<=[xхXХ×*]\s)[Зз](?![\w.,])")
_REVERSED = re.compile(
    r"(?<![\w.,])(\d{1,6}[.,]\d{2})\s*[xхXХ×*]\s*(\d{1,3}(?:[.,]\d{3})?)(?![\w.,])"
)
#: What follows an unread year («2926-12-12 19:19») is no date of its own, nor is an hour a year.
_DAY = re.compile(
    r"(?<!\d)(?<!\d{4}[.\-])"
    r"(?:(\d{1,2})\s?[.\-/ ]\s?(\d{2})\s?[.\-/ ]\s?(20\d{2}|\d{2}(?!:))|"
    r"(20\d{2})[.\-/](\d{2})[.\-/](\d{2}))(?!\d)"
)
_TIME = re.compile(r"(?<![\d.,])([01]\d|2[0-3])[:\-]([0-5]\d)(?:[:\-]([0-5]\d))?(?![\d.,])")
#: Letters that a reader puts in place of digits, each above its digit.
_DIGITS_LIKE = str.maketrans("ОOоoЗзlІIВBБбЩЦ", "000033111886644")
_NUMBERLIKE = re.compile(
    r"(?<![^\W\d])[\dОOоoЗзlІIВBБбЩЦ]{2,}(?:[.,:\-/][\dОOоoЗзlІIВBБбЩЦ]{1,4})*(?![^\W\d])"
)


class Multiplier(Struct, frozen=True):
    """«quantity x unit price» and where it stands in its row."""

    quantity_milli: int
    unit_price_kopecks: Kopecks
    start: int
    end: int


class FoundSum(Struct, frozen=True):
    """A sum and where it stands in its row."""

    kopecks: Kopecks
    start: int
    end: int


def digits_mended(text: str) -> str:
    """Return ``text`` with letters inside numbers put back to digits («З00420926»)."""
    return _NUMBERLIKE.sub(_mended_if_mostly_digits, text)


def _mended_if_mostly_digits(found: re.Match[str]) -> str:
    digits = sum(sign.isdigit() for sign in found[0])
    return found[0].translate(_DIGITS_LIKE) if digits * 2 > len(found[0]) else found[0]


def sums_of(text: str, *, grouped: bool = False) -> list[FoundSum]:
    """Return the sums of a row, left to right; ``grouped`` allows «14 899,00»."""
    wide = [_found(m, "", m[1].replace(" ", ""), m[2]) for m in _GROUPED.finditer(text)]
    taken = wide if grouped else []
    plain = [_found(m, m[1], m[2], m[3]) for m in _SUM.finditer(text)]
    free = [one for one in plain if not any(_overlap(one, other) for other in taken)]
    found = sorted(taken + free, key=lambda one: one.start)
    return [one for one in found if abs(one.kopecks) <= SUM_KOPECKS_MAX]


def last_sum(text: str, *, grouped: bool = False) -> FoundSum | None:
    """Return the rightmost sum of a row."""
    found = sums_of(text, grouped=grouped)
    return found[-1] if found else None


def multiplier_of(text: str) -> Multiplier | None:
    """Return «2 x 48.70», «1.000 x 36.50» or the reversed «22.75 X 2», if printed."""
    text = _THREE.sub("3", text)
    found = _MULTIPLIER.search(text) or _SIGNLESS.search(text)
    if found is not None:
        quantity, price = _milli(found[1]), _kopecks(found[2])
        return Multiplier(quantity, price, found.start(), found.end()) if quantity else None
    found = _REVERSED.search(text)
    if found is None:
        return None
    quantity, price = _milli(found[2]), _kopecks(found[1])
    return Multiplier(quantity, price, found.start(), found.end()) if quantity else None


def cost_of(quantity_milli: int, unit_price_kopecks: Kopecks) -> Kopecks:
    """Return quantity times price, rounded half up to a kopeck as registers do."""
    return Kopecks((quantity_milli * unit_price_kopecks + 500) // 1000)


def day_of(text: str) -> tuple[int, int, int] | None:
    """Return (year, month, day) of the first date in a row."""
    for found in _DAY.finditer(text):
        if found[4]:
            year, month, day = int(found[4]), int(found[5]), int(found[6])
        else:
            year, month, day = int(found[3]), int(found[2]), int(found[1])
        year += 2000 if year < 100 else 0
        if _is_date(year, month, day):
            return year, month, day
    return None


def time_of(text: str) -> tuple[int, int] | None:
    """Return (hour, minute) of the first time in a row, dates left out."""
    found = _TIME.search(_DAY.sub(" ", text))
    return (int(found[1]), int(found[2])) if found else None


def moment(day: tuple[int, int, int], time: tuple[int, int]) -> datetime:
    """Return a printed day and time as a moment in Kyiv."""
    return datetime(*day, *time, tzinfo=KYIV)


def is_ean13(digits: str) -> bool:
    """Tell whether 13 digits end with the right check digit."""
    if not re.fullmatch(r"\d{13}", digits):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return (10 - weighted % 10) % 10 == int(digits[12])


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return YEAR_MIN <= year <= YEAR_MAX


def _found(found: re.Match[str], sign: str, whole: str, cents: str) -> FoundSum:
    value = int(whole) * 100 + int(cents)
    return FoundSum(Kopecks(-value if sign else value), found.start(), found.end())


def _overlap(left: FoundSum, right: FoundSum) -> bool:
    return left.start < right.end and right.start < left.end


def _milli(text: str) -> int:
    whole, _, part = re.sub(r"\s", "", text).replace(",", ".").partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0") or "0")


def _kopecks(text: str) -> Kopecks:
    whole, part = re.split(r"[.,:]", re.sub(r"\s", "", text))
    return Kopecks(int(whole) * 100 + int(part))
