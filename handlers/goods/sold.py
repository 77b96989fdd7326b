"""Which goods of the list the items of a receipt are, and how much of each. Pure."""

from collections.abc import Sequence

from eventstore.catalogue import Item, Sold
from eventstore.identity import Sku
from handlers.goods.barcodes import barcode_of
from handlers.goods.matching import Line
from handlers.goods.products import Products

#: Thousandths of a pack.
_ONE_PACK_MILLI = 1_000


def skus_of(item: Item, products: Products) -> tuple[Sku, ...]:
    """Return which goods of the list ``item``, one of ours, may be: as few as can be told.

    A barcode that both readers made out decides; one that a single reader did only picks among
    what the name leaves open.
    """
    code = barcode_of(item, products)
    listed = code.sku if code else None
    if listed is not None and code and code.sure:
        return (listed,)
    named = Line(item.name, products).skus
    return (listed,) if listed is not None and (listed in named or not named) else named


def sku_of(item: Item, products: Products) -> Sku | None:
    """Return which product of the list ``item``, one of ours, is; None when that is unclear."""
    skus = skus_of(item, products)
    return skus[0] if len(skus) == 1 else None


def needs_prescription(item: Item, products: Products) -> bool:
    """Tell whether ``item``, one of ours, is surely sold on prescription only."""
    goods = [products.goods[sku] for sku in skus_of(item, products)]
    return bool(goods) and all(product.prescription is True for product in goods)


def sold_of(items: Sequence[Item], products: Products) -> list[Sold]:
    """Return how much of each product ``items`` show; what product is unclear is left out.

    An item of which no quantity was read is one pack.
    """
    quantities: dict[Sku, int] = {}
    for item in items:
        if (sku := sku_of(item, products)) is not None:
            quantity = _ONE_PACK_MILLI if item.quantity_milli is None else item.quantity_milli
            quantities[sku] = quantities.get(sku, 0) + quantity
    return [Sold(sku=sku, quantity_milli=quantity) for sku, quantity in quantities.items()]
