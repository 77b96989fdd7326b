"""Light and dark: where the paper is, what is ink, how sharp it is. Arrays: axes (y, x)."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Between noise and print; see ``looks_printed``.
_PRINTED_UNEVENNESS = 0.6


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


def looks_printed(page: Image.Image) -> bool:
    """Tell whether ink gathers in rows and columns, as print does and noise does not.

    Spread of the ink over its mean, along narrow strips: of real receipts none was under
    1.0 either way, of noise none over 0.4, and a board's grain is even along itself.
    """
    ink = np.asarray(page) < 170
    return all(_unevenness(ink, axis) > _PRINTED_UNEVENNESS for axis in (0, 1))


def _unevenness(ink: Mask, axis: int) -> float:
    profiles = [strip.mean(axis=axis) for strip in np.array_split(ink, 8, axis=axis)]
    inked = [profile for profile in profiles if float(profile.mean()) > 0.01]
    ratios = [float(profile.std() / profile.mean()) for profile in inked]
    return float(np.median(ratios)) if ratios else 0.0


def ink_of(light: Image.Image) -> Mask:
    """Return where an evenly lit picture is dark."""
    return np.asarray(light) < 190


def paper_of(small: Image.Image) -> Mask:
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


def inner_of(paper: Mask, size: tuple[int, int]) -> Mask:
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
