"""A Telegram to which this process's clients speak."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from pyrogram.session import Session

from bot.connection.telegram import Telegram
from eventstore.pool import Pool
from tests.bot.bots import QUICK, QUICK_OWNER, Bot, a_bot
from tests.bot.talks import Talk, a_talk
from tests.telegram_server.pointing import pointed_at
from tests.telegram_server.server import TelegramServer

NewBot = Callable[..., AbstractAsyncContextManager[Bot]]
NewTalk = Callable[..., AbstractAsyncContextManager[Talk]]


@pytest.fixture(autouse=True)
async def pointing(
    telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Let clients speak to the test's Telegram, and lose patience within a second."""
    monkeypatch.setattr(Session, "START_TIMEOUT", 1)
    monkeypatch.setattr(Session, "WAIT_TIMEOUT", 1)  # it is sent, as a whole number
    with pointed_at(telegram.port, telegram.public_key):
        yield


@pytest.fixture
def new_bot(database_url: str, pool: Pool) -> NewBot:
    """Run a bot on this test's database."""
    return partial(a_bot, database_url, pool)


@pytest.fixture
def new_talk(
    database_url: str, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> NewTalk:
    """Run the whole bot on this test's database, as quick as tests are."""
    quick = partial(Telegram, times=QUICK, owner_times=QUICK_OWNER)
    monkeypatch.setattr("bot.assembly.Telegram", quick)
    return partial(a_talk, database_url, pool, tmp_path / "attachments")


@pytest.fixture
async def talk(new_talk: NewTalk) -> AsyncIterator[Talk]:
    """The whole bot, running."""
    async with new_talk() as running:
        await running.is_up()
        yield running
