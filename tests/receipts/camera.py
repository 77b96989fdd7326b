"""The strip on a table as a phone sees it, at three levels. Every touch comes from chance."""

from random import Random
from typing import Literal

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from tests.receipts import surfaces
from tests.receipts.bends import STEP, Bend, bend
from tests.receipts.paper import CELL, Paper
from tests.receipts.pixels import Bytes, Floats, floats, whole

Level = Literal["easy", "medium", "hard"]

#: Long side that messengers leave of a photo.
_MESSENGER = 1280
#: Width of a character in pixels of the photo: no less than … and, while it fits, up to …
_CELLS = {"easy": (9.0, 14.0), "medium": (8.2, 12.5), "hard": (7.8, 11.0)}
_GRID = 8


class Shot(Struct, frozen=True, kw_only=True):
    """A photo before it is stored, and which lines of the strip it shows whole."""

    rgb: Bytes
    #: one for each placed line
    seen: tuple[bool, ...]
    #: what was done to it, for whoever looks at failures
    notes: dict[str, float]


class _Stage(Struct, frozen=True, kw_only=True):
    """Where the strip lies: its scale, the frame, and strip -> frame."""

    scale: float
    size: tuple[int, int]
    matrix: NDArray[np.float64]


def photograph(paper: Paper, level: Level, chance: Random) -> Shot:
    """Return a photo of the strip."""
    stage = _stage(paper, level, chance)
    cell = CELL * stage.scale
    grey = _shrunk(paper.grey, stage.scale)
    bent = bend((grey.shape[1], grey.shape[0]), cell, level, chance)
    places = _places(stage, bent, grey.shape)
    scene = _laid(grey, bent, places, stage, chance)
    if chance.random() < {"easy": 0.08, "medium": 0.18, "hard": 0.25}[level]:
        thick = cell * chance.uniform(4.5, 8)
        surfaces.hand(scene, _touches(stage, grey, thick, chance), thick, chance)
    seen = tuple(_inside(placed.box, stage) for placed in paper.placed)
    scene *= surfaces.light(stage.size, level, chance)[..., None]
    rgb = _sensed(scene, cell, level, chance)
    notes = {"cell": round(float(cell), 2), "width": stage.size[0], "height": stage.size[1]}
    return Shot(rgb=rgb, seen=seen, notes=notes)


def _stage(paper: Paper, level: Level, chance: Random) -> _Stage:
    height, width = paper.grey.shape
    angle = chance.gauss(0, {"easy": 1.5, "medium": 4.0, "hard": 8.0}[level])
    margin = chance.uniform(0.04, {"easy": 0.2, "medium": 0.4, "hard": 0.45}[level])
    if chance.random() < 0.06:
        margin += chance.uniform(0.4, 0.8)
    if chance.random() < {"easy": 0.0, "medium": 0.03, "hard": 0.06}[level]:
        angle = chance.uniform(-180, 180)
    room = _turned_size(width, height, angle)
    frame = _frame(room[0] * (1 + margin), room[1] * (1 + margin * 0.5), chance)
    scale = _scale(max(frame), level, chance)
    size = (round(float(frame[0] * scale)), round(float(frame[1] * scale)))
    matrix = _matrix((width * scale, height * scale), size, angle, level, chance)
    return _Stage(scale=scale, size=size, matrix=matrix)


def _scale(long_side: float, level: Level, chance: Random) -> float:
    """Return photo pixels to a strip pixel: a messenger's size when letters stay readable."""
    least, most = (cell / CELL for cell in _CELLS[level])
    fits = _MESSENGER / long_side
    if fits >= least and chance.random() < 0.9:
        return min(fits, most * 1.6)
    return max(fits, chance.uniform(least * 1.15, most * chance.choice((1.0, 1.3, 2.0))))


def _frame(width: float, height: float, chance: Random) -> tuple[float, float]:
    """Return the least frame of a phone's shape that holds the strip."""
    shape = chance.choice((3 / 4, 3 / 4, 9 / 16, 9 / 19))
    if width > height:
        shape = 1 / shape
    return max(width, height * shape), max(height, width / shape)


def _turned_size(width: float, height: float, angle: float) -> tuple[float, float]:
    sine, cosine = abs(np.sin(np.radians(angle))), abs(np.cos(np.radians(angle)))
    return width * cosine + height * sine, width * sine + height * cosine


def _matrix(
    strip: tuple[float, float], size: tuple[int, int], angle: float, level: Level, chance: Random
) -> NDArray[np.float64]:
    """Return strip -> frame: turned, shifted, and seen a little from the side."""
    width, height = strip
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    turn = np.radians(angle)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    placed = (corners - (width / 2, height / 2)) @ spin
    free = np.maximum(0, np.array(size) - np.ptp(placed, axis=0)) / 2
    shift = np.array([chance.uniform(-0.8, 0.8), chance.uniform(-0.8, 0.8)]) * free
    placed = placed + np.array(size) / 2 + shift
    placed += _cropping(placed, size[1], level, chance)
    skew = {"easy": 0.006, "medium": 0.02, "hard": 0.035}[level] * min(width, height) * 2
    placed += np.array([[chance.uniform(-skew, skew) for _ in "xy"] for _ in corners])
    return np.asarray(
        cv2.getPerspectiveTransform(corners.astype(np.float32), placed.astype(np.float32)),
        np.float64,
    )


def _cropping(
    placed: NDArray[np.float64], frame: int, level: Level, chance: Random
) -> NDArray[np.float64]:
    """Return a shift that pushes an end of the strip out of the frame; mostly none."""
    if chance.random() > {"easy": 0.01, "medium": 0.05, "hard": 0.1}[level]:
        return np.zeros(2)
    top, bottom = placed[:, 1].min(), placed[:, 1].max()
    lost = (bottom - top) * chance.uniform(0.04, 0.22)
    return np.array([0.0, chance.choice((-top - lost, frame - bottom + lost))])


def _shrunk(grey: Bytes, scale: float) -> Bytes:
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def _places(stage: _Stage, bent: Bend, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return for each pixel of the frame the place on the strip that is seen there."""
    width, height = stage.size
    columns, rows = width // _GRID + 3, height // _GRID + 3
    x = (np.arange(columns) - 0.5) * _GRID - 0.5
    y = (np.arange(rows) - 0.5) * _GRID - 0.5
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2)
    strip = cv2.perspectiveTransform(grid, np.linalg.inv(stage.matrix)).reshape(rows, columns, 2)
    u, v = strip[..., 0].astype(np.float32), strip[..., 1].astype(np.float32)
    right = cv2.remap(bent.right, u / STEP, v / STEP, cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    down = cv2.remap(bent.down, u / STEP, v / STEP, cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return _full(u + right, stage.size), _full(v + down, stage.size)


def _full(coarse: Floats, size: tuple[int, int]) -> Floats:
    rows, columns = coarse.shape
    fine = cv2.resize(coarse, (columns * _GRID, rows * _GRID), interpolation=cv2.INTER_LINEAR)
    full: Floats = np.ascontiguousarray(fine[_GRID : _GRID + size[1], _GRID : _GRID + size[0]])
    return full


def _laid(
    grey: Bytes, bent: Bend, places: tuple[Floats, Floats], stage: _Stage, chance: Random
) -> Floats:
    u, v = places
    sheet = cv2.remap(grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shade = cv2.remap(bent.shade, u / STEP, v / STEP, cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    height, width = grey.shape
    cover = np.clip(np.minimum(np.minimum(u, width - u), np.minimum(v, height - v)) + 0.5, 0, 1)
    scene = surfaces.table(stage.size, chance)
    thrown = cv2.GaussianBlur(cover, (0, 0), 4 + 6 * stage.scale)
    scene *= (1 - chance.uniform(0.1, 0.5) * thrown)[..., None]
    tint = np.array([1.0, chance.uniform(0.96, 1.0), chance.uniform(0.9, 1.02)], np.float32)
    paper = (sheet.astype(np.float32) * shade)[..., None] * tint
    return floats(scene * (1 - cover[..., None]) + paper * cover[..., None])


def _touches(
    stage: _Stage, grey: Bytes, thick: float, chance: Random
) -> list[tuple[Floats, Floats]]:
    """Return where fingers touch an edge of the strip, and the way they point: inwards."""
    height, width = grey.shape
    first, side = height * chance.uniform(0.1, 0.8), chance.choice((0.0, float(width)))
    touches = []
    for finger in range(chance.choice((1, 1, 3, 4))):
        down = first + finger * thick * 1.15
        line = np.array([[(side, down), (width / 2, down)]], np.float64)
        end, inner = floats(cv2.perspectiveTransform(line, stage.matrix)[0])
        touches.append((end, floats((inner - end) / np.linalg.norm(inner - end))))
    return touches


def _inside(box: tuple[float, float, float, float], stage: _Stage) -> bool:
    left, top, right, bottom = (edge * stage.scale for edge in box)
    corners = np.array([[(left, top), (right, top), (right, bottom), (left, bottom)]], np.float64)
    seen = cv2.perspectiveTransform(corners, stage.matrix)[0]
    return bool((seen >= 1).all() and (seen <= np.array(stage.size) - 2).all())


def _sensed(scene: Floats, cell: float, level: Level, chance: Random) -> Bytes:
    """Blur and noise, as lens, hand and sensor make them."""
    usual = cell / 9.0
    blur = chance.uniform(*{"easy": (0.3, 0.6), "medium": (0.4, 0.95), "hard": (0.55, 1.1)}[level])
    scene = floats(cv2.GaussianBlur(scene, (0, 0), max(0.25, blur * usual)))
    if chance.random() < {"easy": 0.0, "medium": 0.12, "hard": 0.3}[level]:
        kernel = motion(usual * chance.uniform(1.5, 3.2), chance)
        scene = floats(cv2.filter2D(scene, -1, kernel))
    spread = chance.uniform(*{"easy": (1, 4), "medium": (2, 7), "hard": (3, 9)}[level])
    source = np.random.default_rng(chance.getrandbits(32))
    return whole(scene + spread * source.standard_normal(scene.shape, np.float32))


def motion(length: float, chance: Random) -> Floats:
    """Return the kernel of a hand that moved by ``length`` pixels, some way."""
    side = int(length) * 2 + 3
    kernel = np.zeros((side, side), np.float32)
    angle, middle = chance.uniform(0, np.pi), side // 2
    for step in np.linspace(-length / 2, length / 2, 4 * side):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] += 1
    return floats(kernel / kernel.sum())
