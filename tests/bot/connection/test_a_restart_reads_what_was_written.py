"""A bot that comes back goes on where it left off, without a new login."""

from eventstore.pool import Pool
from tests.bot.bots import API_HASH, TOKEN
from tests.bot.conftest import NewBot
from tests.telegram_server.server import TelegramServer


async def test_a_second_start_is_no_login_and_brings_what_was_missed_in_order(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """Stop, write three messages, start: they come once, in order; what was heard does not."""
    ann = telegram.person()
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("before")
        await bot.heard.all_of("before")
        await bot.stop()
    missed = [f"missed {number}" for number in range(3)]
    for text in missed:
        ann.say(text)
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("after")
        await bot.heard.all_of(*missed, "after")
        assert bot.heard.texts == [*missed, "after"]
    assert telegram.logins == 1


async def test_a_long_absence_is_read_slice_by_slice(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """What comes in many differences comes once and in order, the bot's own words never."""
    telegram.telegram.slice_size = 3
    ann = telegram.person()
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("hello")
        await bot.heard.all_of("hello")
        for number in range(10):
            await bot.telegram.client.send_message(ann.id, f"own {number}")
        await bot.kill()
    texts = [f"text {number}" for number in range(20)]
    for text in texts:
        ann.say(text)
    async with new_bot() as bot:
        await bot.heard.all_of(*texts)
        assert bot.heard.texts[-20:] == texts
        assert not [text for text in bot.heard.texts if text.startswith("own")]


async def test_the_kept_session_names_no_person_and_shows_no_key(
    telegram: TelegramServer, new_bot: NewBot, pool: Pool
) -> None:
    """Neither a person's id or name, nor the key, nor the token stand in the row."""
    ann = telegram.person(first_name="Paraskoviia", username="paraska")
    async with new_bot() as bot:
        await bot.is_up()
        ann.say("hello")
        await bot.heard.all_of("hello")
        client = bot.telegram.client
        key = await client.storage.auth_key()
        assert isinstance(key, bytes)
        await bot.stop()
    row = await pool.fetchrow("SELECT * FROM telegram_sessions")
    assert row is not None
    told = repr(dict(row)).lower()
    secrets = (str(ann.id), str(ann.access_hash), "paras", key.hex(), TOKEN, API_HASH)
    assert row["sealed_session"]
    assert not [secret for secret in secrets if secret.lower() in told]
