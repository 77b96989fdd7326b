"""A photo with its print found, turned upright and laid out in rows.

The detector looks twice: once at the whole photo, to learn which way print runs and which
part of it is the receipt; once at that part alone, level and evenly lit. Arrays are grey,
axes (y, x), uint8.
"""

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray
from PIL import Image

from eventstore.catalogue import Box
from handlers.reading.pixels.boxes import Frame, TextBox, levelled
from handlers.reading.pixels.codes import Codes, Symbol
from handlers.reading.pixels.detector import find_boxes
from handlers.reading.pixels.light import evenly_lit
from handlers.reading.pixels.lines import lines_of, straightened, usual_height
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.upright import angle_of, column_of, extent_of, is_upside_down
from handlers.reading.protocol import Settings
from handlers.reading.rows import Seen

Grey = NDArray[np.uint8]

#: Long side of the copy on which print is looked for first, and again when hardly any is found.
_SIDE, _SIDE_AGAIN = 736, 1280
#: Fewer boxes than this are no receipt, or print too small for the first look.
_BOXES_MIN = 12
#: A box on the working crop is at most this high: more pixels tell nothing more.
_BOX_PIXELS_MAX = 46
#: … and grows at most so much: there is nothing to see in enlarged blur.
_ENLARGEMENT_MAX = 1.5
#: Height of a usual box for the second look.
_BOX_PIXELS_AGAIN = 26
#: Kept around the receipt, in heights of a box: the first look misses pale rows at its edge.
_MARGIN = 4.0
#: The working crop is never larger.
_CROP_PIXELS_MAX = 6_000_000


class Sight(Struct, frozen=True, kw_only=True):
    """The receipt on a photo: its crop and where its print stands."""

    #: the photo by quarter turns upright
    picture: Image.Image
    #: from ``picture`` to ``crop``
    frame: Frame
    #: level and evenly lit
    crop: Grey
    #: boxes of the crop, row by row, left to right
    rows: list[list[TextBox]]
    #: usual height of a box on the crop
    usual: float

    @property
    def print_pixels(self) -> float:
        """Usual height of a box on the photo itself."""
        return self.usual / self.frame.scale

    def place(self, words: list[Seen]) -> Box:
        """Return where words stand on ``picture``, in fractions of it."""
        left, right = min(word.left for word in words), max(word.right for word in words)
        top = min(word.top for word in words)
        below = max(word.top + word.height for word in words)
        corners = [self.frame.back(x, y) for x in (left, right) for y in (top, below)]
        across = [_fraction(x, self.picture.width) for x, _ in corners]
        down = [_fraction(y, self.picture.height) for _, y in corners]
        return Box(
            left=min(across),
            top=min(down),
            width=max(across) - min(across),
            height=max(down) - min(down),
        )


def see(
    picture: Image.Image,
    codes: Codes,
    own: Symbol | None,
    models: Models,
    settings: Settings,
) -> Sight | None:
    """Return the receipt on ``picture``, or None when there is no print on it.

    ``own`` is the receipt's own QR: it tells which way is up. What lies on any of ``codes``
    is no print.
    """
    grey = _without(codes, np.array(picture.convert("L")))
    boxes = _print_on(grey, models, settings)
    if not boxes:
        return None
    angle = _turn(grey, boxes, own, models)
    quarters = round(angle / 90.0) % 4
    upright = _turned(picture, quarters)
    level = Frame.turning(grey.shape, angle)
    column = column_of([levelled(level.box_in(box)) for box in boxes])
    rest = angle - 90.0 * round(angle / 90.0)
    from_upright = Frame.turning((upright.height, upright.width), rest)
    crop, frame = _crop(np.rot90(grey, quarters), from_upright, column)
    rows, usual = _rows_on(crop, usual_height(column) * frame.scale, models, settings)
    return Sight(picture=upright, frame=frame, crop=crop, rows=rows, usual=usual) if rows else None


def _without(codes: Codes, grey: Grey) -> Grey:
    """Paint each symbol over with the paper around its modules, or it is read as words."""
    for place in [*(symbol.place for symbol in codes.symbols), *codes.unread]:
        corners = np.rint(np.array(place)).astype(np.int32)
        (left, top), (right, bottom) = corners.min(axis=0).clip(0), corners.max(axis=0)
        around = grey[top : bottom + 1, left : right + 1]
        if around.size:
            cv2.fillPoly(grey, [corners], float(np.percentile(around, 80)))
    return grey


def _print_on(grey: Grey, models: Models, settings: Settings) -> list[TextBox]:
    """Look at the whole photo; where that shows little, closer, and then at the paper alone."""
    boxes = _boxes(grey, min(1.0, _SIDE / max(grey.shape)), models)
    if len(boxes) >= _BOXES_MIN:
        return boxes
    fitting = (settings.detector_pixels_max / grey.size) ** 0.5
    boxes = max(
        boxes, _boxes(grey, min(1.0, fitting, _SIDE_AGAIN / max(grey.shape)), models), key=len
    )
    if len(boxes) >= _BOXES_MIN:
        return boxes
    left, top, width, height = _paper_on(grey)
    fitting = (settings.detector_pixels_max / (width * height)) ** 0.5
    paper = grey[top : top + height, left : left + width]
    on_paper = _boxes(paper, min(_ENLARGEMENT_MAX, fitting), models)
    moved = [structs.replace(box, x=box.x + left, y=box.y + top) for box in on_paper]
    return max(boxes, moved, key=len)


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


def scaled(grey: Grey, scale: float) -> Grey:
    """Return ``grey`` made smaller without losing thin strokes, or larger."""
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)


def _turn(grey: Grey, boxes: list[TextBox], symbol: Symbol | None, models: Models) -> float:
    """Return the clockwise degrees by which the receipt is turned."""
    angle = angle_of(boxes)
    if symbol is not None:
        apart = (symbol.angle - angle + 180.0) % 360.0 - 180.0
        return angle + 180.0 if abs(apart) > 90.0 else angle
    return angle + 180.0 if is_upside_down(grey, boxes, angle, models) else angle


def _turned(picture: Image.Image, quarters: int) -> Image.Image:
    """Turn anticlockwise by quarters, exactly."""
    turns = (
        None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270,
    )  # fmt: skip
    turn = turns[quarters]
    return picture if turn is None else picture.transpose(turn)


def _crop(upright: Grey, level: Frame, column: list[TextBox]) -> tuple[Grey, Frame]:
    """Return the receipt's part of an upright picture, level and evenly lit, and its frame."""
    left, top, right, bottom = extent_of(column)
    usual = usual_height(column)
    margin = _MARGIN * usual
    left, top, right, bottom = left - margin, top - margin, right + margin, bottom + margin
    fitting = (_CROP_PIXELS_MAX / max(1.0, (right - left) * (bottom - top))) ** 0.5
    scale = min(_ENLARGEMENT_MAX, _BOX_PIXELS_MAX / usual, fitting)
    frame = level.cropped(left, top, scale)
    size = (max(32, round((right - left) * scale)), max(32, round((bottom - top) * scale)))
    step = max(1, int(1.0 / scale))
    matrix = frame.matrix
    if step > 1:  # or a strong reduction would skip pixels
        upright, matrix[:, :2] = scaled(upright, 1 / step), matrix[:, :2] * step
    warped = cv2.warpAffine(
        upright, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return evenly_lit(np.asarray(warped, np.uint8)), frame


def _rows_on(
    crop: Grey, usual: float, models: Models, settings: Settings
) -> tuple[list[list[TextBox]], float]:
    """Look again at the crop alone."""
    fitting = (settings.detector_pixels_max / crop.size) ** 0.5
    scale = min(_BOX_PIXELS_AGAIN / usual, fitting)
    found = find_boxes(scaled(crop, scale), models)
    boxes = [levelled(Frame(scale).box_back(box)) for box in found]
    column = straightened(column_of(boxes))
    return lines_of(column), usual_height(column)


def _fraction(pixel: float, side: int) -> float:
    return min(1.0, max(0.0, pixel / side))
