"""The flat, straight, evenly lit page inside a picture.

Everything is measured on small copies; the page itself is warped once, from the full
picture, so that letters are resampled a single time. Arrays are grey, axes (y, x).
"""

from math import cos, radians, sin

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from handlers.reading.codes import Symbol
from handlers.reading.light import Mask, evenly_lit, ink_of, inner_of, paper_of

#: Rows are measured on a copy on which they are about this high.
_MEASURED_ROW_PIXELS = 30
#: Side of the copy on which paper, slope and rows are measured.
_SMALL_SIDE = 900
#: A receipt lies askew by less than this once quarter turns are made.
_SLOPE_DEGREES_MAX = 14.0
#: A page never grows by more: there is nothing to see in enlarged blur.
_ENLARGEMENT_MAX = 4.0


class Look(Struct, frozen=True, kw_only=True):
    """A way to look at a page."""

    #: height of a row of text on it; Tesseract reads 20 to 40 equally well
    row_pixels: int
    #: radius of a blur that closes the gaps of a dot matrix
    blur: float
    #: whether the table around the paper is left out; a deep shadow may be taken for it
    paper_only: bool
    #: beyond it Tesseract only gets slower
    pixels_max: int


#: Best of nine tried on real photos; the second errs elsewhere and is slower.
FIRST_LOOK = Look(row_pixels=30, blur=0.9, paper_only=True, pixels_max=4_500_000)
SECOND_LOOK = Look(row_pixels=38, blur=1.2, paper_only=False, pixels_max=3_000_000)


class Page(Struct, frozen=True):
    """A page ready to be read and the way back to the picture it came from."""

    pixels: Image.Image
    #: (a, b, c, d, e, f): picture x = a·x + b·y + c, picture y = d·x + e·y + f
    to_picture: tuple[float, float, float, float, float, float]

    def on_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return the picture's pixel under the page's pixel (x, y)."""
        a, b, c, d, e, f = self.to_picture
        return a * x + b * y + c, d * x + e * y + f


def flatten(grey: Image.Image, symbol: Symbol | None, look: Look = FIRST_LOOK) -> Page:
    """Return the page inside an upright grey picture; ``symbol`` is the receipt's own QR."""
    shrink = min(1.0, _SMALL_SIDE / max(grey.size))
    small = grey.resize(
        (max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink))),
        Image.Resampling.BOX,
    )
    lit = evenly_lit(small)
    paper = paper_of(small) if look.paper_only else np.ones((1, 1), bool)
    mask = ink_of(lit) & inner_of(paper, small.size)
    slope = _slope_of(mask, hint=symbol.angle if symbol else 0.0)
    left, top, right, bottom = _text_box(mask, slope)
    height = _row_height(grey, slope, (left, top, right, bottom), shrink)
    area = (right - left) * (bottom - top) / shrink**2
    fitting = (look.pixels_max / max(area, 1.0)) ** 0.5
    scale = min(_ENLARGEMENT_MAX, look.row_pixels / max(height, 1.0), fitting)
    page = _warped(grey, slope, (left, top, right, bottom), shrink, scale)
    clean = _without_table(page, paper, grey)
    return Page(clean.filter(ImageFilter.GaussianBlur(look.blur)), page.to_picture)


def _without_table(page: Page, paper: Mask, grey: Image.Image) -> Image.Image:
    """Whiten what is not paper: wood grain is read as text and costs seconds."""
    if paper.all():
        return page.pixels
    across, down = paper.shape[1] / grey.width, paper.shape[0] / grey.height
    a, b, c, d, e, f = page.to_picture
    sheet = Image.fromarray(paper.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3))
    data = (a * across, b * across, c * across, d * down, e * down, f * down)
    on_page = sheet.transform(
        page.pixels.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    )
    white = Image.new("L", page.pixels.size, 250)
    return Image.composite(page.pixels, white, on_page.point(lambda level: 255 * (level > 127)))


def _slope_of(mask: Mask, *, hint: float) -> float:
    """Return the clockwise degrees by which rows of ink are turned, the sharpest profile wins."""
    near = hint if abs(hint) <= _SLOPE_DEGREES_MAX else 0.0
    ink = Image.fromarray(mask.astype(np.uint8) * 255)
    wide = np.arange(-_SLOPE_DEGREES_MAX, _SLOPE_DEGREES_MAX + 0.1, 1.0)
    coarse = max([near, *wide], key=lambda angle: _profile_contrast(ink, float(angle)))
    fine = np.arange(-0.8, 0.81, 0.2)
    return float(coarse) + max(
        (float(step) for step in fine), key=lambda step: _profile_contrast(ink, coarse + step)
    )


def _profile_contrast(ink: Image.Image, angle: float) -> float:
    turned = np.asarray(ink.rotate(angle, Image.Resampling.NEAREST), np.float32)
    profile = turned.sum(axis=1)
    return float(np.square(np.diff(profile)).sum())


def _text_box(mask: Mask, slope: float) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the ink after turning, on the small copy."""
    ink = Image.fromarray(mask.astype(np.uint8) * 255).rotate(slope, Image.Resampling.NEAREST)
    turned = np.asarray(ink, np.float32) / 255.0
    left, right = _span(turned.sum(axis=0))
    top, bottom = _span(turned.sum(axis=1))
    margin = 22
    return (
        max(0, left - margin), max(0, top - margin),
        min(ink.width, right + margin), min(ink.height, bottom + margin),
    )  # fmt: skip


def _span(profile: NDArray[np.float32]) -> tuple[int, int]:
    """Return the range that holds all but the last half per cent of the ink at each end."""
    total = float(profile.sum())
    if total <= 0:
        return 0, len(profile)
    share = np.cumsum(profile) / total
    return int(np.searchsorted(share, 0.003)), int(np.searchsorted(share, 0.997)) + 1


def _row_height(
    grey: Image.Image,
    slope: float,
    box: tuple[int, int, int, int],
    shrink: float,
) -> float:
    """Return the usual height of a printed row, in pixels of the picture.

    Runs of inked rows are measured in narrow columns, where a curl does not blur them.
    """
    scale = min(1.0, 2000 / max(grey.size))
    pixels = _warped(grey, slope, box, shrink, scale).pixels
    ink = np.asarray(pixels) < 170
    runs = [run for column in np.array_split(ink, 8, axis=1) for run in _runs(column)]
    if len(runs) < 12:
        return _MEASURED_ROW_PIXELS / scale
    return float(np.median(runs)) / scale


def _runs(column: Mask) -> list[int]:
    inked = np.concatenate([[False], column.mean(axis=1) > 0.05, [False]])
    edges = np.flatnonzero(np.diff(inked.astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    return [int(length) for length in lengths if 5 <= length <= 70]


def _warped(
    grey: Image.Image,
    slope: float,
    box: tuple[int, int, int, int],
    shrink: float,
    scale: float,
) -> Page:
    """Turn, crop and scale in one resampling, then divide the light away."""
    left, top, right, bottom = (side / shrink for side in box)
    size = (max(32, round((right - left) * scale)), max(32, round((bottom - top) * scale)))
    to_picture = _affine(grey.size, slope, (left, top), scale)
    reduced, factor = _reduced(grey, scale)
    data = tuple(value / factor for value in to_picture)
    pixels = reduced.transform(
        size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC, fillcolor=255
    )
    return Page(evenly_lit(pixels), to_picture)


def _reduced(grey: Image.Image, scale: float) -> tuple[Image.Image, int]:
    """Shrink by whole steps first, or a strong reduction would skip pixels."""
    factor = max(1, int(1.0 / scale + 0.25)) if scale < 0.75 else 1
    return (grey.reduce(factor) if factor > 1 else grey), factor


def _affine(
    size: tuple[int, int], slope: float, corner: tuple[float, float], scale: float
) -> tuple[float, float, float, float, float, float]:
    """Return the page-to-picture map of a turn about the centre, a crop and a scale."""
    sine, cosine = sin(radians(slope)), cos(radians(slope))
    centre_x, centre_y = size[0] / 2, size[1] / 2
    from_x, from_y = corner[0] - centre_x, corner[1] - centre_y
    return (
        cosine / scale, -sine / scale, cosine * from_x - sine * from_y + centre_x,
        sine / scale, cosine / scale, sine * from_x + cosine * from_y + centre_y,
    )  # fmt: skip


def quarter_of(symbol: Symbol) -> int:
    """Return by how many quarter turns (0..3, anticlockwise) the picture becomes upright."""
    return round(symbol.angle / 90.0) % 4
