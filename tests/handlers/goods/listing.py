"""Goods as marketing names them, for tests of the list."""

from typing import Any

from msgspec import structs

from eventstore.catalogue import Item, Product, ProductsImported
from eventstore.identity import Sha256, Sku
from handlers.goods.product_list import built_in, folded
from handlers.goods.products import ProductList
from tests.handlers.readings import sold

#: Listed, though it begins as no barcode of the maker's does.
LISTED_CODE = "4820012345670"


def a_product(name: str, sku: str = "DRN-1", **changes: Any) -> Product:
    """Return a product with ``changes``."""
    return structs.replace(Product(sku=Sku(sku), name_uk=name), **changes)


def imported(*products: Product, maker_prefixes: list[str] | None = None) -> ProductsImported:
    """Return the fact that puts ``products`` on the list."""
    return ProductsImported(
        products=list(products),
        maker_prefixes=maker_prefixes,
        source_sha256=Sha256("00"),
        reason="a test",
    )


def a_list(*products: Product) -> ProductList:
    """Return the list with ``products`` imported on top of what ships."""
    return folded([imported(*products)], onto=built_in())


def scanned(name: str, code: str) -> Item:
    """Return an item with a barcode that both readers made out."""
    return sold(name, 3650, barcode=code, barcode_sources=["text", "digits"])
