"""The lock that lets one process alone own a bot's session.

Two connections with one key make Telegram destroy that key. The lock lives as long as a
connection to Postgres of its own; whoever loses that connection cuts its lines at once, and
whoever gets the lock waits a little longer, until that has surely happened. Nobody can tell that
there was no owner before: after a restart of the database the lock is free, and just lost.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from bot.connection.lines import Lines
from bot.errors import OwnershipLost
from eventstore import sql
from eventstore.doubt import IN_DOUBT, jittered
from eventstore.pool import Connection, open_connection

log = structlog.get_logger()

SQL = sql.load(Path(__file__).with_name("owner.sql"))


#: A database that does not answer a good-bye is left without one.
CLOSE_SECONDS = 1.0


class OwnerTimes(NamedTuple):
    """How patient an owner is, in seconds."""

    #: between two tries of a stand-by
    poll: float = 1.0
    #: between two signs of life of the lock's connection
    keepalive: float = 5.0
    #: time for a sign of life; with ``keepalive`` shorter than Postgres needs to give a dead
    #: owner's lock away (25 s)
    answer: float = 5.0
    #: from getting the lock to using it: another may have lost it, and be cutting its lines
    grace: float = 3.0


@asynccontextmanager
async def owning(url: str, *, bot_id: int, times: OwnerTimes) -> AsyncIterator[asyncio.Event]:
    """Wait until the session of ``bot_id`` is ours; give the event of losing it.

    Raises what connecting to the database at ``url`` raises.
    """
    connection = await open_connection(url, name="telegram-owner")
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    watch = None
    try:
        await connection.fetchrow(SQL["notice_dead_peers"])
        await _claim(connection, bot_id, times)
        log.info("telegram.owned", bot=bot_id)
        watch = asyncio.create_task(_watch(connection, lost, times))
        yield lost
    finally:
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        with suppress(*IN_DOUBT):
            await connection.close(timeout=CLOSE_SECONDS)


async def losing(lost: asyncio.Event) -> None:
    """Wait for ``lost``, the event that ``owning`` gives; raises ``OwnershipLost`` then."""
    await lost.wait()
    raise OwnershipLost("the connection that holds the lock died")


async def cut_when_lost(lines: Lines, lost: asyncio.Event) -> None:
    """Let Telegram hear no more of us from the moment on in which another may own the session."""
    await lost.wait()
    await lines.end()


async def _claim(connection: Connection, bot_id: int, times: OwnerTimes) -> None:
    if not await connection.fetchval(SQL["claim_bot"], bot_id):
        log.info("telegram.standing_by", bot=bot_id)
        while True:
            await asyncio.sleep(jittered(times.poll))
            if await connection.fetchval(SQL["claim_bot"], bot_id):
                break
    await asyncio.sleep(times.grace)


async def _watch(connection: Connection, lost: asyncio.Event, times: OwnerTimes) -> None:
    while not lost.is_set():
        try:
            async with asyncio.timeout(times.keepalive):
                await lost.wait()
        except TimeoutError:
            try:
                await connection.execute(SQL["stay_alive"], timeout=times.answer)
            except IN_DOUBT:
                lost.set()
    connection.terminate()
