"""What a reviewer types, understood: amounts and sold lines. Pure."""

import re
from decimal import Decimal

from eventstore.catalogue import Item
from eventstore.identity import Kopecks
from handlers.commands import CommandError

#: Hryvnias below a million, with a comma or a point.
_AMOUNT = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")
#: Packs; half of one is 0.5.
_QUANTITY = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,3})?")
NAME_CHARACTERS_MAX = 300


class ItemMalformed(CommandError):
    """What was typed is no amount or no line; the message shows how one looks."""


def kopecks_of(text: str) -> Kopecks:
    """Return hryvnias in kopecks; raises ``ItemMalformed``."""
    if not _AMOUNT.fullmatch(text.strip()):
        raise ItemMalformed(f"{text!r} is no amount: write hryvnias as 46.50")
    return Kopecks(int(Decimal(text.strip().replace(",", ".")) * 100))


def item_of(text: str) -> Item:
    """Return the sold line that ``NAME;QUANTITY;COST`` tells; raises ``ItemMalformed``."""
    name, *numbers = (part.strip() for part in text.split(";"))
    if not name or len(name) > NAME_CHARACTERS_MAX or len(numbers) != 2:
        raise ItemMalformed(f"{text!r} is no line: write NAME;QUANTITY;COST, as in «Пакет;1;4.50»")
    quantity, cost = numbers
    if not _QUANTITY.fullmatch(quantity):
        raise ItemMalformed(f"{quantity!r} is no quantity: write packs, as in 1 or 0.5")
    return Item(
        name=name,
        quantity_milli=int(Decimal(quantity.replace(",", ".")) * 1000),
        unit_price_kopecks=None,
        line_total_kopecks=kopecks_of(cost),
        confidence=1.0,
        place=None,
    )
