"""What Telegram did not answer was not said: it is asked again, and nothing is recorded."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from bot.messenger import NotNow, Sent
from bot.telegram_messenger import TelegramMessenger
from bot.words.notice import Rendered
from eventstore.chats import Chat
from tests.bot.bots import Bot
from tests.bot.conftest import NewBot
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

WORDS = Rendered(text="paid", buttons=(), keyboard=None, keyboard_label="")
#: A bad_msg_notification: the number of the message is too low, as after a leap of our clock.
NUMBER_TOO_LOW = 32


async def chat_with(ann: Person, bot: Bot) -> Chat:
    """Return the chat with ``ann``, once the bot knows her."""
    await bot.is_up()
    ann.say("hello")
    await bot.heard.all_of("hello")
    return Chat(user_id=ann.id, access_hash=ann.access_hash)


async def test_a_request_that_was_ignored(telegram: TelegramServer, new_bot: NewBot) -> None:
    """Neither a message nor an edit: later, and then both are there once."""
    ann = telegram.person()
    async with new_bot() as bot:
        chat, messenger = await chat_with(ann, bot), TelegramMessenger(bot.telegram)
        telegram.faults["messages.SendMessage"].append((NUMBER_TOO_LOW, ""))
        telegram.faults["messages.EditMessage"].append((NUMBER_TOO_LOW, ""))
        with pytest.raises(NotNow):
            await messenger.send(chat, WORDS, random_id=7)
        sent = await messenger.send(chat, WORDS, random_id=7)
        assert sent.message is not None
        other = Rendered(text="failed", buttons=(), keyboard=None, keyboard_label="")
        with pytest.raises(NotNow):
            await messenger.edit(chat, sent.message, other)
        edited = await messenger.edit(chat, sent.message, other)
        assert edited == Sent(outcome="edited", message=sent.message)
    assert [shown.text for shown in ann.screen] == ["failed"]


async def test_a_session_that_goes_down(telegram: TelegramServer, new_bot: NewBot) -> None:
    """While Telegram accepts and resets, whatever state the library is in: later, and no other."""
    ann, outcomes = telegram.person(), Counter[str]()
    async with new_bot() as bot:
        chat, messenger = await chat_with(ann, bot), TelegramMessenger(bot.telegram)
        session: Any = bot.telegram.client.session
        await telegram.pause(reset=True)
        while session.is_started.is_set():
            await asyncio.sleep(0)
        await telegram.knocked()
        for number in range(1, 301):
            try:
                async with asyncio.timeout(0.1):
                    await messenger.send(chat, WORDS, random_id=number)
            except Exception as trouble:
                outcomes[type(trouble).__name__] += 1
            await asyncio.sleep(0)
    assert outcomes == {"NotNow": 300}
    assert ann.screen == []
