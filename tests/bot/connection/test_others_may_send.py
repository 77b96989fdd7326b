"""Whoever sends finds the client while it is up, and is told when to come back otherwise."""

import asyncio

import pytest
from pyrogram import Client
from pyrogram.types import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from bot.errors import TelegramAway
from eventstore.pool import Pool
from tests.bot.bots import PATIENCE_SECONDS, Heard, a_bot
from tests.bot.conftest import NewBot
from tests.telegram_server.server import TelegramServer


async def test_a_person_met_by_an_earlier_process_can_be_written_to(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """The session keeps no people: who knows id and access hash says them before sending."""
    ann = telegram.person()
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("hello")
        await bot.heard.all_of("hello")
        await bot.stop()
    async with new_bot() as bot:
        with pytest.raises(TelegramAway) as away:
            await bot.telegram.remember_peer(ann.id, ann.access_hash)
        assert away.value.retry_seconds > 0
        await bot.is_up()
        await bot.telegram.remember_peer(ann.id, ann.access_hash)
        await bot.telegram.client.send_message(ann.id, "paid")
        await ann.sees("paid")
    assert "users.GetUsers" not in [name for name, _ in telegram.calls[-2:]]


async def test_a_pressed_button_is_heard(telegram: TelegramServer, new_bot: NewBot) -> None:
    """A press comes once."""
    ann = telegram.person()
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("hello")
        await bot.heard.all_of("hello")
        await bot.telegram.client.send_message(ann.id, "agree?", reply_markup=buttons("yes", "no"))
        asked = await ann.sees("agree?")
        ann.press(asked, "yes")
        await bot.heard.all_of("yes")
        assert bot.heard.presses == ["yes"]


async def test_what_is_done_at_a_start_is_done_again_when_it_fails(
    telegram: TelegramServer, database_url: str, pool: Pool
) -> None:
    """Telegram refuses the commands twice: people are heard meanwhile, and then they are set."""
    ann, heard = telegram.person(), Heard()

    async def set_commands(client: Client) -> None:
        await client.set_bot_commands([BotCommand("start", "Begin")])

    telegram.faults["bots.SetBotCommands"].extend([(400, "BOT_COMMAND_INVALID")] * 2)
    async with a_bot(database_url, pool, heard=heard, on_started=set_commands) as bot:
        await bot.is_up()
        ann.say("hello")
        await bot.heard.all_of("hello")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not telegram.commands:
                await asyncio.sleep(0)
        assert not bot.running.done()
    assert telegram.calls_of("bots.SetBotCommands") == 3


def buttons(*names: str) -> InlineKeyboardMarkup:
    """Return a row of buttons that mean their names."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(name, callback_data=name) for name in names]]
    )
