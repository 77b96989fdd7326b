"""Lines and codes on a strip of paper, with the wear of its print."""

from random import Random

import cv2
import numpy as np
import zxingcpp
from msgspec import Struct

from tests.receipts.fonts import Face, inked
from tests.receipts.lines import Line, Shows, Style
from tests.receipts.pixels import Bytes, floats, whole

#: Pixels of one character's cell on the drawn strip; about 1.3 to a dot of the head.
CELL = 16


class Placed(Struct, frozen=True, kw_only=True):
    """Where on the strip a line stands: left, top, right, bottom in pixels."""

    shows: frozenset[Shows]
    box: tuple[float, float, float, float]


class Paper(Struct, frozen=True, kw_only=True):
    """A printed strip."""

    #: 0 black to 255 white; axes (y, x)
    grey: Bytes
    placed: tuple[Placed, ...]


class Wear(Struct, frozen=True, kw_only=True):
    """How well the head prints and how the print has aged; shares 0..1."""

    #: of black that ink still has
    ink: float
    #: of it that the worst spot has lost
    fading: float
    #: dead dots of the head: white streaks along the paper
    streaks: int
    #: of specks of ink that are missing
    gaps: float


def wear(level: str, chance: Random) -> Wear:
    """Return the wear of a level."""
    hard, easy = level == "hard", level == "easy"
    ink = {"easy": (0.82, 1.0), "medium": (0.7, 0.97), "hard": (0.6, 0.92)}[level]
    fading = {"easy": (0.0, 0.1), "medium": (0.0, 0.25), "hard": (0.0, 0.38)}[level]
    streaks = 0 if easy or chance.random() < 0.7 else chance.randint(1, 3 if hard else 2)
    gaps = chance.uniform(0.0, {"easy": 0.02, "medium": 0.06, "hard": 0.1}[level])
    return Wear(
        ink=chance.uniform(*ink), fading=chance.uniform(*fading), streaks=streaks, gaps=gaps
    )


def draw(lines: list[Line], style: Style, face: Face, worn: Wear, chance: Random) -> Paper:
    """Return the strip with ``lines`` on it."""
    height = round(CELL * chance.uniform(1.75, 2.25))
    pitch = round(height * chance.uniform(1.0, 1.22))
    margin = round(CELL * chance.uniform(1.0, 3.5))
    width = style.columns * CELL + 2 * margin
    blocks = [_block(line, face, height, width - 2 * margin) for line in lines]
    steps = [
        max(pitch, ink.shape[0] + pitch - height) if ink is not None else pitch for ink in blocks
    ]
    top = round(pitch * chance.uniform(0.8, 3.0))
    ink = np.zeros((top + sum(steps) + round(pitch * chance.uniform(1.0, 4.0)), width), np.uint8)
    placed = []
    for line, block, step in zip(lines, blocks, steps, strict=True):
        if block is not None:
            left = margin if line.qr is None else _left_of(line, block, width, margin)
            ink[top : top + block.shape[0], left : left + block.shape[1]] = block
            placed.append(_placed(line, block, left, top))
        top += step
    return Paper(grey=printed(ink, worn, chance), placed=tuple(placed))


def _block(line: Line, face: Face, height: int, room: int) -> Bytes | None:
    if line.qr is not None:
        return _symbol(line.qr, round(room * line.tall))
    if line.bars is not None:
        return _bars(line.bars, round(room * 0.7), height * 2)
    if not line.text.strip():
        return None
    strip = inked(line.text, face)
    size = (min(room, len(line.text) * line.wide * CELL), round(height * line.tall))
    shrinks = size[0] < strip.shape[1]
    block: Bytes = np.asarray(
        cv2.resize(strip, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        np.uint8,
    )
    return block


def _symbol(payload: str, side: int) -> Bytes:
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode)
    small = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1))
    factor = max(2, round(side / small.shape[0]))
    return 255 - np.kron(small, np.ones((factor, factor), np.uint8))


def _bars(digits: str, width: int, height: int) -> Bytes:
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    small = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1))
    factor = max(1, width // small.shape[1])
    row = np.repeat(255 - small[small.shape[0] // 2], factor)
    return np.tile(row, (height, 1)).astype(np.uint8)


def _left_of(line: Line, block: Bytes, width: int, margin: int) -> int:
    free = max(0, width - 2 * margin - int(block.shape[1]))
    return margin + round(free * line.across)


def _placed(line: Line, block: Bytes, left: int, top: int) -> Placed:
    columns = np.flatnonzero(block.max(axis=0))
    begin, end = (columns[0], columns[-1] + 1) if columns.size else (0, block.shape[1])
    box = (float(left + begin), float(top), float(left + end), float(top + block.shape[0]))
    return Placed(shows=line.shows, box=box)


def printed(ink: Bytes, worn: Wear, chance: Random) -> Bytes:
    """Turn ink into grey paper: fading, dead dots, specks missing, ink that runs a little."""
    source = np.random.default_rng(chance.getrandbits(32))
    level = floats([[worn.ink]])
    if worn.fading > 0.02:
        spots = source.uniform(1.0 - worn.fading, 1.0, (5, 3)).astype(np.float32)
        level = worn.ink * floats(cv2.resize(spots, ink.shape[::-1], interpolation=cv2.INTER_CUBIC))
    burnt = ink.astype(np.float32) * level
    if worn.gaps > 0.005:
        shape = (ink.shape[0] // 2 + 1, ink.shape[1] // 2 + 1)
        kept = (source.random(shape, np.float32) > worn.gaps).astype(np.float32)
        burnt *= floats(cv2.resize(kept, ink.shape[::-1], interpolation=cv2.INTER_LINEAR))
    for _ in range(worn.streaks):
        left = chance.randrange(ink.shape[1])
        burnt[:, left : left + chance.randint(1, 2)] *= 0.15
    burnt = floats(cv2.GaussianBlur(burnt, (0, 0), chance.uniform(0.5, 0.9)))
    paper = chance.uniform(238, 252)
    return whole(paper - burnt * (paper - 28) / 255)
