"""A photo that a shopper sends becomes a receipt."""

from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid5

from msgspec import Struct

from eventstore.attachments import photo_key
from eventstore.catalogue import ReceiptUploaded
from eventstore.errors import EventIdReused
from eventstore.identity import ReceiptId, ShopperId, receipt_stream, sha256_of
from eventstore.people import uploads_since
from handlers.judging.terms import policy_now
from handlers.people.photos import photo_fault
from handlers.people.standing import standing_now
from handlers.people.uploads import Pace, add_upload, check_pace
from handlers.wishes import UploadRefused, Wishes, refused_while_leaving

#: Root of receipt ids made from upload ids.
_UPLOADS = UUID("6f1d1c1e-5b0a-5a63-9f0d-0c8a5a5b0002")
#: Of ``Limits.uploads_per_minute_max``.
_MINUTE = timedelta(seconds=60)


class Admission(Struct, frozen=True, kw_only=True):
    """What was found out about a shopper before their photo was fetched."""

    shopper: ShopperId
    #: the version up to which the shopper's facts allow an upload
    seen: int
    #: how many photos they may send in a minute
    uploads_max: int


class UploadWishes(Wishes):
    """What shoppers may send."""

    async def check_upload(self, shopper: ShopperId, *, upload_id: str) -> Admission:
        """Raise ``UploadRefused`` if a photo would surely be refused: before it is fetched.

        What was recorded is never too many.
        """
        seen = await self._check_shopper(shopper)
        pace = await self._pace()
        if await uploads_since(self._store, shopper, pace.since) >= pace.uploads_max:
            stream = receipt_stream(_receipt_of(shopper, upload_id))
            if not await self._store.read_lasts([stream]):
                raise UploadRefused("too_many")
        return Admission(shopper=shopper, seen=seen, uploads_max=pace.uploads_max)

    async def record_upload(
        self,
        shopper: ShopperId,
        photo: bytes,
        *,
        source: Literal["web", "command", "telegram"],
        upload_id: str,
        admission: Admission | None = None,
    ) -> ReceiptId:
        """Keep ``photo`` and record the upload; the same ``upload_id`` again is the same receipt.

        The photo is kept before the fact: a crash between the two leaves a photo that nobody
        mentions, never a fact without its photo. Raises ``UploadRefused``; a repeated upload is
        never one too many. What ``check_upload`` gave as ``admission`` a moment ago is not asked
        for again: who wanted to be forgotten since, or sent too many, is refused all the same, as
        the fact is recorded.
        """
        if (fault := photo_fault(photo)) is not None:
            raise UploadRefused(fault)
        receipt = _receipt_of(shopper, upload_id)
        digest = sha256_of(photo)
        uploaded = ReceiptUploaded(
            receipt=receipt,
            shopper=shopper,
            photo_sha256=digest,
            photo_bytes=len(photo),
            source=source,
        )
        if admission is None:
            admission = await self._admitted(uploaded)
        assert admission.shopper == shopper, "one shopper's admission is no other's"
        await self._attachments.put(photo_key(shopper, digest), photo)
        pace = self._pace_of(admission.uploads_max)
        try:
            with refused_while_leaving():
                await add_upload(self._store, uploaded, seen=admission.seen, pace=pace)
        except EventIdReused as reused:
            raise UploadRefused("upload_id_reused") from reused
        return receipt

    async def _admitted(self, uploaded: ReceiptUploaded) -> Admission:
        seen = await self._check_shopper(uploaded.shopper)
        pace = await self._pace()
        await check_pace(self._store, uploaded, pace)
        return Admission(shopper=uploaded.shopper, seen=seen, uploads_max=pace.uploads_max)

    async def _pace(self) -> Pace:
        limits = (await policy_now(self._store)).policy.limits
        return self._pace_of(limits.uploads_per_minute_max)

    def _pace_of(self, uploads_max: int) -> Pace:
        return Pace(uploads_max=uploads_max, since=self._clock() - _MINUTE)

    async def _check_shopper(self, shopper: ShopperId) -> int:
        """Return the version up to which the shopper's facts allow an upload."""
        with refused_while_leaving():
            records, standing = await standing_now(self._store, shopper)
        if not standing.consented:
            raise UploadRefused("no_consent")
        if standing.phone is None:
            raise UploadRefused("no_phone")
        return records[-1].version


def _receipt_of(shopper: ShopperId, upload_id: str) -> ReceiptId:
    return ReceiptId(str(uuid5(_UPLOADS, f"{shopper}/{upload_id}")))
