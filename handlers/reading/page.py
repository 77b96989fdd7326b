"""Words of a clean page, by Tesseract 5."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytesseract
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from handlers.reading.protocol import Engine

#: A page takes half a second; a page of noise up to ten.
TESSERACT_SECONDS_MAX = 20
#: One block: rows are even already, and a price far to the right stays on its row.
_ONE_BLOCK = 6

#: Columns by name, one entry per word; numbers come as int or as text.
Table = Mapping[str, list[Any]]


class Seen(Struct, frozen=True, kw_only=True):
    """One word and where it stands, in pixels of what was read."""

    text: str
    left: float
    top: float
    width: float
    height: float
    #: 0..1
    confidence: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Height of the word's middle."""
        return self.top + self.height / 2


def words_on(page: NDArray[np.uint8], engine: Engine) -> list[Seen]:
    """Return the words of a grey page, axes (y, x), in Tesseract's order.

    Raises:
        RuntimeError: Tesseract crashed or took longer than its limit.
    """
    pytesseract.pytesseract.tesseract_cmd = engine.command
    models = f'--tessdata-dir "{engine.models}" ' if engine.models else ""
    picture = Image.fromarray(page)
    picture.format = "BMP"  # how it is handed over; PNG takes 50 ms to pack
    table: Table = pytesseract.image_to_data(
        picture,
        lang=engine.languages,
        config=f"{models}--oem 1 --psm {_ONE_BLOCK} -c debug_file=/dev/null",
        output_type=pytesseract.Output.DICT,
        timeout=TESSERACT_SECONDS_MAX,
    )
    return _words(table)


def _words(table: Table) -> list[Seen]:
    columns = (table[name] for name in ("text", "left", "top", "width", "height", "conf"))
    return [
        Seen(
            text=text.strip(),
            left=float(left),
            top=float(top),
            width=float(width),
            height=float(height),
            confidence=min(1.0, max(0.0, float(confidence) / 100)),
        )
        for text, left, top, width, height, confidence in zip(*columns, strict=True)
        if text.strip() and float(confidence) >= 0
    ]


def good_words(words: list[Seen]) -> int:
    """Return how many words look like print: three letters or digits, read with trust."""
    return sum(
        1
        for word in words
        if word.confidence >= 0.6 and sum(sign.isalnum() for sign in word.text) >= 3
    )
