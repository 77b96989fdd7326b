"""A QR on curled, creased or stretched paper, laid flat module by module.

A decoder assumes a plane, and receipts are rolls: two modules of curl are enough to lose a
symbol whose every module can be seen. Where the three finders are known, the modules are
pulled, first all together and then region by region, to where black is blackest, white is
whitest, and the patterns that every QR of that version has (ISO/IEC 18004, 6.3) stand in
their places. What was pulled right is then decoded as if it had been printed now.
"""

from functools import cache
from itertools import product

import cv2
import numpy as np
from cv2.typing import MatLike
from msgspec import Struct
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
#: Corners (x, y) in pixels: top left, top right, bottom right, bottom left of the symbol.
Quad = NDArray[np.float32]

#: 57 modules hold every payload seen, with room; more is a page of text read as a symbol.
VERSION_MIN, VERSION_MAX = 2, 13
#: Modules are looked at this large: less blurs them, more costs time and shows nothing new.
_MODULE_PIXELS = 4.0
#: The crop around a symbol is enlarged at most so many times.
_ENLARGEMENT_MAX = 3.0
#: Pulls in modules, tried one after the other; a receipt rarely bends a symbol by more.
_ROUGH_STEPS = (1.0, 0.5, 0.25)
_FINE_STEPS = (0.5, 0.25)
#: Rounds over all pulls of one step before a smaller step is taken.
_ROUNDS_MAX = 3
#: Regions a side that are pulled apart from each other at the end.
_REGIONS = 4
#: A known pattern seen as it should be counts as much as all other modules being clear.
_GAIN_MIN = 1e-4
_QUIET_MODULES = 4
#: Of 42 symbols laid flat whose modules were too blurred, 29 were read with 0.5 to 0.9, 18 with
#: 0.3, 17 with 1.2; none was misread.
BLEED = 0.7
_NEIGHBOURS = np.array([(0, 1, 0), (1, 0, 1), (0, 1, 0)], np.float32) / 4
_PRINTED_MODULE_PIXELS = 4


class Sheet(Struct):
    """Where each module of a symbol lies on a crop; arrays have axes (row, column)."""

    #: even light: 0 between black (below) and white (above), about 1 where it is clear
    lit: Floats
    #: +1 where a module is black in every QR of the version, -1 where white, 0 elsewhere
    known: Floats
    x: Floats
    y: Floats
    #: (x, y) of one step to the next module across and down, in pixels of the crop
    across: tuple[Floats, Floats]
    down: tuple[Floats, Floats]


def sheet_of(pixels: Grey, quad: Quad, version: int) -> Sheet:
    """Return the modules of the symbol of ``version`` as if ``quad`` were a plane."""
    modules = 17 + 4 * version
    side = float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[0] - quad[3])))
    crop, corner = _cropped(pixels, quad, margin=side / 4)
    scale = min(_ENLARGEMENT_MAX, _MODULE_PIXELS * modules / side)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=method)
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * modules
    plane = cv2.getPerspectiveTransform(unit, ((quad - corner) * scale).astype(np.float32))
    down, across = (place * modules for place in _places(modules))
    x, y = _projected(plane, across, down)
    right, below = _projected(plane, across + 1, down), _projected(plane, across, down + 1)
    return Sheet(
        lit=_even(np.asarray(sized, np.float32), side * scale / modules),
        known=_known(version),
        x=x,
        y=y,
        across=(right[0] - x, right[1] - y),
        down=(below[0] - x, below[1] - y),
    )


def agreement(sheet: Sheet) -> float:
    """Return how clear the modules are and how right the known ones; 2 is a perfect print."""
    return _agreement(sheet, sheet.x, sheet.y)


def pull_together(sheet: Sheet) -> None:
    """Move all modules by smooth pulls: corners, curls along both sides, stretches."""
    _pull(sheet, _smooth_pulls(len(sheet.known)), _ROUGH_STEPS)


def pull_apart(sheet: Sheet) -> None:
    """Move the modules region by region: creases, after the whole was pulled."""
    _pull(sheet, _regional_pulls(len(sheet.known)), _FINE_STEPS)


def printed(sheet: Sheet, *, bleed: float = 0.0) -> Grey:
    """Return the symbol as a printer would draw it, with its quiet zone.

    ``bleed`` is the share of its four neighbours that a blurred module shows and that is
    taken off it; see ``BLEED``.
    """
    seen = _sampled(sheet.lit, sheet.x, sheet.y)
    seen = seen - np.float32(bleed) * np.asarray(cv2.filter2D(seen, -1, _NEIGHBOURS), np.float32)
    black = np.where(sheet.known == 0, seen < 0, sheet.known > 0)
    framed = np.pad(black, _QUIET_MODULES)
    ones = np.ones((_PRINTED_MODULE_PIXELS, _PRINTED_MODULE_PIXELS), bool)
    return np.where(np.kron(framed, ones), 0, 255).astype(np.uint8)


def _pull(sheet: Sheet, pulls: Floats, steps: tuple[float, ...]) -> None:
    best = _agreement(sheet, sheet.x, sheet.y)
    ways = [(pull, way) for way in (sheet.down, sheet.across) for pull in pulls]
    moves = [(pull * way[0], pull * way[1]) for pull, way in ways]
    for step in steps:
        for _ in range(_ROUNDS_MAX):
            before = best
            for move in moves:
                best = _moved(sheet, move, step, best)
            if best <= before:
                break


def _moved(sheet: Sheet, move: tuple[Floats, Floats], step: float, best: float) -> float:
    """Keep the move there or back if it helps; return the best agreement now."""
    for signed in (step, -step):
        x, y = sheet.x + signed * move[0], sheet.y + signed * move[1]
        reached = _agreement(sheet, x, y)
        if reached > best + _GAIN_MIN:
            sheet.x, sheet.y = x, y
            return reached
    return best


def _agreement(sheet: Sheet, x: Floats, y: Floats) -> float:
    seen = _sampled(sheet.lit, x, y)
    weights = np.abs(sheet.known)
    right = -float((sheet.known * seen).sum()) / float(weights.sum())
    return float(np.abs(seen).mean()) + right


def _sampled(lit: Floats, x: Floats, y: Floats) -> Floats:
    seen = cv2.remap(lit, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _cropped(pixels: Grey, quad: Quad, *, margin: float) -> tuple[Grey, Quad]:
    left, top = np.maximum(0, quad.min(axis=0) - margin).astype(int)
    right, bottom = (quad.max(axis=0) + margin).astype(int) + 1
    return pixels[top:bottom, left:right], np.array((left, top), np.float32)


def _projected(plane: MatLike, across: Floats, down: Floats) -> tuple[Floats, Floats]:
    x, y, depth = (row[0] * across + row[1] * down + row[2] for row in np.asarray(plane))
    return (x / depth).astype(np.float32), (y / depth).astype(np.float32)


def _even(levels: Floats, module: float) -> Floats:
    """Divide light and fading away: over some modules half is black, half is white."""
    near, wide = (int(module * reach) | 1 for reach in (7, 9))
    offset = levels - cv2.blur(levels, (near, near))
    spread = np.sqrt(np.maximum(0.0, cv2.blur(offset * offset, (wide, wide)))) + 4.0
    return np.asarray(cv2.blur(offset / spread, (3, 3)), np.float32)


@cache
def _known(version: int) -> Floats:
    """Return the modules that are the same in every QR of ``version``, alignment doubled."""
    size = 17 + 4 * version
    known = np.zeros((size, size), np.float32)
    known[6, 8 : size - 8] = known[8 : size - 8, 6] = np.where(np.arange(size - 16) % 2, -2, 2)
    for row, column in _alignment(version):
        known[row - 2 : row + 3, column - 2 : column + 3] = _rings(5) * 2
    for row, column in ((0, 0), (0, size - 7), (size - 7, 0)):
        around = np.s_[max(0, row - 1) : row + 8, max(0, column - 1) : column + 8]
        known[around] = -1
        known[row : row + 7, column : column + 7] = _rings(7)
    known.setflags(write=False)
    return known


def _rings(size: int) -> Floats:
    """Return a finder (7) or an alignment pattern (5): a black frame around a black heart."""
    rings = np.ones((size, size), np.float32)
    rings[1:-1, 1:-1] = -1
    heart = slice(2, size - 2)
    rings[heart, heart] = 1
    return rings


def _alignment(version: int) -> list[tuple[int, int]]:
    """Return (row, column) of the alignment patterns; annex E of the standard, to version 13."""
    last = 4 * version + 10
    lines = [6, last] if version < 7 else [6, version * 2 + 8, last]
    finders = {(6, 6), (6, last), (last, 6)}
    return [place for place in product(lines, lines) if place not in finders]


@cache
def _smooth_pulls(size: int) -> Floats:
    """Return pulls over the whole symbol, axes (pull, row, column), each at most 1 module."""
    down, across = _places(size)
    bow_across, bow_down = 4 * across * (1 - across), 4 * down * (1 - down)
    wave_across, wave_down = (_wave(place) for place in (across, down))
    return np.stack([
        across * down, (1 - across) * (1 - down), across * (1 - down), (1 - across) * down,
        bow_across, bow_down, bow_across * down, bow_down * across,
        wave_across, wave_down, bow_across * bow_down,
    ])  # fmt: skip


@cache
def _regional_pulls(size: int) -> Floats:
    """Return a pull for each knot of a coarse net, fading towards the next knots."""
    down, across = _places(size)
    knots = np.linspace(0, 1, _REGIONS, dtype=np.float32)
    near = [
        tuple(np.clip(1 - np.abs(place - knot) * (_REGIONS - 1), 0, 1) for place in (down, across))
        for knot in knots
    ]
    return np.stack([row[0] * column[1] for row in near for column in near]).astype(np.float32)


def _places(size: int) -> tuple[Floats, Floats]:
    centres: Floats = ((np.arange(size) + 0.5) / size).astype(np.float32)
    down: Floats = np.broadcast_to(centres[:, None], (size, size))
    return down, down.T


def _wave(place: Floats) -> Floats:
    wave: Floats = 10.4 * place * (1 - place) * (1 - 2 * place)
    return wave
