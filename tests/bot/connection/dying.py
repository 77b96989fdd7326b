"""A bot in a process of its own that appends a fact per message and is killed at a chosen point.

Forked from a server that has everything imported, so that a life costs a tenth of a second.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr
from pyrogram.types import Message

from bot.account import Account
from bot.connection.callbacks import Callbacks
from bot.connection.client import BotClient
from bot.connection.owner import OwnerTimes
from bot.connection.storage import PostgresStorage
from bot.connection.telegram import Telegram
from eventstore.catalogue import ConsentGiven
from eventstore.identity import StreamName, edge_event_id, sha256_of
from eventstore.pool import open_pool
from eventstore.store import NO_STREAM, Append, EventStore
from eventstore.vault import Vault
from tests.bot.bots import API_HASH, QUICK, SECRET, TOKEN
from tests.story import CONTEXT, a_store
from tests.telegram_server.keys import PublicKey
from tests.telegram_server.pointing import pointed_at

#: Where a life ends. At "download" the test kills it while the server holds the file back.
POINTS = (
    "arrival", "download", "downloaded", "before append", "after append", "before save",
    "after save",
)  # fmt: skip
#: The dead have no grace: their socket is closed by the kernel before the next one is born.
OWNER_TIMES = OwnerTimes(poll=0.02, keepalive=5.0, answer=5.0, grace=0.0)


class Life(NamedTuple):
    """What one process needs to know."""

    url: str
    port: int
    key: Path
    #: one of ``POINTS``, "" to live on
    point: str
    #: how often it may pass that point
    passes: int


def born(life: Life) -> BaseProcess:
    """Start a process that lives ``life``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_live, args=(life,))
    process.start()
    return process


def _live(life: Life) -> None:
    passes = life.passes

    def passing(point: str) -> None:
        nonlocal passes
        if point == life.point:
            passes -= 1
            if passes < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    real_write: Callable[..., Awaitable[None]] = PostgresStorage._write

    async def write(storage: PostgresStorage, statement: str, *values: object) -> None:
        passing("before save")
        await real_write(storage, statement, *values)
        passing("after save")

    setattr(PostgresStorage, "_write", write)  # noqa: B010 - the point of this process
    with pointed_at(life.port, PublicKey.read(life.key)):
        asyncio.run(_serve(life, passing))


async def _serve(life: Life, passing: Callable[[str], None]) -> None:
    async with await open_pool(life.url, size=2, name="dying") as pool:
        telegram = Telegram(
            account=Account(token=SecretStr(TOKEN), api_id=1, api_hash=SecretStr(API_HASH)),
            callbacks=Callbacks(
                on_message=partial(_note, a_store(pool), passing), on_press=_ignore
            ),
            url=life.url,
            pool=pool,
            vault=Vault(pool=pool, secret=SECRET),
            times=QUICK._replace(save=0.02, settle=0.05),
            owner_times=OWNER_TIMES,
        )
        await telegram.run()


async def _ignore(_: Any) -> None:
    """Nobody presses anything here."""


async def _note(store: EventStore, passing: Callable[[str], None], message: Message) -> None:
    """Append the one fact that this message is."""
    passing("arrival")
    if message.photo:
        client = message._client
        assert isinstance(client, BotClient), "messages know their client"
        assert await client.download_media(message, in_memory=True)
        passing("downloaded")
    passing("before append")
    stream = StreamName(f"told-{message.id}")
    fact = ConsentGiven(text_version=str(message.id), text_sha256=sha256_of(b"told"), locale="uk")
    append = Append(
        stream=stream, expected=NO_STREAM, events=[(edge_event_id(stream, "told"), fact)]
    )
    await store.append(append, context=CONTEXT)
    passing("after append")
