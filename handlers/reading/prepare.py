"""The flat, straight, evenly lit page inside a picture.

Everything is measured on small copies; the page itself is warped once, from the full
picture, so that letters are resampled a single time. Arrays are grey, axes (y, x).
"""

from math import cos, hypot, radians, sin

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from handlers.reading.codes import Symbol

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Rows are measured on a copy on which they are about this high.
_MEASURED_ROW_PIXELS = 30
#: Beyond it Tesseract only gets slower.
PAGE_PIXELS_MAX = 4_500_000
#: Side of the copy on which paper, slope and rows are measured.
_SMALL_SIDE = 900
#: A receipt lies askew by less than this once quarter turns are made.
_SLOPE_DEGREES_MAX = 14.0
#: Between noise and print; see ``looks_printed``.
_PRINTED_UNEVENNESS = 0.6
#: A page never grows by more: there is nothing to see in enlarged blur.
_ENLARGEMENT_MAX = 4.0


class Look(Struct, frozen=True, kw_only=True):
    """A way to look at a page."""

    #: height of a row of text on it; Tesseract reads 20 to 40 equally well
    row_pixels: int
    #: radius of a blur that closes the gaps of a dot matrix
    blur: float
    #: whether the table around the paper is whitened
    paper_only: bool


#: Best of nine tried on real photos; the second errs elsewhere and is slower.
FIRST_LOOK = Look(row_pixels=30, blur=0.9, paper_only=True)
SECOND_LOOK = Look(row_pixels=38, blur=1.2, paper_only=False)


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
    light = evenly_lit(small)
    paper = _paper(small)
    mask = _ink(light) & _inner(paper, small.size)
    slope = _slope_of(mask, hint=symbol.angle if symbol else 0.0)
    left, top, right, bottom = _text_box(mask, slope)
    height = _row_height(grey, light.size, slope, (left, top, right, bottom), shrink)
    scale = min(_ENLARGEMENT_MAX, look.row_pixels / max(height, 1.0))
    page = _warped(grey, slope, (left, top, right, bottom), shrink, scale)
    clean = _without_table(page, paper, grey) if look.paper_only else page.pixels
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


def looks_printed(page: Page) -> bool:
    """Tell whether ink gathers in rows and columns, as print does and noise does not.

    Spread of the ink over its mean, along narrow strips: of real receipts none was under
    1.0 either way, of noise none over 0.4, and a board's grain is even along itself.
    """
    ink = np.asarray(page.pixels) < 170
    return all(_unevenness(ink, axis) > _PRINTED_UNEVENNESS for axis in (0, 1))


def _unevenness(ink: Mask, axis: int) -> float:
    profiles = [strip.mean(axis=axis) for strip in np.array_split(ink, 8, axis=axis)]
    inked = [profile for profile in profiles if float(profile.mean()) > 0.01]
    ratios = [float(profile.std() / profile.mean()) for profile in inked]
    return float(np.median(ratios)) if ratios else 0.0


def evenly_lit(grey: Image.Image) -> Image.Image:
    """Return ``grey`` with shadows divided away: paper becomes white."""
    size = (max(1, grey.width // 8), max(1, grey.height // 8))
    paper = grey.resize(size, Image.Resampling.BOX).filter(ImageFilter.MaxFilter(5))
    paper = paper.filter(ImageFilter.GaussianBlur(3)).resize(grey.size, Image.Resampling.BILINEAR)
    ratio = np.asarray(grey, np.float32) / np.maximum(np.asarray(paper, np.float32), 16.0)
    return Image.fromarray(np.clip(ratio * 250.0, 0, 255).astype(np.uint8))


def sharpness(grey: Image.Image) -> float:
    """Return how much of the contrast lives in the finest detail, 0 for a blur.

    The strongest 2 % of steps between neighbours, over the spread of light and dark,
    on a copy 1,200 px high at most so that it compares between cameras.
    """
    copy = grey.copy()
    copy.thumbnail((1200, 1200), Image.Resampling.BOX)
    smooth = np.asarray(copy.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    steps = np.abs(np.diff(smooth, axis=1))
    spread = float(np.percentile(smooth, 99) - np.percentile(smooth, 1))
    return float(np.percentile(steps, 98)) / max(spread, 24.0)


def _ink(light: Image.Image) -> Mask:
    return np.asarray(light) < 190


def _paper(small: Image.Image) -> Mask:
    """Return where the paper is, one cell for ten pixels: the brightest large patch.

    If none stands out everything is paper.
    """
    size = (max(1, small.width // 10), max(1, small.height // 10))
    bright = np.asarray(small.resize(size, Image.Resampling.BOX).filter(ImageFilter.MaxFilter(3)))
    threshold = _otsu(bright)
    patch = _largest_patch(bright > threshold)
    dark, lit = bright[bright <= threshold], bright[bright > threshold]
    stands_out = dark.size and lit.size and float(lit.mean()) - float(dark.mean()) > 30
    if not stands_out or not 0.06 < float(patch.mean()) < 0.92:
        return np.ones_like(patch)
    return patch


def _inner(paper: Mask, size: tuple[int, int]) -> Mask:
    """Return the paper without its edge, whose shadow is no ink, at ``size``."""
    sheet = Image.fromarray(paper.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3))
    return np.asarray(sheet.resize(size, Image.Resampling.NEAREST)) > 0


def _otsu(grey: Grey) -> int:
    """Return the level that splits ``grey`` into the two most compact groups."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    below, mass = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    gap = mass / np.maximum(below, 1) - (mass[-1] - mass) / np.maximum(above, 1)
    return int(np.argmax(below * above * gap * gap))


def _largest_patch(mask: Mask) -> Mask:
    """Return the largest 4-connected patch of ``mask`` with its holes filled row by row."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded = np.pad(labels, 1)
        around = np.maximum.reduce(
            [padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2],
             padded[1:-1, 2:]]
        )  # fmt: skip
        spread = np.where(mask, around, 0)
        if np.array_equal(spread, labels):
            break
        labels = spread
    if not labels.any():
        return mask
    patch: Mask = labels == np.bincount(labels[labels > 0]).argmax()
    filled: Mask = (
        np.maximum.accumulate(patch, axis=1)
        & np.maximum.accumulate(patch[:, ::-1], axis=1)[:, ::-1]
    )
    return filled


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
    small_size: tuple[int, int],
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
    if len(runs) < 12 or not small_size:
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
    area = (right - left) * (bottom - top) * scale * scale
    scale *= min(1.0, (PAGE_PIXELS_MAX / max(area, 1.0)) ** 0.5)
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


def symbol_side(symbol: Symbol) -> float:
    """Return the length of the symbol's upper side in pixels."""
    (left, top), (right, below) = symbol.corners[0], symbol.corners[1]
    return hypot(right - left, below - top)
