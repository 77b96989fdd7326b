"""Rows of print to words, by a network of ours that knows what registers print.

It was taught on lines that ``tests/receipts/teaching`` draws, and reads Ukrainian, Russian,
Latin and figures in any mixture. Letters that look the same are said in one alphabet: a word
is Latin only where one of its letters is. Arrays are grey, axes (y, x), uint8.
"""

from itertools import groupby

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.clean_page import STRETCH, Tile, draw, is_tall, tiles_of
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.signs import SIGNS, of_one_alphabet
from handlers.reading.rows import Seen

Grey = NDArray[np.uint8]

#: Pixels of a line, and of it for each step of output.
HEIGHT, STEP = 32, 4
_WHITE = 255
_NOTHING = 0
#: More print than a receipt holds, in heights; the rest goes unread.
_HEIGHTS_MAX = 2500.0


class Sign(Struct, frozen=True):
    """One sign, where on the line its middle stands, and how sure it is, 0..1."""

    text: str
    x: float
    confidence: float


def words_in(
    crop: Grey, rows: list[list[TextBox]], usual: float, models: Models
) -> list[list[Seen]]:
    """Return the words of each row, in pixels of ``crop``; ``usual`` is a box's usual height."""
    room, words = _HEIGHTS_MAX, list[list[Seen]]()
    for row in rows:
        room -= sum(box.width / max(1.0, box.height) for box in row)
        stretch = STRETCH if is_tall(row, usual) else 1.0
        words.append(_words(crop, row, stretch, models) if room > 0 else [])
    return words


def _words(crop: Grey, row: list[TextBox], stretch: float, models: Models) -> list[Seen]:
    tiles = tiles_of(row, 0, at=(0, 0), height=HEIGHT, stretch=stretch)
    line = np.full((HEIGHT, tiles[-1].left + tiles[-1].width), _WHITE, np.uint8)
    draw(line, crop, tiles)
    words: list[Seen] = []
    for (blank, tile), signs in groupby(signs_on(line, models), lambda sign: _place(sign, tiles)):
        if not blank:
            words.append(_word(list(signs), tile))
    return words


def _place(sign: Sign, tiles: list[Tile]) -> tuple[bool, Tile]:
    """Return whether a sign is a blank, and the tile it stands on."""
    tile = next((tile for tile in tiles if sign.x < tile.left + tile.width), tiles[-1])
    return sign.text == " ", tile


def _word(signs: list[Sign], tile: Tile) -> Seen:
    scale = tile.box.width / tile.width
    half = HEIGHT / 5
    left = max(0.0, signs[0].x - tile.left - half)
    right = min(float(tile.width), signs[-1].x - tile.left + half)
    return Seen(
        text=of_one_alphabet("".join(sign.text for sign in signs)),
        left=tile.box.left + left * scale,
        width=max(1.0, right - left) * scale,
        top=tile.box.top,
        height=tile.box.height,
        confidence=float(np.mean([sign.confidence for sign in signs])),
    )


def signs_on(line: Grey, models: Models) -> list[Sign]:
    """Return the signs of a line ``HEIGHT`` pixels high, left to right."""
    ink = 1.0 - line.astype(np.float32) / _WHITE
    (out,) = models.transcriber.run(None, {"lines": ink[None, None]})
    shares: NDArray[np.float32] = np.asarray(out)[0]
    best = shares.argmax(axis=1)
    signs = []
    for kind, steps in groupby(range(len(best)), key=best.__getitem__):
        at = list(steps)
        if kind != _NOTHING:
            said = float(shares[at, kind].max())
            signs.append(Sign(SIGNS[kind - 1], (at[0] + at[-1] + 1) / 2 * STEP, said))
    return signs
