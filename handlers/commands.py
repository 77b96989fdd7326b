"""The one door from the edges: a wish is checked against a stream and becomes a fact.

Each command may be repeated after a crash: the same wish makes the same fact.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal
from uuid import UUID, uuid4, uuid5

import msgspec

from eventstore.attachments import AttachmentConflict, Attachments, callback_key, photo_key
from eventstore.catalogue import (
    CallbackReceived,
    ConsentGiven,
    ForgettingRequested,
    PhoneShared,
    ReceiptUploaded,
)
from eventstore.errors import EventIdReused
from eventstore.identity import (
    BillId,
    CallbackId,
    EventId,
    Kopecks,
    ReceiptId,
    ShopperId,
    callback_of,
    callback_stream,
    edge_event_id,
    sha256_of,
    shopper_stream,
)
from eventstore.people import Leaving, forget_alone
from eventstore.pool import Connection
from eventstore.reasons import checked_reason
from eventstore.store import NO_STREAM, Append, Context, EventStore, Recorded
from eventstore.vault import SYSTEM, KeyDestroyed, Vault
from handlers.judging.terms import policy_now
from handlers.paying.phones import PhoneRefused as PhoneRefused  # noqa: PLC0414 - for edges
from handlers.paying.phones import normalise, supported
from handlers.people.mentions import is_about_somebody_gone
from handlers.people.photos import photo_fault
from handlers.people.standing import Standing, Wish, add_to, standing_now
from handlers.people.uploads import add_upload

UploadRefusal = Literal[
    "empty", "too_large", "not_an_image", "no_consent", "no_phone", "forgetting", "upload_id_reused"
]

#: Root of receipt ids made from upload ids.
_UPLOADS = UUID("6f1d1c1e-5b0a-5a63-9f0d-0c8a5a5b0002")


class CommandError(Exception):
    """Base of every wish that cannot become a fact."""


class UploadRefused(CommandError):
    """The photo was not taken; ``reason`` is a code that edges turn into words."""

    def __init__(self, reason: UploadRefusal) -> None:
        self.reason = reason
        super().__init__(f"the photo was not taken: {reason}")


class ForgettingUnderWay(UploadRefused):
    """The shopper asked to be forgotten; until that is done nothing new is taken from them."""

    def __init__(self) -> None:
        super().__init__("forgetting")


class ShopperUnknown(CommandError):
    """There is no shopper with this id."""

    def __init__(self, shopper: ShopperId) -> None:
        self.shopper = shopper
        super().__init__(f"there is no shopper {shopper!r}; ids stand in `events tail`")


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
        """Record that ``shopper`` agreed to ``text``; the same text again adds nothing.

        Raises ``ForgettingUnderWay``.
        """
        consent = ConsentGiven(
            text_version=text_version, text_sha256=sha256_of(text.encode()), locale=locale
        )
        name = f"consent/{text_version}/{consent.text_sha256}/{locale}"

        async def consent_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            again = f"/{standing.forgotten}" if standing.forgotten else ""
            event_id = edge_event_id(shopper_stream(shopper), name + again)
            known = any(record.event_id == event_id for record in records)
            return None if known else (event_id, consent)

        with _refused_while_leaving():
            await add_to(self._store, shopper, consent_now)

    async def share_phone(self, shopper: ShopperId, phone: str) -> None:
        """Record ``phone`` as the one to top up; the number already in force adds nothing.

        Raises ``PhoneRefused`` for what is not a Ukrainian mobile number, or of an operator that
        the policy does not name, and ``ForgettingUnderWay``.
        """
        number = supported(phone, (await policy_now(self._store)).policy.operators)
        fingerprint = await self._vault.fingerprint(number)

        async def phone_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            if await self._is_in_force(shopper, standing.phone, fingerprint):
                return None
            sealed = await self._vault.seal(shopper, "phone", number.encode())
            before = sum(isinstance(record.event, PhoneShared) for record in records)
            return (
                edge_event_id(shopper_stream(shopper), f"phone/{before}/{fingerprint}"),
                PhoneShared(phone_sealed=sealed, phone_fingerprint=fingerprint),
            )

        with _refused_while_leaving():
            await add_to(self._store, shopper, phone_now)

    async def request_forgetting(self, shopper: ShopperId, *, reason: str) -> None:
        """Record that ``shopper`` wants to be forgotten; a second wish adds nothing.

        Every upload that was taken is committed before, so whoever reacts sees them all. Raises
        ``ShopperUnknown``, ``ReasonTooPersonal``.
        """
        checked = checked_reason(reason)

        async def wish_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            if not records:
                raise ShopperUnknown(shopper)
            if not standing.known:
                return None
            # Not derived: in a restored log the second wish must not look like the lost first one.
            return EventId(uuid4()), ForgettingRequested(reason=checked)

        async def alone(connection: Connection) -> None:
            await forget_alone(connection, shopper)

        with suppress(Leaving):  # it was asked for before
            await add_to(self._store, shopper, wish_now, actor="operator", also=alone)

    async def record_upload(
        self,
        shopper: ShopperId,
        photo: bytes,
        *,
        source: Literal["web", "command", "telegram"],
        upload_id: str,
    ) -> ReceiptId:
        """Keep ``photo`` and record the upload; the same ``upload_id`` again is the same receipt.

        The photo is kept before the fact: a crash between the two leaves a photo that nobody
        mentions, never a fact without its photo. Raises ``UploadRefused``.
        """
        if (fault := photo_fault(photo)) is not None:
            raise UploadRefused(fault)
        seen = await self._check_shopper(shopper)
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
        try:
            with _refused_while_leaving():
                await add_upload(self._store, uploaded, seen=seen)
        except EventIdReused as reused:
            raise UploadRefused("upload_id_reused") from reused
        return receipt

    async def record_callback(self, callback: ParsedCallback, body: bytes) -> CallbackId:
        """Record an authentic callback; the same body again is the same callback.

        The body is kept too, sealed, unless it is about somebody who is or will be forgotten.
        """
        digest = await self._vault.body_fingerprint(body)
        callback_id = callback_of(digest)
        stream = callback_stream(callback_id)
        if await self._store.read_stream(stream):
            return callback_id
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
        if await is_about_somebody_gone(self._store, received):
            await self._attachments.delete(callback_key(digest))  # a delivery cut off kept it
        else:
            sealed = await self._vault.seal(SYSTEM, "callback", body)
            with suppress(AttachmentConflict):  # sealed by a delivery a moment ahead of this one
                await self._attachments.put(callback_key(digest), sealed.encode())
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

    async def _is_in_force(
        self, shopper: ShopperId, phone: PhoneShared | None, fingerprint: str
    ) -> bool:
        """Tell whether that number is the one to top up and opens: a restored log may not know
        of a forgetting whose tombstone it obeyed.
        """
        if phone is None or phone.phone_fingerprint != fingerprint:
            return False
        try:
            await self._vault.open(shopper, "phone", phone.phone_sealed)
        except KeyDestroyed:
            return False
        return True

    async def _check_shopper(self, shopper: ShopperId) -> int:
        """Return the version up to which the shopper's facts allow an upload."""
        with _refused_while_leaving():
            records, standing = await standing_now(self._store, shopper)
        if not standing.consented:
            raise UploadRefused("no_consent")
        if standing.phone is None:
            raise UploadRefused("no_phone")
        return records[-1].version


@contextmanager
def _refused_while_leaving() -> Iterator[None]:
    """Tell in an edge's words that the shopper asked to be forgotten."""
    try:
        yield
    except Leaving as leaving:
        raise ForgettingUnderWay from leaving


def _context(correlation: str, actor: str) -> Context:
    return Context(correlation_id=correlation, causation_id=None, actor=actor)
