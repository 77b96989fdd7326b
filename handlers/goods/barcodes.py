"""What a printed barcode adds to a printed name. Pure.

An EAN-13 whose check digit is right begins with digits that GS1 gave to one company. One
reader may still misread it so that the check digit fits, so a barcode counts when both readers
made it out, or when a name of the list stands beside it.

Darnitsa's barcode, by its beginning or because the list has it, makes a known name Darnitsa's.
Another company's, made out by both readers, tells that a bare generic name is another maker's;
against the maker's own word on the line it is a contradiction, which a person resolves. It
never speaks alone: companies have more than one prefix, and a row may stand closer to its
neighbour's barcode than to its own.
"""

import re
from enum import Enum

from msgspec import Struct

from eventstore.catalogue import Item
from eventstore.identity import Sku
from handlers.goods.matching import Line, Match, known_name, names_maker
from handlers.goods.other_makers import names_another_maker
from handlers.goods.products import Products
from handlers.reading.meaning.amounts import is_ean13

#: EAN-13 that shops number themselves, and those of books and coupons: no maker stands there.
_NO_COMPANY = re.compile(r"0[24]|2|97[789]|98|99")


class Whose(Enum):
    """What a barcode says of the maker."""

    OURS = "Darnitsa's"
    LAPSED = "Darnitsa's, of a product that earns nothing on the day"
    ANOTHERS = "another company's"
    NOBODYS = "nobody's: misread, or a number of the shop's own"


class Barcode(Struct, frozen=True, kw_only=True):
    """A printed barcode held against the list."""

    whose: Whose
    #: both readers made it out
    sure: bool
    #: of the product that the list gives it to
    sku: Sku | None


def is_companys(code: str) -> bool:
    """Tell whether the digits of an EAN-13 begin like those that a company was given."""
    return not _NO_COMPANY.match(code)


def barcode_of(item: Item, products: Products) -> Barcode | None:
    """Return what the item's barcode says, None when it has none."""
    code = item.barcode
    if code is None:
        return None
    sku = products.barcodes.get(code)
    return Barcode(
        whose=_whose(code, sku, products),
        sure={"text", "digits"} <= set(item.barcode_sources),
        sku=sku,
    )


def match_item(item: Item, said: Match, products: Products) -> Match:
    """Return whether ``item`` is Darnitsa's, ``said`` being what its name alone tells."""
    code = barcode_of(item, products)
    if code is None or code.whose is Whose.NOBODYS:
        return said
    if code.whose is Whose.OURS and _tells_only_the_maker(code, item, products):
        return said
    if code.whose is Whose.OURS:
        return _with_our_barcode(item.name, said, products, sure=code.sure)
    if code.whose is Whose.LAPSED:
        return _with_lapsed_barcode(said, sure=code.sure)
    return _with_anothers_barcode(item.name, said) if code.sure else said


def _whose(code: str, sku: Sku | None, products: Products) -> Whose:
    if not is_ean13(code) or not is_companys(code):
        return Whose.NOBODYS
    if sku is not None:
        return Whose.LAPSED if sku in products.lapsed else Whose.OURS
    return Whose.OURS if code.startswith(products.prefixes) else Whose.ANOTHERS


def _tells_only_the_maker(code: Barcode, item: Item, products: Products) -> bool:
    """Tell whether the name is of a product that earns nothing, and the barcode of no other."""
    says_which = code.sure and code.sku is not None
    return not says_which and bool(products.lapsed) and Line(item.name, products).lapsed


def _with_our_barcode(name: str, said: Match, products: Products, *, sure: bool) -> Match:
    if said is Match.DARNITSA:
        return said
    if names_another_maker(name):
        return Match.UNCERTAIN
    return Match.DARNITSA if sure or known_name(name, products) else Match.UNCERTAIN


def _with_lapsed_barcode(said: Match, *, sure: bool) -> Match:
    """Take it for what it is; a name of a product that does earn is a contradiction."""
    if said is Match.DARNITSA:
        return Match.UNCERTAIN if sure else said
    return Match.OTHER if sure else said


def _with_anothers_barcode(name: str, said: Match) -> Match:
    """Take a bare name for another's; what names Darnitsa or its brand becomes a question."""
    return Match.UNCERTAIN if said is Match.DARNITSA or names_maker(name) else Match.OTHER
