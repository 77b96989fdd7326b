"""Printed rows and their words, as two readers read them. Pure."""

from math import inf
from statistics import median

from msgspec import Struct


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
