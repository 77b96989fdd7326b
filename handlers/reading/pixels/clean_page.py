"""One white page on which all rows of a receipt stand straight and equally high.

Every box is warped to the same height, rows lie at even distances and gaps between columns
are cut short: a page without anything for layout analysis to go wrong on. Arrays are grey,
axes (y, x), uint8.
"""

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.light import sharpened, stretched

Grey = NDArray[np.uint8]

#: Height of a box on the page, the white between rows, and around everything.
ROW_PIXELS, BETWEEN_PIXELS, MARGIN_PIXELS = 36, 26, 30
#: A gap between boxes of a row is brought to so many heights.
_GAP_MIN, _GAP_MAX = 0.4, 2.0
#: A row this much higher than usual is printed in double height and laid a second time.
TALL = 1.45
#: … stretched sideways by so much, so that its letters have the usual shape.
STRETCH = 1.6
#: A box longer than this many heights is no line.
_ASPECT_MAX = 70.0
_WHITE = 255


class Tile(Struct, frozen=True):
    """A box laid on the page: where it came from and where it lies."""

    box: TextBox
    row: int
    left: int
    top: int
    width: int
    height: int


class CleanPage(Struct, frozen=True):
    """The page and what lies where on it."""

    pixels: Grey
    tiles: list[Tile]

    def tile_at(self, x: float, y: float) -> Tile | None:
        """Return the tile under a point of the page, or the nearest on its row."""
        level = [tile for tile in self.tiles if abs(tile.top + tile.height / 2 - y) < _PITCH / 2]
        return min(level, key=lambda tile: _beside(tile, x), default=None)


_PITCH = ROW_PIXELS + BETWEEN_PIXELS


def _beside(tile: Tile, x: float) -> float:
    return max(tile.left - x, x - tile.left - tile.width, 0.0)


def lay_out(grey: Grey, rows: list[list[TextBox]], usual: float) -> CleanPage:
    """Return the page of ``rows``; ``usual`` is the usual height of a box."""
    tiles: list[Tile] = []
    top = MARGIN_PIXELS
    for number, row in enumerate(rows):
        for stretch in (1.0, STRETCH) if is_tall(row, usual) else (1.0,):
            at = (MARGIN_PIXELS, top)
            tiles += tiles_of(row, number, at=at, height=ROW_PIXELS, stretch=stretch)
            top += _PITCH
    width = max((tile.left + tile.width for tile in tiles), default=0) + MARGIN_PIXELS
    page = np.full((top + MARGIN_PIXELS, width), _WHITE, np.uint8)
    draw(page, grey, tiles)
    return CleanPage(sharpened(page), tiles)


def draw(page: Grey, grey: Grey, tiles: list[Tile]) -> None:
    """Draw what ``grey`` shows in the boxes of ``tiles`` onto ``page``."""
    for tile in tiles:
        cut = stretched(straight(grey, tile.box, (tile.width, tile.height)))
        page[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] = cut


def is_tall(row: list[TextBox], usual: float) -> bool:
    """Tell a row printed in double height."""
    return max(box.height for box in row) > TALL * usual


def tiles_of(
    row: list[TextBox], number: int, *, at: tuple[int, int], height: int, stretch: float
) -> list[Tile]:
    """Return where the boxes of a row lie side by side, from ``at`` (left, top) on.

    ``stretch`` is what they are stretched by sideways.
    """
    tiles = []
    left, before = float(at[0]), row[0]
    for box in row:
        gap = (box.left - before.right) * height / box.height
        left += min(max(gap, _GAP_MIN * height), _GAP_MAX * height) if box is not before else 0
        aspect = min(_ASPECT_MAX, box.width / max(1.0, box.height))
        width = max(8, round(aspect * height * stretch))
        tiles.append(Tile(box, number, round(left), at[1], width, height))
        left += width
        before = box
    return tiles


def straight(grey: Grey, box: TextBox, size: tuple[int, int]) -> Grey:
    """Return the print in ``box`` warped to ``size`` (width, height)."""
    corners = np.array([box.at(0, 0), box.at(1, 0), box.at(0, 1)], np.float32)
    width, height = size
    target = np.array([(0, 0), (width, 0), (0, height)], np.float32)
    line = cv2.warpAffine(
        grey,
        cv2.getAffineTransform(corners, target),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(line, np.uint8)
