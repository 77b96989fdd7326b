"""Words of a clean page, by Tesseract 5."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytesseract
from msgspec import structs
from numpy.typing import NDArray
from PIL import Image

from handlers.reading.pixels.clean_page import CleanPage, Tile
from handlers.reading.protocol import Engine
from handlers.reading.rows import Seen

#: A page takes half a second; a page of noise up to ten.
TESSERACT_SECONDS_MAX = 20
#: One block: rows are even already, and a price far to the right stays on its row.
_ONE_BLOCK = 6

#: Signs that a reader makes of specks; alone they are no word.
_SPECKS = set(".,'`\"-—–_~|:;!°*^«»‚‘’“”•")

#: From here on a word is read, whoever reads it; of noise our network is mostly less sure.
_READ = 0.75
#: A short word read with less is dirt; a long one is print, even if it is misread.
_SURE_OF_SOMETHING, _LONG_WORD = 0.05, 4

#: Columns by name, one entry per word; numbers come as int or as text.
Table = Mapping[str, list[Any]]


def words_on(page: NDArray[np.uint8], engine: Engine) -> list[Seen]:
    """Return the words of a grey page, axes (y, x), in Tesseract's order.

    Raises:
        RuntimeError: Tesseract crashed, took longer than its limit, or is another program.
    """
    pytesseract.pytesseract.tesseract_cmd = engine.command
    models = f'--tessdata-dir "{engine.models}" ' if engine.models else ""
    picture = Image.fromarray(page)
    picture.format = "BMP"  # how it is handed over; PNG takes 50 ms to pack
    try:
        table: Table = pytesseract.image_to_data(
            picture,
            lang=engine.languages,
            config=f"{models}--oem 1 --psm {_ONE_BLOCK} -c debug_file=/dev/null",
            output_type=pytesseract.Output.DICT,
            timeout=TESSERACT_SECONDS_MAX,
        )
    except SystemExit as odd:  # pytesseract's answer to a program that tells no version
        raise RuntimeError(f"{engine.command} is no Tesseract") from odd
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


def rows_of(page: CleanPage, words: list[Seen], count: int) -> list[list[Seen]]:
    """Return the words of ``page`` on the ``count`` rows it was laid out from.

    Words stand where their print stands on the crop. Of a row that was laid twice the
    reading with more certain letters is kept.
    """
    laid: defaultdict[tuple[int, int], list[Seen]] = defaultdict(list)
    for word in words:
        tile = None if _is_speck(word) else page.tile_at(word.left + word.width / 2, word.middle)
        if tile is not None:
            laid[tile.row, tile.top].append(_on_crop(word, tile))
    rows: list[list[Seen]] = [[] for _ in range(count)]
    for (row, _), seen in laid.items():
        rows[row] = max(rows[row], sorted(seen, key=lambda word: word.left), key=_certain_letters)
    return rows


def _is_speck(word: Seen) -> bool:
    lone = len(word.text) <= 2 and all(sign in _SPECKS for sign in word.text)
    unsure = word.confidence < _SURE_OF_SOMETHING and len(word.text) < _LONG_WORD
    return (lone and word.text not in ("-", "=", "*")) or unsure


def _on_crop(word: Seen, tile: Tile) -> Seen:
    shrink = tile.box.width / tile.width
    return structs.replace(
        word,
        left=tile.box.left + (word.left - tile.left) * shrink,
        width=word.width * shrink,
        top=tile.box.top,
        height=tile.box.height,
    )


def _certain_letters(seen: list[Seen]) -> float:
    return sum(len(word.text) * word.confidence for word in seen)


def good_words(words: list[Seen]) -> int:
    """Return how many words look like print: three letters or digits, read with trust."""
    return sum(
        1
        for word in words
        if word.confidence >= _READ and sum(sign.isalnum() for sign in word.text) >= 3
    )
