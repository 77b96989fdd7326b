"""What staff may write behind an option, and how wide a table may be."""

import sys
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.console import Console

from eventstore.identity import Kopecks

#: Lists are for people; who needs everything reads the log.
ROWS_MAX = 10_000
#: Where no terminal says how wide it is: a whole line stays a line for grep.
COLUMNS_IN_A_FILE = 200
TOTAL_KOPECKS_MAX = 1_000_000_000

AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object per line.")]
Limit = Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="At most so many.")]


def day(text: str) -> date:
    """Return a day; raises ``typer.BadParameter`` for anything but 2026-11-24."""
    try:
        return date.fromisoformat(text)
    except ValueError as malformed:
        raise typer.BadParameter(f"{text!r} is no day; write it like 2026-11-24") from malformed


def printable(text: str) -> str:
    """Return words that a database can look for; raises ``typer.BadParameter`` for others."""
    if not text.strip() or not text.isprintable():
        raise typer.BadParameter("write it in letters and digits that can be printed")
    return text.strip()


def kopecks(text: str) -> Kopecks:
    """Return an amount that is written in hryvnias; raises ``typer.BadParameter``."""
    try:
        amount = Decimal(text.replace(",", ".")) * 100
        if amount.is_finite() and 0 <= amount <= TOTAL_KOPECKS_MAX and amount == int(amount):
            return Kopecks(int(amount))
    except InvalidOperation:
        pass
    raise typer.BadParameter(f"{text!r} is no amount; write hryvnias like 123.45")


Since = Annotated[
    date | None, typer.Option(parser=day, metavar="<date>", help="First day, Kyiv's.")
]
Until = Annotated[date | None, typer.Option(parser=day, metavar="<date>", help="Last day, Kyiv's.")]


def in_order(since: date | None, until: date | None) -> None:
    """Raise ``typer.BadParameter`` for a range that ends before it begins."""
    if since and until and until < since:
        raise typer.BadParameter(f"--until {until} is before --since {since}: exchange them")


def console() -> Console:
    """Return what tables are printed on."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else COLUMNS_IN_A_FILE)
