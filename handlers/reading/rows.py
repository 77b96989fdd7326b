"""Words to printed rows, by geometry: a price far to the right joins its name."""

from statistics import median

from msgspec import Struct

from handlers.reading.page import Seen

#: Words closer than this share of a row's height belong to the same row.
_SAME_ROW = 0.5
#: Signs that a reader makes of specks; alone they are no word.
_SPECKS = set(".,'`\"-—–_~|:;!°*^«»‚‘’“”•")


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
        """Usual height of a word, in pixels of the page."""
        return median(word.height for word in self.words)


def rows_of(words: list[Seen]) -> list[Row]:
    """Return rows from top to bottom."""
    clean = [word for word in words if not _is_speck(word)]
    if not clean:
        return []
    usual = median(word.height for word in clean)
    rows: list[list[Seen]] = []
    for word in sorted(clean, key=lambda word: word.left):
        _place(word, rows, usual)
    rows.sort(key=lambda row: median(word.middle for word in row))
    return [Row(tuple(row)) for row in rows]


def _is_speck(word: Seen) -> bool:
    lone = len(word.text) <= 2 and all(sign in _SPECKS for sign in word.text)
    return (lone and word.text not in ("-", "=", "*")) or word.confidence < 0.05


def _place(word: Seen, rows: list[list[Seen]], usual: float) -> None:
    """Add a word to the row whose end it continues, or begin a row."""
    reach = _SAME_ROW * usual
    fitting = [
        row
        for row in rows
        if abs(row[-1].middle - word.middle) < reach and row[-1].right <= word.left + 0.5 * usual
    ]
    if fitting:
        min(fitting, key=lambda row: abs(row[-1].middle - word.middle)).append(word)
    else:
        rows.append([word])
