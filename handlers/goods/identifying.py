"""Which goods of the list a line may be: as far as their names can tell them apart. Pure."""

from collections.abc import Sequence

from eventstore.identity import Sku
from handlers.goods.letters import LOOK_ALIKE_SLIP, fold, slips
from handlers.goods.maker_word import CLEAR_SLIPS
from handlers.goods.products import Name, Products, full_names
from handlers.goods.vocabulary import Found

#: Shorter words («ДУО», «200») are taken exactly.
_FORGIVEN_LETTERS_MIN = 4
#: What stands for «№» before a number of packs, folded.
_NUMBER_SIGNS = fold("N")


def bearers_of(
    words: Sequence[str], nearest: Sequence[Found], products: Products
) -> tuple[Sku, ...]:
    """Return the goods that bear the longest name in the line; several where it does not tell.

    ``words`` are the line's; ``nearest`` is what was found by less than whole words, for a line
    in which nothing else is. «ДАРФЕН УЛЬТРАКАП 200» is told from «ДАРФЕН» by its length, and from
    «ДАРФЕН УЛЬТРАКАП 400» by the number.
    """
    clear = [
        found
        for known in (products.stems, products.brands)
        for found in known.find_all(words)
        if found.slips <= CLEAR_SLIPS
    ]
    longest = max(clear or nearest, key=_rank, default=None)
    if longest is None:
        return ()
    skus = _bearers(longest.name, products)
    told = {sku: _letters_told(words, longest.name, sku, products) for sku in skus}
    return tuple(sku for sku in skus if told[sku] == max(told.values()))


def _letters_told(words: Sequence[str], known: Name, sku: Sku, products: Products) -> int:
    """Return how long a name of the product, begun by ``known``, stands whole in the line; 0
    when none does.
    """
    return max(
        (
            len("".join(name))
            for name in full_names(products.goods[sku])
            if name[: len(known)] == known and all(_is_in(words, w) for w in name[len(known) :])
        ),
        default=0,
    )


def _bearers(name: Name, products: Products) -> tuple[Sku, ...]:
    """Return whose name it is, or whose ends so («ХЛОРИД» of «НАТРІЮ ХЛОРИД»)."""
    if name in products.bearers:
        return products.bearers[name]
    ending = (skus for known, skus in products.bearers.items() if known[-len(name) :] == name)
    return tuple(dict.fromkeys(sku for skus in ending for sku in skus))


def _rank(found: Found) -> tuple[int, float]:
    return len("".join(found.name)), -found.slips


def _is_in(words: Sequence[str], meant: str) -> bool:
    if meant.isdigit():  # «№10», «N10»
        return any(word.lstrip(_NUMBER_SIGNS) == meant for word in words)
    limit = LOOK_ALIKE_SLIP if len(meant) >= _FORGIVEN_LETTERS_MIN else 0.0
    return any(slips(word, meant, at_most=limit) <= limit for word in words)
