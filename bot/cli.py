"""The command `bot`: Telegram in both directions."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from bot.account import BotSettings
from bot.connection.types_on_use import import_types_on_use
from eventstore.log import Log, OpenLog
from eventstore.process import Service, serve, stop_signals

if TYPE_CHECKING:
    from bot.assembly import Bot

#: Notices and uploads at once; its LISTEN and the lock of the session come on top.
CONNECTIONS = 5


def register(app: typer.Typer, *, open_log: OpenLog, settings: Callable[[], BotSettings]) -> None:
    """Add the command to ``app``."""

    @app.command("bot")
    def bot() -> None:
        """Talk with shoppers in Telegram; a part of `run` (Procfile: worker).

        Needs TELEGRAM_BOT_TOKEN, TELEGRAM_API_ID and TELEGRAM_API_HASH; without them nothing is
        sent, and what would be said is recorded for the page of the demo.
        """
        asyncio.run(_run(open_log, settings()))


def beside_others(log: Log, settings: BotSettings) -> Service:
    """Return a bot that rests, rather than ends its process, when Telegram refuses its token."""
    return _bot()(log=log, settings=settings, rests_when_refused=True)


async def _run(open_log: OpenLog, settings: BotSettings) -> None:
    with stop_signals() as stop:
        async with open_log("bot", CONNECTIONS) as opened:
            followers = (opened.vault.obey_tombstones(),)
            await serve(_bot()(log=opened, settings=settings), followers=followers, stop=stop)


def _bot() -> "type[Bot]":
    import_types_on_use()
    from bot.assembly import Bot  # noqa: PLC0415 - the library is 20 MB that others need not

    return Bot
