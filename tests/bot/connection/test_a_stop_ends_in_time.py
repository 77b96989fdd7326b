"""Told to stop, the bot ends before its process is cut off, whatever hangs."""

import asyncio
from functools import partial

import pytest
from pyrogram.types import Message

import bot.assembly
from bot.connection.owner import CLOSE_SECONDS
from bot.connection.sitting import Times
from bot.connection.telegram import Telegram
from eventstore.pool import Pool
from eventstore.process import DRAIN_SECONDS
from eventstore.worker import GIVE_BACK_SECONDS
from tests.bot.bots import QUICK, QUICK_OWNER, Heard
from tests.bot.conftest import NewBot, NewTalk
from tests.bot.talks import PHOTO, has
from tests.story import until
from tests.telegram_server.server import TelegramServer

#: For whatever else the process does in the end.
ROOM_SECONDS = 2.0
HAS_KEPT = "SELECT $1 = ANY(finished) FROM telegram_sessions"
#: For keeping a place; far less than the time in which a callback may finish.
KEPT_SECONDS = 1.5


def test_the_times_add_up() -> None:
    """Every part of the end takes as long as it may, one after another."""
    parts = (bot.assembly.LAST_WORDS_SECONDS, GIVE_BACK_SECONDS, Times().stop, CLOSE_SECONDS)
    assert sum(parts) <= DRAIN_SECONDS - ROOM_SECONDS


async def test_a_callback_and_a_notice_hang(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo never comes and an answer never leaves, with the patience of the product."""
    patient = partial(Telegram, times=Times(), owner_times=QUICK_OWNER)
    monkeypatch.setattr(bot.assembly, "Telegram", patient)
    async with new_talk() as talk:
        await talk.is_up()
        ann, bob = telegram.person(), telegram.person()
        await talk.welcome(ann)
        telegram.hold_files.set()
        telegram.hold_words.set()
        ann.send_photo(PHOTO)
        await telegram.hold_files.reached()
        bob.say("/start")
        await telegram.hold_words.reached()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await talk.stop()
        assert loop.time() - began < DRAIN_SECONDS - ROOM_SECONDS
        telegram.hold_files.clear()
        telegram.hold_words.clear()
        await talk.again()
        await has(bob, 1)
        await has(ann, 4)
        await talk.all_told()
    assert len(bob.screen) == 1


async def test_what_is_done_is_kept_before_anything_may_hang(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool
) -> None:
    """Of two messages one hangs: that the other is done is known before the wait for it ends."""
    ann, bob, heard, begun = telegram.person(), telegram.person(), Heard(), asyncio.Event()

    async def message(message: Message) -> None:
        if message.text == "hangs":
            begun.set()
            await asyncio.Event().wait()
        await heard.message(message)

    rarely = QUICK._replace(save=60.0, drain=3.0, watchdog=60.0, settle=60.0)
    async with new_bot(on_message=message, times=rarely) as a_bot:
        await a_bot.is_up()
        ann.say("hangs")
        await begun.wait()
        done = bob.say("is done")
        await heard.all_of("is done")
        stopping = asyncio.create_task(a_bot.stop())
        async with asyncio.timeout(KEPT_SECONDS):
            await until(HAS_KEPT, pool, done)
        await stopping
