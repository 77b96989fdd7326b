"""ReceiptUploaded -> ReceiptRead | ReceiptUnreadable."""

import msgspec

from eventstore.attachments import AttachmentMissing, Attachments, photo_key, words_key
from eventstore.catalogue import Event, ReceiptRead, ReceiptUnreadable, ReceiptUploaded
from eventstore.identity import Sha256, ShopperId, sha256_of
from eventstore.store import Append, EventStore
from eventstore.vault import Vault
from eventstore.worklist import ATTEMPTS_MAX, Work
from handlers.ports import Evidence, Reader, Reading, Unreadable, Word
from handlers.same_bytes import told_before

#: What only the attachment keeps: it goes with the shopper's key, facts stay.
_SEALED = ("words", "rows", "fields")


def conclude(
    reading: Reading | Unreadable, *, preview: Sha256 | None, words: Sha256 | None
) -> Event:
    """Return the fact a reading becomes, once its preview and words are kept under these names."""
    if isinstance(reading, Unreadable):
        return ReceiptUnreadable(
            reason=reading.reason,
            preview_sha256=preview,
            seconds=reading.seconds,
            reader=reading.reader,
        )
    assert preview is not None, "a reading comes with its preview"
    assert words is not None, "a reading comes with its words"
    fields = msgspec.structs.asdict(reading)
    for sealed in (*_SEALED, "preview_jpeg"):
        del fields[sealed]
    return ReceiptRead(preview_sha256=preview, words_sha256=words, **fields)


def evidence_in(content: bytes) -> Evidence:
    """Return what an opened attachment "words" holds; old ones are a bare list of words.

    Raises ``msgspec.DecodeError``.
    """
    if content.lstrip().startswith(b"["):
        return Evidence(words=msgspec.json.decode(content, type=list[Word]))
    return msgspec.json.decode(content, type=Evidence)


def texts_in(evidence: Evidence) -> list[str]:
    """Return all that was made out on the photo: words, second readings, values weighed."""
    words = [word.text for word in evidence.words]
    again = [row.second for row in evidence.rows if row.second]
    weighed = [one.value for field in evidence.fields for one in field.candidates]
    return [*words, *again, *weighed]


class ReadReceipt:
    """Reads the photo of each upload once, and the same bytes of one shopper only once."""

    name = "read_receipt"

    def __init__(
        self,
        *,
        store: EventStore,
        attachments: Attachments,
        vault: Vault,
        reader: Reader,
        time_limit_seconds: float,
    ) -> None:
        """Use ``reader``, which must answer within ``time_limit_seconds``."""
        self._store = store
        self._attachments = attachments
        self._vault = vault
        self._reader = reader
        self.time_limit_seconds = time_limit_seconds

    async def handle(self, work: Work) -> None:
        """Add what is read on the uploaded photo, or was read when the shopper sent it before."""
        uploaded: ReceiptUploaded = work.event.event
        if len(await self._store.read_stream(work.event.stream)) > 1:
            await work.finish()  # a worker whose lease ran out was faster
            return
        told = await told_before(
            uploaded,
            reader=self._reader.version,
            store=self._store,
            attachments=self._attachments,
            vault=self._vault,
        )
        fact = work.fact(told or await self._try_to_read(work, uploaded), ordinal=0)
        await work.finish(Append(stream=work.event.stream, expected=0, events=[fact]))

    async def _try_to_read(self, work: Work, uploaded: ReceiptUploaded) -> Event:
        """Read the photo; one that is gone for good is unreadable, its shopper sends another.

        It lay there before its fact was written, so it was lost, or is expired, and this log
        comes from a backup.
        """
        try:
            return await self._read(uploaded)
        except AttachmentMissing:
            if work.attempt < ATTEMPTS_MAX:
                raise  # the store may find it again
            return ReceiptUnreadable(reason="reading_failed")

    async def _read(self, uploaded: ReceiptUploaded) -> Event:
        """Read the photo, keep its words and preview, return what was read."""
        photo = await self._attachments.get(photo_key(uploaded.shopper, uploaded.photo_sha256))
        reading = await self._reader.read(photo)
        return conclude(
            reading,
            preview=await self._keep_preview(uploaded.shopper, reading.preview_jpeg),
            words=await self._keep_words(uploaded.shopper, reading),
        )

    async def _keep_preview(self, shopper: ShopperId, preview: bytes | None) -> Sha256 | None:
        if preview is None:
            return None
        digest = sha256_of(preview)
        await self._attachments.put(photo_key(shopper, digest), preview)
        return digest

    async def _keep_words(self, shopper: ShopperId, reading: Reading | Unreadable) -> Sha256 | None:
        if isinstance(reading, Unreadable):
            return None
        evidence = Evidence(words=reading.words, rows=reading.rows, fields=reading.fields)
        content = msgspec.json.encode(evidence)
        sealed = (await self._vault.seal(shopper, "words", content)).encode()
        digest = sha256_of(sealed)
        await self._attachments.put(words_key(shopper, digest), sealed)
        return digest
