"""Words that a receipt is known to print, found among words as they were read. Pure."""

from collections import defaultdict

from handlers.goods.letters import fold, resembles

#: The longest slip that ``resembles`` forgives, in letters.
_FORGIVEN_MAX = 2
#: Under so many letters ``resembles`` forgives nothing: the word is there or it is not.
_SLIPS_FROM = 5
#: Words of some receipts, whose answers are remembered.
_REMEMBERED_MAX = 1000


class Wording:
    """A set of printed words; folded once, compared only with words of about their length."""

    def __init__(self, *printed: str) -> None:
        self._exact = frozenset(map(fold, printed))
        by_length: defaultdict[int, list[str]] = defaultdict(list)
        for word in self._exact:
            if len(word) >= _SLIPS_FROM:
                for length in range(len(word) - _FORGIVEN_MAX, len(word) + _FORGIVEN_MAX + 1):
                    by_length[length].append(word)
        self._by_length = dict(by_length)
        self._remembered: dict[str, bool] = {}

    def knows(self, word: str) -> bool:
        """Tell whether a folded word is one of them but for the slips its length forgives."""
        if word in self._exact:
            return True
        known = self._remembered.get(word)
        if known is None:
            known = any(resembles(word, one) for one in self._by_length.get(len(word), ()))
            if len(self._remembered) >= _REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[word] = known
        return known

    def among(self, words: list[str]) -> bool:
        """Tell whether one of the folded ``words`` is known."""
        return any(map(self.knows, words))
