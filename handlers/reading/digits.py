"""A second reader for the rows that matter: it knows digits as Tesseract does not.

It is shown only what may hold a figure: every box with digits, or letters that digits are
taken for, and the right end of a long one, where prices stand.
"""

from msgspec import Struct

from handlers.reading.boxes import TextBox
from handlers.reading.clean_page import TALL, straight
from handlers.reading.kinds import Kind, kind_of
from handlers.reading.light import stretched
from handlers.reading.models import Models
from handlers.reading.page import Seen
from handlers.reading.recogniser import HEIGHT, recognise
from handlers.reading.sight import Sight

#: Rows whose figures decide about money: read whole.
_DECISIVE = {Kind.TOTAL, Kind.SUBTOTAL, Kind.TAX, Kind.PAYMENT, Kind.DATE, Kind.DISCOUNT,
             Kind.MULTIPLIER, Kind.META}  # fmt: skip
#: Of a longer box with few digits only the end is read, so many heights of it.
_LONG, _END = 14.0, 7.0
#: Share of a box's signs that must be digits, or look like them, to read it whole.
_DIGITS_MIN = 0.3
_LIKE_DIGITS = set("0123456789ОЗзІБВЩЦі.,:-/")
#: More print than a receipt holds; the rest goes unread.
_HEIGHTS_MAX = 700.0


class Asked(Struct, frozen=True):
    """A box to read, whole or its end alone."""

    box: TextBox
    from_share: float = 0.0


def second_readings(sight: Sight, words: list[list[Seen]], models: Models) -> list[str]:
    """Return what the second reader makes of each row of ``sight``, "" where it was not asked.

    ``words`` are Tesseract's, row by row.
    """
    room = _HEIGHTS_MAX
    said = []
    for row, seen in zip(sight.rows, words, strict=True):
        parts = []
        for asked in _asked(row, seen, sight.usual):
            heights = asked.box.width / asked.box.height * (1 - asked.from_share)
            room -= heights
            if room > 0:
                parts.append(_read(sight, asked, models))
        said.append(" ".join(part for part in parts if part))
    return said


def _asked(row: list[TextBox], seen: list[Seen], usual: float) -> list[Asked]:
    kind = kind_of(" ".join(word.text for word in seen))
    whole = kind in _DECISIVE or max(box.height for box in row) > TALL * usual
    asked = []
    for box in row:
        text = "".join(
            word.text for word in seen if box.left <= word.left + word.width / 2 <= box.right
        )
        if whole or _is_figure(text) or box.width < 4 * box.height:
            asked.append(Asked(box))
        elif box.width > _LONG * box.height or any(map(str.isdigit, text)):
            asked.append(Asked(box, max(0.0, 1 - _END * box.height / box.width)))
    return asked


def _is_figure(text: str) -> bool:
    alike = sum(sign in _LIKE_DIGITS for sign in text)
    return alike >= 2 and alike >= _DIGITS_MIN * len(text) and any(map(str.isdigit, text))


def _read(sight: Sight, asked: Asked, models: Models) -> str:
    box = asked.box
    if asked.from_share:
        x, y = box.at((1 + asked.from_share) / 2, 0.5)
        box = TextBox(x, y, box.width * (1 - asked.from_share), box.height, box.angle)
    size = (max(8, round(box.width / max(1.0, box.height) * HEIGHT)), HEIGHT)
    return recognise(stretched(straight(sight.crop, box, size)), models).text
