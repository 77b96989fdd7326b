"""The command `bot`: Telegram in both directions."""

import asyncio
from collections.abc import Callable

import typer

from bot.account import BotSettings
from eventstore.log import Log, OpenLog
from eventstore.process import Service, serve, stop_signals

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
    from bot.assembly import Bot  # noqa: PLC0415 - the library is 60 MB that others need not

    return Bot(log=log, settings=settings, rests_when_refused=True)


async def _run(open_log: OpenLog, settings: BotSettings) -> None:
    from bot.assembly import Bot  # noqa: PLC0415 - as above

    with stop_signals() as stop:
        async with open_log("bot", CONNECTIONS) as opened:
            followers = (opened.vault.obey_tombstones(),)
            await serve(Bot(log=opened, settings=settings), followers=followers, stop=stop)
