"""Kill the process between a message's arrival and its fact: each message is one fact.

As many deaths as you like: ``KILLS=200 python -m pytest`` and this file.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from eventstore.pool import Pool
from tests.bot.bots import PATIENCE_SECONDS
from tests.bot.conftest import NewBot
from tests.bot.connection.dying import POINTS, Life, born
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

#: Deaths in an everyday run; more by the command above.
KILLS = int(os.environ.get("KILLS", "50"))
PHOTO = b"\xff\xd8" + b"a photo" * 1000
#: How often somebody writes while a process lives.
SECONDS_BETWEEN_MESSAGES = 0.02
#: ... and how many messages at most: a busy machine's long lives would leave thousands to read.
MESSAGES_PER_LIFE_MAX = 40
FACTS = "SELECT stream, count(*) FROM events WHERE stream LIKE 'told-%' GROUP BY stream"


class Writers:
    """People who keep writing."""

    def __init__(self, telegram: TelegramServer, chance: random.Random) -> None:
        self._people = [telegram.person() for _ in range(3)]
        self._chance = chance
        #: ids of all messages written
        self.written: list[int] = []

    def write(self) -> None:
        """Let one of them write or send a photo."""
        person: Person = self._chance.choice(self._people)
        if self._chance.random() < 0.3:
            self.written.append(person.send_photo(PHOTO))
        else:
            self.written.append(person.say("text"))

    async def write_until(self, event: asyncio.Event) -> None:
        """Keep writing until ``event``."""
        for _ in range(MESSAGES_PER_LIFE_MAX):
            self.write()
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_BETWEEN_MESSAGES):
                    await event.wait()
                    return
        await event.wait()


async def live_and_die(telegram: TelegramServer, writers: Writers, life: Life) -> int | None:
    """Let one process live until it dies; return its exit status, None if it would not."""
    writers.write()
    process = born(life)
    dead = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, dead.set)
    if life.point == "download":
        telegram.hold_files.set()
    writing = asyncio.create_task(writers.write_until(dead))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if life.point == "download":
                await telegram.hold_files.reached()
                process.kill()
            await writing
        return process.exitcode
    finally:
        loop.remove_reader(process.sentinel)
        telegram.hold_files.clear()
        writing.cancel()
        process.kill()
        process.join()


async def more_than(facts: int, pool: Pool) -> None:
    """Wait for another fact; raises ``TimeoutError`` when none comes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await pool.fetch(FACTS)) <= facts:
            await asyncio.sleep(0)


@pytest.mark.timeout(60 + 3 * KILLS)
async def test_a_sigkill_anywhere_between_arrival_and_fact_loses_nothing(
    telegram: TelegramServer, new_bot: NewBot, database_url: str, pool: Pool, tmp_path: Path
) -> None:
    """Fifty processes die at drawn points while people keep writing; the last one lives."""
    chance = random.Random(7)
    key = tmp_path / "key.json"
    telegram.public_key.write(key)
    async with new_bot() as bot:
        await bot.is_up()  # a bot reads what is written after its very first start
        await bot.stop()
    writers = Writers(telegram, chance)
    deaths: Counter[str] = Counter()
    for number in range(KILLS):
        point = POINTS[number % len(POINTS)]
        passes = chance.randrange(3)
        life = Life(database_url, telegram.port, key, point, passes)
        assert await live_and_die(telegram, writers, life) == -9, f"{number}: {point}, {passes}"
        deaths[point] += 1
    survivor = born(Life(database_url, telegram.port, key, "", 0))
    try:
        with suppress(TimeoutError):
            while (facts := len(await pool.fetch(FACTS))) < len(writers.written):
                await more_than(facts, pool)
    finally:
        survivor.kill()
        survivor.join()
    kept = {row["stream"]: row["count"] for row in await pool.fetch(FACTS)}
    assert kept == {f"told-{message_id}": 1 for message_id in writers.written}
    assert telegram.logins == 1
    assert set(deaths) == set(POINTS[:KILLS])
