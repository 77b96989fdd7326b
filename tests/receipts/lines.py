"""A printed line, what it shows, and how text is laid into columns. Pure."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

#: Which truth a line shows; what is cut away is not demanded of the reader.
Shows = Literal[
    "total", "date", "fiscal_number", "receipt_number", "item", "darnitsa", "qr", "document"
]


class Line(Struct, frozen=True, kw_only=True):
    """One line of paper: text, a code, or nothing but height."""

    text: str = ""
    shows: frozenset[Shows] = frozenset()
    #: so many times the usual height and width
    tall: float = 1.0
    wide: int = 1
    bold: bool = False
    #: payload of a QR drawn instead of text
    qr: str | None = None
    #: where the QR stands across the paper, 0 left to 1 right
    across: float = 0.5
    #: digits of a barcode drawn instead of text
    bars: str | None = None


class Style(Struct, frozen=True, kw_only=True):
    """What a register's settings decide."""

    columns: int
    comma: bool = False
    #: between quantity and price
    times: str = "x"
    rule: str = "-"
    upper: bool = False
    #: names longer than this are cut; None = they wrap
    cut_at: int | None = None
    #: the total stands so many times as high
    total_tall: float = 1.0

    def money(self, kopecks: int) -> str:
        """Return ``1234`` as ``12.34``, or ``12,34``."""
        sign, kopecks = ("-", -kopecks) if kopecks < 0 else ("", kopecks)
        return f"{sign}{kopecks // 100}{',' if self.comma else '.'}{kopecks % 100:02d}"

    def quantity(self, milli: int, places: int | None = None) -> str:
        """Return thousandths as ``2``, ``0.5`` or with a fixed number of places."""
        if places is None:
            text = f"{milli / 1000:.3f}".rstrip("0").rstrip(".")
        else:
            text = f"{milli / 1000:.{places}f}"
        return text.replace(".", ",") if self.comma else text

    def ends(self, left: str, right: str, *shows: Shows, tall: float = 1.0, wide: int = 1) -> Line:
        """Return a line with text at both ends."""
        room = self.columns // wide
        gap = max(1, room - len(left) - len(right))
        return Line(text=left + " " * gap + right, shows=frozenset(shows), tall=tall, wide=wide)

    def centre(self, text: str, *shows: Shows, tall: float = 1.0, wide: int = 1) -> Line:
        """Return a centred line."""
        text = text.center(self.columns // wide).rstrip()
        return Line(text=text, shows=frozenset(shows), tall=tall, wide=wide)

    def left(self, text: str, *shows: Shows) -> Line:
        """Return a line that begins at the left edge."""
        return Line(text=text, shows=frozenset(shows))

    def ruled(self) -> Line:
        """Return a drawn line."""
        return Line(text=(self.rule * self.columns)[: self.columns])

    def wrapped(self, text: str, indent: int = 0) -> list[str]:
        """Break a text so that it fits; words that are too long are broken anywhere."""
        rows, room = [""], self.columns - indent
        for word in _pieces(text.split(), self.columns):
            if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
                rows.append("")
                room = self.columns
            rows[-1] = f"{rows[-1]} {word}".strip()
        return rows


def _pieces(words: Iterable[str], room: int) -> Iterable[str]:
    for word in words:
        for start in range(0, len(word), room):
            yield word[start : start + room]
