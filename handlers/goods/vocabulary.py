"""Known names, found in printed lines whatever slips of print or reading they carry. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from msgspec import Struct
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from handlers.goods.letters import LOOK_ALIKE_SLIP, slips

#: Letters that may differ at all, however alike: a limit on what is weighed one by one.
_LETTERS_OFF_MAX = 4

#: In so long a name even its short words («ДУО», «З») may have a look-alike.
_LONG_NAME_LETTERS = 7

#: Length of a known word -> how many slips it forgives.
Forgiving = Callable[[int], float]


class Found(Struct, frozen=True, kw_only=True):
    """A known name in a line."""

    name: tuple[str, ...]
    #: as ``letters.slips`` counts them, over all its words
    slips: float
    #: of its first word in the line
    place: int


def as_good_as_read(length: int) -> float:
    """Forgive what hardly leaves a doubt: two look-alikes in a long word, one in a middling."""
    return 0.7 if length >= 6 else 0.35 if length >= 5 else 0.0


def perhaps(length: int) -> float:
    """Forgive what may still be the name."""
    return 1.75 if length >= 10 else 1.05 if length >= 6 else 0.7 if length >= 4 else 0.0


def beside_maker(length: int) -> float:
    """Forgive one letter of five where the maker's word proves the rest."""
    return 0.2 * length if length >= 6 else 0.0


def at_a_stretch(length: int) -> float:
    """Forgive what a badly read line may hide: three letters of ten may be wrong."""
    return 0.3 * length if length >= 5 else LOOK_ALIKE_SLIP if length >= 4 else 0.0


class Vocabulary:
    """Names of one to three folded words each."""

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        """Know ``names``."""
        self._names = frozenset(names)
        self._by_main_word: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for name in sorted(self._names):
            self._by_main_word[max(name, key=len)].append(name)
        self._main_words: defaultdict[int, list[str]] = defaultdict(list)
        for word in self._by_main_word:
            self._main_words[len(word)].append(word)

    def __len__(self) -> int:
        """How many names."""
        return len(self._names)

    def find(self, words: Sequence[str], *, forgiving: Forgiving = perhaps) -> Found | None:
        """Return the nearest name whose words stand side by side in ``words``, longest first."""
        found = self.find_all(words, forgiving=forgiving)
        return min(found, key=lambda one: (one.slips, -len(one.name)), default=None)

    def find_all(self, words: Sequence[str], *, forgiving: Forgiving = perhaps) -> list[Found]:
        """Return every name whose words stand side by side in ``words``."""
        return [
            Found(name=name, slips=off, place=begin)
            for place, word in enumerate(words)
            for main in self._near(word, forgiving)
            for name in self._by_main_word[main]
            if (begin := place - name.index(main)) >= 0
            and (off := _off(words[begin : begin + len(name)], name, forgiving)) is not None
        ]

    def find_torn(self, words: Sequence[str], *, forgiving: Forgiving = perhaps) -> Found | None:
        """Return the nearest name that a stray blank tore in two."""
        torn = [f"{left}{right}" for left, right in pairwise(words)]
        found = [one for word in torn if (one := self.find([word], forgiving=forgiving))]
        return min(found, key=lambda one: one.slips, default=None)

    def _near(self, word: str, forgiving: Forgiving) -> list[str]:
        """Return the main words that ``word`` may mean, by a quick look at how many differ."""
        reach = range(max(1, len(word) - _LETTERS_OFF_MAX), len(word) + _LETTERS_OFF_MAX + 1)
        near: list[str] = []
        for length in reach:
            lost = forgiving(length)
            if abs(length - len(word)) > lost:
                continue
            cutoff = min(_LETTERS_OFF_MAX, int(lost / LOOK_ALIKE_SLIP))
            close = extract(
                word, self._main_words.get(length, ()), scorer=Levenshtein.distance,
                score_cutoff=cutoff, limit=None,
            )  # fmt: skip
            near += [main for main, _, _ in close]
        return near


def _off(words: Sequence[str], name: tuple[str, ...], forgiving: Forgiving) -> float | None:
    """Return the slips between ``words`` and ``name``, None when a word is another."""
    if len(words) < len(name):
        return None
    total = 0.0
    spare = LOOK_ALIKE_SLIP if sum(map(len, name)) >= _LONG_NAME_LETTERS else 0.0
    for word, meant in zip(words, name, strict=True):
        limit = forgiving(len(meant)) or spare
        off = slips(word, meant, at_most=limit)
        if off > limit:
            return None
        total += off
    return total
