"""A receipt shown on a phone's screen: no paper, no camera."""

from random import Random

import cv2
import numpy as np

from tests.receipts.camera import Shot
from tests.receipts.fonts import FACES, inked
from tests.receipts.lines import Line, Style
from tests.receipts.paper import CELL, Wear, draw
from tests.receipts.pixels import floats, whole

_CRISP = Wear(ink=1.0, fading=0.0, streaks=0, gaps=0.0)
_WIDTH, _SHAPE = 1080, 19.5 / 9


def shown(lines: list[Line], style: Style, chance: Random) -> Shot:
    """Return a screenshot of a page with ``lines``, all of it on the screen."""
    strip = draw(lines, style, FACES[0], _CRISP, chance)
    factor = min(_WIDTH / strip.grey.shape[1], _WIDTH * _SHAPE * 0.9 / strip.grey.shape[0])
    page = cv2.resize(strip.grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    screen = np.full((round(_WIDTH * _SHAPE), _WIDTH), 255.0, np.float32)
    bar = inked(f"{chance.randint(8, 22)}:{chance.randint(10, 59)}   cabinet.tax.gov.ua", FACES[0])
    screen[20 : 20 + bar.shape[0], 40 : 40 + bar.shape[1]] -= 0.7 * bar
    left = (_WIDTH - page.shape[1]) // 2
    screen[90 : 90 + page.shape[0], left : left + page.shape[1]] = floats(page) / page.max() * 255
    rgb = np.repeat(whole(screen)[..., None], 3, axis=2)
    notes = {"cell": round(float(CELL * factor), 2), "width": _WIDTH, "height": rgb.shape[0]}
    return Shot(rgb=rgb, seen=(True,) * len(strip.placed), notes=notes)
