"""Light and dark: paper made white, ink made dark, how sharp it is. Arrays: axes (y, x)."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

#: Levels between ink and paper below which nothing is stretched: it is noise.
_CONTRAST_MIN = 40.0
#: Shares of a cut's pixels under which its ink lies, and above which all is paper: more than
#: half of it is, and grain that is not made white hides whole rows from Tesseract.
_INK_AND_PAPER = (2, 50)


def evenly_lit(grey: Grey) -> Grey:
    """Return ``grey`` with shadows divided away: paper becomes white."""
    height, width = grey.shape
    small = cv2.resize(
        grey, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA
    )
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), (0, 0), 3)
    light = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(light, 16), scale=250), np.uint8)


def scaled(grey: Grey, scale: float) -> Grey:
    """Return ``grey`` made smaller without losing thin strokes, or larger."""
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)


def stretched(line: Grey) -> Grey:
    """Return a cut with its ink dark and its paper white, however faded it is."""
    dark, light = (float(level) for level in np.percentile(line, _INK_AND_PAPER))
    if light - dark < _CONTRAST_MIN:
        middle = (light + dark) / 2
        dark, light = middle - _CONTRAST_MIN / 2, middle + _CONTRAST_MIN / 2
    level = (line.astype(np.float32) - dark) * (255.0 / (light - dark))
    out: Grey = np.clip(level, 0, 255).astype(np.uint8)
    return out


def sharpened(page: Grey) -> Grey:
    """Return ``page`` with the softness of two resamplings taken off its strokes."""
    soft = cv2.GaussianBlur(page, (0, 0), 1.5)
    return np.asarray(cv2.addWeighted(page, 1.6, soft, -0.6, 0), np.uint8)


def sharpness(grey: Grey) -> float:
    """Return how much of the contrast lives in the finest detail, 0 for a blur.

    The strongest 2 % of steps between neighbours, over the spread of light and dark,
    on a copy 1,200 px high at most so that it compares between cameras.
    """
    scale = min(1.0, 1200 / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    copy = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(copy, (0, 0), 0.7).astype(np.float32)
    steps = np.abs(np.diff(smooth, axis=1))
    spread = float(np.percentile(smooth, 99) - np.percentile(smooth, 1))
    return float(np.percentile(steps, 98)) / max(spread, 24.0)
