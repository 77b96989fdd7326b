"""What commands show to people: how far they are, money, times, and words from outside."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from eventstore.identity import KYIV

#: How often a long command says how far it is where no terminal can show it in place.
TELL_SECONDS = 5.0


class Told(Protocol):
    """Is told how far a command is."""

    def __call__(self, done: int, whole: int | None = None, /) -> None:
        """Take it that ``done`` facts are done, of ``whole`` if that is known by now."""


@contextmanager
def progress(
    title: str, *, total: int | None = None, beside: Console | None = None
) -> Iterator[Told]:
    """Give what is to be told how many of ``total`` facts are done.

    Shown in place on stderr when that is a terminal, else as a line every few seconds; or on
    ``beside``, the console that prints data meanwhile, when that is a terminal: only it can make
    room for its lines.
    """
    console = beside if beside is not None and beside.is_terminal else Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(title, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()
    ) as shown:
        task = shown.add_task(title, total=total)

        def told(done: int, whole: int | None = None, /) -> None:
            shown.update(task, completed=done, total=total if whole is None else whole)

        yield told


class _Rate(ProgressColumn):
    """Facts per second."""

    def render(self, task: Task) -> Text:
        """Return what stands in the column."""
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")


class _Lines:
    """A line every few seconds."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title = title
        self._total = total
        self._began = self._told = time.monotonic()

    def __call__(self, done: int, whole: int | None = None, /) -> None:
        """Say so, unless that was said just now."""
        now = time.monotonic()
        if now - self._told < TELL_SECONDS:
            return
        self._told = now
        known = whole or self._total
        of = f" of {known:,}" if known else ""
        rate = done / (now - self._began)
        print(f"{self._title} {done:,}{of} facts, {rate:,.0f}/s", file=sys.stderr, flush=True)


def uah(kopecks: int, *, sign: bool = False) -> str:
    """Return an amount in hryvnias; with ``sign`` a gain has its plus."""
    return f"{kopecks / 100:{'+' if sign else ''}.2f} UAH"


def utc(moment: datetime) -> str:
    """Return a time to the millisecond."""
    return moment.astimezone(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00") + " UTC"


def kyiv(moment: datetime) -> str:
    """Return a time as staff read it on their own clocks, and whose clock that is."""
    return f"{moment.astimezone(KYIV):%Y-%m-%d %H:%M:%S} Kyiv"


def kyiv_clock(moment: datetime) -> str:
    """Return the time of day of something that is about to happen, and whose clock that is."""
    return f"{moment.astimezone(KYIV):%H:%M:%S} Kyiv"


def plain(text: str) -> str:
    """Return words from outside without what could steer a terminal or turn a line around."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
