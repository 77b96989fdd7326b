"""The bot put together: what comes in, what goes out, and how the two end together."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from pyrogram import Client
from pyrogram.types import Message

from bot.account import Account, BotSettings
from bot.answers import Answers
from bot.answers import Settings as AnswerSettings
from bot.concerns import ANSWERED
from bot.connection.callbacks import Callbacks
from bot.connection.telegram import WORKERS, Telegram
from bot.conversation import Conversation
from bot.crowd import Crowd
from bot.errors import TokenRefused
from bot.intake import Intake
from bot.introduction import introduce
from bot.messenger import Messenger, RecordingMessenger
from bot.notices import Notices
from bot.onboarding import Onboarding
from bot.presses import Presses
from bot.telegram_messenger import TelegramMessenger
from bot.text_commands import TextCommands
from bot.words.texts import load_texts
from eventstore.doubt import jittered
from eventstore.errors import EventStoreError
from eventstore.identity import ShopperId
from eventstore.log import Log
from eventstore.process import in_background
from eventstore.vault import Vault
from eventstore.worker import Worker
from handlers.commands import Commands

log = structlog.get_logger()

#: Notices on their way at once: each waits for an answer of Telegram, and for the disk. As many as
#: are heard at once: with eight, photos of a burst overtook the words about those before them.
NOTICES_AT_ONCE = WORKERS
#: Notices in hand may finish in this time before the connection they leave by is closed.
LAST_WORDS_SECONDS = 4.0
#: The database is away, or full; look again after this.
TROUBLE_SECONDS = 1.0


class Bot:
    """Messages become facts and facts become messages, while the bot's session is ours."""

    def __init__(
        self, *, log: Log, settings: BotSettings, rests_when_refused: bool = False
    ) -> None:
        """Run over ``log``; without an account notices are only recorded.

        ``rests_when_refused``: a wrong token ends only the bot, since neighbours pay money.
        """
        self._rests_when_refused = rests_when_refused
        self._log = log
        self._settings = settings
        self._texts = load_texts()
        self._telegram = None if settings.account is None else self._connected(settings.account)
        self._worker: Worker | None = None
        self._stopping = asyncio.Event()
        #: set while no notice is on its way
        self._silent = asyncio.Event()
        self._silent.set()

    async def run(self) -> None:
        """Serve until ``stop``; raises ``TokenRefused``."""
        if self._telegram is None:
            await self._notify(RecordingMessenger())
            return
        ending = asyncio.create_task(self._end())
        try:
            await self._telegram.run()
        except TokenRefused:
            if not self._rests_when_refused:
                raise
            await self._stopping.wait()
        finally:
            ending.cancel()

    def stop(self) -> None:
        """Let ``run`` end: last words first, then what was taken in, then the session."""
        self._stopping.set()
        if self._worker is not None:
            self._worker.stop()

    async def _end(self) -> None:
        assert self._telegram is not None, "asked of a connected bot only"
        await self._stopping.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._silent.wait()
        self._telegram.stop()

    def _connected(self, account: Account) -> Telegram:
        conversation = self._conversation(account.bot_id)
        return Telegram(
            account=account,
            callbacks=Callbacks(
                on_message=conversation.on_message,
                on_press=conversation.on_press,
                on_started=self._while_up,
                new_crowd=lambda: Crowd(spared=self._settings.staff).lets_in,
            ),
            url=self._log.url,
            pool=self._log.pool,
            vault=self._log.vault,
        )

    async def _while_up(self, client: Client) -> None:
        """Say what is to be said until the connection ends, and tell Telegram our commands."""
        assert self._telegram is not None, "it called"
        async with in_background(introduce(client, self._texts, staff=self._settings.staff)):
            await self._notify(TelegramMessenger(self._telegram))

    async def _notify(self, messenger: Messenger) -> None:
        """Say what is to be said until told to stop, whatever goes wrong meanwhile."""
        self._silent.clear()
        try:
            while not self._stopping.is_set():
                try:
                    await self._notify_once(messenger)
                except Exception as trouble:  # a bot that hears and never speaks is no bot
                    if not isinstance(trouble, EventStoreError):
                        log.exception("notices.failed")
                    log.warning("notices.wait", error=type(trouble).__name__)
                    await asyncio.sleep(jittered(TROUBLE_SECONDS))
        finally:
            self._silent.set()

    async def _notify_once(self, messenger: Messenger) -> None:
        worker = await self._worker_for(messenger)
        self._worker = worker
        if not self._stopping.is_set():  # meanwhile
            await worker.run()

    async def _worker_for(self, messenger: Messenger) -> Worker:
        log, settings = self._log, self._settings
        answers = Answers(
            store=log.store,
            vault=log.vault,
            settings=AnswerSettings(
                pays=settings.pays,
                public_url=settings.public_url,
                privacy_url=settings.privacy_url,
                support=settings.support,
            ),
        )
        notices = Notices(
            store=log.store,
            vault=log.vault,
            answers=answers,
            messenger=messenger,
            texts=self._texts,
            sandbox=settings.sandbox,
            staff=await staff_shoppers(log.vault, settings.staff),
        )
        return Worker(
            store=log.store,
            listener=log.listener,
            handler=notices,
            types=ANSWERED,
            concurrency=NOTICES_AT_ONCE,
        )

    async def _access_hash_of(self, user_id: int) -> int:
        assert self._telegram is not None, "a message came through it"
        peer: Any = await self._telegram.client.resolve_peer(user_id)
        return int(peer.access_hash)

    async def _downloaded(self, message: Message) -> bytes | None:
        assert self._telegram is not None, "as above"
        return await self._telegram.client.downloaded(message)

    def _conversation(self, bot: int) -> Conversation:
        log = self._log
        commands = Commands(store=log.store, attachments=log.attachments, vault=log.vault)
        onboarding = Onboarding(
            commands=commands, texts=self._texts, access_hash_of=self._access_hash_of
        )
        text_commands = TextCommands(
            commands=commands, onboarding=onboarding, console=bool(self._settings.public_url)
        )
        return Conversation(
            commands=commands,
            vault=log.vault,
            bot=bot,
            staff=self._settings.staff,
            onboarding=onboarding,
            intake=Intake(commands=commands, download=self._downloaded),
            text_commands=text_commands,
            presses=Presses(commands=commands, onboarding=onboarding, text_commands=text_commands),
        )


async def staff_shoppers(vault: Vault, staff: frozenset[int]) -> frozenset[ShopperId]:
    """Return by which ids the log knows the Telegram accounts of staff."""
    return frozenset([await vault.shopper_id(f"telegram:{each}") for each in staff])
