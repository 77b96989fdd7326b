"""A Telegram to which this process's clients speak."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from pyrogram.session import Session

from eventstore.pool import Pool
from tests.bot.bots import Bot, a_bot
from tests.telegram_server.pointing import pointed_at
from tests.telegram_server.server import TelegramServer

NewBot = Callable[..., AbstractAsyncContextManager[Bot]]


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
