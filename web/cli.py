"""The command `web`."""

import asyncio
from collections.abc import Callable, Sequence

import typer

from eventstore.log import OpenLog
from web.surroundings import Settings


def register(
    app: typer.Typer,
    *,
    open_log: OpenLog,
    settings: Callable[[], Settings],
    address: Callable[[], tuple[str, int]],
    admins: Callable[[], Sequence[int]],
) -> None:
    """Add this room's command to ``app``."""

    @app.command("web")
    def web() -> None:
        """Serve pages, health, metrics and Portmone's webhook on $PORT."""
        from web.serving import serve_web  # noqa: PLC0415 - 7 MB that others need not

        asyncio.run(serve_web(open_log, settings(), address(), admins()))
