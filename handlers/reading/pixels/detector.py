"""Where print is on a grey picture: a DBNet's map of ink, cut into boxes.

After Liao et al., «Real-time scene text detection with differentiable binarization» (2020):
the map is cut at a threshold, each patch becomes its smallest rectangle, grown back by what
the network was taught to shrink it by. Arrays are grey, axes (y, x), uint8.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from handlers.reading.pixels.boxes import TextBox, box_of
from handlers.reading.pixels.models import Models

Grey = NDArray[np.uint8]

#: The network halves its input five times.
_STEP = 32
#: Ink from here on, and a box whose mean is below is none (values of the network's authors).
_INK_MIN, _BOX_MIN = 0.3, 0.5
#: Area times this over perimeter is what the network shrank each patch by.
_GROWTH = 1.6
#: More boxes than words on the longest receipt; a photo of gravel has more.
_BOXES_MAX = 1000
_SIDE_MIN = 3.0


def find_boxes(grey: Grey, models: Models) -> list[TextBox]:
    """Return the boxes around print, in pixels of ``grey``, in no order."""
    height, width = grey.shape
    size = (_whole_steps(width), _whole_steps(height))
    resized = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    ink = _ink(resized, models)
    across, down = width / size[0], height / size[1]
    mask = cv2.dilate((ink > _INK_MIN).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = (_box(np.asarray(one), ink, across, down) for one in outlines[:_BOXES_MAX])
    return [box for box in boxes if box is not None]


def _whole_steps(side: int) -> int:
    return max(_STEP, round(side / _STEP) * _STEP)


def _ink(grey: Grey, models: Models) -> NDArray[np.float32]:
    """Return the probability of ink for each pixel."""
    level = grey.astype(np.float32) / 127.5 - 1.0
    batch = np.broadcast_to(level, (1, 3, *level.shape))
    network = models.detector
    (out,) = network.run(None, {network.get_inputs()[0].name: np.ascontiguousarray(batch)})
    ink: NDArray[np.float32] = np.asarray(out)[0, 0]
    return ink


def _box(
    outline: NDArray[np.int32], ink: NDArray[np.float32], across: float, down: float
) -> TextBox | None:
    if _mean_inside(outline, ink) < _BOX_MIN:
        return None
    corners = np.asarray(cv2.boxPoints(cv2.minAreaRect(outline)), np.float32)
    box = box_of(np.asarray(corners, np.float64) * (across, down))
    grown = _shrunk_by(outline) * (across + down) / 2
    if box.height + 2 * grown < _SIDE_MIN + 2:
        return None
    return TextBox(box.x, box.y, box.width + 2 * grown, box.height + 2 * grown, box.angle)


def _shrunk_by(outline: NDArray[np.int32]) -> float:
    """Return by how many pixels of the map the network was taught to shrink such a patch."""
    return _GROWTH * cv2.contourArea(outline) / max(1.0, cv2.arcLength(outline, closed=True))


def _mean_inside(outline: NDArray[np.int32], ink: NDArray[np.float32]) -> float:
    """Return the mean of ``ink`` inside the patch itself: its rectangle holds much of what lies
    beside a curved row.
    """
    left, top, width, height = cv2.boundingRect(outline)
    part = ink[top : top + height, left : left + width]
    mask = np.zeros(part.shape, np.uint8)
    cv2.drawContours(mask, [outline - (left, top)], 0, (1.0,), cv2.FILLED)
    return float(cv2.mean(part, mask)[0])
