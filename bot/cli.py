"""The command `bot`: Telegram in both directions."""

import asyncio
from collections.abc import Callable

import typer

from bot.assembly import Bot, BotSettings
from eventstore.log import OpenLog
from eventstore.process import run_until_stopped, stop_signals

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


async def _run(open_log: OpenLog, settings: BotSettings) -> None:
    with stop_signals() as stop:
        async with open_log("bot", CONNECTIONS) as opened:
            bot = Bot(log=opened, settings=settings)
            await run_until_stopped(
                bot.run(),
                followers=(opened.vault.obey_tombstones(),),
                drain=bot.stop,
                stop=stop,
            )
