"""The office once photos grow old."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventstore.attachments import Attachments, photo_key, words_key
from eventstore.catalogue import Event, ReceiptUploaded
from eventstore.identity import ReceiptId, ShopperId, receipt_stream
from eventstore.store import EventStore
from handlers.expire_attachments import ExpireAttachments
from tests.handlers.people.leaving import REJECTED, Office
from tests.story import a_store, facts


@dataclass
class Archive(Office):
    """The office, and who deletes what is old in it."""

    #: in place of the folder
    elsewhere: Attachments | None = None

    @property
    def store(self) -> EventStore:
        """The log, written by the office's clock."""
        return a_store(self.pool, clock=lambda: self.now)

    @property
    def attachments(self) -> Attachments:  # type: ignore[override]  # or another store
        """Photos, previews, words and bodies."""
        return self.elsewhere or super().attachments

    def expirer(self) -> ExpireAttachments:
        """Return the handler."""
        return ExpireAttachments(
            store=self.store, attachments=self.attachments, pays=True, clock=lambda: self.now
        )

    async def days_pass(self, days: float) -> None:
        """Let time go by, and what is due by then be done."""
        await self.time_passes(days=days)
        await self.work_off(self.expirer())

    async def sent(self, shopper: ShopperId, *then: Event) -> tuple[ReceiptId, set[str]]:
        """Let a receipt be sent, read and decided; return it and the keys of all that is its."""
        receipt = await self.send(shopper)
        reading = await self.read(shopper, receipt, *(then or (REJECTED,)))
        uploaded = (await self.story(receipt))[0]
        assert isinstance(uploaded, ReceiptUploaded)
        return receipt, {
            photo_key(shopper, uploaded.photo_sha256),
            photo_key(shopper, reading.preview_sha256),
            words_key(shopper, reading.words_sha256),
        }

    async def story(self, receipt: ReceiptId) -> Sequence[Event]:
        """Return the receipt's facts."""
        return await facts(self.store, receipt_stream(receipt))

    async def waiting(self) -> int:
        """Return how much work waits."""
        return int(await self.pool.fetchval("SELECT count(*) FROM work"))
