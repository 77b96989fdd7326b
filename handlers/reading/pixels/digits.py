"""A second reader for the rows that matter: another network, which knows digits.

It costs more than the first reading, so it is shown only what may hold a figure: boxes with
digits, or letters that digits are taken for, and what stands where prices end.
"""

import re

from msgspec import Struct

from handlers.reading.meaning.kinds import Kind, kind_of
from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.clean_page import is_tall, straight
from handlers.reading.pixels.light import stretched
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.recogniser import HEIGHT, recognise
from handlers.reading.pixels.sight import Sight
from handlers.reading.rows import Seen

#: Rows that say only what a QR says better.
TOLD_BY_QR = frozenset({Kind.DATE, Kind.TAX, Kind.PAYMENT, Kind.HEADER, Kind.END})
#: What is left to ask where the lines come to the total that the QR says: codes of goods.
TOLD_BY_QR_AND_SUMS = frozenset(Kind) - {Kind.META}
#: Prices end in the last part of the print's width.
_PRICES_END = 0.72
#: Of a longer box there only the end is read, so many heights of it.
_LONG, _END = 12.0, 6.0
#: Share of a box's signs that must be digits, or look like them, to read it whole.
_DIGITS_MIN = 0.3
_LIKE_DIGITS = set("0123456789ОЗзІБВЩЦі.,:-/")
_MAY_END_IN_A_PRICE = {Kind.TEXT, Kind.PRICED, Kind.MULTIPLIER, Kind.DISCOUNT, Kind.TOTAL}
#: A last word read with less may be a price.
_CLEAR = 0.6
#: A barcode has 13 digits, and only one of our country's can be ours; other codes of goods
#: are of no use.
_CODE_DIGITS_MIN, _HOME = 10, "482"
#: A register's number has ten digits, one of them lost or doubled at most, and a day has two
#: marks; other figures amid the shop's talk are streets, points, phones and tax numbers.
_OF_A_REGISTER = re.compile(r"(?<!\d)\d{9,11}(?!\d)|\d{2}[.\-/]\d{2}[.\-/]\d{2}")
#: What a bank's slip numbers is of no use.
_OF_A_BANK = re.compile(r"\d{6}")
#: Where a receipt's own number stands, which may be letters for the most part.
_NAMES_ITSELF = re.compile(r"ЧЕК|Ф[ІИ]СК|[ФО]Н\b")
#: A second; a receipt of ten goods without a QR has less.
_HEIGHTS_MAX = 250.0


class Asked(Struct, frozen=True):
    """A box to read, whole or its end alone."""

    box: TextBox
    from_share: float = 0.0

    @property
    def heights(self) -> float:
        """How long what is to be read is, in heights."""
        return self.box.width / self.box.height * (1 - self.from_share)


def second_readings(
    sight: Sight, words: list[list[Seen]], models: Models, *, told: frozenset[Kind]
) -> list[str]:
    """Return what the second reader makes of each row of ``sight``, "" where it was not asked.

    ``words`` are the first reader's, row by row; of kinds that are ``told`` nothing is asked.
    Where there is too much to ask, rows of which no figure is known are left out first.
    """
    prices_from = _PRICES_END * max(box.right for row in sight.rows for box in row)
    kinds = [kind_of(" ".join(word.text for word in seen)) for seen in words]
    asked: dict[int, list[Asked]] = {
        number: _asked(row, seen, kind, prices_from, tall=is_tall(row, sight.usual))
        for number, (row, seen, kind) in enumerate(zip(sight.rows, words, kinds, strict=True))
        if kind not in told
    }
    said, room = [""] * len(words), _HEIGHTS_MAX
    for number in sorted(asked, key=lambda number: kinds[number] is Kind.TEXT):
        room -= sum(one.heights for one in asked[number])
        if room > 0:
            parts = (_read(sight, one, models) for one in asked[number])
            said[number] = " ".join(part for part in parts if part)
    return said


def _asked(
    row: list[TextBox], seen: list[Seen], kind: Kind, prices_from: float, *, tall: bool
) -> list[Asked]:
    """Return what of a row may hold a figure that matters."""
    asked = []
    for box in row:
        words = [word for word in seen if box.left <= _middle(word) <= box.right]
        if tall or _is_worth_reading("".join(word.text for word in words), kind):
            asked.append(Asked(box))
        elif _may_be_a_price(box, row, kind, prices_from) and _ends_unclear(words, box is row[0]):
            long = box.width > _LONG * box.height
            asked.append(Asked(box, 1 - _END * box.height / box.width if long else 0.0))
    return asked


def _is_worth_reading(text: str, kind: Kind) -> bool:
    digits = sum(map(str.isdigit, text))
    if kind is not Kind.END and _NAMES_ITSELF.search(text.upper()):
        return True
    if kind is Kind.META:
        return digits >= _CODE_DIGITS_MIN and _HOME in text
    if kind in (Kind.ADVERT, Kind.HEADER):
        return _OF_A_REGISTER.search(text) is not None
    if kind is Kind.PAYMENT and _OF_A_BANK.search(text):
        return False
    named = kind not in (Kind.TEXT, Kind.PRICED) and digits > 1
    return named or _is_figure(text)


def _may_be_a_price(box: TextBox, row: list[TextBox], kind: Kind, prices_from: float) -> bool:
    return kind in _MAY_END_IN_A_PRICE and box is row[-1] and box.right > prices_from


def _ends_unclear(words: list[Seen], alone: bool) -> bool:
    """Tell whether a box may end in a figure: one that stands apart does (77.77 is also read
    «тт,тт»), another when it says so or nobody could read its end.
    """
    if not words or not alone:
        return True
    last = words[-1]
    return last.confidence < _CLEAR or any(map(str.isdigit, last.text))


def _middle(word: Seen) -> float:
    return word.left + word.width / 2


def _is_figure(text: str) -> bool:
    alike = sum(sign in _LIKE_DIGITS for sign in text)
    return alike >= 2 and alike >= _DIGITS_MIN * len(text) and any(map(str.isdigit, text))


def _read(sight: Sight, asked: Asked, models: Models) -> str:
    box = asked.box
    if asked.from_share:
        x, y = box.at((1 + asked.from_share) / 2, 0.5)
        box = TextBox(x, y, box.width * (1 - asked.from_share), box.height, box.angle)
    size = (max(8, round(box.width / max(1.0, box.height) * HEIGHT)), HEIGHT)
    return recognise(stretched(straight(sight.crop, box, size)), models)
