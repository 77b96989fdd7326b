"""Which way print runs on a picture, and which of it is the receipt."""

from math import cos, radians, sin

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.light import stretched
from handlers.reading.pixels.lines import usual_height
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.transcriber import HEIGHT, signs_on

Grey = NDArray[np.uint8]

#: A box this many times longer than high tells the angle of its text.
_TELLING_ASPECT = 2.0
#: Boxes shown to the direction network: the longest ones.
_ASKED = 10
#: What it was taught on, and what our reader is shown of a box.
_ASKED_SIZE, _READ_SIZE = (192, 48), (6 * HEIGHT, HEIGHT)
#: Below it the direction network was right on each real receipt tried, above it not always.
_SURELY_UPRIGHT = -0.35
#: Its share in the verdict beside the difference in certainty, 0.1..0.45 on real receipts.
_SMALL_NETWORK_SAYS = 0.15
#: Boxes of one receipt are closer than this many heights, down and across.
_GAP_DOWN, _GAP_ACROSS = 4.5, 4.5
#: A part below a gap of this share of the column's width (a QR, a logo) still belongs to it.
_GAP_OF_WIDTH = 0.75


def angle_of(boxes: list[TextBox]) -> float:
    """Return the clockwise degrees by which most print is turned, -90..90.

    The angle doubled is averaged, so that 89 and -89 are neighbours; far ones are left out.
    """
    telling = [box for box in boxes if box.width > _TELLING_ASPECT * box.height] or boxes
    if not telling:
        return 0.0
    angles = np.radians([2 * box.angle for box in telling])
    weights = np.array([box.width for box in telling])
    centre = _weighted_direction(angles, weights, np.arange(-180.0, 180.0, 6.0))
    for _ in range(2):
        near = np.cos(angles - centre) > cos(radians(24))
        if not near.any():
            break
        turned = np.exp(1j * angles[near]) * weights[near]
        centre = float(np.angle(turned.sum()))
    return float(np.degrees(centre)) / 2


def _weighted_direction(
    angles: NDArray[np.float64], weights: NDArray[np.float64], centres: NDArray[np.float64]
) -> float:
    """Return the direction around which most weight lies."""
    near = np.cos(angles[None, :] - np.radians(centres)[:, None]) > cos(radians(12))
    return float(np.radians(centres[(near * weights).sum(axis=1).argmax()]))


def is_upside_down(grey: Grey, boxes: list[TextBox], angle: float, models: Models) -> bool:
    """Tell whether print turned level by ``angle`` would stand on its head.

    The small network is believed when it is sure that print stands upright, as it mostly
    does. Else both ways are read: signs upside down are read with less certainty.
    """
    longest = sorted(boxes, key=lambda box: -box.width)[:_ASKED]
    if not longest:
        return False
    inverted = float(np.mean([_inversion(grey, box, angle, models) for box in longest]))
    if inverted < _SURELY_UPRIGHT:
        return False
    readable = float(np.mean([_legibility(grey, box, angle, models) for box in longest[::2]]))
    return readable - _SMALL_NETWORK_SAYS * inverted < 0.0


def _inversion(grey: Grey, box: TextBox, angle: float, models: Models) -> float:
    """Return from -1, surely upright, to 1, surely upside down."""
    line = cut(grey, box, angle, _ASKED_SIZE)
    return (_upside_down(line, models) - _upside_down(_on_its_head(line), models)) / 2


def _legibility(grey: Grey, box: TextBox, angle: float, models: Models) -> float:
    """Return how much surer a box is read upright than on its head, -1..1."""
    line = stretched(cut(grey, box, angle, _READ_SIZE))
    upright, inverted = signs_on(line, models), signs_on(_on_its_head(line), models)
    surer = sum(sign.confidence for sign in upright) - sum(sign.confidence for sign in inverted)
    return surer / max(1, len(upright), len(inverted))


def _on_its_head(line: Grey) -> Grey:
    return np.ascontiguousarray(line[::-1, ::-1])


def _upside_down(line: Grey, models: Models) -> float:
    """Return 1 for print surely upside down, -1 for surely upright."""
    level = line.astype(np.float32) / 127.5 - 1.0
    network = models.direction
    batch = np.ascontiguousarray(np.broadcast_to(level, (1, 3, *level.shape)))
    (out,) = network.run(None, {network.get_inputs()[0].name: batch})
    upright, inverted = np.asarray(out)[0]
    return float(inverted - upright)


def cut(grey: Grey, box: TextBox, angle: float, size: tuple[int, int]) -> Grey:
    """Return the middle of the print in ``box`` turned level by ``angle``, as high as ``size``."""
    width, height = size
    scale = box.height / height
    turn = radians(angle)
    c, s = cos(turn) * scale, sin(turn) * scale
    x, y = width / 2, height / 2
    matrix = np.array([[c, -s, box.x - c * x + s * y], [s, c, box.y - s * x - c * y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    line = cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


class Column(Struct, frozen=True, kw_only=True):
    """What belongs to the receipt."""

    boxes: list[TextBox]
    #: codes between or beside them
    codes: list[TextBox]


def column_of(boxes: list[TextBox], codes: list[TextBox]) -> Column:
    """Return the receipt among level boxes and codes: the largest group of neighbours.

    Groups in the same column, across a gap as high as a logo, are joined to it; a code fills
    the gap it stands in, however high.
    """
    if not boxes:
        return Column(boxes=[], codes=[])
    is_print = {id(box) for box in boxes}
    groups = _groups([*boxes, *codes], usual_height(boxes))
    groups.sort(key=lambda group: -_weight([box for box in group if id(box) in is_print]))
    column, rest = groups[0], groups[1:]
    while joined := next((group for group in rest if _continues(column, group)), None):
        column = column + joined
        rest.remove(joined)
    return Column(
        boxes=[box for box in column if id(box) in is_print],
        codes=[box for box in column if id(box) not in is_print],
    )


def _weight(group: list[TextBox]) -> float:
    return sum(box.width * box.height for box in group)


def _groups(boxes: list[TextBox], usual: float) -> list[list[TextBox]]:
    """Return the sets of boxes that are neighbours of neighbours."""
    left = list(boxes)
    groups = []
    while left:
        group = [left.pop()]
        for member in group:
            near = [box for box in left if _are_neighbours(member, box, usual)]
            group += near
            left = [box for box in left if not any(box is one for one in near)]
        groups.append(group)
    return groups


def _are_neighbours(one: TextBox, other: TextBox, usual: float) -> bool:
    """Tell boxes above each other, or beside each other on one row."""
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    above = across < 0 and down < _GAP_DOWN * usual
    beside = down < 0 and across < _GAP_ACROSS * usual * 3
    return above or beside


def _continues(column: list[TextBox], group: list[TextBox]) -> bool:
    left, right = min(box.left for box in column), max(box.right for box in column)
    width = right - left
    inside = sum(box.width for box in group if left - 0.1 * width < box.x < right + 0.1 * width)
    if inside < 0.7 * sum(box.width for box in group):
        return False
    gap = max(
        min(box.top for box in group) - max(box.bottom for box in column),
        min(box.top for box in column) - max(box.bottom for box in group),
    )
    return gap < _GAP_OF_WIDTH * width


def extent_of(boxes: list[TextBox]) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) of level boxes."""
    return (
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
