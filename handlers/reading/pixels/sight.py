"""A photo with its print found, turned upright and laid out in rows.

The detector looks at the whole photo, to learn which way print runs and which part of it is
the receipt, and then at that part alone, level and evenly lit. Arrays are grey,
axes (y, x), uint8.
"""

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray
from PIL import Image

from eventstore.catalogue import Box
from handlers.reading.pixels.boxes import Frame, TextBox, box_of, levelled
from handlers.reading.pixels.codes import Codes, Quad, Symbol
from handlers.reading.pixels.detector import find_boxes
from handlers.reading.pixels.first_look import ENLARGEMENT_MAX, are_pieces, print_on
from handlers.reading.pixels.light import evenly_lit, scaled
from handlers.reading.pixels.lines import lines_of, straightened, usual_height
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.upright import Column, angle_of, column_of, extent_of, is_upside_down
from handlers.reading.protocol import Settings
from handlers.reading.rows import Seen

Grey = NDArray[np.uint8]

#: A box on the working crop is at most this high: more pixels tell nothing more.
_BOX_PIXELS_MAX = 46
#: Height of a usual box for the second look.
_BOX_PIXELS_AGAIN = 22
#: Kept beside the receipt, above and below it, in heights of a box: the first look misses pale
#: rows at its ends.
_MARGIN, _MARGIN_ABOVE = 3.0, 7.0
#: A code is printed level: seen askew it may be off by so many degrees.
_CODE_ASKEW_MAX = 15.0
#: Print that comes so near the edge of a crop, in heights, touches it …
_TOUCHES = 0.5
#: … and the crop grows there by half of so many, a few times at most.
_REACH, _LOOKS_MAX = 24.0, 3
#: Print of less than this share of the height it seemed to have is looked at again.
_SMALLER = 0.7
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


class _Photo(Struct, frozen=True, kw_only=True):
    """A photo by quarter turns upright."""

    grey: Grey
    #: from it to the level photo
    level: Frame
    #: symbols that were read, on the level photo
    codes: list[TextBox]


class _Part(Struct, frozen=True, kw_only=True):
    """The receipt's part of the level photo, in its pixels, and how large it is made."""

    left: float
    top: float
    scale: float
    #: width and height once made so large
    size: tuple[int, int]
    #: usual height of a box on the photo
    usual: float

    def seen_from(self, frame: Frame) -> Frame:
        """Return the frame of this part alone, ``frame`` being that of the level photo."""
        return frame.cropped(self.left, self.top, self.scale)


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
    boxes = print_on(grey, models, settings)
    if not boxes:
        return None
    angle = _turn(grey, boxes, own, models)
    quarters = round(angle / 90.0) % 4
    upright, level = _turned(picture, quarters), Frame.turning(grey.shape, angle)
    rest = angle - 90.0 * round(angle / 90.0)
    photo = _Photo(
        grey=np.ascontiguousarray(np.rot90(grey, quarters)),
        level=Frame.turning((upright.height, upright.width), rest),
        codes=[levelled(level.box_in(box_of(np.array(one.place)))) for one in codes.symbols],
    )
    column = column_of([levelled(level.box_in(box)) for box in boxes], photo.codes)
    crop, frame, print_ = _look_closely(photo, column, models, settings)
    rows, usual = lines_of(straightened(print_)), usual_height(print_)
    return Sight(picture=upright, frame=frame, crop=crop, rows=rows, usual=usual) if rows else None


def _look_closely(
    photo: _Photo, column: Column, models: Models, settings: Settings
) -> tuple[Grey, Frame, list[TextBox]]:
    """Return the receipt's crop, its frame and the print on it.

    Print that touches an edge of the crop goes on behind it, and the crop is made wider. Where
    print turns out smaller than it seemed (two rows looked like one), the crop is made larger.
    """
    missed: list[TextBox] = []
    for _ in range(_LOOKS_MAX):
        part = _part_of(column, missed)
        frame, there = part.seen_from(photo.level), part.seen_from(Frame())
        crop = _crop(photo.grey, frame, part.size)
        codes = [there.box_in(code) for code in photo.codes]
        found = _column_on(crop, part, codes, models, settings)
        cut_off = [box for box in found.boxes if _is_cut_off(box, part, frame, photo)]
        smaller = 0 < usual_height(found.boxes) < _SMALLER * part.usual * part.scale
        if not cut_off and not smaller:
            break
        missed += [_grown(there.box_back(box), _REACH * part.usual) for box in cut_off]
        if smaller:
            missed += column.boxes
            column = structs.replace(column, boxes=[*map(there.box_back, found.boxes)])
    return crop, frame, found.boxes


def _is_cut_off(box: TextBox, part: _Part, frame: Frame, photo: _Photo) -> bool:
    """Tell print at an edge of the crop behind which the photo goes on."""
    near, (width, height) = _TOUCHES * part.usual * part.scale, part.size
    behind = (
        (-near, box.y, box.left < near),
        (width + near, box.y, box.right > width - near),
        (box.x, -near, box.top < near),
        (box.x, height + near, box.bottom > height - near),
    )
    places = (frame.back(x, y) for x, y, touches in behind if touches)
    rows, columns = photo.grey.shape
    return any(0 <= x < columns and 0 <= y < rows for x, y in places)


def _grown(box: TextBox, reach: float) -> TextBox:
    return structs.replace(box, width=box.width + reach, height=box.height + reach)


def _places(codes: Codes) -> list[Quad]:
    """Return the corners of every symbol, read or not."""
    return [*(symbol.place for symbol in codes.symbols), *codes.unread]


def _without(codes: Codes, grey: Grey) -> Grey:
    """Paint each symbol over with the paper around its modules, or it is read as words."""
    for place in _places(codes):
        corners = np.rint(np.array(place)).astype(np.int32)
        (left, top), (right, bottom) = corners.min(axis=0).clip(0), corners.max(axis=0)
        around = grey[top : bottom + 1, left : right + 1]
        if around.size:
            cv2.fillPoly(grey, [corners], float(np.percentile(around, 80)))
    return grey


def _turn(grey: Grey, boxes: list[TextBox], symbol: Symbol | None, models: Models) -> float:
    """Return the clockwise degrees by which the receipt is turned."""
    angle = angle_of(boxes)
    if symbol is None:
        return angle + 180.0 if is_upside_down(grey, boxes, angle, models) else angle
    upright, inverted = (_apart(symbol.angle, one) for one in (angle, angle + 180.0))
    if min(upright, inverted) > _CODE_ASKEW_MAX and are_pieces(boxes):
        return symbol.angle
    return angle if upright < inverted else angle + 180.0


def _apart(one: float, other: float) -> float:
    """Return the degrees between two directions, 0..180."""
    return abs((one - other + 180.0) % 360.0 - 180.0)


def _turned(picture: Image.Image, quarters: int) -> Image.Image:
    """Turn anticlockwise by quarters, exactly."""
    turns = (
        None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270,
    )  # fmt: skip
    turn = turns[quarters]
    return picture if turn is None else picture.transpose(turn)


def _part_of(column: Column, missed: list[TextBox]) -> _Part:
    left, top, right, bottom = extent_of([*column.boxes, *column.codes, *missed])
    usual = usual_height(column.boxes)
    aside, above = _MARGIN * usual, _MARGIN_ABOVE * usual
    left, top, right, bottom = left - aside, top - above, right + aside, bottom + above
    fitting = (_CROP_PIXELS_MAX / max(1.0, (right - left) * (bottom - top))) ** 0.5
    scale = min(ENLARGEMENT_MAX, _BOX_PIXELS_MAX / usual, fitting)
    size = (max(32, round((right - left) * scale)), max(32, round((bottom - top) * scale)))
    return _Part(left=left, top=top, scale=scale, size=size, usual=usual)


def _crop(upright: Grey, frame: Frame, size: tuple[int, int]) -> Grey:
    """Return what ``frame`` shows of an upright picture, evenly lit."""
    step = max(1, int(1.0 / frame.scale))
    matrix = frame.matrix
    if step > 1:  # or a strong reduction would skip pixels
        upright, matrix[:, :2] = scaled(upright, 1 / step), matrix[:, :2] * step
    warped = cv2.warpAffine(
        upright, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return evenly_lit(np.asarray(warped, np.uint8))


def _column_on(
    crop: Grey, part: _Part, symbols: list[TextBox], models: Models, settings: Settings
) -> Column:
    """Look again at the crop alone."""
    fitting = (settings.detector_pixels_max / crop.size) ** 0.5
    scale = min(_BOX_PIXELS_AGAIN / (part.usual * part.scale), fitting)
    found = find_boxes(scaled(crop, scale), models)
    return column_of([levelled(Frame(scale).box_back(box)) for box in found], symbols)


def _fraction(pixel: float, side: int) -> float:
    return min(1.0, max(0.0, pixel / side))
