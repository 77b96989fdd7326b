"""Clients of the real library that speak with a test's Telegram."""

from collections.abc import AsyncIterator

import pyrogram
import pytest

from tests.telegram_server.clients import Clients, a_client, leave
from tests.telegram_server.pointing import pointed_at
from tests.telegram_server.server import TelegramServer


@pytest.fixture
async def new_client(telegram: TelegramServer) -> AsyncIterator[Clients]:
    """Make clients of this test's Telegram, which leave after the test."""
    made: list[pyrogram.Client] = []

    def new(**options: object) -> pyrogram.Client:
        made.append(a_client(**options))
        return made[-1]

    with pointed_at(telegram.port, telegram.public_key):
        yield new
        for client in made:
            await leave(client)


@pytest.fixture
async def client(new_client: Clients) -> pyrogram.Client:
    """A bot that is started."""
    started = new_client()
    await started.start()
    return started
