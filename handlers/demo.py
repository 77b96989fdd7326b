"""The demo: everything started as in production, sample receipts sent, outcomes shown."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from eventstore.catalogue import ShopperNotified
from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import wheel_binaries
from eventstore.log import Log, OpenLog
from eventstore.process import stop_signals
from eventstore.store import Recorded
from handlers.gateways.sandbox_book import Book, Booking
from handlers.reading.specimens import sample_set
from handlers.samples import Sample, SampleShoppers
from handlers.settings import SANDBOX_BOOK

Result = TypeVar("Result")

#: Where a demo that stays keeps its things.
HOME = Path("var/demo")
#: Processes of the Procfile with which a receipt is read and paid.
PROCESSES = ("web", "run")
#: A process that does not end in this time after SIGTERM is killed.
STOP_SECONDS_MAX = 25.0
#: Last lines of a failed process's log that are shown.
LOG_LINES = 20
#: Connections of the demo itself.
CONNECTIONS = 3
#: More than seven samples can have.
FACTS = 10_000
#: The page's port when it is free.
PORT = 8000
#: Everything is on this machine.
HOST = "127.0.0.1"


#: Between two looks whether the page is served.
START_POLL_SECONDS = 0.05


class DemoFailed(Exception):
    """A process of the demo ended early, or a sample had another outcome than it should."""


async def run_demo(*, environ: MutableMapping[str, str], open_log: OpenLog, once: bool) -> None:
    """Run the demo; ``environ`` becomes that of its processes. Raises ``DemoFailed``."""
    if not once:
        return await _run_and_stay(environ, open_log)
    home = Path(mkdtemp(prefix="cashbot-demo-"))
    try:
        await _run_once(home, environ, open_log)
    finally:
        EmbeddedPostgres(home=home / "postgres", binaries=wheel_binaries()).remove()
        shutil.rmtree(home)
    return None


async def _run_once(home: Path, environ: MutableMapping[str, str], open_log: OpenLog) -> None:
    started = time.monotonic()
    async with _running(home, environ, open_log) as (log, ended):
        samples = await _unless(ended, _send_samples(log))
        report = _report(samples, home=home, facts=await log.store.read_log(after=0, limit=FACTS))
    report["seconds"] = round(time.monotonic() - started, 1)
    _show(samples)
    print(json.dumps(report, separators=(",", ":")), flush=True)
    if not all(sample.as_expected for sample in samples) or report["paid_twice"]:
        raise DemoFailed("a sample had another outcome than it was drawn for: see the table")


async def _run_and_stay(environ: MutableMapping[str, str], open_log: OpenLog) -> None:
    async with _running(HOME, environ, open_log) as (log, ended):
        page = f"http://{HOST}:{environ['PORT']}/intake"
        _say(f"[bold]Open {page}[/bold] and drop a photo of a receipt; seven samples are sent now.")
        _show(await _unless(ended, _send_samples(log)))
        _say("Portmone is a sandbox here: no money moves. Logs lie in var/demo/logs.")
        print(page, flush=True)
        _say("Ctrl-C ends the demo.")
        await ended


@asynccontextmanager
async def _running(
    home: Path, environ: MutableMapping[str, str], open_log: OpenLog
) -> AsyncIterator[tuple[Log, "asyncio.Future[None]"]]:
    """Give the log, and a future that is done when the demo shall end.

    The database is started here and so is stopped last, by whoever leaves it last.
    """
    environ["CASHBOT_HOME"] = str(home)
    environ["OCR_CHILDREN"] = str(len(os.sched_getaffinity(0)))  # a reader for each core
    async with AsyncExitStack() as stack:
        environ["PORT"] = str(stack.enter_context(held_port()))
        _say("starting Postgres, web and worker …")
        log = await stack.enter_async_context(open_log("demo", CONNECTIONS))
        stop = stack.enter_context(stop_signals())
        children = [await stack.enter_async_context(_child(name, home)) for name in PROCESSES]
        await _until_served(int(environ["PORT"]), children)
        ended = asyncio.ensure_future(_ended(stop, children, home))
        stack.callback(ended.cancel)
        yield log, ended


@asynccontextmanager
async def _child(name: str, home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one process of the Procfile, its log lines in a file."""
    lines = _log_file(name, home)
    lines.parent.mkdir(exist_ok=True)
    with lines.open("ab") as out:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cashbot", name, stdout=out, stderr=out
        )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


def _log_file(name: str, home: Path) -> Path:
    return home / "logs" / f"{name}.log"


async def _until_served(port: int, children: Sequence[asyncio.subprocess.Process]) -> None:
    while all(child.returncode is None for child in children):
        with suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(START_POLL_SECONDS)


async def _ended(
    stop: asyncio.Event, children: Sequence[asyncio.subprocess.Process], home: Path
) -> None:
    """Wait for the signal to stop; raises ``DemoFailed`` if a process ends before."""
    told = asyncio.create_task(stop.wait())
    lives = [asyncio.create_task(child.wait()) for child in children]
    every: list[asyncio.Task[Any]] = [told, *lives]
    await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        return
    name = next(n for n, life in zip(PROCESSES, lives, strict=True) if life.done())
    tail = _log_file(name, home).read_text(errors="replace").splitlines()[-LOG_LINES:]
    raise DemoFailed("\n".join((f"the process {name!r} ended; its last log lines:", *tail)))


async def _unless(ended: "asyncio.Future[None]", coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return the result, unless the demo ends first."""
    task = asyncio.create_task(coroutine)
    either: list[asyncio.Future[Any]] = [ended, task]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    ended.result()
    raise DemoFailed("stopped before the samples had their outcomes")


@contextmanager
def held_port() -> Iterator[int]:
    """Give the page's usual port, or any free one, and keep it from others like us.

    Bound without SO_REUSEADDR it is refused to whoever does the same; set afterwards, that
    option lets the web process listen on it.
    """
    for port in (PORT, 0):
        with socket.socket() as held:
            try:
                held.bind((HOST, port))
            except OSError:
                continue
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            yield int(held.getsockname()[1])
            return
    raise DemoFailed("no free port on this machine")


async def _send_samples(log: Log) -> list[Sample]:
    now = datetime.now(UTC)
    run = now.strftime("%Y%m%d%H%M%S")
    return await SampleShoppers(log=log, run=run).send_all(sample_set(now, run=run))


def _report(
    samples: Sequence[Sample], *, home: Path, facts: Sequence[Recorded]
) -> dict[str, object]:
    states = Counter(sample.outcome.state for sample in samples)
    booked = Counter(booking.comment for booking in _bookings(home))
    return {
        "receipts": len(samples),
        **{state: states[state] for state in ("paid", "rejected", "review", "unreadable")},
        "paid_twice": sum(count > 1 for count in booked.values()),
        "told": len(samples),  # each was awaited
        # How often a message is edited on the way depends on who is quicker.
        "events": sum(fact.type != ShopperNotified.__name__ for fact in facts),
    }


def _bookings(home: Path) -> list[Booking]:
    """Ask the bank itself what was paid."""
    book = Book(home / SANDBOX_BOOK)
    try:
        return book.bookings()
    finally:
        book.close()


def _show(samples: Sequence[Sample]) -> None:
    """Show each sample's outcome and how long its steps took."""
    table = Table(title="Sample receipts, seconds of each step", title_justify="left", box=None,
                  pad_edge=False)  # fmt: skip
    for heading in ("sample", "outcome", "reason", "told"):
        table.add_column(heading, no_wrap=True)
    for heading in ("read", "decide", "pay", "all"):
        table.add_column(heading, justify="right", no_wrap=True)
    for sample in samples:
        outcome = sample.outcome
        mark = "[green]✓[/green]" if sample.as_expected else "[red]✗[/red]"
        table.add_row(
            sample.specimen.name,
            f"{mark} {outcome.state}",
            outcome.reason or "",
            "✓",
            *(_seconds(step) for step in outcome.steps_seconds),
            _seconds(outcome.seconds),
        )
    Console(stderr=True).print(table)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _say(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)
