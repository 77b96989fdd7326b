"""Printed rows as the reader's geometry would give them, without a photo."""

from collections.abc import Mapping

from handlers.reading.rows import Row, Seen

_COLUMN, _ROW = 14.0, 40.0


def words_of_paper(paper: str, *, confidence: float = 0.9) -> list[Seen]:
    """Return the words of a receipt typed as text, each where its column puts it."""
    lines = enumerate(paper.splitlines())
    return [word for number, line in lines for word in _words(line, number, confidence)]


def rows_of_paper(
    paper: str, *, confidence: float = 0.9, second: Mapping[str, str] | None = None
) -> list[Row]:
    """Return the rows of a receipt typed as text.

    ``second`` maps the beginning of a row to what the reader of digits made of that row.
    """
    rows = []
    for number, line in enumerate(paper.strip("\n").splitlines()):
        said = (second or {}).items()
        other = next((said for start, said in said if line.strip().startswith(start)), "")
        words = _words(line, number, confidence)
        if words or other:
            rows.append(Row(tuple(words), other))
    return rows


def _words(line: str, number: int, confidence: float) -> list[Seen]:
    words: list[Seen] = []
    column = 0
    for piece in line.split(" "):
        if piece:
            words.append(_seen(piece, column, number, confidence))
        column += len(piece) + 1
    return words


def _seen(text: str, column: int, row: int, confidence: float) -> Seen:
    return Seen(
        text=text,
        left=column * _COLUMN,
        top=row * _ROW,
        width=len(text) * _COLUMN,
        height=_ROW * 0.6,
        confidence=confidence,
    )
