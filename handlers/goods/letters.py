"""Letters as a receipt prints and a reader mistakes them, brought to one form.

Receipts mix Ukrainian, Russian and Latin letters that look alike («ВIННИЦЬКА» with a Latin
I), and a reader mixes more. Comparisons in ``rules`` and ``reading`` are made on folded
text only; what is shown to people is never folded.
"""

import math
import re
from collections.abc import Mapping

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
#: Folded letters that a worn or blurred print makes one of: as reading.md tells and as seen on
#: read pages. Each pair works both ways.
_PAIRS = (
    "НП НИ НК НМ ИП ИЦ ИМ ИЛ ПЛ ПГ ЦЧ ЦЩ ЦШ ШЩ ШМ ЧУ ЧГ ЯЛ ЯА ЯР ЯК ЛА ЛД ЛГ ДА ДЦ ДИ РГ РП РФ "
    "РВ РЕ ГТ АЕ ЕС ЕБ ЕВ СО СЗ ОЮ ОФ ОД ОЕ ВБ ВЬ ВЗ БЬ ЗБ КХ КЖ ХЖ ТИ ЮИ Я9 Я4 Б5 Б6 В8 Т7 "
    "З8 О9 СБ R:Я D:О D:Д L:И J:И V:И V:У W:Ш Q:О G:С G:Б F:Р F:Г"
)


def _look_alikes() -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _PAIRS.split():
        one, other = pair[0], pair[-1]
        found[one] = found.get(one, "") + other
        found[other] = found.get(other, "") + one
    return found


#: Letter -> what it is read as.
LOOK_ALIKES: Mapping[str, str] = _look_alikes()
#: Three of them weigh as much as one letter that looks like no other.
LOOK_ALIKE_SLIP = 0.35
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


def slips(seen: str, meant: str, *, at_most: float) -> float:
    """Return how far a folded word is from the one that was meant, look-alikes being near.

    A letter read as its look-alike counts ``LOOK_ALIKE_SLIP``, any other slip, a lost or a
    stray letter 1. Above ``at_most`` the distance is infinite.
    """
    if seen == meant:
        return 0.0
    if abs(len(seen) - len(meant)) > at_most:
        return math.inf
    above = [float(place) for place in range(len(meant) + 1)]
    for letter in seen:
        row = [above[0] + 1.0]
        for place, wanted in enumerate(meant):
            swapped = above[place] + _slip(letter, wanted)
            row.append(min(swapped, above[place + 1] + 1.0, row[place] + 1.0))
        if min(row) > at_most:
            return math.inf
        above = row
    return above[-1] if above[-1] <= at_most else math.inf


def _slip(seen: str, meant: str) -> float:
    if seen == meant:
        return 0.0
    return LOOK_ALIKE_SLIP if seen in LOOK_ALIKES.get(meant, "") else 1.0


def resembles(word: str, target: str) -> bool:
    """Tell whether a folded word is ``target`` but for the slips its length forgives.

    Under five letters none, under nine one, else two: short words are one slip apart anyway.
    """
    forgiven = 0 if len(target) < 5 else 1 if len(target) < 9 else 2
    return distance(word, target, at_most=forgiven) <= forgiven


def _letters_for_digits(word: str) -> str:
    letters = len(_LETTER.findall(word))
    return word.translate(_DIGIT_SHAPES) if letters >= 4 and letters > len(word) / 2 else word
