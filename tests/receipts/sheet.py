"""Photos that were misread, side by side on one picture, each with what went wrong."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from textwrap import shorten

from PIL import Image, ImageDraw, ImageFont

from tests.receipts.fonts import regular
from tests.receipts.making import Photo
from tests.receipts.scores import FIELDS, failing, is_false_accept, right
from tests.receipts.trials import Trial

_ACROSS, _SHOWN_MAX = 6, 18
_CELL, _CAPTION = (250, 360), 46
#: What fits below a photo.
_SIGNS_MAX = 31
_PAPER, _INK, _GREY = (246, 245, 241), (32, 32, 36), (96, 96, 104)


def draw(pairs: Sequence[tuple[Photo, Trial]], into: Path) -> int:
    """Write the picture, the worst first, and return how many photos are on it.

    Photos of real receipts are never shown: they are somebody's.
    """
    shown = [pair for pair in pairs if failing(pair[1]) and pair[1].label.layout != "real"]
    shown = sorted(shown, key=lambda pair: _kind_of(pair[1]))[:_SHOWN_MAX]
    rows = -(-len(shown) // _ACROSS)
    size = (_ACROSS * _CELL[0], max(1, rows) * (_CELL[1] + _CAPTION))
    sheet = Image.new("RGB", size, _PAPER)
    for place, (photo, trial) in enumerate(shown):
        left, top = place % _ACROSS * _CELL[0], place // _ACROSS * (_CELL[1] + _CAPTION)
        _lay(sheet, photo, trial, (left, top))
    sheet.save(into, "JPEG", quality=72)
    return len(shown)


def _kind_of(trial: Trial) -> tuple[bool, bool, str]:
    return not is_false_accept(trial), trial.decision != "reject", str(trial.reason)


def _lay(sheet: Image.Image, photo: Photo, trial: Trial, at: tuple[int, int]) -> None:
    picture = Image.open(BytesIO(photo.jpeg)).convert("RGB")
    picture.thumbnail((_CELL[0] - 10, _CELL[1] - 10), Image.Resampling.LANCZOS)
    sheet.paste(picture, (at[0] + (_CELL[0] - picture.width) // 2, at[1] + 6))
    pen = ImageDraw.Draw(sheet)
    top = at[1] + _CELL[1]
    for line, (text, fill) in enumerate(zip(_told(trial), (_INK, _GREY), strict=True)):
        pen.text((at[0] + 8, top + 18 * line), text, fill=fill, font=_font())


def _told(trial: Trial) -> tuple[str, str]:
    """Return what became of a photo, and what was misread."""
    wrong = [field.replace("_", " ") for field in FIELDS if right(trial, field) is False]
    became = trial.decision if trial.reason is None else f"{trial.decision}: {trial.reason}"
    where = f"{trial.label.level} {trial.label.layout}"
    return became, shorten(", ".join([where, *wrong]), _SIGNS_MAX, placeholder=" …")


def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(regular()), 13)
