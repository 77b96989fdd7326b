"""Told to stop, the bot finishes what it has in hand; what it cuts off comes again."""

import asyncio

from pyrogram.types import Message

from bot.connection.telegram import WORKERS
from tests.bot.bots import QUICK, Heard
from tests.bot.conftest import NewBot
from tests.telegram_server.server import TelegramServer


class Slow:
    """Hears, but finishes only when it may."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.begun = asyncio.Event()
        self.may_finish = asyncio.Event()

    async def message(self, message: Message) -> None:
        """Wait for leave, then write the message down."""
        self.begun.set()
        await self.may_finish.wait()
        await self.heard.message(message)


async def test_a_stop_waits_for_what_is_in_hand(telegram: TelegramServer, new_bot: NewBot) -> None:
    """One message is being worked on, a second by the same person waits: only that one is left."""
    ann, slow = telegram.person(), Slow()
    async with new_bot(on_message=slow.message) as bot:
        await bot.is_up()
        ann.say("in hand")
        await slow.begun.wait()
        bot.telegram.stop()
        await asyncio.sleep(0)
        ann.say("too late")
        slow.may_finish.set()
        await bot.stop()
    assert slow.heard.texts == ["in hand"]
    async with new_bot() as bot:
        await bot.heard.all_of("too late")
        assert bot.heard.texts == ["too late"]


async def test_what_a_deadline_cut_off_comes_again(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """Work that outlasts the time to drain is cut off, and done by the next start."""
    ann, slow = telegram.person(), Slow()
    async with new_bot(on_message=slow.message, times=QUICK._replace(drain=0.1)) as bot:
        await bot.is_up()
        ann.say("slow")
        await slow.begun.wait()
        await bot.stop()
    assert slow.heard.texts == []
    async with new_bot() as bot:
        await bot.heard.all_of("slow")
        assert bot.heard.texts == ["slow"]


async def test_one_persons_messages_wait_for_each_other_and_for_nobody_else(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """All that Ann wrote waits for her first message; Bob's finds a worker at once."""
    ann, bob, slow, heard = telegram.person(), telegram.person(), Slow(), Heard()

    async def message(message: Message) -> None:
        await (slow if message.text == "first" else heard).message(message)

    async with new_bot(on_message=message) as bot:
        await bot.is_up()
        ann.say("first")
        for _ in range(2 * WORKERS):
            ann.say("second")
        bob.say("mine")
        await heard.all_of("mine")
        assert heard.texts == ["mine"]
        slow.may_finish.set()
        await heard.all_of("second")
        assert slow.heard.texts == ["first"]


async def test_a_callback_that_fails_stops_nothing(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """A message that breaks the code is logged; the next one is handled."""
    ann, heard = telegram.person(), Heard()

    async def message(message: Message) -> None:
        assert message.text != "poison"
        await heard.message(message)

    async with new_bot(on_message=message) as bot:
        await bot.is_up()
        ann.say("poison")
        ann.say("food")
        await heard.all_of("food")
        await bot.stop()
