"""Why a photo cannot be read, so that the next one can: light, size, edges, or no receipt."""

import numpy as np
from PIL import Image

from eventstore.catalogue import UnreadableReason
from handlers.reading.pixels.light import sharpness
from handlers.reading.pixels.page import good_words
from handlers.reading.pixels.sight import Sight
from handlers.reading.understanding import Meaning

#: Fewer good words than this are no reading at all.
_GOOD_WORDS_MIN = 6
#: Of photos whose words could be read none was under 0.07, of blurred ones none over 0.05.
_SHARPNESS_MIN = 0.06
#: The brightest hundredth of a photo darker than this shows no paper.
_LIGHT_MIN = 60
#: Levels between the darkest and the lightest hundredth; a blank sheet has fewer.
_CONTRAST_MIN = 24
#: Boxes lower than this hold letters of less than six pixels.
_PRINT_PIXELS_MIN = 12.0
#: Print closer to the edge of the photo than this share of it runs out of it.
_EDGE = 0.012
#: A camera never paints so much of a picture in one level; a screen does.
_ONE_LEVEL_MIN = 0.55


def fault_without_print(picture: Image.Image) -> UnreadableReason:
    """Return why no print was found on ``picture``."""
    grey = np.asarray(picture.convert("L"))
    darkest, lightest = np.percentile(grey, (1, 99))
    if lightest < _LIGHT_MIN:
        return "too_dark"
    if lightest - darkest < _CONTRAST_MIN:
        return "no_text"
    return "blurred" if sharpness(grey) < _SHARPNESS_MIN else "no_text"


def fault_of(sight: Sight, meaning: Meaning) -> UnreadableReason | None:
    """Return why what was read is no use, or None when it is a receipt."""
    words = [word for row in meaning.rows for word in row.words]
    if good_words(words) < _GOOD_WORDS_MIN:
        dark_or_blurred = fault_without_print(sight.picture)
        small = dark_or_blurred == "no_text" and sight.print_pixels < _PRINT_PIXELS_MIN
        return "too_small" if small else dark_or_blurred
    fused = meaning.fused
    if fused.total_kopecks is not None or fused.fiscal_number is not None:
        return None
    if sight.print_pixels < _PRINT_PIXELS_MIN:
        return "too_small"
    sold = any(line.cost_kopecks is not None for line in meaning.zone.lines)
    if not sold and fused.purchased_at is None:
        return "not_a_receipt"
    return "cut_off" if _runs_out(sight) else None


def is_screenshot(picture: Image.Image) -> bool:
    """Tell a picture no camera took: most of it is one level of grey."""
    levels = np.bincount(np.asarray(picture.convert("L")).ravel(), minlength=256)
    most = float(np.convolve(levels, np.ones(3), "same").max())
    return most > _ONE_LEVEL_MIN * float(levels.sum())


def _runs_out(sight: Sight) -> bool:
    """Tell whether print touches the upper or lower edge of the photo."""
    tops = [sight.frame.back(box.x, box.top)[1] for row in sight.rows for box in row]
    bottoms = [sight.frame.back(box.x, box.bottom)[1] for row in sight.rows for box in row]
    edge = _EDGE * sight.picture.height
    return bool(min(tops) < edge or max(bottoms) > sight.picture.height - edge)
