"""What a reviewer types, understood or refused: amounts, sold lines, numbers. Pure."""

import re
from datetime import datetime
from decimal import Decimal

from eventstore.catalogue import Item, ReceiptCorrected, ReceiptRead
from eventstore.corrections import NAMED
from eventstore.identity import Kopecks
from handlers.wishes import CommandError

#: Hryvnias below a million, with a comma or a point.
_AMOUNT = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")
#: Packs; half of one is 0.5.
_QUANTITY = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,3})?")
#: Of a register (domain of the tax service): 10 digits, 3000… or 4000….
_REGISTER = re.compile(r"[0-9]{10}")
#: Running numbers, and those of 11 drawn signs; an offline one has dots.
_NUMBER = re.compile(r"[0-9A-Za-z_.-]{1,32}")
NAME_CHARACTERS_MAX = 300


class ItemMalformed(CommandError):
    """What was typed is no amount or no line; the message shows how one looks."""


class CorrectionRefused(CommandError):
    """What was typed cannot be what is printed; the message says why."""


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


def check_correction(correction: ReceiptCorrected, reading: ReceiptRead) -> None:
    """Raise ``CorrectionRefused`` for a number that no register prints, or another than the QR's.

    A QR has error correction: it is destroyed or right. Who reads otherwise looks at another
    paper, and one mistyped digit would let a paper that was paid for come again as a new one.
    """
    register, number = correction.fiscal_number, correction.receipt_number
    if register is not None and not _REGISTER.fullmatch(register):
        raise CorrectionRefused(f"{register!r} is no register: its number (ФН) has ten digits")
    if number is not None and not _NUMBER.fullmatch(number):
        raise CorrectionRefused(f"{number!r} is no receipt's number: leave out №, spaces and words")
    for name, source in NAMED.items():
        typed, read = (_to_the_minute(getattr(of, name)) for of in (correction, reading))
        if "qr" not in reading.sources.get(source, []) or None in (typed, read) or typed == read:
            continue
        raise CorrectionRefused(
            f"the QR code says that {name} is {read}: it cannot be corrected. Reject the receipt"
            " if the paper says something else"
        )


def _to_the_minute(value: object) -> object:
    """Return a time without the seconds, which not every QR says; all else as it is."""
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
