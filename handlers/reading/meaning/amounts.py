"""Sums and multipliers inside a printed row. Pure.

A sum always has two decimals on a fiscal receipt; «2,5%» and «12,5 мг» therefore are none.
Where a sum must stand, on the row of a total or of a payment, worn ones are taken too.
"""

import re

from msgspec import Struct

from eventstore.identity import Kopecks

#: A million hryvnias on a line is a misread number, not a price (the predecessor's cap).
SUM_KOPECKS_MAX = 100_000_000
#: What a worn sum is worth beside a whole one: a lost point, a point read as another sign,
#: hryvnias without kopecks, with and without the currency behind them.
_BLANK_POINT, _OTHER_SIGN, _ONE_DECIMAL = 0.8, 0.9, 0.8
_WHOLE_NAMED, _WHOLE_BARE, _LOST_POINT = 0.9, 0.4, 0.5

_SUM = re.compile(
    r"(?<![\d.,])(-?)(?!0[.,]\s)(\d{1,7})(?:[.,]\s?|\s[.,])(\d{2})"
    r"(?![\d%]|\s?%|[.,]\d|\s?(?:мг|мл|г|л)\b)"
)
_GROUPED = re.compile(r"(?<![\w.,])(\d{1,3}(?: \d{3})+)\s?[.,]\s?(\d{2})(?!\d)")
_MULTIPLIER = re.compile(
    r"(?<![\w.,])(\d{1,4}(?:\s?[.,]\s?\d{1,3})?)\s*(?:(?!м[глм]|см|г\b)[^\W\d_xхX×]{1,3})?\.?\s*"
    r"[xхXХ×*]\W{0,3}(\d{1,6}\s?[.,:]\s?\d{2})(?!\d)",
    re.IGNORECASE,
)
#: The sign is lost or read as another letter: «2.000 36.50 = 73.00». Three decimals are a
#: quantity, two a price, and the cost follows.
_SIGNLESS = re.compile(
    r"(?<![\w.,])(\d{1,4}[.,]\d{3})\s+(?:[^\W\d]{1,3}\W{1,3}|\W\s+)?(\d{1,6}[.,]\d{2})"
    r"(?=\s\D{0,6}\d+[.,]\d{2}(?!\d))"
)
#: A letter «З» where a quantity stands is a three.
_THREE = re.compile(r"(?<!\w)[Зз](?=\s*[xхXХ×*]\s)|(?<=[xхXХ×*]\s)[Зз](?![\w.,])")
_REVERSED = re.compile(
    r"(?<![\w.,])(\d{1,6}[.,]\d{2})\s*[xхXХ×*]\s*(\d{1,3}(?:[.,]\d{1,3})?)(?![\w.,])"
)
_THIRTEEN = re.compile(r"(?<!\d)\d{13}(?!\d)")
_CURRENCY = r"\s?(?:ГРН|[ГP]PH|PH|FPH|UAH|₴|грн|rph|гpн)"
#: The last number of a row: «15 305 ГРН», «95.3», «103'98», «36 50», «10398».
_WORN = re.compile(
    r"(?<![\d.,])(?P<whole>\d{1,3}(?: \d{3})+|\d{1,7})"
    r"(?:(?P<sign>\s?[.,:;'·\-]\s?|\s)(?P<part>\d \d|\d{1,2}))?"
    rf"(?P<currency>{_CURRENCY})?\W*(?:[^\W\d]\W*)?$"
)
#: «1,62 X_20,99»: the digit reader's blank; in a number of letters it is a sign.
_LOW_LINE = re.compile(r"(?<=[xX=])_|_(?=[xX=]\s?\d)")
#: A VAT letter close to its sum and read as a digit, at the end of a row.
_VAT_DIGIT = re.compile(
    r"((?<!\d)[1-9]\d{0,5}[.,]\d{2}|(?<!\d)0[.,]\d{2}|(?<![\d.,])\d{1,4} \d{2})"
    r"(?:\.?[568]|\.[BВБ])\s*$"
)
_VAT_DIGIT_OF_TEXT = re.compile(r"((?:^|\s)[1-9]\d{0,5}[.,]\d{2})[568]\s*$")
_WORN_PRICE = re.compile(
    r"(?<![\d.,])(?:(\d{1,5})\s?[:;'·]\s?(\d{2})\s*[АБВГABE]?|(\d{1,5}) (\d{2})\s*[АБВГABE])\W*$"
)
#: The sign, a unit and a VAT letter.
_LETTERS_OF_FIGURES_MAX = 4
#: A VAT letter close to its sum is no digit («234.00В», «593 80В»).
_VAT_LETTER = re.compile(
    r"(?:(?<=[.,]\d\d)|(?<=[.,]\s\d\d)|(?<=\s\d\d))[БВB]\s*$|(?<=[.,]\d[ЗзОо])[АБВABЯ]\s*$"
)
#: Letters that a reader puts in place of digits, each above its digit.
_DIGITS_LIKE = str.maketrans("ОOоoЗзlІIВBБбЩЦ", "000033111886644")
_NUMBERLIKE = re.compile(
    r"(?<![^\W\d])[\dОOоoЗзlІIВBБбЩЦ]{2,}(?:[.,:\-/][\dОOоoЗзlІIВBБбЩЦ]{1,4})*(?!\w)"
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
    text = _VAT_DIGIT_OF_TEXT.sub(r"\1 В", text)
    letter = _VAT_LETTER.search(text)
    if letter is not None:
        return digits_mended(text[: letter.start()]) + " " + letter[0]
    return _NUMBERLIKE.sub(_mended_if_mostly_digits, text)


def second_mended(text: str) -> str:
    """Return a second reading with its VAT letter told from digits («13,346» is 13,34 Б).

    It knows no «Б» and takes «В» for an eight; a cost has two decimals and ends its row.
    """
    return digits_mended(_VAT_DIGIT.sub(r"\1 B", _LOW_LINE.sub(" ", text).lstrip("- ")))


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


def worn_sums_of(text: str) -> list[tuple[Kopecks, float]]:
    """Return what the last number of a row may be as a sum, each with its worth (0..1).

    For rows where a sum must stand and no whole one was read.
    """
    found = _WORN.search(text)
    if found is None:
        return []
    whole, part = int(found["whole"].replace(" ", "")), found["part"]
    part = part and part.replace(" ", "")
    if part is None:
        readings = _without_kopecks(whole, named=found["currency"] is not None)
    elif len(part) == 1:
        readings = [(whole * 100 + int(part) * 10, _ONE_DECIMAL)] if found["sign"].strip() else []
    else:
        worth = _OTHER_SIGN if found["sign"].strip() else _BLANK_POINT
        readings = [(whole * 100 + int(part), worth)]
    return [(Kopecks(sum_), worth) for sum_, worth in readings if 0 < sum_ <= SUM_KOPECKS_MAX]


def worn_price_of(text: str) -> Kopecks | None:
    """Return a price at the end of a row whose point was misread, «36:50 А», or lost, «593 80 В».

    A lost one needs the VAT letter: packs and doses part numbers too.
    """
    found = _WORN_PRICE.search(text)
    if found is None:
        return None
    return Kopecks(int(found[1] or found[3]) * 100 + int(found[2] or found[4]))


def _without_kopecks(whole: int, *, named: bool) -> list[tuple[int, float]]:
    hryvnias = (whole * 100, _WHOLE_NAMED if named else _WHOLE_BARE)
    return [hryvnias] if named or whole < 100 else [(whole, _LOST_POINT), hryvnias]


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


def is_figures(second: str) -> bool:
    """Tell a second reading of «2.000 x 36.50 = 73.00 В» and nothing else."""
    few = sum(map(str.isalpha, second)) <= _LETTERS_OF_FIGURES_MAX
    return few and multiplier_of(second) is not None


def cost_of(quantity_milli: int, unit_price_kopecks: Kopecks) -> Kopecks:
    """Return quantity times price, rounded half up to a kopeck as registers do."""
    return Kopecks((quantity_milli * unit_price_kopecks + 500) // 1000)


def is_ean13(digits: str) -> bool:
    """Tell whether 13 digits end with the right check digit."""
    if not re.fullmatch(r"\d{13}", digits):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return (10 - weighted % 10) % 10 == int(digits[12])


def ean13_of(text: str) -> str | None:
    """Return the first EAN-13 of a row whose check digit is right; blanks may part it."""
    digits = re.sub(r"(?<=\d)\s(?=\d)", "", text)
    return next((one for one in _THIRTEEN.findall(digits) if is_ean13(one)), None)


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
