"""Makers that are not Darnitsa, as they stand beside the names of their goods. Pure."""

import re

from handlers.letters import distance, fold, words_of

#: Other makers, as long words (one slip forgiven) and as short ones (exact).
_OTHERS_LONG = tuple(
    map(fold, (
        "ЗДОРОВ'Я", "ЗДОРОВЯ", "ФАРМАК", "ЛУБНИФАРМ", "МОНФАРМ", "ГАЛИЧФАРМ", "АРТЕРІУМ",
        "АСТРАФАРМ", "НОВОФАРМ", "ФАРМЕКС", "ФІТОФАРМ", "БІОФАРМА", "РАТІОФАРМ", "МІКРОХІМ",
        "КИЇВМЕДПРЕПАРАТ", "ГРІНДЕКС", "БЕРЛІН-ХЕМІ", "САНДОЗ", "СТАДА", "АЛКАЛОЇД", "ЮРІЯ-ФАРМ",
        "КУСУМ", "БІОЛІК", "ІНДАР", "ЛЕКХІМ", "ТЕРНОФАРМ", "ВІОЛА", "АНАНТА", "МАКЛЕОДС",
    ))
)  # fmt: skip
_OTHERS_SHORT = frozenset(
    map(fold, ("ТЕВА", "БХФЗ", "КВЗ", "КРКА", "СТОМА", "ВІСТА", "БАЙЄР", "КИЇВ", "ВФЗ", "ОЗ"))
)
#: «… вітамінний завод, Київ» cut short; folded it would be «КІЙ», which is «№10» misread.
_CUT_KYIV = re.compile(r"(?<!\w)КИЇ\W*$")
#: Codes of other makers, only when a dash ties them to a name («-КВ»;
#: «кр.» is drops, «р-н» a solution).
_OTHERS_TIED = re.compile(
    r"[^\W\d_]{3}-\s?(?:КВ|КР|ЗН|МБ|СБ|НОВО|БХФЗ|ФС|ТЕВА|М|Ф|В|У|Н|Л|К)(?![^\W_])"
)


def names_another_maker(name: str) -> bool:
    """Tell whether the line names a maker that is not Darnitsa."""
    words = words_of(name)
    if any(word in _OTHERS_SHORT for word in words) or _CUT_KYIV.search(name.upper()):
        return True
    return names_a_long_maker(words) or bool(_OTHERS_TIED.search(fold(name)))


def names_a_long_maker(words: list[str]) -> bool:
    """Tell whether folded ``words`` name another maker at such length that no misreading of
    ours is like it.
    """
    return any(distance(word, other, at_most=1) <= 1 for word in words for other in _OTHERS_LONG)
