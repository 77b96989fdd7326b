"""Letters as a receipt prints and a reader mistakes them, brought to one form.

Receipts mix Ukrainian, Russian and Latin letters that look alike («ВIННИЦЬКА» with a Latin
I), and a reader mixes more. Comparisons in ``rules`` and ``reading`` are made on folded
text only; what is shown to people is never folded.
"""

import re

from rapidfuzz.distance import Levenshtein

#: Latin capitals whose shape is a Cyrillic capital.
_LATIN_SHAPES = str.maketrans("ABCEHIKMNOPTXYSUZ", "АВСЕНИКМНОРТХУЅЦЗ")
#: One letter for each group that Ukrainian, Russian and worn print confuse.
_ONE_OF_A_GROUP = str.maketrans(
    {
        "І": "И", "Ї": "И", "Й": "И", "Ы": "И", "Ё": "Е", "Є": "Е", "Э": "Е",
        "Ґ": "Г", "Ъ": "Ь", "Ѕ": "С", "N": "Н", "Ў": "У", "Қ": "К", "Ү": "У",
        "ʼ": "'", "’": "'", "`": "'", "‘": "'", "®": " ", "™": " ",
        "–": "-", "—": "-", "−": "-", "‑": "-",
    }
)  # fmt: skip
#: Digits and signs that stand for a letter inside a word.
_DIGIT_SHAPES = str.maketrans(
    {"0": "О", "3": "З", "1": "И", "!": "И", "|": "И", "6": "Б", "4": "Ч"}
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)*")
_LETTER = re.compile(r"[^\W\d_]")


def fold(text: str) -> str:
    """Return ``text`` in capitals with look-alike letters made one; digits are kept."""
    return text.upper().translate(_LATIN_SHAPES).translate(_ONE_OF_A_GROUP)


def words_of(text: str) -> list[str]:
    """Return the folded words of ``text``; digits amid letters become the letters they mimic.

    «Дарни4я» and «ДАРНИЦЯ» thus come close, while «200» and «В12» stay what they are.
    """
    return [_letters_for_digits(word) for word in _WORD.findall(fold(text))]


def distance(left: str, right: str, *, at_most: int) -> int:
    """Return the edit distance of two folded words, or ``at_most + 1`` when greater."""
    return Levenshtein.distance(left, right, score_cutoff=at_most)


def resembles(word: str, target: str) -> bool:
    """Tell whether a folded word is ``target`` but for the slips its length forgives.

    Under five letters none, under nine one, else two: short words are one slip apart anyway.
    """
    forgiven = 0 if len(target) < 5 else 1 if len(target) < 9 else 2
    return distance(word, target, at_most=forgiven) <= forgiven


def _letters_for_digits(word: str) -> str:
    letters = len(_LETTER.findall(word))
    return word.translate(_DIGIT_SHAPES) if letters >= 4 and letters > len(word) / 2 else word
