"""What a printed barcode adds to a printed name. Pure.

An EAN-13 whose check digit is right begins with digits that GS1 gave to one company. One
reader may still misread it so that the check digit fits, so a barcode counts when both readers
made it out, or when a name of the list stands beside it.

Darnitsa's barcode makes a known name Darnitsa's. Another company's, made out by both readers,
tells that a bare generic name is another maker's; against the maker's own word on the line it
is a contradiction, which a person resolves. It never speaks alone: companies have more than one
prefix, and a row may stand closer to its neighbour's barcode than to its own.
"""

import re

from eventstore.catalogue import Item
from handlers.other_makers import names_another_maker
from handlers.products import Match, Products, known_name, names_maker
from handlers.reading.meaning.amounts import is_ean13

#: EAN-13 that shops number themselves, and those of books and coupons: no maker stands there.
_NO_COMPANY = re.compile(r"0[24]|2|97[789]|98|99")


def match_item(item: Item, said: Match, products: Products) -> Match:
    """Return whether ``item`` is Darnitsa's, ``said`` being what its name alone tells."""
    code = item.barcode
    if code is None or not is_ean13(code) or _NO_COMPANY.match(code):
        return said
    sure = {"text", "digits"} <= set(item.barcode_sources)
    if code.startswith(products.prefixes):
        return _with_our_barcode(item.name, said, products, sure=sure)
    return _with_anothers_barcode(item.name, said) if sure else said


def _with_our_barcode(name: str, said: Match, products: Products, *, sure: bool) -> Match:
    if said is Match.DARNITSA:
        return said
    if names_another_maker(name):
        return Match.UNCERTAIN
    return Match.DARNITSA if sure or known_name(name, products) else Match.UNCERTAIN


def _with_anothers_barcode(name: str, said: Match) -> Match:
    """Take a bare name for another's; what names Darnitsa or its brand becomes a question."""
    return Match.UNCERTAIN if said is Match.DARNITSA or names_maker(name) else Match.OTHER
