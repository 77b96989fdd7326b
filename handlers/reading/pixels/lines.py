"""Level boxes to printed rows, along the slope the paper has at each place. Pure geometry."""

from collections.abc import Callable
from math import radians, tan
from statistics import median

import numpy as np
from msgspec import structs

from handlers.reading.pixels.boxes import TextBox

#: A box this many times longer than high tells the slope of its row.
_TELLING_ASPECT = 3.0
#: Slopes of so many of the nearest telling boxes are averaged.
_NEAREST = 7
#: No paper bends more than this within a level crop.
_SLOPE_DEGREES_MAX = 20.0
#: A box continues a row whose middle line passes its own by less than this share of its height.
_SAME_ROW = 0.45

Slope = Callable[[float, float], float]


def slope_field(boxes: list[TextBox]) -> Slope:
    """Return a function from a place to the slope (dy/dx) of print there."""
    telling = [
        box
        for box in boxes
        if box.width > _TELLING_ASPECT * box.height and abs(box.angle) < _SLOPE_DEGREES_MAX
    ]
    if not telling:
        return lambda _x, _y: 0.0
    places = np.array([(box.x, box.y) for box in telling])
    slopes = np.array([tan(radians(box.angle)) for box in telling])
    lengths = np.array([box.width for box in telling])

    def slope(x: float, y: float) -> float:
        away = np.hypot((places[:, 0] - x) * 0.5, places[:, 1] - y)
        nearest = np.argsort(away)[:_NEAREST]
        return _weighted_median(slopes[nearest], lengths[nearest])

    return slope


def _weighted_median(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    weights: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def lines_of(boxes: list[TextBox]) -> list[list[TextBox]]:
    """Return rows from top to bottom, each left to right, every box at the slope of its place."""
    slope = slope_field(boxes)
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda one: one.left):
        _place(box, rows, slope)
    rows.sort(key=lambda row: _level(row, slope))
    return rows


def _level(row: list[TextBox], slope: Slope) -> float:
    """Return the height of a row where all rows can be compared: carried to x = 0."""
    first = row[0]
    return first.height_at(0.0, slope(first.x / 2, first.y))


def _place(box: TextBox, rows: list[list[TextBox]], slope: Slope) -> None:
    """Add a box to the row whose end it continues, or begin a row."""
    fitting = [(away, row) for row in rows if (away := _away(row, box, slope)) is not None]
    if fitting:
        min(fitting, key=lambda pair: pair[0])[1].append(box)
    else:
        rows.append([box])


def _away(row: list[TextBox], box: TextBox, slope: Slope) -> float | None:
    """Return how far a box is off the row's line, None when it belongs elsewhere."""
    last = row[-1]
    if last.right > box.left + 0.5 * min(last.height, box.height):
        return None
    between = (last.x + box.x) / 2, (last.y + box.y) / 2
    away = abs(last.height_at(box.x, slope(*between)) - box.y)
    return away if away < _SAME_ROW * min(last.height, box.height) else None


def straightened(boxes: list[TextBox]) -> list[TextBox]:
    """Return the boxes with short ones turned as the print around them is."""
    slope = slope_field(boxes)
    return [
        box
        if box.width > _TELLING_ASPECT * box.height
        else structs.replace(box, angle=float(np.degrees(np.arctan(slope(box.x, box.y)))))
        for box in boxes
    ]


def usual_height(boxes: list[TextBox]) -> float:
    """Return the median height, 0 when there is none."""
    return median(box.height for box in boxes) if boxes else 0.0
