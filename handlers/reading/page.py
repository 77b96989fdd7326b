"""Words of a page, by Tesseract 5."""

from collections.abc import Mapping
from typing import Any

import pytesseract
from msgspec import Struct
from PIL import Image

from handlers.reading.prepare import Page
from handlers.reading.protocol import Engine

#: One page takes about a second; a page of noise up to ten.
TESSERACT_SECONDS_MAX = 20


#: Columns by name, one entry per word; numbers come as int or as text.
Table = Mapping[str, list[Any]]


class Seen(Struct, frozen=True, kw_only=True):
    """One word in pixels of its page."""

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


def words_of(page: Page, engine: Engine) -> list[Seen]:
    """Return the words of ``page`` in Tesseract's order.

    Raises:
        RuntimeError: Tesseract crashed or took longer than its limit.
    """
    return _words(table_of(page.pixels, engine, languages=engine.languages))


def table_of(pixels: Image.Image, engine: Engine, *, languages: str, signs: str = "") -> Table:
    """Return Tesseract's columns for a picture; ``signs`` limits what it may read."""
    pytesseract.pytesseract.tesseract_cmd = engine.command
    models = f'--tessdata-dir "{engine.models}" ' if engine.models else ""
    only = f" -c tessedit_char_whitelist={signs}" if signs else ""
    table: Table = pytesseract.image_to_data(
        pixels,
        lang=languages,
        config=f"{models}--oem 1 --psm {engine.segmentation} -c debug_file=/dev/null{only}",
        output_type=pytesseract.Output.DICT,
        timeout=TESSERACT_SECONDS_MAX,
    )
    return table


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
