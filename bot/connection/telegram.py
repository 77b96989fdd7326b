"""The bot from start to stop: own the session, serve, begin anew after any trouble."""

import asyncio
from collections.abc import Awaitable

import structlog
from pyrogram import Client, filters
from pyrogram.errors.rpc_error import RPCError
from pyrogram.handlers import CallbackQueryHandler, ConnectHandler, MessageHandler
from pyrogram.types import CallbackQuery, Message

from bot.account import Account
from bot.connection.callbacks import Callbacks
from bot.connection.client import BotClient
from bot.connection.owner import OwnerTimes, cut_when_lost, losing, owning
from bot.connection.quiet import quieten
from bot.connection.sitting import Sitting, Times, first_to_end
from bot.connection.storage import PostgresStorage
from bot.connection.verdicts import WELL_AFTER_SECONDS, Troubles
from bot.errors import BotError, OwnershipLost, TelegramAway, TokenRefused
from eventstore.doubt import jittered
from eventstore.errors import EventStoreError
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.vault import Vault

log = structlog.get_logger()

#: Messages of so many people are handled at once, beside those with photos.
WORKERS = 16
#: Photos downloaded at once: each is held in memory, and a dyno has 512 MB.
DOWNLOADS_AT_ONCE = 4
#: Telegram's "wait" up to this long is slept by the library inside a call.
SLEEP_THRESHOLD_SECONDS = 10
#: The library wants to remember messages; we never look one up.
MESSAGES_REMEMBERED = 1
#: Errors whose text has no word of a person in it.
KNOWN = (BotError, EventStoreError, RPCError)
#: The database is asked for the lock at least this often: it is ours, and asking is cheap.
OWNER_PAUSE_SECONDS_MAX = 5.0
#: Pause before ``on_started`` is called again, doubled up to the second.
FIRST_START_PAUSE_SECONDS, START_PAUSE_SECONDS_MAX = 0.5, 30.0
#: When to ask again while a start is under way.
STARTING_SECONDS = 5.0


class Telegram:
    """Keeps one bot up, whatever happens to Telegram, to Postgres or to the network."""

    def __init__(
        self,
        *,
        account: Account,
        callbacks: Callbacks,
        url: str,
        pool: Pool,
        vault: Vault,
        times: Times | None = None,
        owner_times: OwnerTimes | None = None,
    ) -> None:
        """Keep ``account`` up; ``pool`` and ``vault`` are those of the database at ``url``."""
        self._account = account
        self._callbacks = callbacks
        self._url = url
        self._pool = pool
        self._vault = vault
        self._times = times or Times()
        self._owner_times = owner_times or OwnerTimes()
        self._told = asyncio.Event()
        self._troubles = Troubles()
        self._sitting: Sitting | None = None
        self._back_at = 0.0
        #: set while Telegram can be reached
        self.started = asyncio.Event()

    @property
    def client(self) -> BotClient:
        """The client to send with; raises ``TelegramAway`` while there is none."""
        if self._sitting is None:
            now = asyncio.get_running_loop().time()
            raise TelegramAway(max(self._back_at - now, STARTING_SECONDS))
        return self._sitting.client

    async def remember_peer(self, user_id: int, access_hash: int) -> None:
        """Know how to write to a person; raises ``TelegramAway``."""
        storage = self.client.storage
        assert isinstance(storage, PostgresStorage), "we gave it"
        await storage.remember_peer(user_id, access_hash)

    def stop(self) -> None:
        """Let ``run`` end: nothing more is taken, what is in hand may finish (under 14 s)."""
        self._told.set()

    async def run(self) -> None:
        """Serve until ``stop`` or cancelled; raises ``TokenRefused`` and nothing else."""
        quieten()
        living = asyncio.create_task(self._live())
        told = asyncio.create_task(self._told.wait())
        try:
            await asyncio.wait([living, told], return_when=asyncio.FIRST_COMPLETED)
            if self._sitting is None:
                living.cancel()  # nothing is in hand
            await asyncio.wait([living])
        finally:
            told.cancel()
            living.cancel()
            await asyncio.gather(living, told, return_exceptions=True)
        if not living.cancelled():
            living.result()

    async def _live(self) -> None:
        while not self._told.is_set():
            try:
                async with owning(
                    self._url, bot_id=self._account.bot_id, times=self._owner_times
                ) as lost:
                    await self._serve_while_owner(lost)
            except TokenRefused as refused:
                log.error("telegram.refused", told=str(refused))
                raise
            except Exception as trouble:  # the neighbour in this process pays money
                pause = min(self._troubles.judge(trouble).pause_seconds, OWNER_PAUSE_SECONDS_MAX)
                log.warning(
                    "telegram.not_owned",
                    error=type(trouble).__name__,
                    retry_seconds=round(pause, 1),
                )
                await self._pause(pause)

    async def _serve_while_owner(self, lost: asyncio.Event) -> None:
        """Sit down again and again until told to stop; raises ``OwnershipLost``."""
        while not self._told.is_set():
            storage = PostgresStorage(
                pool=self._pool, vault=self._vault, bot_id=self._account.bot_id
            )
            try:
                await self._sit(storage, lost)
            except OwnershipLost:
                raise
            except Exception as trouble:  # as above; and it may be the key that is dead
                await self._think_over(trouble, storage, lost)

    async def _sit(self, storage: PostgresStorage, lost: asyncio.Event) -> None:
        """Start a client, serve, end it; returns when told to stop.

        Whatever is under way when the lock is lost, the lines are cut before it is tidied up.
        """
        client = self._new_client(storage)
        async with in_background(cut_when_lost(client.lines, lost)):
            await self._sit_with(client, storage, lost)

    async def _sit_with(
        self, client: BotClient, storage: PostgresStorage, lost: asyncio.Event
    ) -> None:
        sitting = Sitting(client=client, storage=storage, times=self._times)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await first_to_end(sitting.connect(), losing(lost))
            self._sitting = sitting
            await first_to_end(self._serve(sitting), losing(lost), self._told.wait())
            await first_to_end(sitting.drain(), losing(lost))
        finally:
            self._sitting = None
            self.started.clear()
            if loop.time() - began > WELL_AFTER_SECONDS:
                self._troubles.over()
            await sitting.end()

    async def _serve(self, sitting: Sitting) -> None:
        await sitting.begin()
        self.started.set()
        log.info("telegram.started", bot=self._account.bot_id)
        await first_to_end(sitting.serve(), self._tell_started(sitting.client))

    async def _tell_started(self, client: BotClient) -> None:
        """Call ``on_started`` until it ends by itself: a bot must not hear and never speak."""
        pause = FIRST_START_PAUSE_SECONDS
        while True:
            try:
                await self._callbacks.on_started(client)
                break
            except Exception:  # the bot hears meanwhile
                log.exception("telegram.start_not_finished", retry_seconds=pause)
            await asyncio.sleep(jittered(pause))
            pause = min(2 * pause, START_PAUSE_SECONDS_MAX)
        await asyncio.Event().wait()

    async def _think_over(
        self, trouble: Exception, storage: PostgresStorage, lost: asyncio.Event
    ) -> None:
        """Do what ``trouble`` asks for, and wait as long as it asks for."""
        verdict = self._troubles.judge(trouble)
        log.warning(
            "telegram.lost",
            error=type(trouble).__name__,
            told=str(trouble) if isinstance(trouble, KNOWN) else None,
            login=verdict.discard,
            retry_seconds=round(verdict.pause_seconds, 1),
        )
        if verdict.discard:
            await storage.discard()
        await first_to_end(self._pause(verdict.pause_seconds), losing(lost), self._told.wait())

    async def _pause(self, seconds: float) -> None:
        self._back_at = asyncio.get_running_loop().time() + seconds
        await asyncio.sleep(seconds)

    def _new_client(self, storage: PostgresStorage) -> BotClient:
        client = BotClient(
            lets_in=self._callbacks.new_crowd(),
            name=str(self._account.bot_id),
            api_id=self._account.api_id,
            api_hash=self._account.api_hash.get_secret_value(),
            bot_token=self._account.token.get_secret_value(),
            workers=WORKERS,
            max_concurrent_transmissions=DOWNLOADS_AT_ONCE,
            max_message_cache_size=MESSAGES_REMEMBERED,
            sleep_threshold=SLEEP_THRESHOLD_SECONDS,
            fetch_replies=False,
            fetch_topics=False,
            fetch_stories=False,
            fetch_stickers=False,
            storage_engine=storage,
        )
        ours = filters.incoming & filters.private
        client.add_handler(MessageHandler(self._message, ours))
        client.add_handler(CallbackQueryHandler(self._press))
        client.add_handler(ConnectHandler(_connected_again))
        return client

    async def _message(self, client: Client, message: Message) -> None:
        assert isinstance(client, BotClient), "we made it"
        if message.photo is None and message.document is None:
            await self._hear(message)
        else:
            client.inbox.set_aside(self._hear(message))

    async def _hear(self, message: Message) -> None:
        await _safely(self._callbacks.on_message(message))

    async def _press(self, _client: Client, press: CallbackQuery) -> None:
        await _safely(self._callbacks.on_press(press))


async def _connected_again(client: Client, _session: object) -> None:
    """Have what was pushed to a dead connection read."""
    assert isinstance(client, BotClient), "we made it"
    client.may_be_behind()


async def _safely(work: Awaitable[None]) -> None:
    """Do ``work``; its failure is ours to log, since the library would log what people wrote."""
    try:
        await work
    except Exception:
        log.exception("telegram.callback_failed")
