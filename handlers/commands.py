"""The one door from the edges: a wish is checked against a stream and becomes a fact.

Each command may be repeated after a crash: the same wish makes the same fact.
"""

from contextlib import suppress
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from eventstore.attachments import AttachmentConflict, Attachments, callback_key, photo_key
from eventstore.catalogue import CallbackReceived, ConsentGiven, PhoneShared, ReceiptUploaded
from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.identity import (
    BillId,
    CallbackId,
    Kopecks,
    ReceiptId,
    ShopperId,
    callback_of,
    callback_stream,
    edge_event_id,
    receipt_stream,
    sha256_of,
    shopper_stream,
)
from eventstore.store import NO_STREAM, Append, Context, EventStore
from eventstore.vault import SYSTEM, Vault
from handlers.phones import PhoneRefused as PhoneRefused  # noqa: PLC0414 - edges catch it here
from handlers.phones import normalise
from handlers.photos import PHOTO_BYTES_MAX, photo_format

UploadRefusal = Literal[
    "empty", "too_large", "not_an_image", "no_consent", "no_phone", "upload_id_reused"
]

#: Root of receipt ids made from upload ids.
_UPLOADS = UUID("6f1d1c1e-5b0a-5a63-9f0d-0c8a5a5b0002")
#: Rounds of two browser tabs of one shopper racing for the shopper's stream.
_RACES_MAX = 100


class CommandError(Exception):
    """Base of every wish that cannot become a fact."""


class UploadRefused(CommandError):
    """The photo was not taken; ``reason`` is a code that edges turn into words."""

    def __init__(self, reason: UploadRefusal) -> None:
        self.reason = reason
        super().__init__(f"the photo was not taken: {reason}")


class ParsedCallback(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an authentic callback; None for what Portmone left out."""

    bill: BillId
    status: Literal["ok", "fail"]
    amount_kopecks: Kopecks | None
    contract_number: str | None
    #: a payout id, the one thing we ever write there
    comment: str | None
    error_code: str | None
    #: what was written but makes no sense
    unusable: tuple[Literal["amount", "phone"], ...] = ()


class Commands:
    """What edges may ask for."""

    def __init__(self, *, store: EventStore, attachments: Attachments, vault: Vault) -> None:
        self._store = store
        self._attachments = attachments
        self._vault = vault

    async def give_consent(
        self,
        shopper: ShopperId,
        *,
        text_version: str,
        text: str,
        locale: Literal["uk", "ru", "en"],
    ) -> None:
        """Record that ``shopper`` agreed to ``text``; the same text again adds nothing."""
        consent = ConsentGiven(
            text_version=text_version, text_sha256=sha256_of(text.encode()), locale=locale
        )
        stream = shopper_stream(shopper)
        event_id = edge_event_id(stream, f"consent/{text_version}/{consent.text_sha256}/{locale}")
        await self._store.append_last(
            stream, event_id, consent, context=_context(shopper, "shopper")
        )

    async def share_phone(self, shopper: ShopperId, phone: str) -> None:
        """Record ``phone`` as the one to top up; the number already in force adds nothing.

        Raises ``PhoneRefused`` for what is not a Ukrainian mobile number.
        """
        number = normalise(phone)
        fingerprint = await self._vault.fingerprint(number)
        stream = shopper_stream(shopper)
        for _ in range(_RACES_MAX):
            facts = await self._store.read_stream(stream)
            phones = [fact.event for fact in facts if isinstance(fact.event, PhoneShared)]
            if phones and phones[-1].phone_fingerprint == fingerprint:
                return
            shared = PhoneShared(
                phone_sealed=await self._vault.seal(shopper, "phone", number.encode()),
                phone_fingerprint=fingerprint,
            )
            event_id = edge_event_id(stream, f"phone/{len(phones)}/{fingerprint}")
            append = Append(stream=stream, expected=len(facts) - 1, events=[(event_id, shared)])
            with suppress(WrongExpectedVersion, EventIdReused):
                await self._store.append(append, context=_context(shopper, "shopper"))
                return
        raise LogUnavailable("this shopper's phone changes without pause; try again")

    async def record_upload(
        self,
        shopper: ShopperId,
        photo: bytes,
        *,
        source: Literal["web", "command", "telegram"],
        upload_id: str,
    ) -> ReceiptId:
        """Keep ``photo`` and record the upload; the same ``upload_id`` again is the same receipt.

        The photo is kept before the fact is written: a crash between the two leaves a photo
        that nobody mentions, never a fact without its photo. Raises ``UploadRefused``.
        """
        await self._check_upload(shopper, photo)
        receipt = ReceiptId(str(uuid5(_UPLOADS, f"{shopper}/{upload_id}")))
        digest = sha256_of(photo)
        await self._attachments.put(photo_key(shopper, digest), photo)
        uploaded = ReceiptUploaded(
            receipt=receipt,
            shopper=shopper,
            photo_sha256=digest,
            photo_bytes=len(photo),
            source=source,
        )
        stream = receipt_stream(receipt)
        event_id = edge_event_id(stream, "uploaded")
        append = Append(stream=stream, expected=NO_STREAM, events=[(event_id, uploaded)])
        try:
            await self._store.append(append, context=_context(receipt, "shopper"))
        except EventIdReused as reused:
            raise UploadRefused("upload_id_reused") from reused
        return receipt

    async def record_callback(self, callback: ParsedCallback, body: bytes) -> CallbackId:
        """Record an authentic callback; the same body again is the same callback."""
        digest = await self._vault.body_fingerprint(body)
        callback_id = callback_of(digest)
        stream = callback_stream(callback_id)
        if await self._store.read_stream(stream):
            return callback_id
        sealed = await self._vault.seal(SYSTEM, "callback", body)
        with suppress(AttachmentConflict):  # sealed by a delivery a moment ahead of this one
            await self._attachments.put(callback_key(digest), sealed.encode())
        fingerprint = await self._fingerprint(callback.contract_number)
        unusable = {*callback.unusable}
        if callback.contract_number is not None and fingerprint is None:
            unusable.add("phone")
        received = CallbackReceived(
            bill=callback.bill,
            status=callback.status,
            amount_kopecks=callback.amount_kopecks,
            phone_fingerprint=fingerprint,
            comment=callback.comment,
            error_code=callback.error_code,
            body_fingerprint=digest,
            unusable=sorted(unusable),
        )
        event_id = edge_event_id(stream, "received")
        append = Append(stream=stream, expected=NO_STREAM, events=[(event_id, received)])
        await self._store.append(append, context=_context(callback_id, "portmone"))
        return callback_id

    async def _fingerprint(self, contract_number: str | None) -> str | None:
        """Return the fingerprint of a number however it is spelled, None if it is no phone."""
        try:
            number = normalise(contract_number or "")
        except PhoneRefused:
            return None
        return await self._vault.fingerprint(number)

    async def _check_upload(self, shopper: ShopperId, photo: bytes) -> None:
        if not photo:
            raise UploadRefused("empty")
        if len(photo) > PHOTO_BYTES_MAX:
            raise UploadRefused("too_large")
        if photo_format(photo) is None:
            raise UploadRefused("not_an_image")
        facts = [fact.event for fact in await self._store.read_stream(shopper_stream(shopper))]
        if not any(isinstance(fact, ConsentGiven) for fact in facts):
            raise UploadRefused("no_consent")
        if not any(isinstance(fact, PhoneShared) for fact in facts):
            raise UploadRefused("no_phone")


def _context(correlation: str, actor: str) -> Context:
    return Context(correlation_id=correlation, causation_id=None, actor=actor)
