"""The whole bot in this process: people talk with it, a test plays the handlers behind the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from msgspec.structs import replace
from pydantic import SecretStr

from bot.account import Account, BotSettings
from bot.assembly import Bot
from eventstore.attachments import FolderAttachments
from eventstore.catalogue import Event, PhoneShared, ShopperNotified
from eventstore.identity import (
    PayoutId,
    ReceiptId,
    ShopperId,
    chat_stream,
    notices_stream,
    payout_of,
    payout_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.log import Log, open_log
from eventstore.people import uploads_of
from eventstore.pool import Pool
from eventstore.store import Append, Recorded
from handlers.commands import Commands
from tests.bot.bots import API_HASH, PATIENCE_SECONDS, SECRET, TOKEN
from tests.bot.words import said
from tests.story import CONTEXT, new_id, until
from tests.telegram_server.people import Person
from tests.telegram_server.screens import Shown

CONNECTIONS = 5
PHONE = said.PHONE
PHOTO = b"\xff\xd8\xff"
STAFF = frozenset({5_000_000_001})
ACCOUNT = Account(token=SecretStr(TOKEN), api_id=1, api_hash=SecretStr(API_HASH))
SETTINGS = BotSettings(
    account=ACCOUNT, privacy_url="https://bonus.example.com/privacy", support="@bonus_support"
)
#: Waits until no fact is left to be told, now or later.
ALL_TOLD = """
    SELECT coalesce((SELECT seq FROM cursors WHERE name = 'work/bot.notices'), 0)
        >= (SELECT coalesce(max(seq), 0) FROM ledger)
        AND NOT EXISTS (SELECT FROM unsealed)
        AND NOT EXISTS (SELECT FROM work WHERE handler = 'bot.notices')
"""

#: All facts are planned, some work is left, and all of that was given back.
ALL_LATER = """
    SELECT coalesce((SELECT seq FROM cursors WHERE name = 'work/' || $1), 0)
        >= (SELECT coalesce(max(seq), 0) FROM ledger)
        AND NOT EXISTS (SELECT FROM unsealed)
        AND (SELECT count(*) > 0 AND bool_and(token > 0 AND leased_until IS NULL)
            FROM work WHERE handler = $1)
"""
#: The bot reads what people write from now on, and keeps how far it came.
IS_UP = "SELECT EXISTS (SELECT FROM telegram_sessions WHERE pts IS NOT NULL)"
READ_NOTHING = "UPDATE telegram_sessions SET pts = 0, finished = '{}'"

Kind = TypeVar("Kind", bound=Event)


class Talk:
    """The bot that runs, and the log beneath it."""

    def __init__(self, log: Log, settings: BotSettings, pool: Pool) -> None:
        self.log = log
        self.settings = settings
        #: of the test, not of the bot
        self._pool = pool
        self.bot = Bot(log=log, settings=settings)
        self.running = asyncio.create_task(self.bot.run())

    @property
    def commands(self) -> Commands:
        """The door to the handlers."""
        log = self.log
        return Commands(store=log.store, attachments=log.attachments, vault=log.vault)

    async def is_up(self) -> None:
        """Wait until it hears what people write."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(IS_UP, self._pool)

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        self.bot.stop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.running

    async def kill(self) -> None:
        """End it at once."""
        self.running.cancel()
        await asyncio.wait([self.running])

    async def again(self) -> None:
        """Start another one over the same log."""
        self.bot = Bot(log=self.log, settings=self.settings)
        self.running = asyncio.create_task(self.bot.run())

    async def reads_again(self) -> None:
        """Stop, forget how far the bot had read but for the very beginning, and start anew."""
        await self.stop()
        await self._pool.execute(READ_NOTHING)
        await self.again()

    async def shopper(self, person: Person) -> ShopperId:
        """Return by which id the log knows ``person``."""
        return await self.log.vault.shopper_id(f"telegram:{person.id}")

    async def welcome(self, person: Person) -> ShopperId:
        """Let ``person`` come as far as sending photos, by talking."""
        person.say("/start")
        person.press(await person.sees(_asks_consent), consent_of(await person.sees(_asks_consent)))
        await person.sees(_asks_phone)
        person.share_contact(PHONE, owner=person.id)
        await person.sees("+380 67 ••• •• 67")
        return await self.shopper(person)

    async def facts(self, stream: str, kind: type[Kind]) -> list[Kind]:
        """Return the facts of a kind in a stream, in order."""
        records = await self.log.store.read_stream(stream)  # type: ignore[arg-type]  # a name
        return [each.event for each in records if isinstance(each.event, kind)]

    async def own(self, person: Person, kind: type[Kind]) -> list[Kind]:
        """Return the facts of a kind in the person's own stream and in that of their chat."""
        shopper = await self.shopper(person)
        return [
            *await self.facts(shopper_stream(shopper), kind),
            *await self.facts(chat_stream(shopper), kind),
        ]

    async def told(self, receipt: ReceiptId) -> list[ShopperNotified]:
        """Return what was recorded to be said about a receipt."""
        return await self.facts(notices_stream(receipt), ShopperNotified)

    async def answers(self, person: Person) -> list[ShopperNotified]:
        """Return what was recorded to be said to a person besides."""
        return await self.facts(chat_stream(await self.shopper(person)), ShopperNotified)

    async def receipts(self, person: Person) -> list[ReceiptId]:
        """Return the receipts that a person sent."""
        return await uploads_of(self.log.store, await self.shopper(person))

    async def all_told(self) -> None:
        """Wait until every fact so far is told."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(ALL_TOLD, self._pool)

    async def waits_for_work(self, handler: str) -> None:
        """Wait until all work of a handler of the bot was looked at and is to be done later."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(ALL_LATER, self._pool, f"bot.{handler}")

    async def recorded(self, stream: str, count: int) -> list[Recorded]:
        """Wait until a stream has so many facts, and return them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            question = "SELECT count(*) >= $2 FROM events WHERE stream = $1"
            await until(question, self._pool, stream, count)
        return await self.log.store.read_stream(stream)  # type: ignore[arg-type]  # as above

    async def receives(self, person: Person) -> ReceiptId:
        """Let a photo of ``person`` come in, not by talking; nobody has read it."""
        return await self.commands.record_upload(
            await self.shopper(person),
            PHOTO + uuid4().bytes,
            source="telegram",
            upload_id=uuid4().hex,
        )

    async def happens(self, stream: str, *events: Event) -> None:
        """Let handlers add ``events`` to a stream."""
        records = await self.log.store.read_stream(stream)  # type: ignore[arg-type]  # as above
        append = Append(
            stream=stream,  # type: ignore[arg-type]  # as above
            expected=len(records) - 1,
            events=[(new_id(), event) for event in events],
        )
        await self.log.store.append(append, context=CONTEXT)

    async def judged(self, receipt: ReceiptId, *events: Event) -> None:
        """Let ``events`` be the next ones of a receipt."""
        await self.happens(receipt_stream(receipt), *events)

    async def accepted(self, person: Person, receipt: ReceiptId) -> PayoutId:
        """Let a receipt be read and accepted, and its bonus be asked for, all at once."""
        return await self._accepted(person, receipt, said.READ, said.ACCEPTED)

    async def accepted_after_reading(self, person: Person, receipt: ReceiptId) -> PayoutId:
        """Let a receipt that was read be accepted, and its bonus be asked for."""
        return await self._accepted(person, receipt, said.ACCEPTED)

    async def _accepted(self, person: Person, receipt: ReceiptId, *events: Event) -> PayoutId:
        shopper, payout = await self.shopper(person), payout_of(receipt)
        phone = (await self.facts(shopper_stream(shopper), PhoneShared))[-1]
        requested = replace(
            said.REQUESTED,
            payout=payout,
            receipt=receipt,
            shopper=shopper,
            phone_sealed=phone.phone_sealed,
            phone_fingerprint=phone.phone_fingerprint,
        )
        stream = receipt_stream(receipt)
        before = len(await self.log.store.read_stream(stream))
        read = Append(
            stream=stream,
            expected=before - 1,
            events=[(new_id(), event) for event in events],
        )
        asked = Append(stream=payout_stream(payout), expected=-1, events=[(new_id(), requested)])
        await self.log.store.append(read, asked, context=CONTEXT)
        return payout

    async def paid(self, payout: PayoutId) -> None:
        """Let the money arrive."""
        await self.happens(payout_stream(payout), said.attempted(), said.CREATED, said.CONFIRMED)


async def has(person: Person, count: int, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until ``person`` has so many messages of the bot."""
    await person.sees(lambda _: len(person.screen) >= count, seconds)


def consent_of(shown: Shown) -> str:
    """Return what the button sends back that agrees."""
    return next(data for row in shown.buttons for _, data in row if data.startswith("agree"))


def _asks_consent(shown: Shown) -> bool:
    return any(data.startswith("agree") for row in shown.buttons for _, data in row)


def _asks_phone(shown: Shown) -> bool:
    return shown.keyboard is not None and shown.keyboard.asks_for_contact


asks_consent, asks_phone = _asks_consent, _asks_phone


@asynccontextmanager
async def a_talk(
    url: str, pool: Pool, folder: Path, *, secret: bytes = SECRET, **changes: Any
) -> AsyncIterator[Talk]:
    """Run the bot over the log at ``url``, with ``changes`` of ``SETTINGS``."""
    attachments = FolderAttachments(root=folder)
    async with open_log(
        url, name="bot", connections=CONNECTIONS, attachments=attachments, secret=secret
    ) as log:
        talk = Talk(log, SETTINGS.__class__(**(vars(SETTINGS) | changes)), pool)
        try:
            yield talk
        finally:
            await talk.kill()
