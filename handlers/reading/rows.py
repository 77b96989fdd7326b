"""Printed rows, each as two readers read it."""

from collections import defaultdict
from math import inf
from statistics import median

from msgspec import Struct, structs

from handlers.reading.clean_page import CleanPage, Tile
from handlers.reading.page import Seen

#: Signs that a reader makes of specks; alone they are no word.
_SPECKS = set(".,'`\"-—–_~|:;!°*^«»‚‘’“”•")

#: A short word read with less is dirt; a long one is print, even if it is misread.
_SURE_OF_SOMETHING, _LONG_WORD = 0.05, 4


class Row(Struct, frozen=True):
    """One printed row, left to right."""

    words: tuple[Seen, ...]
    #: the same printed row as the digit recogniser read it, "" when it was not asked: ASCII
    #: with blanks kept («CYMA 103.98»), sure of digits, Cyrillic as look-alikes or rubbish
    second: str = ""

    @property
    def text(self) -> str:
        """The words with one blank between."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean of the words' confidences, weighted by their length."""
        letters = sum(len(word.text) for word in self.words)
        return sum(len(word.text) * word.confidence for word in self.words) / max(1, letters)

    @property
    def height(self) -> float:
        """Usual height of a word, in pixels of the crop; 0 without words."""
        return median(word.height for word in self.words) if self.words else 0.0

    @property
    def left(self) -> float:
        """Where the first word begins; 0 where only the second reader read something."""
        return self.words[0].left if self.words else 0.0

    @property
    def right(self) -> float:
        """Where the last word ends; without words nobody knows, and a lone figure is a price."""
        return self.words[-1].right if self.words else inf


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
