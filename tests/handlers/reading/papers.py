"""Printed rows as the reader's geometry would give them, without a photo."""

from handlers.reading.page import Seen
from handlers.reading.rows import Row, rows_of

_COLUMN, _ROW = 14.0, 40.0


def words_of_paper(paper: str, *, confidence: float = 0.9) -> list[Seen]:
    """Return the words of a receipt typed as text, each where its column puts it."""
    words: list[Seen] = []
    for number, line in enumerate(paper.splitlines()):
        column = 0
        for piece in line.split(" "):
            if piece:
                words.append(_seen(piece, column, number, confidence))
            column += len(piece) + 1
    return words


def rows_of_paper(paper: str, *, confidence: float = 0.9) -> list[Row]:
    """Return the rows of a receipt typed as text."""
    return rows_of(words_of_paper(paper.strip("\n"), confidence=confidence))


def _seen(text: str, column: int, row: int, confidence: float) -> Seen:
    return Seen(
        text=text,
        left=column * _COLUMN,
        top=row * _ROW,
        width=len(text) * _COLUMN,
        height=_ROW * 0.6,
        confidence=confidence,
    )
