"""What commands show to people: how far they are, money, times, and words from outside."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(
    title: str, *, total: int, beside: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """Give what is to be told how many of ``total`` facts are done.

    Shown on stderr when that is a terminal; or on ``beside``, the console that prints data
    meanwhile, when that is one: only it can make room for its lines.
    """
    console = beside if beside is not None and beside.is_terminal else Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),
    ) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.update(task, completed=done)


def uah(kopecks: int, *, sign: bool = False) -> str:
    """Return an amount in hryvnias; with ``sign`` a gain has its plus."""
    return f"{kopecks / 100:{'+' if sign else ''}.2f} UAH"


def utc(moment: datetime) -> str:
    """Return a time to the millisecond."""
    return moment.astimezone(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00") + " UTC"


def plain(text: str) -> str:
    """Return words from outside without what could steer a terminal or turn a line around."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
