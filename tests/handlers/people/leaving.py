"""People who send receipts and then want to be forgotten."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from eventstore.attachments import FolderAttachments, callback_key, photo_key, words_key
from eventstore.catalogue import (
    Event,
    PayoutFailed,
    PayoutRequested,
    ReceiptRead,
    ReceiptRejected,
    ShopperForgotten,
)
from eventstore.identity import (
    BillId,
    Kopecks,
    ReceiptId,
    ShopperId,
    payout_of,
    payout_stream,
    receipt_stream,
    sha256_of,
    shopper_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from eventstore.subscription import Listener
from eventstore.vault import Vault
from eventstore.worker import Handler, Worker
from handlers.commands import Commands, ParsedCallback
from handlers.forget_shopper import ForgetShopper
from handlers.reactions import types_of
from handlers.sweep_leftovers import SweepLeftovers
from tests.factories import a_reading
from tests.story import CONTEXT, a_store, append_of, facts

#: Of every photo that is read here.
LOOK = "ab" * 32

SECRET = bytes(range(32))
PHONE = "380671234567"
REJECTED = ReceiptRejected(reason="no_darnitsa_item", rules="1")


@dataclass
class Office:
    """The log, the vault, the attachments and who forgets."""

    pool: Pool
    folder: Path
    now: datetime = field(default_factory=now_utc)

    @property
    def store(self) -> EventStore:
        """The log."""
        return a_store(self.pool)

    @property
    def attachments(self) -> FolderAttachments:
        """Photos, words, tombstones."""
        return FolderAttachments(root=self.folder)

    @property
    def vault(self) -> Vault:
        """The vault of a process that has just started."""
        return Vault(pool=self.pool, secret=SECRET, attachments=self.attachments)

    @property
    def commands(self) -> Commands:
        """The door."""
        return Commands(
            store=self.store,
            attachments=self.attachments,
            vault=self.vault,
            clock=lambda: self.now,
        )

    def forgetter(self, *, pays: bool = True) -> ForgetShopper:
        """Return the handler."""
        return ForgetShopper(
            store=self.store,
            vault=self.vault,
            attachments=self.attachments,
            pays=pays,
            clock=lambda: self.now,
            last_word_max=timedelta.min,  # nobody speaks here
        )

    async def arrive(self, name: str = "", *, phone: str = PHONE) -> ShopperId:
        """Let somebody agree and share a phone."""
        shopper = ShopperId(name or uuid4().hex)
        await self.commands.give_consent(shopper, text_version="1", text="yes", locale="uk")
        await self.commands.share_phone(shopper, phone)
        return shopper

    async def start(self, shopper: ShopperId, **said: Any) -> None:
        """Let the shopper write to the bot."""
        chat: dict[str, Any] = {
            "user_id": 7001,
            "access_hash": 91,
            "locale": "uk",
            "wish": f"message/{uuid4().hex}",
            "written_at": max(self.now, now_utc()),
        }
        await self.commands.start_shopper(shopper, **chat | said)

    async def send(self, shopper: ShopperId) -> ReceiptId:
        """Let the shopper send a photo that nobody has read yet."""
        photo = b"\xff\xd8\xff" + uuid4().bytes
        return await self.commands.record_upload(
            shopper, photo, source="web", upload_id=uuid4().hex
        )

    async def read(self, shopper: ShopperId, receipt: ReceiptId, *then: Event) -> ReceiptRead:
        """Let the receipt be read, with words and preview, and ``then`` decided."""
        preview = b"\xff\xd8\xff" + uuid4().bytes
        await self.attachments.put(photo_key(shopper, sha256_of(preview)), preview)
        words = (await self.vault.seal(shopper, "words", b"[]")).encode()
        await self.attachments.put(words_key(shopper, sha256_of(words)), words)
        reading = a_reading(
            words_sha256=sha256_of(words), preview_sha256=sha256_of(preview), look=LOOK
        )
        append = append_of(receipt_stream(receipt), reading, *then, expected=0)
        await self.store.append(append, context=CONTEXT)
        return reading

    async def owe(self, shopper: ShopperId, receipt: ReceiptId) -> None:
        """Let a bonus be owed for the receipt, and end as failed."""
        requested = PayoutRequested(
            payout=payout_of(receipt),
            receipt=receipt,
            shopper=shopper,
            amount_kopecks=Kopecks(100),
            phone_sealed=await self.vault.seal(shopper, "phone", PHONE.encode()),
            phone_fingerprint=await self.vault.fingerprint(PHONE),
        )
        failed = PayoutFailed(cause="not_sent", code="dns")
        append = append_of(payout_stream(requested.payout), requested, failed)
        await self.store.append(append, context=CONTEXT)

    async def hear(self, receipt: ReceiptId, *, phone: str | None, named: bool = False) -> str:
        """Let Portmone call back about the receipt's payout; return where a kept body lies.

        The payout is ``named`` beside the phone if told so, else in its place.
        """
        callback = ParsedCallback(
            bill=BillId(uuid4().hex),
            status="ok",
            amount_kopecks=Kopecks(100),
            contract_number=phone,
            comment=payout_of(receipt) if named or not phone else None,
            error_code=None,
        )
        body = uuid4().bytes
        await self.commands.record_callback(callback, body)
        return callback_key(await self.vault.body_fingerprint(body))

    async def work_off(self, handler: Handler) -> None:
        """Let ``handler`` do what is due."""
        await seal_until_rest(self.pool)
        worker = Worker(
            store=self.store,
            listener=Listener("", name="never-run"),
            handler=handler,
            types=types_of(handler.name),
            concurrency=1,
        )
        await worker.plan_once()
        while await worker.work_once():
            pass

    async def forget(self, shopper: ShopperId, *, pays: bool = True) -> ShopperForgotten | None:
        """Ask to forget the shopper and do what can be done; None while that is not all."""
        await self.commands.request_forgetting(shopper, reason="asked by letter")
        await self.work_off(self.forgetter(pays=pays))
        last = (await facts(self.store, shopper_stream(shopper)))[-1]
        return last if isinstance(last, ShopperForgotten) else None

    async def sweep(self) -> None:
        """Let what came late be deleted, if it is time."""
        await self.work_off(
            SweepLeftovers(store=self.store, attachments=self.attachments, clock=lambda: self.now)
        )

    async def time_passes(self, **time: float) -> None:
        """Let time go by; by then waiting work is due."""
        self.now += timedelta(**time)
        await self.pool.execute("UPDATE work SET due_at = now(), leased_until = NULL")

    def files(self) -> set[str]:
        """Return the keys of all attachments."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix() for path in found}
