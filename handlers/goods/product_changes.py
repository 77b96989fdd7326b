"""What an import changes on the product list, before anybody is asked to want it. Pure."""

from collections.abc import Sequence

from msgspec import Struct, structs, to_builtins

from eventstore.catalogue import Product, ProductsImported
from eventstore.identity import Sha256
from handlers.goods.product_list import Told

#: The list does not depend on which file told it.
_ANY = Sha256("")


class Change(Struct, frozen=True, kw_only=True):
    """The goods of a file against the list as it was."""

    added: list[Product]
    #: as it was, as it will be
    changed: list[tuple[Product, Product]]
    unchanged: int
    #: of the register's, for which added or changed ones stand from then on
    given_way: list[Product]
    #: how the maker's barcodes will begin, None: as before
    maker_prefixes: list[str] | None

    @property
    def is_empty(self) -> bool:
        """Whether the list stays as it is."""
        return not self.added and not self.changed and self.maker_prefixes is None

    def fact(self, *, source: Sha256, reason: str) -> ProductsImported:
        """Return what the log will tell: only what is new, so that the same file twice is once."""
        return ProductsImported(
            products=[*self.added, *(after for _, after in self.changed)],
            maker_prefixes=self.maker_prefixes,
            source_sha256=source,
            reason=reason,
        )


def change_of(told: Told, goods: Sequence[Product], prefixes: Sequence[str]) -> Change:
    """Return what importing ``goods`` changes; no ``prefixes``: those stay."""
    before = {product.sku: product for product in told.listed.products}
    added = [product for product in goods if product.sku not in before]
    changed = [
        (before[product.sku], product)
        for product in goods
        if product.sku in before and before[product.sku] != product
    ]
    same = not prefixes or tuple(prefixes) == told.listed.prefixes
    change = Change(
        added=added,
        changed=changed,
        unchanged=len(goods) - len(added) - len(changed),
        given_way=[],
        maker_prefixes=None if same else list(prefixes),
    )
    kept = {product.sku for product in told.after(change.fact(source=_ANY, reason="")).products}
    gone = [product for product in told.listed.products if product.sku not in kept]
    return structs.replace(change, given_way=gone)


def differences(before: Product, after: Product) -> dict[str, tuple[object, object]]:
    """Return the fields in which two differ: as it was, as it will be."""
    old, new = to_builtins(before), to_builtins(after)
    return {name: (old[name], new[name]) for name in new if old[name] != new[name]}
