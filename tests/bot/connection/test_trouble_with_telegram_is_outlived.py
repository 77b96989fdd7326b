"""Whatever Telegram or the network does, the bot comes back and misses nothing."""

import asyncio

import pytest

import bot.connection.telegram
from bot.errors import TokenRefused
from eventstore.pool import Pool
from tests.bot.bots import QUICK, Bot
from tests.bot.conftest import NewBot
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer


async def heard_from(person: Person, listening: Bot, text: str) -> None:
    """Let ``person`` write ``text`` and wait until the bot heard it."""
    person.say(text)
    await listening.heard.all_of(text)


async def test_a_flood_wait_at_login_is_slept(
    telegram: TelegramServer, new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to wait longer than a call sleeps, the bot waits and then logs in, once."""
    monkeypatch.setattr(bot.connection.telegram, "SLEEP_THRESHOLD_SECONDS", 0)
    telegram.faults["auth.ImportBotAuthorization"].append((420, "FLOOD_WAIT_1"))
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await heard_from(telegram.person(), a_bot, "hello")
    asked = [name for name, _ in telegram.calls if name == "auth.ImportBotAuthorization"]
    assert (len(asked), telegram.logins) == (2, 1)


async def test_a_revoked_key_is_replaced_mid_life(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """The bot is logged out by somebody: it logs in again and reads on."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await heard_from(ann, a_bot, "before")
        telegram.revoke_key()
        await heard_from(ann, a_bot, "after")
        assert a_bot.heard.texts == ["before", "after"]
    assert telegram.logins == 2


async def test_a_key_revoked_while_away_is_replaced_at_start(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """What was written while the bot was away and logged out comes after the new login."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await a_bot.stop()
    telegram.revoke_key()
    ann.say("meanwhile")
    async with new_bot() as a_bot:
        await a_bot.heard.all_of("meanwhile")
        assert a_bot.heard.texts == ["meanwhile"]
    assert telegram.logins == 2


@pytest.mark.parametrize("mid_life", [True, False])
async def test_a_forgotten_key_is_replaced(
    telegram: TelegramServer, new_bot: NewBot, mid_life: bool
) -> None:
    """Telegram answers -404, mid-life or at start: the bot asks again, then logs in anew."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await heard_from(ann, a_bot, "before")
        if not mid_life:
            await a_bot.stop()
        telegram.forget_keys()
        await telegram.drop_connections()
        ann.say("after")
        if mid_life:
            await a_bot.heard.all_of("after")
            await a_bot.stop()
    async with new_bot(heard=a_bot.heard) as again:
        await again.is_up()
        await a_bot.heard.all_of("after")
        assert a_bot.heard.texts == ["before", "after"]
    assert telegram.logins == 2


@pytest.mark.parametrize("reset", [True, False])
async def test_an_outage_is_outlived(
    telegram: TelegramServer, new_bot: NewBot, reset: bool
) -> None:
    """Refused or reset for a while: what was written meanwhile comes once, without a login."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await heard_from(ann, a_bot, "before")
        await telegram.pause(reset=reset)
        for number in range(3):
            ann.say(f"meanwhile {number}")
        await telegram.resume()
        await a_bot.heard.all_of("meanwhile 0", "meanwhile 1", "meanwhile 2")
        await heard_from(ann, a_bot, "after")
        assert sorted(a_bot.heard.texts) == [
            "after",
            "before",
            *(f"meanwhile {n}" for n in range(3)),
        ]
    assert telegram.logins == 1


async def test_a_push_that_never_came_is_read_all_the_same(
    telegram: TelegramServer, new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost push, and a later one that arrives: the lost one is not stepped over."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        with monkeypatch.context() as patch:
            patch.setattr(telegram.telegram, "push", lambda *_, **__: None)
            ann.say("lost")
        ann.say("arrived")
        await a_bot.heard.all_of("lost", "arrived")
        assert sorted(a_bot.heard.texts) == ["arrived", "lost"]


async def test_a_silent_telegram_is_noticed_and_begun_anew(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """Differences go unanswered though the line is open: the client is replaced, not the key."""
    ann = telegram.person()
    async with new_bot(times=QUICK._replace(answer=0.3)) as a_bot:
        await a_bot.is_up()
        first = a_bot.telegram.client
        telegram.faults["updates.GetDifference"].extend([(500, "RPC_CALL_FAIL")] * 5)
        await heard_from(ann, a_bot, "pushed")
        while a_bot.telegram.started.is_set():
            await asyncio.sleep(0)
        await a_bot.is_up()
        assert a_bot.telegram.client is not first
        await heard_from(ann, a_bot, "after")
        assert a_bot.heard.texts == ["pushed", "after"]
    assert telegram.logins == 1


async def test_a_place_that_telegram_does_not_know_is_left(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool
) -> None:
    """The kept place lies in a future that never was: the bot goes on from now, for good."""
    ann = telegram.person()
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await a_bot.stop()
    await pool.execute("UPDATE telegram_sessions SET pts = 1000000")
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await heard_from(ann, a_bot, "first")
        await a_bot.stop()
    ann.say("second")
    async with new_bot() as a_bot:
        await a_bot.heard.all_of("second")
        assert a_bot.heard.texts == ["second"]


async def test_a_wrong_token_ends_it_and_names_the_variable(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """Telegram does not know the token: no retry, and the error says which variable is wrong."""
    telegram.faults["auth.ImportBotAuthorization"].append((400, "ACCESS_TOKEN_INVALID"))
    async with new_bot() as a_bot:
        with pytest.raises(TokenRefused, match="TELEGRAM_BOT_TOKEN"):
            await a_bot.is_up()


async def test_another_secret_is_said_and_no_login(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool, capfd: pytest.CaptureFixture[str]
) -> None:
    """A session sealed under another secret is kept as it is until the right one is named."""
    async with new_bot() as a_bot:
        await a_bot.is_up()
        await a_bot.stop()
    kept = await pool.fetchval("SELECT sealed_session FROM telegram_sessions")
    told = ""
    async with new_bot(secret=b"x" * 32) as a_bot:
        while "ENCRYPTION_SECRET_PREVIOUS" not in told:
            await pool.fetchval("SELECT pg_sleep(0.05)")
            captured = capfd.readouterr()
            told += captured.out + captured.err
        assert not a_bot.running.done()
    assert await pool.fetchval("SELECT sealed_session FROM telegram_sessions") == kept
    assert telegram.logins == 1
