"""What an earlier upload of the very same photo has told, so that no photo is read twice.

Only the same shopper's: words and preview are sealed and kept for one person, and what was
made out for another is none of this one's.
"""

from collections.abc import Sequence

import msgspec

from eventstore.attachments import AttachmentMissing, Attachments, photo_key, words_key
from eventstore.catalogue import PhotoSeen, ReceiptRead, ReceiptUnreadable, ReceiptUploaded
from eventstore.errors import SecretUnusable
from eventstore.identity import ShopperId, StreamName, photo_stream, receipt_stream
from eventstore.store import EventStore, Recorded
from eventstore.vault import KeyDestroyed, Vault

Told = ReceiptRead | ReceiptUnreadable

#: Earlier uploads looked at, the newest ones: whoever sends a photo oftener has it read again.
_LOOKED_AT_MAX = 20


def uploads_before(uploaded: ReceiptUploaded, seen: Sequence[Recorded]) -> list[StreamName]:
    """Return the newest other uploads of these bytes by this shopper, newest first."""
    facts = [fact.event for fact in seen if isinstance(fact.event, PhotoSeen)]
    own = [fact.receipt for fact in facts if fact.shopper == uploaded.shopper]
    others = [receipt for receipt in reversed(own) if receipt != uploaded.receipt]
    return [receipt_stream(receipt) for receipt in others[:_LOOKED_AT_MAX]]


def told_by(stories: Sequence[Recorded], *, reader: str) -> list[Told]:
    """Return what ``reader`` told in these stories, the newest first."""
    told = [fact for fact in stories if isinstance(fact.event, ReceiptRead | ReceiptUnreadable)]
    told.sort(key=lambda fact: fact.position, reverse=True)
    return [fact.event for fact in told if fact.event.reader == reader]


async def told_before(
    uploaded: ReceiptUploaded,
    *,
    reader: str,
    store: EventStore,
    attachments: Attachments,
    vault: Vault,
) -> Told | None:
    """Return what ``reader`` told of the same bytes from the same shopper, as a new fact.

    None unless all that it names is still there and opens. Raises ``AttachmentsUnavailable``,
    ``LogUnavailable``, ``VaultClosed``.
    """
    seen = await store.read_stream(photo_stream(uploaded.photo_sha256))
    stories = await store.read_streams(uploads_before(uploaded, seen))
    for told in told_by(stories, reader=reader):
        if await _is_whole(told, uploaded.shopper, attachments=attachments, vault=vault):
            return msgspec.structs.replace(told, seconds=0.0)
    return None


async def _is_whole(
    told: Told, shopper: ShopperId, *, attachments: Attachments, vault: Vault
) -> bool:
    """Tell whether words open and the preview is there: the shopper may have been forgotten
    since, and returned.
    """
    try:
        if told.preview_sha256 is not None:
            await attachments.get(photo_key(shopper, told.preview_sha256))
        if isinstance(told, ReceiptRead):
            sealed = await attachments.get(words_key(shopper, told.words_sha256))
            await vault.open(shopper, "words", sealed.decode())
    except (AttachmentMissing, KeyDestroyed, SecretUnusable):
        return False
    return True
