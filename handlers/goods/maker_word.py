"""The word «Дарниця» in a printed line, whole, worn, cut or torn. Pure.

«Дарницьк…» is a district, a street and a bread; «Варниця» and its like are other words.
"""

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from handlers.goods.letters import LOOK_ALIKES, distance, fold, slips
from handlers.goods.vocabulary import as_good_as_read, at_a_stretch

#: Whole words; «дарницьк…» is the district, the street and the bread.
MAKER_FORMS = frozenset(
    map(fold, (
        "ДАРНИЦЯ", "ДАРНИЦА", "ДАРНИЦІ", "ДАРНИЦЮ", "ДАРНИЦЕЮ", "ДАРНИЦЕЙ",
        "DARNITSA", "DARNYTSIA", "DARNITSIA", "DARNITSYA",
    ))
)  # fmt: skip
_DISTRICT = fold("ДАРНИЦЬК")
_MAKER_WORD = fold("ДАРНИЦЯ")
#: Two look-alikes: as strict as the measured prototype, which accepted none of the traps.
CLEAR_SLIPS = 0.7
#: Up to here a person looks.
_MAY_BE_SLIPS = 1.75
#: A shorter word is no worn form of the maker's.
_WORN_LETTERS_MIN = 6
#: Real words one slip away from the maker: rivers, villages, berries.
_NEAR_NAMES = frozenset(map(fold, ("ВАРНИЦЯ", "ЧОРНИЦЯ", "ГАРНИЦЯ", "МАРНИЦЯ", "ДЗВІНИЦЯ")))
#: Behind a name cut short stand at most remains of a label («ДАРНИЦ Ш/К»).
_REMAINS_LETTERS_MAX = 2


class Named(Enum):
    """How sure it is that a word or a name stands in a line."""

    SURELY = "surely"
    PERHAPS = "perhaps"
    NOT = "not"


def maker_in(words: Sequence[str]) -> Named:
    """Tell whether the maker is named: surely, perhaps (worn or cut print), or not."""
    end = max((i for i, word in enumerate(words) if len(word) > _REMAINS_LETTERS_MAX), default=0)
    seen = [as_maker(word, last=place == end) for place, word in enumerate(words)]
    seen += [_as_torn_maker(left, right) for left, right in pairwise(words)]
    if Named.SURELY in seen:
        return Named.SURELY
    return Named.PERHAPS if Named.PERHAPS in seen else Named.NOT


def as_maker(word: str, *, last: bool) -> Named:
    """Tell whether one folded word is the maker's; only the ``last`` of a line may be cut."""
    if word in MAKER_FORMS:
        return Named.SURELY
    if word.startswith(_DISTRICT) or word in _NEAR_NAMES:
        return Named.PERHAPS if word in _NEAR_NAMES else Named.NOT
    if last and _is_cut_maker(word):
        return Named.SURELY
    if len(word) < _WORN_LETTERS_MIN:
        return Named.NOT
    if any(slips(word, maker, at_most=CLEAR_SLIPS) <= CLEAR_SLIPS for maker in MAKER_FORMS):
        return Named.SURELY
    near = any(distance(word, maker, at_most=2) <= 2 for maker in MAKER_FORMS)
    may_be = near or slips(word, _MAKER_WORD, at_most=_MAY_BE_SLIPS) <= _MAY_BE_SLIPS
    return Named.PERHAPS if may_be else Named.NOT


def is_close_to_maker(word: str) -> bool:
    """Tell whether a folded word is the maker's where a name read clearly stands beside it.

    One letter may be any other, or lost; the first one is its look-alike at most: «Варниця»
    and «Гарниця» are other words.
    """
    cut_district = len(word) >= len(_MAKER_WORD) and _DISTRICT.startswith(word)
    if word in _NEAR_NAMES or cut_district or word.startswith(_DISTRICT):
        return False
    first = _MAKER_WORD[0]
    return word[0] in first + LOOK_ALIKES[first] and distance(word, _MAKER_WORD, at_most=1) <= 1


def may_be_maker(word: str) -> bool:
    """Tell whether a badly read word resembles the maker's, at a stretch."""
    reach = at_a_stretch(len(_MAKER_WORD))
    return slips(word, _MAKER_WORD, at_most=reach) <= reach


def apart_from_maker(word: str) -> list[str]:
    """«ЦИТРАМОНДАРНИЦЯТАБЛ» -> «ЦИТРАМОН», «ДАРНИЦЯ», «ТАБЛ»."""
    size = len(_MAKER_WORD)
    for cut in range(3, len(word) - size + 1):
        middle, rest = word[cut : cut + size], word[cut + size :]
        if slips(middle, _MAKER_WORD, at_most=CLEAR_SLIPS) <= CLEAR_SLIPS:
            return [word[:cut], middle, *([rest] if rest else [])]
    return [word]


def before_maker(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words before the maker's, all of them where it is not named."""
    cut = next((i for i, word in enumerate(words) if word in MAKER_FORMS), len(words))
    return tuple(words[:cut])


def _is_cut_maker(word: str) -> bool:
    """«…-ДАРН» at the end of a line that was too short for the name."""
    meant = _MAKER_WORD[: len(word)]
    slip = as_good_as_read(len(word))
    return 4 <= len(word) < len(_MAKER_WORD) and slips(word, meant, at_most=slip) <= slip


def _as_torn_maker(left: str, right: str) -> Named:
    """«ДАР НИЦЯ»: a stray blank; a whole maker's word beside another is none."""
    if len(left) < 2 or len(right) < 2 or as_maker(left, last=False) is not Named.NOT:
        return Named.NOT
    return Named.SURELY if f"{left}{right}" in MAKER_FORMS else Named.NOT
