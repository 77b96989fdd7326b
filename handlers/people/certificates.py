"""What is written down about a forgetting, beside the log: the tombstone and the certificate.

Neither holds anything personal: ids, hashes and times.
"""

from datetime import datetime
from typing import Literal

import msgspec

from eventstore.attachments import Attachments, certificate_key
from eventstore.catalogue import ShopperForgotten
from eventstore.identity import EventId, Sha256, ShopperId

#: First part of an attachment's key -> what it is. The last part is the SHA-256 of its bytes, of
#: evidence that of the file before it was sealed, and a keyed hash for the body of a callback.
_KINDS: dict[str, Literal["photo", "words", "evidence", "callback"]] = {
    "photos": "photo",
    "words": "words",
    "evidence": "evidence",
    "callbacks": "callback",
}


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """Says for good that a key is destroyed, and what is destroyed with it."""

    shopper: ShopperId
    key_id: str
    #: the ForgettingRequested that asked for it
    request: EventId
    written_at: datetime
    #: keys of the attachments that are to be deleted
    attachments: list[str]


class Destroyed(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment that is no more."""

    key: str
    #: "photo" also means its preview; "callback" is the body of a message of Portmone's
    kind: Literal["photo", "words", "evidence", "callback"]
    #: of its bytes; None for a callback
    sha256: Sha256 | None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed, when and why; worth something by the ShopperForgotten that names it."""

    shopper: ShopperId
    #: of the destroyed key: whatever it sealed, in the log and in any backup, opens no more
    key_id: str
    request: EventId
    #: place of the request in the ledger
    request_seq: int
    requested_at: datetime
    reason: str
    destroyed_at: datetime
    #: how many the shopper ever sent; their facts stay, without the person
    receipts: int
    attachments: list[Destroyed]


def destroyed(key: str) -> Destroyed:
    """Return what the attachment under ``key`` was."""
    folder, _, _ = key.partition("/")
    kind = _KINDS[folder]
    sha256 = None if kind == "callback" else Sha256(key.rpartition("/")[2])
    return Destroyed(key=key, kind=kind, sha256=sha256)


def written(document: Tombstone | Certificate) -> bytes:
    """Return the bytes that are kept."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


async def tombstone_at(attachments: Attachments, key: str) -> Tombstone:
    """Return the tombstone under ``key``."""
    return msgspec.json.decode(await attachments.get(key), type=Tombstone)


async def certificate_of(
    attachments: Attachments, shopper: ShopperId, forgotten: ShopperForgotten
) -> bytes:
    """Return the certificate of a forgetting; raises AttachmentMissing, AttachmentsUnavailable."""
    return await attachments.get(certificate_key(shopper, forgotten.key_id))
