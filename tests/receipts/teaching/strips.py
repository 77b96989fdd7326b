"""A text -> the cut that the reader sees: printed, worn, photographed, found, warped to one height.

The way is that of ``tests/receipts`` (paper, camera) and of ``handlers/reading`` (light,
boxes), for one line between its neighbours instead of a whole photo: two thousand times as
fast. Arrays are grey, axes (y, x), uint8.
"""

import re
from random import Random
from typing import NamedTuple

import cv2
import numpy as np

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.clean_page import STRETCH, TALL, straight
from handlers.reading.pixels.light import evenly_lit, stretched
from handlers.reading.pixels.transcriber import HEIGHT
from tests.receipts.camera import motion
from tests.receipts.fonts import Face, inked
from tests.receipts.paper import CELL, printed, wear
from tests.receipts.pixels import Bytes, Floats, floats, whole
from tests.receipts.teaching.texts import Said

_LEVELS = ("easy", "medium", "hard")
_MARGIN = 24
_COLUMNS = re.compile(r"\S+(?: {1,2}\S+)*")
_WORDS = re.compile(r"\S+")
#: Pixels of a box on the crop, and how much a crop is enlarged at most (``sight``).
_BOX_PIXELS_MAX, _ENLARGEMENT_MAX = 46, 1.5


class _Column(NamedTuple):
    """A piece of a line that the detector boxes by itself, in pixels of the strip."""

    text: str
    left: float
    right: float


class _Print(NamedTuple):
    grey: Bytes
    #: of the line's middle
    y: float
    #: of the line itself
    height: float
    columns: list[_Column]


def cut_of(
    said: Said, face: Face, neighbours: tuple[str, str], chance: Random
) -> tuple[Bytes, str]:
    """Return a line as the reader sees it, ``HEIGHT`` high, and its text."""
    level = chance.choice(_LEVELS)
    strip = _photographed(_print(said, face, neighbours, level, chance), level, chance)
    stretch = STRETCH if said.tall > TALL and chance.random() < 0.7 else 1.0
    stretch *= chance.uniform(0.88, 1.14)
    pieces: list[Bytes] = []
    for column, before in zip(strip.columns, [None, *strip.columns], strict=False):
        if before is not None:
            gap = (column.left - before.right) / strip.height
            width = round(min(max(gap, 0.4), 2.0) * HEIGHT * chance.uniform(0.6, 1.2))
            pieces.append(np.full((HEIGHT, width), 255, np.uint8))
        pieces.append(_cut(strip, column, stretch, chance))
    return np.hstack(pieces), " ".join(column.text for column in strip.columns)


def _print(
    said: Said, face: Face, neighbours: tuple[str, str], level: str, chance: Random
) -> _Print:
    narrow = chance.random() < 0.3
    height = round(CELL * (chance.uniform(2.3, 3.1) if narrow else chance.uniform(1.65, 2.3)))
    pitch = round(height * chance.uniform(0.94, 1.25))
    line = _run(_inked(said.text, face, round(height * said.tall)), chance)
    middle = line.shape[0] / 2 + pitch
    ink = np.zeros((2 * pitch + line.shape[0], line.shape[1] + 2 * _MARGIN), np.uint8)
    ink[pitch : pitch + line.shape[0], _MARGIN : _MARGIN + line.shape[1]] = line
    for text, top in zip(neighbours, (pitch - height, pitch + line.shape[0]), strict=True):
        if text and chance.random() < 0.75:
            _lay(ink, _inked(text, face, height), top)
    unit = line.shape[1] / max(1, len(said.text))
    columns = [
        _Column(found[0], _MARGIN + found.start() * unit, _MARGIN + found.end() * unit)
        for found in _pieces(said.text, face, chance)
    ]
    return _Print(printed(ink, wear(level, chance), chance), middle, line.shape[0], columns)


def _pieces(text: str, face: Face, chance: Random) -> list[re.Match[str]]:
    """Return what the detector boxes by itself: columns, sometimes words, seldom the whole row."""
    kind = chance.random()
    if face.proportional or kind < 0.12:
        return list(re.finditer(r"\S.*\S|\S", text))
    return list((_WORDS if kind < 0.18 else _COLUMNS).finditer(text))


def _inked(text: str, face: Face, height: int) -> Bytes:
    strip = inked(text, face)
    if face.proportional:
        width = round(strip.shape[1] * height / strip.shape[0] * 0.95)
    else:
        width = len(text) * CELL
    way = cv2.INTER_AREA if width < strip.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(strip, (max(8, width), height), interpolation=way), np.uint8)


def _run(line: Bytes, chance: Random) -> Bytes:
    """Let ink run, or burn too little of it; mostly neither."""
    kind = chance.random()
    if kind < 0.16:
        much = (2, 2) if kind < 0.1 else (3, 2)
        return np.asarray(cv2.dilate(line, np.ones(much, np.uint8)), np.uint8)
    return np.asarray(cv2.erode(line, np.ones((2, 1), np.uint8)), np.uint8) if kind > 0.94 else line


def _lay(ink: Bytes, line: Bytes, top: int) -> None:
    """Lay a neighbour from the left edge; what does not fit is cut."""
    rows = slice(max(0, -top), min(line.shape[0], ink.shape[0] - top))
    columns = min(line.shape[1], ink.shape[1] - _MARGIN)
    part = line[rows, :columns]
    place = ink[max(0, top) : max(0, top) + part.shape[0], _MARGIN : _MARGIN + columns]
    np.maximum(place, part, out=place)


def _photographed(strip: _Print, level: str, chance: Random) -> _Print:
    """Return the strip as the level crop of a photo shows it."""
    cell = chance.uniform(5.8, 15.0)
    scale = cell / CELL
    small = _scaled(strip.grey, scale)
    source = np.random.default_rng(chance.getrandbits(32))
    scene = _bent(small, strip.height * scale, level, chance) if chance.random() < 0.5 else small
    lit = scene.astype(np.float32) * _light(scene.shape, level, chance)
    sensed = _sensed(lit, cell, level, chance, source)
    packed = cv2.imencode(".jpg", sensed, [cv2.IMWRITE_JPEG_QUALITY, chance.randint(55, 93)])[1]
    stored = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    box = strip.height * scale * 1.15
    closer = min(_ENLARGEMENT_MAX, _BOX_PIXELS_MAX / box)
    crop = evenly_lit(_moved(stored, closer, strip.y * scale, chance))
    scale *= closer
    columns = [_Column(one.text, one.left * scale, one.right * scale) for one in strip.columns]
    return _Print(crop, strip.y * scale, strip.height * scale, columns)


def _scaled(grey: Bytes, scale: float) -> Bytes:
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)


def _moved(grey: Bytes, scale: float, middle: float, chance: Random) -> Bytes:
    """Enlarge, lean and shift by a part of a pixel, as a level crop of a turned photo is made.

    ``middle`` is the height that stays where it is while the line leans.
    """
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    lean = chance.uniform(-0.35, 0.35) if chance.random() < 0.15 else chance.gauss(0, 0.05)
    matrix = np.array([
        [scale, scale * lean, chance.random() - scale * lean * middle],
        [0, scale, chance.random()],
    ])  # fmt: skip
    return np.asarray(
        cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _bent(grey: Bytes, line: float, level: str, chance: Random) -> Bytes:
    strength = {"easy": 0.03, "medium": 0.07, "hard": 0.1}[level]
    height, width = grey.shape
    x = np.arange(width, dtype=np.float32)
    waves = x / width * chance.uniform(2, 8) + chance.uniform(0, 6.28)
    down = np.sin(waves) * line * chance.uniform(0, strength)
    right = np.cos(waves) * line * chance.uniform(0, 2 * strength)
    u = np.broadcast_to(x + right, grey.shape).astype(np.float32)
    v = np.arange(height, dtype=np.float32)[:, None] + down[None, :]
    return np.asarray(
        cv2.remap(grey, u, v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _light(shape: tuple[int, ...], level: str, chance: Random) -> Floats:
    """Return the light: a slope, sometimes a fold, a shadow's edge, or the end of the paper."""
    much = {"easy": 0.15, "medium": 0.3, "hard": 0.42}[level]
    height, width = shape
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    lit = chance.uniform(0.62, 1.05) * (1 - much * chance.uniform(-0.5, 0.5) * (x - 0.5))
    if chance.random() < much:
        across = x + chance.uniform(-1, 1) * y * height / width - chance.random()
        lit = lit * (1 - chance.uniform(0.05, 0.3) * np.exp(-((across / 0.02) ** 2)))
    if chance.random() < much:
        edge = 1 / (1 + np.exp(-chance.uniform(6, 60) * (x - chance.random() + 0.3 * (y - 0.5))))
        lit = lit * (1 - chance.uniform(0.1, 0.4) * edge)
    if chance.random() < 0.05:
        end = chance.uniform(0.2, 0.9) * _MARGIN / CELL * 10 / width
        beyond = x < end if chance.random() < 0.5 else x > 1 - end
        lit = np.where(beyond, chance.uniform(0.1, 0.7), lit)
    return floats(lit + 0 * y)


def _sensed(
    scene: Floats, cell: float, level: str, chance: Random, source: np.random.Generator
) -> Bytes:
    blur = chance.uniform(*{"easy": (0.3, 0.6), "medium": (0.4, 0.95), "hard": (0.55, 1.2)}[level])
    blur *= chance.uniform(1.2, 1.7) if chance.random() < 0.12 else 1.0
    scene = floats(cv2.GaussianBlur(scene, (0, 0), max(0.25, blur * cell / 9.0)))
    if chance.random() < {"easy": 0.0, "medium": 0.12, "hard": 0.3}[level]:
        scene = floats(
            cv2.filter2D(scene, -1, motion(cell / 9.0 * chance.uniform(1.5, 3.2), chance))
        )
    spread = chance.uniform(*{"easy": (1, 4), "medium": (2, 7), "hard": (3, 9)}[level]) * 0.7
    return whole(scene + spread * source.standard_normal(scene.shape, np.float32))


def _cut(strip: _Print, column: _Column, stretch: float, chance: Random) -> Bytes:
    """Return a column in a box that is not quite where it should be."""
    loose = chance.random() < 0.2
    height = strip.height * (chance.uniform(1.3, 1.9) if loose else chance.uniform(0.96, 1.36))
    aside = 0.3 * (height - strip.height) if loose else 0.035 * strip.height
    left = column.left - height * chance.uniform(-0.06, 0.4)
    right = column.right + height * chance.uniform(-0.06, 0.4)
    box = TextBox(
        x=(left + right) / 2,
        y=strip.y + max(-1.5, min(1.5, chance.gauss(0, 1))) * aside,
        width=right - left,
        height=height,
        angle=max(-1.5, min(1.5, chance.gauss(0, 9.0) * height / (right - left))),
    )
    width = max(8, round(box.width / box.height * HEIGHT * stretch))
    return stretched(straight(strip.grey, box, (width, HEIGHT)))
