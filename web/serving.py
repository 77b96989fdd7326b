"""The web served in this process, from start to SIGTERM."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from eventstore.log import Log, OpenLog
from eventstore.process import run_until_stopped, stop_signals
from handlers.commands import Commands
from web.app import build
from web.surroundings import Settings

#: A page needs one connection for milliseconds.
CONNECTIONS = 4
#: Requests in hand may take this long after SIGTERM.
GRACE_SECONDS = 10


async def serve_web(
    open_log: OpenLog, settings: Settings, address: tuple[str, int], admins: Sequence[int]
) -> None:
    """Serve until SIGTERM; what is in hand then may finish. ``admins`` are Telegram ids."""
    with stop_signals() as stop:
        async with open_log("web", CONNECTIONS) as log:
            # The log knows people by keyed ids alone, staff too.
            staff = [await log.vault.shopper_id(f"telegram:{admin}") for admin in admins]
            server = _server(log, replace(settings, staff=frozenset(staff)), stop)
            with _listening(*address) as door:
                served = server.serve(sockets=[door])
                await run_until_stopped(served, drain=lambda: _end(server), stop=stop)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as taken:
        why = f"{host}:{port} cannot be listened on ({taken.strerror}): set PORT to a free one"
        raise OSError(why) from taken


class _Server(uvicorn.Server):
    """A server that leaves signals to the one place of the process that hears them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _end(server: _Server) -> None:
    server.should_exit = True


def _server(log: Log, settings: Settings, stop: asyncio.Event) -> _Server:
    app = build(
        settings=settings,
        commands=Commands(store=log.store, attachments=log.attachments, vault=log.vault),
        reads=log.pool,
        vault=log.vault,
        attachments=log.attachments,
        listener=log.listener,
        stopping=stop,
    )
    # One worker whatever WEB_CONCURRENCY says: the pool is counted per process.
    config = uvicorn.Config(
        app,
        workers=1,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config)
