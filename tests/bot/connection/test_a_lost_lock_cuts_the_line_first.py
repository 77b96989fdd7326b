"""Whoever loses the lock of the session is gone from Telegram before anything else is tidied up."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from pyrogram import Client

from bot.connection.owner import owning
from eventstore.embedded import EmbeddedPostgres
from eventstore.migrate import migrate
from eventstore.pool import Pool, open_pool
from eventstore.subscription import Listener
from eventstore.worker import Worker
from eventstore.worklist import Work
from tests.bot.bots import QUICK_OWNER, Heard, a_bot
from tests.bot.connection.test_one_process_owns_the_session import stands_by
from tests.story import a_fact, a_store, given
from tests.telegram_server.server import TelegramServer

#: Both ends of a cut line are on this machine; a notice takes far longer to be given back.
CUT_SECONDS = 1.5


class Hanging:
    """A handler that never comes to an end."""

    name = "h"
    time_limit_seconds = 60.0

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def handle(self, _work: Work) -> None:
        """Have something in hand for ever."""
        self.begun.set()
        await asyncio.Event().wait()


@pytest.fixture
def cluster(tmp_path: Path, binaries: Path) -> Iterator[EmbeddedPostgres]:
    """A server of Postgres that may die, and then knows what it was told."""
    server = EmbeddedPostgres(home=tmp_path / "postgres", binaries=binaries)
    try:
        with server:
            yield server
    finally:
        server.remove()


@pytest.fixture
async def mortal(cluster: EmbeddedPostgres) -> AsyncIterator[tuple[str, Pool]]:
    """A database there, with something to do in it."""
    url = cluster.ensure_database("mortal")
    migrate(url)
    pool = await open_pool(url, size=5, name="mortal")
    try:
        await given(a_store(pool), "receipt-r", a_fact())
        yield url, pool
    finally:
        pool.terminate()


def die(url: str) -> None:
    """Let the server end as a machine does that loses its power."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    postmaster = (Path(row[0]) / "postmaster.pid").read_text().splitlines()[0]
    os.kill(int(postmaster), signal.SIGQUIT)


async def test_a_database_dies_with_a_notice_in_hand(
    telegram: TelegramServer, cluster: EmbeddedPostgres, mortal: tuple[str, Pool]
) -> None:
    """The line is cut at once; when the database is back one of two serves, with the same key."""
    url, pool = mortal
    ann, heard, notices = telegram.person(), Heard(), Hanging()

    async def notify(_client: Client) -> None:
        listener = Listener(url, name="mortal")
        types = frozenset({"ClaimTaken"})
        await Worker(
            store=a_store(pool), listener=listener, handler=notices, types=types, concurrency=1
        ).run()

    async with a_bot(url, pool, heard=heard, on_started=notify) as first:
        await first.is_up()
        async with a_bot(url, pool, heard=heard):
            await stands_by(pool)
            await notices.begun.wait()
            die(url)
            async with asyncio.timeout(CUT_SECONDS):
                await telegram.left()
            cluster.stop()  # it is down by now, or all but
            cluster.start()
            ann.say("again")
            await heard.all_of("again")
    assert telegram.logins == 1, "a key that two used is destroyed, and needs a new login"


async def test_a_lock_that_was_free_is_not_used_at_once(database_url: str) -> None:
    """Whoever had it until a moment ago may be hanging up still: a database came back, say."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with owning(database_url, bot_id=1, times=QUICK_OWNER):
        assert loop.time() - began >= QUICK_OWNER.grace
