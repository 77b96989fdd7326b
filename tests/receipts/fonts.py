"""Fonts with Ukrainian letters from Debian packages, and how a print head makes them."""

from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

from tests.receipts.pixels import Bytes

_ROOT = Path("/usr/share/fonts")
_BITMAPS = (".otb", ".pcf.gz")
#: Pixels a dot of the matrix gets before the line is brought to its size.
_DOT = 5


class Face(Struct, frozen=True, kw_only=True):
    """A font and what can be done with it."""

    path: str
    package: str
    size: int = 28
    #: its dots are drawn one by one
    dots: bool = False
    #: a stroke is laid through every zero
    slashed: bool = False
    #: signs have widths of their own
    proportional: bool = False
    weight: int = 3


#: Needed for nothing but ``make eval``; the first is there for tests too.
FACES = (
    Face(path="truetype/dejavu/DejaVuSansMono.ttf", package="fonts-dejavu-core", weight=2),
    Face(path="opentype/terminus/terminus-bold.otb", package="fonts-terminus-otb", size=32),
    Face(path="opentype/terminus/terminus-normal.otb", package="fonts-terminus-otb", size=24),
    Face(path="opentype/terminus/terminus-normal.otb", package="fonts-terminus-otb", size=16,
         dots=True, weight=4),
    Face(path="opentype/terminus/terminus-bold.otb", package="fonts-terminus-otb", size=16,
         dots=True),
    Face(path="opentype/terminus/terminus-normal.otb", package="fonts-terminus-otb", size=20,
         dots=True),
    Face(path="opentype/unifont/unifont.otf", package="fonts-unifont", size=16, dots=True),
    Face(path="opentype/unifont/unifont.otf", package="fonts-unifont", size=16, weight=1),
    Face(path="truetype/3270/3270-Regular.ttf", package="fonts-3270"),
    Face(path="truetype/3270/3270Condensed-Regular.ttf", package="fonts-3270", weight=2),
    Face(path="truetype/agave/agave-r-autohinted.ttf", package="fonts-agave", weight=2),
    Face(path="truetype/anonymous-pro/Anonymous Pro.ttf", package="fonts-anonymous-pro"),
    Face(path="truetype/freefont/FreeMonoBold.ttf", package="fonts-freefont-ttf", weight=2),
    Face(path="truetype/freefont/FreeMonoBold.ttf", package="fonts-freefont-ttf", slashed=True,
         weight=1),
    Face(path="truetype/hack/Hack-Regular.ttf", package="fonts-hack", weight=2),
    Face(path="truetype/jetbrains-mono/JetBrainsMono-Regular.ttf",
         package="fonts-jetbrains-mono", weight=2),
    Face(path="truetype/liberation/LiberationMono-Regular.ttf", package="fonts-liberation"),
    Face(path="truetype/liberation/LiberationMono-Bold.ttf", package="fonts-liberation"),
    Face(path="truetype/paratype/PTM55F.ttf", package="fonts-paratype"),
    Face(path="truetype/paratype/PTM55F.ttf", package="fonts-paratype", slashed=True),
    Face(path="truetype/paratype/PTM75F.ttf", package="fonts-paratype", slashed=True, weight=2),
)  # fmt: skip


def choose(chance: Random) -> Face:
    """Return one of the installed faces.

    Raises:
        FileNotFoundError: no package with a font is installed.
    """
    there = installed()
    return chance.choices(there, [face.weight for face in there])[0]


@cache
def installed() -> tuple[Face, ...]:
    """Return the faces whose packages are installed."""
    there = tuple(face for face in FACES if is_installed(face))
    if not there:
        raise FileNotFoundError(_ROOT / FACES[0].path)
    return there


def regular() -> Path:
    """Return the font that every machine with ``make demo`` has."""
    return _ROOT / FACES[0].path


def is_installed(face: Face) -> bool:
    """Tell whether the package of a face is installed."""
    return (_ROOT / face.path).is_file()


def inked(text: str, face: Face) -> Bytes:
    """Return a line of text as ink, 255 where the head burns: axes (y, x)."""
    font = _font(face.path, face.size)
    advance = font.getlength("0")
    ascent, descent = font.getmetrics()
    length = font.getlength(text) if face.proportional else advance * len(text)
    size = (max(1, round(length)), ascent + descent)
    strip = Image.new("L", size, 0)
    pen = ImageDraw.Draw(strip)
    pen.fontmode = "1" if face.dots else "L"
    if face.dots or face.proportional or face.path.endswith(_BITMAPS):
        pen.text((0, 0), text, fill=255, font=font)
    else:
        for place, sign in enumerate(text):
            pen.text((advance * place, 0), sign, fill=255, font=font)
    if face.slashed:
        _slash(pen, text, advance, ascent)
    ink: Bytes = np.asarray(strip)
    return _dotted(ink) if face.dots else ink


def _slash(pen: ImageDraw.ImageDraw, text: str, advance: float, ascent: int) -> None:
    for place, sign in enumerate(text):
        if sign == "0":
            left, right = advance * (place + 0.24), advance * (place + 0.76)
            pen.line((left, ascent * 0.92, right, ascent * 0.34), fill=255, width=2)


def _dotted(ink: Bytes) -> Bytes:
    """Draw each set pixel as a round dot."""
    across = np.arange(_DOT) - (_DOT - 1) / 2
    disc = (across[:, None] ** 2 + across[None, :] ** 2 <= (_DOT / 2) ** 2).astype(np.uint8)
    dotted: Bytes = np.kron((ink > 127).astype(np.uint8), disc) * np.uint8(255)
    return dotted


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_ROOT / path), size)
