"""A bot that hears also speaks, however its start went."""

import asyncio

import asyncpg
import pytest

import bot.assembly
from eventstore.identity import ShopperId
from eventstore.vault import Vault
from tests.bot.bots import PATIENCE_SECONDS
from tests.bot.conftest import NewTalk
from tests.bot.talks import STAFF, asks_consent, has
from tests.telegram_server.server import TelegramServer


async def test_a_moment_without_a_connection_does_not_silence_it(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has no connection left while the bot starts, twice: then it speaks."""
    real, failures = bot.assembly.staff_shoppers, [asyncpg.TooManyConnectionsError("full")] * 2

    async def staff_shoppers(vault: Vault, staff: frozenset[int]) -> frozenset[ShopperId]:
        if failures:
            raise failures.pop()
        return await real(vault, staff)

    monkeypatch.setattr(bot.assembly, "staff_shoppers", staff_shoppers)
    async with new_talk() as talk:
        await talk.is_up()
        ann = telegram.person()
        ann.say("/start")
        await ann.sees(asks_consent)
    assert not failures


async def test_one_who_never_wrote_costs_nobody_else_the_menu(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """Of two who are staff the first is a stranger to the bot: the second has their commands."""
    stranger, olena = telegram.person(), telegram.person()
    assert {stranger.id} == STAFF
    async with new_talk() as talk:
        await talk.is_up()
        olena.say("/start")
        await has(olena, 1)
    async with new_talk(staff=STAFF | {olena.id}) as talk:
        await talk.is_up()
        olena.say("/help")
        await has(olena, 2)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while ("Peer", "") not in telegram.commands:
                await asyncio.sleep(0)
