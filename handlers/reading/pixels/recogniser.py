"""Lines of print to ASCII signs, by a network that knows no Cyrillic.

It was taught on other print than our own reader, so that what both say is worth more than
what one says. Words come out as look-alikes («CYMA»). Arrays are grey, axes (y, x), uint8.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from handlers.reading.pixels.models import Models

Grey = NDArray[np.uint8]

#: What the network was taught on.
HEIGHT = 48
#: A line longer than this many times its height is no line.
_ASPECT_MAX = 60.0
#: Pixels of input for each step of output.
_STEP = 8
#: A wider step between two signs than this share of the usual one is a blank.
_BLANK = 1.62


def recognise(line: Grey, models: Models) -> str:
    """Return what stands on a tight, level cut of one line."""
    height, width = line.shape
    aspect = min(_ASPECT_MAX, width / max(1, height))
    size = (max(_STEP, round(aspect * HEIGHT)), HEIGHT)
    resized = cv2.resize(line, size, interpolation=cv2.INTER_LINEAR)
    level = resized.astype(np.float32) / 127.5 - 1.0
    batch = np.ascontiguousarray(np.broadcast_to(level, (1, 3, *level.shape)))
    network = models.digits
    (out,) = network.run(None, {network.get_inputs()[0].name: batch})
    places, signs = models.ascii_signs
    return _decoded(np.asarray(out)[0][:, places], signs)


def _decoded(likely: NDArray[np.float32], signs: str) -> str:
    """Collapse repeats and blanks (CTC), and put back the gaps between words."""
    best = likely.argmax(axis=1)
    kept = [
        step
        for step in range(len(best))
        if best[step] and (not step or best[step] != best[step - 1])
    ]
    if not kept:
        return ""
    pitch = float(np.median(np.diff(kept))) if len(kept) > 2 else 0.0
    text = ""
    for place, step in enumerate(kept):
        apart = place and pitch and step - kept[place - 1] > _BLANK * pitch
        text += (" " if apart else "") + signs[best[step] - 1]
    return text
