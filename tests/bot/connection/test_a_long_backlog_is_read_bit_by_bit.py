"""However much was written while the bot was away: it is read as fast as it is worked on."""

import asyncio

import pytest
from pyrogram.types import Message

import bot.connection.inbox
from eventstore.pool import Pool
from tests.bot.bots import QUICK, Heard
from tests.bot.conftest import NewBot
from tests.story import until
from tests.telegram_server.server import TelegramServer

TEXTS = [f"text {number}" for number in range(12)]
#: Telegram must answer in this time; all the backlog takes longer.
ANSWER_SECONDS = 0.3


async def test_what_is_done_is_kept_and_the_rest_may_take_its_time(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two messages fit in, and a late one takes long: those before it are kept, and all come."""
    monkeypatch.setattr(bot.connection.inbox, "INSIDE_MAX", 2)
    telegram.telegram.slice_size = 2
    ann, heard, begun = telegram.person(), Heard(), asyncio.Event()
    may_finish = asyncio.Event()

    async def message(message: Message) -> None:
        if message.text == TEXTS[6]:
            begun.set()
            await may_finish.wait()
        await heard.message(message)

    async with new_bot() as a_bot:
        await a_bot.is_up()
        await a_bot.stop()
    await telegram.left()
    for text in TEXTS:
        ann.say(text)
    quick = QUICK._replace(answer=ANSWER_SECONDS)
    async with new_bot(on_message=message, times=quick) as a_bot:
        await begun.wait()
        loop = asyncio.get_running_loop()
        loop.call_later(4 * ANSWER_SECONDS, may_finish.set)
        await until("SELECT pts >= 4 FROM telegram_sessions", pool)
        assert not a_bot.telegram.started.is_set()
        assert telegram.calls_of("updates.GetDifference") < len(TEXTS) / 2
        await heard.all_of(*TEXTS)
    assert heard.texts == TEXTS
    assert telegram.logins == 1
