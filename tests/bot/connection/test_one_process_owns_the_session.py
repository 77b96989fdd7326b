"""Two processes never speak with one key; who stands by takes over."""

import asyncio

from bot.errors import TelegramAway
from eventstore.pool import Pool
from tests.bot.bots import Bot
from tests.bot.conftest import NewBot
from tests.telegram_server.server import TelegramServer

HOLDER = """
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid = 7305004
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
COMPETE = f"""
    SELECT EXISTS ({HOLDER}) AND EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'cashbot/telegram-owner'
          AND query LIKE '-- claim_bot%' AND pid NOT IN ({HOLDER})
    )
"""
CUT_OFF = f"SELECT pg_terminate_backend(pid) FROM ({HOLDER}) AS holder"


def is_away(bot: Bot) -> bool:
    """Tell whether ``bot`` says that it cannot send."""
    try:
        return bot.telegram.client is None
    except TelegramAway as away:
        return away.retry_seconds > 0


async def stands_by(pool: Pool) -> None:
    """Wait until one holds the lock, and another asked for it in vain."""
    while not await pool.fetchval(COMPETE):
        await asyncio.sleep(0)


async def test_a_stand_by_takes_over_when_the_owner_ends(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool
) -> None:
    """One serves, the other waits; when the first is gone the second reads everything."""
    ann = telegram.person()
    async with new_bot() as first:
        await first.is_up()
        async with new_bot() as second:
            await stands_by(pool)
            ann.say("for the first")
            await first.heard.all_of("for the first")
            assert is_away(second)
            await first.stop()
            ann.say("for the second")
            await second.heard.all_of("for the second")
            assert is_away(first)
            assert second.heard.texts == ["for the second"]
    assert telegram.logins == 1


async def test_an_owner_whose_lock_died_is_silent_before_the_next_one_speaks(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool
) -> None:
    """Only the lock's connection dies, again and again: one of two serves, with one key."""
    ann = telegram.person()
    async with new_bot() as first:
        await first.is_up()
        async with new_bot(heard=first.heard):
            for number in range(4):
                await stands_by(pool)
                assert await pool.fetchval(CUT_OFF)
                ann.say(f"text {number}")
                await first.heard.all_of(f"text {number}")
    assert telegram.logins == 1, "a key that two used is destroyed, and needs a new login"
