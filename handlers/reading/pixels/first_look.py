"""Where print is on a whole photo; it tells which way is up and which part is the receipt.

Arrays are grey, axes (y, x), uint8.
"""

from statistics import median

import cv2
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from handlers.reading.pixels.boxes import Frame, TextBox
from handlers.reading.pixels.detector import find_boxes
from handlers.reading.pixels.light import evenly_lit, scaled
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import Settings

Grey = NDArray[np.uint8]

#: Long side of the copy on which print is looked for first, and again when hardly any is found.
_SIDE, _SIDE_AGAIN = 640, 1280
#: Fewer boxes than this are no receipt, or print too small for the first look.
_BOXES_MIN = 12
#: Boxes of words are longer than so many of their heights, half of them at least.
_WORD_ASPECT = 2.6
#: There is nothing to see in blur that is enlarged more.
ENLARGEMENT_MAX = 1.5


def print_on(grey: Grey, models: Models, settings: Settings) -> list[TextBox]:
    """Look at the whole photo; where that shows little, closer, and then at the paper alone."""
    boxes = _boxes(grey, min(1.0, _SIDE / max(grey.shape)), models)
    if len(boxes) >= _BOXES_MIN and not are_pieces(boxes):
        return boxes
    fitting = (settings.detector_pixels_max / grey.size) ** 0.5
    closer = _boxes(grey, min(1.0, fitting, _SIDE_AGAIN / max(grey.shape)), models)
    boxes = max(boxes, closer, key=_length)
    if len(boxes) >= _BOXES_MIN:
        return boxes
    left, top, width, height = _paper_on(grey)
    fitting = (settings.detector_pixels_max / (width * height)) ** 0.5
    paper = grey[top : top + height, left : left + width]
    on_paper = _boxes(paper, min(ENLARGEMENT_MAX, fitting), models)
    moved = [structs.replace(box, x=box.x + left, y=box.y + top) for box in on_paper]
    return max(boxes, moved, key=_length)


def are_pieces(boxes: list[TextBox]) -> bool:
    """Tell letters found here and there from words: the print is too small for this look."""
    return median(box.width / max(1.0, box.height) for box in boxes) < _WORD_ASPECT


def _length(boxes: list[TextBox]) -> float:
    return sum(box.width for box in boxes)


def _paper_on(grey: Grey) -> tuple[int, int, int, int]:
    """Return left, top, width and height of the largest bright patch."""
    scale = min(1.0, _SIDE / 4 / max(grey.shape))
    small = scaled(grey, scale)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    _, _, patches, _ = cv2.connectedComponentsWithStats(bright)
    if len(patches) < 2:
        return 0, 0, grey.shape[1], grey.shape[0]
    largest = max(patches[1:], key=lambda patch: patch[cv2.CC_STAT_AREA])
    left, top, width, height = (round(side / scale) for side in largest[:4])
    return left, top, max(1, width), max(1, height)


def _boxes(grey: Grey, scale: float, models: Models) -> list[TextBox]:
    found = find_boxes(evenly_lit(scaled(grey, scale)), models)
    return [Frame(scale).box_back(box) for box in found]
