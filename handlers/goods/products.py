"""Darnitsa's goods: the list, and what of it earns on a day. Pure but for load.

What ships is data (``products.tsv``: the state drug register of 2025-10-13, trade names whose
maker is Darnitsa). What marketing imports stands on top of it, see ``product_list``. Whether a
printed line is one of the goods is said in ``matching``.
"""

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from io import StringIO
from pathlib import Path

from msgspec import Struct, structs

from eventstore.catalogue import Product
from eventstore.identity import Sha256, Sku, sha256_of
from handlers.goods.letters import fold, words_of
from handlers.goods.maker_word import MAKER_FORMS, before_maker
from handlers.goods.vocabulary import Vocabulary

PRODUCTS_FILE = Path(__file__).with_name("products.tsv")
#: First digits of the barcodes of Darnitsa's goods.
PREFIXES_FILE = Path(__file__).with_name("prefixes.tsv")

#: Names made by Darnitsa and by others under the very same word (register, domain.md 3.2),
#: or whose longer form belongs to another («Целіста від болю в горлі»).
_AMBIGUOUS = frozenset(map(fold, ("НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН", "ЦЕЛІСТА")))
#: Spans of days between two changes of what earns, each folded for comparison: under 1 MB.
_SPANS_REMEMBERED = 32

#: A name as its folded words.
Name = tuple[str, ...]


class ProductList(Struct, frozen=True, kw_only=True, eq=False):
    """The whole list, whatever earns when; lists of one hash are the same list."""

    #: every decision by the list names it
    sha256: Sha256
    #: by SKU
    products: tuple[Product, ...]
    #: how barcodes of the maker's goods begin
    prefixes: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProductList) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def product(self, sku: Sku) -> Product | None:
        """Return the product with this code, None when there is none."""
        return next((product for product in self.products if product.sku == sku), None)


class Products(Struct, frozen=True, kw_only=True, eq=False):
    """The list as of a day, folded for comparison; one object for all days that are alike."""

    #: of the whole list; every acceptance names it
    sha256: Sha256
    #: names that stand before the maker's word, each as its words
    stems: Vocabulary
    #: names that are Darnitsa's without the maker's word
    brands: Vocabulary
    #: last words of the names of several
    stem_ends: Vocabulary
    #: how barcodes of its goods begin
    prefixes: tuple[str, ...]
    goods: dict[Sku, Product]
    #: stem or brand -> the goods that bear it
    bearers: dict[Name, tuple[Sku, ...]]
    #: EAN-13 -> whose
    barcodes: dict[str, Sku]
    #: known, but nothing is earned by them on the day
    lapsed: frozenset[Sku]


def load_products(path: Path = PRODUCTS_FILE, *, prefixes: Path = PREFIXES_FILE) -> Products:
    """Read a list of which everything earns. Raises as ``load_list`` does."""
    return products_on(load_list(path, prefixes=prefixes), date.max)


def load_list(path: Path = PRODUCTS_FILE, *, prefixes: Path = PREFIXES_FILE) -> ProductList:
    """Read a list; its hash is that of both files, one after the other.

    Raises ``OSError`` or ``KeyError`` when one is missing or malformed.
    """
    content, codes = path.read_bytes(), prefixes.read_bytes()
    return ProductList(
        sha256=sha256_of(content + codes),
        products=_products(_rows(content)),
        prefixes=tuple(row["prefix"] for row in _rows(codes)),
    )


def products_on(listed: ProductList, day: date) -> Products:
    """Return what earns on a Kyiv day of purchase, and what is known besides.

    Folding two hundred names takes 12 ms, so it is done once for all days between two
    changes of what earns.
    """
    changes = _changes(listed)
    span = bisect_right(changes, day)
    return _folded(listed, changes[span - 1] if span else date.min)


def earns_on(product: Product, day: date) -> bool:
    """Tell whether the product earns when bought on a Kyiv day."""
    begins = product.active_from is None or product.active_from <= day
    return begins and (product.active_until is None or day <= product.active_until)


def is_shared_name(name: str) -> bool:
    """Tell whether others make something under this very name, so that it is nobody's brand."""
    words = before_maker(words_of(name))
    return len(words) == 1 and words[0] in _AMBIGUOUS


def names_known(product: Product) -> Iterator[Name]:
    """Yield by what the product is found in a line, maker and brand alike."""
    yield from stems_of(product)
    yield from brands_of(product)


def stems_of(product: Product) -> Iterator[Name]:
    """Yield the words before the maker's: («КАПТОПРЕС»), («НАТРІЮ», «ХЛОРИД»)."""
    for name in (product.name_uk, product.name_en, *product.aliases):
        if stem := before_maker(words_of(name))[:2]:
            yield stem


def brands_of(product: Product) -> Iterator[Name]:
    """Yield the words that name a brand; «від болю в горлі» is no part of one."""
    if not product.brand:
        return
    for name in (product.name_uk, *product.aliases):
        words = before_maker(words_of(name))
        joined = len(words) > 2 and words[1] == fold("З")
        if words and not (len(words) == 1 and words[0] in _AMBIGUOUS):
            yield words[: 3 if joined else 2]


def full_names(product: Product) -> Iterator[Name]:
    """Yield each name of the product as all its words but the maker's."""
    for words in map(words_of, (product.name_uk, product.name_en, *product.aliases)):
        yield tuple(word for word in words if word not in MAKER_FORMS)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8")), delimiter="\t"))


def _products(rows: Iterable[dict[str, str]]) -> tuple[Product, ...]:
    """Return the goods of a list; two rows of one SKU are two spellings of one name."""
    found: dict[Sku, Product] = {}
    for number, row in enumerate(rows, start=1):
        name, english = row["name_uk"], row["name_en"]
        sku = Sku(row.get("sku") or f"ROW-{number:03}")
        brand = _is_brand(words_of(name), row["evidence"]) and not is_shared_name(name)
        if first := found.get(sku):
            aliases = [*first.aliases, name]
            found[sku] = structs.replace(first, aliases=aliases, brand=first.brand or brand)
        else:
            found[sku] = Product(sku=sku, name_uk=name, name_en=english, brand=brand)
    return tuple(sorted(found.values(), key=lambda product: product.sku))


def _is_brand(words: list[str], evidence: str) -> bool:
    return not any(word in MAKER_FORMS for word in words) and evidence != "name"


def _changes(listed: ProductList) -> list[date]:
    """Return the days on which something begins or ceases to earn, in order."""
    begin = {product.active_from for product in listed.products if product.active_from}
    ends = (product.active_until for product in listed.products)
    return sorted(begin | {end + timedelta(days=1) for end in ends if end and end < date.max})


@lru_cache(_SPANS_REMEMBERED)
def _folded(listed: ProductList, day: date) -> Products:
    stems = {name for product in listed.products for name in stems_of(product)}
    brands = {name for product in listed.products for name in brands_of(product)}
    bearers: defaultdict[Name, dict[Sku, None]] = defaultdict(dict)
    for product in listed.products:
        for name in names_known(product):
            bearers[name][product.sku] = None
    return Products(
        sha256=listed.sha256,
        stems=Vocabulary(stems),
        brands=Vocabulary(brands),
        stem_ends=Vocabulary(stem[-1:] for stem in stems if stem[1:]),
        prefixes=listed.prefixes,
        goods={product.sku: product for product in listed.products},
        bearers={name: tuple(skus) for name, skus in bearers.items()},
        barcodes={code: product.sku for product in listed.products for code in product.barcodes},
        lapsed=frozenset(p.sku for p in listed.products if not earns_on(p, day)),
    )
