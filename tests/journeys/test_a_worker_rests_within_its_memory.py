"""A dyno is small: what rests in it must leave room for what is read."""

from pathlib import Path

from tests.journeys.telegram import a_bot
from tests.processes import resident_mib
from tests.telegram_server.server import TelegramServer

#: 120 MB, of 512 that a basic dyno has.
RESTING_MIB_MAX = 120e6 / 1024**2


async def test_a_worker_with_the_bot_in_it_rests_under_120_mb(
    telegram: TelegramServer, database_url: str, tmp_path: Path
) -> None:
    """Bot, projections and every handler are one process, which has answered somebody."""
    async with a_bot(telegram, database_url=database_url, home=tmp_path) as bot:
        worker = await bot.start_worker()
        ann = telegram.person()
        ann.say("/start")
        await ann.sees(lambda shown: bool(shown.buttons))
        assert resident_mib(worker.pid) < RESTING_MIB_MAX
