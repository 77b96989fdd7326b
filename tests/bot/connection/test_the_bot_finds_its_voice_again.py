"""What could leave the bot mute, or running for ever, does not."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

import bot.assembly
from bot.connection.heeding import heeding
from bot.settings import TelegramVariables
from eventstore.catalogue import ShopperStarted
from eventstore.errors import LogUnavailable
from eventstore.identity import ShopperId
from tests.bot.conftest import NewTalk
from tests.bot.talks import Talk, asks_consent, has
from tests.telegram_server.server import TelegramServer


async def test_a_database_that_was_away_at_the_start(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices begin once it is back, without another start of the connection."""
    found = bot.assembly.staff_shoppers
    away = [LogUnavailable("away"), LogUnavailable("away")]

    async def staff(*given: Any) -> frozenset[ShopperId]:
        if away:
            raise away.pop()
        return await found(*given)

    monkeypatch.setattr(bot.assembly, "staff_shoppers", staff)
    async with new_talk() as talk:
        await talk.is_up()
        ann = telegram.person()
        ann.say("/start")
        await ann.sees(asks_consent)
    assert telegram.logins == 1


async def test_commands_that_telegram_refuses_to_list(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """A flood at the list of commands keeps nobody waiting for an answer."""
    telegram.faults["bots.SetBotCommands"].append((420, "FLOOD_WAIT_9"))
    async with new_talk() as talk:
        await talk.is_up()
        ann = telegram.person()
        ann.say("/start")
        await ann.sees(asks_consent, 5.0)


async def test_another_address_of_a_chat_is_learnt(talk: Talk, telegram: TelegramServer) -> None:
    """With a new bot everybody has another access hash: /start tells it, and is answered once."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    await talk.kill()
    ann.access_hash += 1
    await talk.again()
    ann.say("/start")
    await has(ann, 4)
    await talk.receives(ann)
    await has(ann, 5)
    await talk.all_told()
    assert len(await talk.own(ann, ShopperStarted)) == 2
    assert (await talk.answers(ann))[-1].key == "start.again"


async def test_being_cut_off_as_an_answer_comes_is_heeded() -> None:
    """What the library would forget is raised as soon as it gives its answer."""
    answered, going_on = asyncio.Event(), False

    async def asks() -> None:
        nonlocal going_on
        await heeding(asyncio.wait_for(answered.wait(), 5))
        going_on = True

    asking = asyncio.create_task(asks())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answered.set()
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    assert (asking.cancelled(), going_on) == (True, False)


@pytest.mark.parametrize(
    "url", ["example.com/privacy", "ftp://example.com", "https://", "https://x"]
)
def test_a_page_that_no_button_opens(url: str) -> None:
    """Telegram refuses the whole welcome for such an address: it is refused at the start."""
    with pytest.raises(ValidationError, match="https"):
        TelegramVariables(privacy_url=url)
    assert TelegramVariables(privacy_url="https://example.com/p?x=1").privacy_url
