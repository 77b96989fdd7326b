"""Makers that are not Darnitsa, as they stand beside the names of their goods. Pure."""

import re
from itertools import pairwise

from handlers.goods.letters import LOOK_ALIKE_SLIP, distance, fold, slips, words_of

#: Other makers, as long words (one slip forgiven) and as short ones (exact).
_OTHERS_LONG = tuple(
    map(fold, (
        "ЗДОРОВ'Я", "ЗДОРОВЯ", "ФАРМАК", "ЛУБНИФАРМ", "МОНФАРМ", "ГАЛИЧФАРМ", "АРТЕРІУМ",
        "АСТРАФАРМ", "НОВОФАРМ", "ФАРМЕКС", "ФІТОФАРМ", "БІОФАРМА", "РАТІОФАРМ", "МІКРОХІМ",
        "КИЇВМЕДПРЕПАРАТ", "ГРІНДЕКС", "БЕРЛІН-ХЕМІ", "САНДОЗ", "СТАДА", "АЛКАЛОЇД", "ЮРІЯ-ФАРМ",
        "БОРЩАГІВСЬКИЙ", "БОРЩАГІВ", "КАЛЦЕКС",
        "КУСУМ", "БІОЛІК", "ІНДАР", "ЛЕКХІМ", "ТЕРНОФАРМ", "ВІОЛА", "АНАНТА", "МАКЛЕОДС",
    ))
)  # fmt: skip
_OTHERS_SHORT = frozenset(
    map(
        fold,
        (
            "ТЕВА",
            "БХФЗ",
            "КВЗ",
            "КРКА",
            "СТОМА",
            "ВІСТА",
            "БАЙЄР",
            "БРАУН",
            "АЛТАН",
            "КИЇВ",
            "ВФЗ",
            "ОЗ",
        ),
    )
)
#: Of those, words so unlike any other that a look-alike of one letter is forgiven («ТЕЗА»).
_OTHERS_WORN = tuple(map(fold, ("ТЕВА", "СТОМА", "ВІСТА", "БАЙЄР")))
_VERY_LONG_LETTERS = 10
#: «… вітамінний завод, Київ» cut short; folded it would be «КІЙ», which is «№10» misread.
_CUT_KYIV = re.compile(r"(?<!\w)КИЇ\W*$")
#: Codes of other makers, only when a dash ties them to a name («-КВ»;
#: «кр.» is drops, «р-н» a solution).
_OTHERS_TIED = re.compile(
    r"[^\W\d_]{3}-\s?(?:КВ|КР|ЗН|МБ|СБ|НОВО|БХФЗ|ФС|ТЕВА|М|Ф|В|У|Н|Л|К)(?![^\W_])"
)


def names_another_maker(name: str) -> bool:
    """Tell whether the line names a maker that is not Darnitsa."""
    return another_maker_in(name) is not None


def another_maker_in(name: str) -> str | None:
    """Return the words that name a maker which is not Darnitsa, None when there are none."""
    words = words_of(name)
    if cut := _CUT_KYIV.search(name.upper()):
        return cut[0]
    short = (word for word in words if word in _OTHERS_SHORT or _is_worn_short_maker(word))
    if (said := next(short, None)) or (said := _long_maker_in(words)):
        return said
    tied = _OTHERS_TIED.search(fold(name))
    return tied[0] if tied else None


def _is_worn_short_maker(word: str) -> bool:
    return any(slips(word, maker, at_most=LOOK_ALIKE_SLIP) < 1 for maker in _OTHERS_WORN)


def names_a_long_maker(words: list[str]) -> bool:
    """Tell whether folded ``words`` name another maker at such length that no misreading of
    ours is like it.
    """
    return _long_maker_in(words) is not None


def _long_maker_in(words: list[str]) -> str | None:
    torn = (f"{left}{right}" for left, right in pairwise(words))
    named = (
        word
        for word in (*words, *torn)
        if any(_is_long_maker(word, other) for other in _OTHERS_LONG)
    )
    return next(named, None)


def _is_long_maker(word: str, other: str) -> bool:
    """Forgive one letter, and three look-alikes in a word of ten."""
    if distance(word, other, at_most=1) <= 1:
        return True
    limit = 3 * LOOK_ALIKE_SLIP
    return len(other) >= _VERY_LONG_LETTERS and slips(word, other, at_most=limit) <= limit
