"""The product list as its facts tell it, on top of the one that ships."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from uuid import uuid4

import msgspec
from msgspec import structs

from eventstore.catalogue import Event, Product, ProductRetired, ProductsImported
from eventstore.errors import EventStoreError, LogUnavailable, WrongExpectedVersion
from eventstore.identity import PRODUCTS_STREAM, EventId, Sha256, Sku, sha256_of
from eventstore.store import Append, Context, EventStore
from handlers.goods.letters import words_of
from handlers.goods.maker_word import before_maker
from handlers.goods.products import Name, ProductList, load_list, names_known

#: Lists remembered as folded from their facts: the one in force, and those of other databases.
_LISTS_REMEMBERED = 8


class ListChanged(EventStoreError):
    """Somebody else changed the list since it was looked at."""

    def __init__(self) -> None:
        super().__init__("somebody else changed the product list meanwhile: run the command again")


@dataclass(frozen=True)
class Told:
    """The list in force and the facts that tell it."""

    listed: ProductList
    facts: tuple[Event, ...] = ()

    def after(self, fact: Event) -> ProductList:
        """Return the list as it will be behind one more fact."""
        return folded((*self.facts, fact), onto=built_in())


@dataclass(frozen=True)
class _Story:
    """Facts that are the same facts when their hashes are."""

    leaf_hashes: tuple[bytes, ...]
    facts: tuple[Event, ...] = field(compare=False)


@cache
def built_in() -> ProductList:
    """Return the list that ships; raises ``OSError`` when its files are missing."""
    return load_list()


async def product_list(store: EventStore) -> ProductList:
    """Return the list in force.

    Raises ``LogUnavailable``, also when only a newer release can read what it became.
    """
    return (await told_list(store)).listed


async def told_list(store: EventStore) -> Told:
    """Return the list in force with its story; raises as ``product_list`` does."""
    records = await store.read_stream(PRODUCTS_STREAM)
    if any(record.event is None for record in records):
        raise LogUnavailable("the product list is for a newer release: start that one")
    story = _Story(
        leaf_hashes=tuple(record.leaf_hash for record in records),
        facts=tuple(record.event for record in records),
    )
    return Told(listed=_listed(story), facts=story.facts)


async def tell(store: EventStore, fact: Event, *, behind: Told) -> None:
    """Append ``fact`` to the list's story; raises ``ListChanged`` when that went on meanwhile."""
    events: list[tuple[EventId, msgspec.Struct]] = [(EventId(uuid4()), fact)]
    append = Append(stream=PRODUCTS_STREAM, expected=len(behind.facts) - 1, events=events)
    context = Context(correlation_id="system-products", causation_id=None, actor="operator")
    try:
        await store.append(append, context=context)
    except WrongExpectedVersion as race:
        raise ListChanged from race


@lru_cache(_LISTS_REMEMBERED)
def _listed(story: _Story) -> ProductList:
    return folded(story.facts, onto=built_in())


def folded(facts: Iterable[Event], *, onto: ProductList) -> ProductList:
    """Return the list that ``facts`` make of ``onto``, the register's.

    An imported product takes the place of what its SKU was, and of the register's entry of the
    same name: that has a provisional SKU, and knows no dates.
    """
    register = {product.sku: product for product in onto.products}
    imported: dict[Sku, Product] = {}
    prefixes = onto.prefixes
    for fact in facts:
        match fact:
            case ProductsImported():
                imported |= {product.sku: product for product in fact.products}
                if fact.maker_prefixes is not None:
                    prefixes = tuple(fact.maker_prefixes)
            case ProductRetired():
                shelf = imported if fact.sku in imported else register
                if retired := shelf.get(fact.sku):  # a later register may not have it
                    shelf[fact.sku] = structs.replace(retired, active_until=fact.last_day)
    standing = _standing(list(register.values()), list(imported.values()))
    products = {product.sku: product for product in standing} | imported
    return _with_hash(tuple(products[sku] for sku in sorted(products)), prefixes, onto)


def _standing(register: Sequence[Product], imported: Sequence[Product]) -> list[Product]:
    """Return the register's entries that no imported product stands for."""
    spelled: dict[Name, list[Name]] = {}
    for product in imported:
        spellings = [_spelled(name) for name in (product.name_uk, *product.aliases)]
        for known in names_known(product):
            spelled.setdefault(known, []).extend(spellings)
    return [
        product
        for product in register
        if not any(
            _is_same(_spelled(product.name_uk), spelling)
            for known in names_known(product)
            for spelling in spelled.get(known, ())
        )
    ]


def _spelled(name: str) -> Name:
    """Return what tells a name from others: all before the maker's word, or all there is."""
    return before_maker(words_of(name))


def _is_same(one: Name, other: Name) -> bool:
    """«ДАРФЕН УЛЬТРАКАП 200» is not «… 400»; «… 200 капс. №10» is."""
    return all(left == right for left, right in zip(one, other, strict=False))


def _with_hash(
    products: tuple[Product, ...], prefixes: tuple[str, ...], onto: ProductList
) -> ProductList:
    """Return the list under a hash of its content; what is as it ships keeps the files' hash."""
    if products == onto.products and prefixes == onto.prefixes:
        return onto
    content = msgspec.json.encode([products, prefixes], order="deterministic")
    return ProductList(sha256=Sha256(sha256_of(content)), products=products, prefixes=prefixes)
