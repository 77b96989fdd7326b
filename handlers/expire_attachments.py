"""ReceiptUploaded | CallbackReceived, 90 days later -> PhotoExpired | BodyExpired, and deletes.

The fact comes first: of two receipts with the same bytes whichever expires last sees that the
other one has, and deletes. Until this work is finished it is done again, so whatever dies on the
way, all of it is deleted in the end. What is not finished keeps its photo: a person, or Portmone,
may still ask what it shows.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from eventstore.attachments import (
    KEPT,
    AttachmentMissing,
    Attachments,
    AttachmentsUnavailable,
    callback_key,
    photo_key,
    words_key,
)
from eventstore.catalogue import (
    BodyExpired,
    CallbackReceived,
    Event,
    PhotoExpired,
    ReceiptRead,
    ReceiptReferred,
    ReceiptUnreadable,
    ReceiptUploaded,
)
from eventstore.identity import ReceiptId, Sha256, receipt_stream
from eventstore.people import named_elsewhere
from eventstore.store import Append, EventStore, Recorded, now_utc
from eventstore.worklist import Work
from handlers.judging.receipt_steps import last_decision
from handlers.people.mentions import payouts_named
from handlers.people.under_way import open_of

log = structlog.get_logger()

#: Something is still open: a person takes hours or days.
LOOK_SECONDS = 3_600.0
#: The attachments are away.
AWAY_SECONDS = 60.0


class ExpireAttachments:
    """Deletes what receipts and callbacks named, once it is old and nothing is open any more."""

    name = "expire_attachments"
    #: Three deletions of a store that is slow, with all its tries.
    time_limit_seconds = 300.0

    def __init__(
        self,
        *,
        store: EventStore,
        attachments: Attachments,
        pays: bool,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Delete from ``attachments``; ``pays`` tells whether the pay step is on."""
        self._store = store
        self._attachments = attachments
        self._pays = pays
        self._clock = clock

    async def handle(self, work: Work) -> None:
        """Say that the time is over and delete, or look again later."""
        seconds_left = (work.event.recorded_at + KEPT - self._clock()).total_seconds()
        if seconds_left > 0:
            return await work.retry_later(min(seconds_left, LOOK_SECONDS))
        try:
            match work.event.event:
                case ReceiptUploaded() as uploaded:
                    await self._expire_photo(work, uploaded)
                case CallbackReceived() as heard:
                    await self._expire_body(work, heard)
        except AttachmentsUnavailable as away:
            log.warning("attachments.expiry_waits", error=str(away))
            await work.retry_later(AWAY_SECONDS)

    async def _expire_photo(self, work: Work, uploaded: ReceiptUploaded) -> None:
        story = await self._store.read_stream(work.event.stream)
        # Looked at after its story was read: what befalls it meanwhile makes the append fail.
        if await self._is_in_use(uploaded.receipt):
            return await work.retry_later(LOOK_SECONDS)
        await self._say(work, story, PhotoExpired())
        photos, words = _named_by(uploaded, story)
        elsewhere = await named_elsewhere(self._store, uploaded, [*photos, *words])
        gone = [
            *(photo_key(uploaded.shopper, each) for each in photos[1:] if each not in elsewhere),
            *(words_key(uploaded.shopper, each) for each in words if each not in elsewhere),
        ]
        for key in gone:
            await self._attachments.delete(key)
        if is_last := uploaded.photo_sha256 not in elsewhere:
            await self._delete_photo(uploaded)
        log.info("photo.expired", receipt=uploaded.receipt, attachments=len(gone) + is_last)
        return await work.finish()

    async def _delete_photo(self, uploaded: ReceiptUploaded) -> None:
        """Delete the photo, and put it back if the same bytes were sent again in that moment."""
        key = photo_key(uploaded.shopper, uploaded.photo_sha256)
        try:
            photo = await self._attachments.get(key)
        except AttachmentMissing:
            return  # by a worker that was cut off
        await self._attachments.delete(key)
        if await named_elsewhere(self._store, uploaded, [uploaded.photo_sha256]):
            await self._attachments.put(key, photo)
            log.info("photo.came_again", receipt=uploaded.receipt)

    async def _expire_body(self, work: Work, heard: CallbackReceived) -> None:
        (payout,) = await payouts_named(self._store, [heard])
        if payout is not None and await self._is_in_use(payout.receipt):
            return await work.retry_later(LOOK_SECONDS)
        await self._say(work, await self._store.read_stream(work.event.stream), BodyExpired())
        await self._attachments.delete(callback_key(heard.body_fingerprint))
        return await work.finish()

    async def _is_in_use(self, receipt: ReceiptId) -> bool:
        """Tell whether somebody may still have to look at the photo."""
        if await open_of(self._store, receipt, pays=self._pays) is not None:
            return True
        story = await self._store.read_stream(receipt_stream(receipt))
        return isinstance(last_decision(story), ReceiptReferred)

    async def _say(self, work: Work, told: Sequence[Recorded], expired: Event) -> None:
        if any(isinstance(fact.event, type(expired)) for fact in told):
            return  # by a worker that was cut off before it had deleted
        fact = work.fact(expired, ordinal=0)
        stream, last = work.event.stream, told[-1].version
        await work.append(Append(stream=stream, expected=last, events=[fact]))


def _named_by(
    uploaded: ReceiptUploaded, story: Sequence[Recorded]
) -> tuple[list[Sha256], list[Sha256]]:
    """Return the hashes of a receipt's photo and previews, and of its words."""
    told = [fact.event for fact in story if isinstance(fact.event, ReceiptRead | ReceiptUnreadable)]
    previews = [each.preview_sha256 for each in told if each.preview_sha256 is not None]
    words = [each.words_sha256 for each in told if isinstance(each, ReceiptRead)]
    return [uploaded.photo_sha256, *previews], words
