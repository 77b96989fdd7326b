"""Bots that run in this process and write down what they were told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from pyrogram import Client
from pyrogram.types import CallbackQuery, Message

from bot.account import Account
from bot.connection.callbacks import Callbacks, OnMessage, OnPress, OnStarted
from bot.connection.owner import OwnerTimes
from bot.connection.sitting import Times
from bot.connection.telegram import Telegram
from eventstore.pool import Pool
from eventstore.vault import Vault

SECRET = b"k" * 32
TOKEN = "6000000000:made-up-secret-of-a-bot"
API_HASH = "made-up-hash-of-an-application"
#: As patient as the product, but in tenths of seconds.
QUICK = Times(
    start=10.0,
    watchdog=0.3,
    answer=5.0,
    settle=0.1,
    save=0.05,
    drain=5.0,
    last_save=3.0,
    end=2.0,
)
QUICK_OWNER = OwnerTimes(poll=0.1, keepalive=0.3, answer=2.0, grace=0.2)
#: How long a test waits for what must come.
PATIENCE_SECONDS = 20.0


async def _nothing_more(_client: Client) -> None:
    """Do nothing at a start."""


class Heard:
    """What a bot heard, in the order it finished; others may wait for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.presses: list[str] = []
        self._more = asyncio.Condition()

    async def message(self, message: Message) -> None:
        """Write down a message."""
        async with self._more:
            self.texts.append(message.text or message.caption or "")
            self._more.notify_all()

    async def press(self, press: CallbackQuery) -> None:
        """Write down a press."""
        async with self._more:
            self.presses.append(str(press.data))
            self._more.notify_all()

    async def all_of(self, *texts: str) -> None:
        """Wait until all ``texts`` were heard; AssertionError tells what was instead."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._more:
                await self._more.wait_for(lambda: set(texts) <= {*self.texts, *self.presses})
        except TimeoutError:
            raise AssertionError(f"{texts} did not all come: {self.texts}") from None


class Bot:
    """A running bot."""

    def __init__(self, telegram: Telegram, heard: Heard) -> None:
        self.telegram = telegram
        self.heard = heard
        self.running = asyncio.create_task(telegram.run())

    async def is_up(self) -> None:
        """Wait until it serves; raises what ended it instead."""
        up = asyncio.create_task(self.telegram.started.wait())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.wait([up, self.running], return_when=asyncio.FIRST_COMPLETED)
            if self.running.done():
                self.running.result()
        finally:
            up.cancel()

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        self.telegram.stop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.running

    async def kill(self) -> None:
        """End it at once; nothing is drained or saved."""
        self.running.cancel()
        await asyncio.wait([self.running])


@asynccontextmanager
async def a_bot(
    url: str,
    pool: Pool,
    *,
    on_message: OnMessage | None = None,
    on_press: OnPress | None = None,
    on_started: OnStarted | None = None,
    secret: bytes = SECRET,
    times: Times = QUICK,
    heard: Heard | None = None,
) -> AsyncIterator[Bot]:
    """Run a bot that writes down what it hears, or does ``on_message``; it need not be up yet."""
    heard = heard or Heard()
    telegram = Telegram(
        account=Account(token=SecretStr(TOKEN), api_id=1, api_hash=SecretStr(API_HASH)),
        callbacks=Callbacks(
            on_message=on_message or heard.message,
            on_press=on_press or heard.press,
            on_started=on_started or _nothing_more,
        ),
        url=url,
        pool=pool,
        vault=Vault(pool=pool, secret=secret),
        times=times,
        owner_times=QUICK_OWNER,
    )
    bot = Bot(telegram, heard)
    try:
        yield bot
    finally:
        await bot.kill()
