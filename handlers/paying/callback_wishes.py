"""What Portmone tells: a callback becomes a fact before anything is concluded from it."""

from contextlib import suppress
from typing import Literal

import msgspec

from eventstore.attachments import AttachmentConflict, callback_key
from eventstore.catalogue import CallbackReceived
from eventstore.identity import (
    BillId,
    CallbackId,
    Kopecks,
    callback_of,
    callback_stream,
    edge_event_id,
)
from eventstore.store import NO_STREAM, Append
from eventstore.vault import SYSTEM
from handlers.paying.phones import PhoneRefused, normalise
from handlers.people.mentions import is_about_somebody_gone
from handlers.wishes import Wishes, context_of


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


class CallbackWishes(Wishes):
    """What Portmone may tell."""

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
        await self._store.append(append, context=context_of(callback_id, "portmone"))
        return callback_id

    async def _fingerprint(self, contract_number: str | None) -> str | None:
        """Return the fingerprint of a number however it is spelled, None if it is no phone."""
        try:
            number = normalise(contract_number or "")
        except PhoneRefused:
            return None
        return await self._vault.fingerprint(number)
