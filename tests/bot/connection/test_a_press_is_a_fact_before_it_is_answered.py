"""A press comes once and is in no difference: what is answered should be a fact by then."""

import asyncio

import pytest
from pyrogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.connection.client import PRESS_SECONDS_MAX
from tests.bot.bots import Bot, Heard
from tests.bot.conftest import NewBot
from tests.telegram_server.people import Person
from tests.telegram_server.screens import Shown
from tests.telegram_server.server import TelegramServer

YES = InlineKeyboardMarkup([[InlineKeyboardButton("yes", callback_data="yes")]])


class Held:
    """Takes a message or a press, but is done with it only when it may."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.begun = asyncio.Event()
        self.may_finish = asyncio.Event()

    async def press(self, press: CallbackQuery) -> None:
        """Wait for leave, then write the press down."""
        self.begun.set()
        await self.may_finish.wait()
        await self.heard.press(press)

    async def photo(self, message: Message) -> None:
        """Wait for leave with a message that says so, as with a photo."""
        if message.text == "photo":
            self.begun.set()
            await self.may_finish.wait()
        await self.heard.message(message)


async def asked(ann: Person, bot: Bot) -> Shown:
    """Let the bot ask ``ann`` something, and return the message with the button."""
    await bot.is_up()
    ann.say("hello")
    await bot.heard.all_of("hello")
    await bot.telegram.client.send_message(ann.id, "agree?", reply_markup=YES)
    return await ann.sees("agree?")


async def test_the_answer_waits_for_the_fact(telegram: TelegramServer, new_bot: NewBot) -> None:
    """A moment at most: the wheel turns on the button until the callback is done."""
    ann, held = telegram.person(), Held()
    async with new_bot(on_press=held.press) as bot:
        query = ann.press(await asked(ann, bot), "yes")
        await held.begun.wait()
        with pytest.raises(TimeoutError):
            await ann.answered(query, seconds=PRESS_SECONDS_MAX / 4)
        held.may_finish.set()
        await ann.answered(query)
        assert held.heard.presses == ["yes"]


async def test_the_answer_does_not_wait_for_ever(telegram: TelegramServer, new_bot: NewBot) -> None:
    """What a press asks for may wait behind a photo: people are answered meanwhile."""
    ann, held = telegram.person(), Held()
    async with new_bot(on_press=held.press) as bot:
        query = ann.press(await asked(ann, bot), "yes")
        await ann.answered(query)
        assert held.heard.presses == []


async def test_a_stop_leaves_no_press_behind(telegram: TelegramServer, new_bot: NewBot) -> None:
    """One waits behind a photo in hand: it would not come again, as the text before it does."""
    ann, held = telegram.person(), Held()
    async with new_bot(on_message=held.photo, on_press=held.heard.press, heard=held.heard) as bot:
        shown = await asked(ann, bot)
        ann.say("photo")
        await held.begun.wait()
        ann.say("left")
        await ann.answered(ann.press(shown, "yes"))
        stopping = asyncio.create_task(bot.stop())
        while bot.telegram.client.inbox.is_open:
            await asyncio.sleep(0)
        held.may_finish.set()
        await stopping
    assert held.heard.presses == ["yes"]
    assert held.heard.texts == ["hello", "photo"]
    async with new_bot(heard=held.heard):
        await held.heard.all_of("left")
    assert held.heard.presses == ["yes"]


async def test_a_stop_amid_a_backlog_leaves_no_press_behind(
    telegram: TelegramServer, new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob presses while what Ann wrote is still read: it counts, though the bot must stop."""
    monkeypatch.setattr("bot.connection.inbox.INSIDE_MAX", 1)
    telegram.telegram.slice_size = 1
    ann, bob, held = telegram.person(), telegram.person(), Held()
    async with new_bot(heard=held.heard) as bot:
        shown = await asked(bob, bot)
        await bot.stop()
    await telegram.left()
    ann.say("photo")
    ann.say("left")
    async with new_bot(on_message=held.photo, on_press=held.heard.press) as bot:
        await held.begun.wait()
        await bob.answered(bob.press(shown, "yes"))
        stopping = asyncio.create_task(bot.stop())
        await asyncio.sleep(0)
        held.may_finish.set()
        await stopping
    assert held.heard.presses == ["yes"]


async def test_telegram_is_not_asked_for_the_message(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """What was pushed is enough: a press costs no question."""
    ann = telegram.person()
    async with new_bot() as bot:
        await ann.answered(ann.press(await asked(ann, bot), "yes"))
        assert bot.heard.presses == ["yes"]
    assert telegram.calls_of("messages.GetMessages") == 0
