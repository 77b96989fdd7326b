"""What every process needs: its log lines, and services that run until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

import structlog

log = structlog.get_logger()

#: What is in hand may be finished in this time; Heroku kills 30 s after SIGTERM.
DRAIN_SECONDS = 20.0


def configure_logging(*, level: str, for_people: bool) -> None:
    """Let log lines go to stderr: aligned for people, else one JSON object each.

    Tracebacks come without the values of variables: those may be a phone or a photo.
    """
    people = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    without_values = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    machines = (
        structlog.processors.ExceptionRenderer(without_values),
        structlog.processors.JSONRenderer(),
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *((people,) if for_people else machines),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Give an event that is set by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def in_background(*services: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``services`` meanwhile, and cancel them in the end."""
    tasks = [asyncio.create_task(service) for service in services]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run_until_stopped(
    *services: Coroutine[Any, Any, None],
    stop: asyncio.Event,
    drain: Callable[[], None] | None = None,
    followers: Sequence[Coroutine[Any, Any, None]] = (),
) -> None:
    """Run ``services`` and ``followers`` until ``stop`` is set or one of them fails.

    ``drain`` asks the services to end, which they may do in ``DRAIN_SECONDS``; whatever still
    runs then, and every follower, is cancelled.
    """
    served = [asyncio.create_task(service) for service in services]
    followed = [asyncio.create_task(follower) for follower in followers]
    told = asyncio.create_task(stop.wait())
    await asyncio.wait([told, *served, *followed], return_when=asyncio.FIRST_COMPLETED)
    log.info("process.stopping", told=stop.is_set())
    if drain is not None and served:
        drain()  # also when a neighbour failed: what is in hand may be a payment
        await asyncio.wait(served, timeout=DRAIN_SECONDS)
    for task in (told, *served, *followed):
        task.cancel()
    for outcome in await asyncio.gather(told, *served, *followed, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


class Service(Protocol):
    """A part of a process."""

    async def run(self) -> None:
        """Work until ``stop`` is called."""

    def stop(self) -> None:
        """Begin nothing new; what is in hand may end."""


async def serve(
    *services: Service, stop: asyncio.Event, followers: Sequence[Coroutine[Any, Any, None]] = ()
) -> None:
    """Run ``services`` and ``followers`` as ``run_until_stopped`` does, each drained."""

    def drain() -> None:
        for service in services:
            service.stop()

    running = (service.run() for service in services)
    await run_until_stopped(*running, followers=followers, drain=drain, stop=stop)
