"""An upload becomes two facts in one append: in its receipt's stream, and in that of its bytes.

The second one makes a photo that comes in again known by its bytes alone, whoever sends it.
"""

from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import PhotoSeen, ReceiptUploaded
from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.identity import edge_event_id, photo_stream, receipt_stream
from eventstore.people import count_alone, join_in, uploads_since
from eventstore.pool import Connection
from eventstore.store import NO_STREAM, RACES_MAX, Append, Context, EventStore
from handlers.wishes import UploadRefused


class Pace(Struct, frozen=True, kw_only=True):
    """How many photos one shopper may send after a moment."""

    uploads_max: int
    since: datetime


async def check_pace(store: EventStore, uploaded: ReceiptUploaded, pace: Pace) -> None:
    """Raise ``UploadRefused`` if ``uploaded`` is surely one too many: before its photo is kept.

    What stands in the log already is never too many.
    """
    sent = await uploads_since(store, uploaded.shopper, pace.since)
    if sent >= pace.uploads_max and not await _is_recorded(store, uploaded):
        raise UploadRefused("too_many")


async def add_upload(
    store: EventStore, uploaded: ReceiptUploaded, *, seen: int, pace: Pace
) -> None:
    """Append ``uploaded`` and that its bytes were seen; the same upload again adds nothing.

    ``seen`` is the version up to which the shopper's stream was read. Raises ``EventIdReused``
    when another upload stands in the receipt's stream, ``UploadRefused`` when it is one too many
    for ``pace``, however many come at once, ``Leaving``, ``LogUnavailable``.
    """
    context = Context(correlation_id=uploaded.receipt, causation_id=None, actor="shopper")

    async def also(connection: Connection) -> None:
        await join_in(connection, uploaded.shopper, seen=seen)
        if await count_alone(connection, uploaded.shopper, pace.since) > pace.uploads_max:
            raise UploadRefused("too_many")

    end = NO_STREAM  # of the stream of the bytes: hardly any photo comes in twice
    for _ in range(RACES_MAX):
        try:
            await store.append_with(*_appends(uploaded, end), context=context, also=also)
            return
        except (EventIdReused, UploadRefused):
            if not await _is_recorded(store, uploaded):
                raise
            return
        except WrongExpectedVersion as late:
            if late.stream != photo_stream(uploaded.photo_sha256) or late.actual is None:
                raise
            end = late.actual
    raise LogUnavailable("this photo comes in without pause; try again")


def _appends(uploaded: ReceiptUploaded, end: int) -> list[Append]:
    receipt, photo = receipt_stream(uploaded.receipt), photo_stream(uploaded.photo_sha256)
    seen = PhotoSeen(receipt=uploaded.receipt, shopper=uploaded.shopper)
    first = (edge_event_id(receipt, "uploaded"), uploaded)
    second = (edge_event_id(photo, f"seen/{uploaded.receipt}"), seen)
    return [
        Append(stream=receipt, expected=NO_STREAM, events=[first]),
        Append(stream=photo, expected=end, events=[second]),
    ]


async def _is_recorded(store: EventStore, uploaded: ReceiptUploaded) -> bool:
    """Tell whether this very upload stands in the log: older ones left no trace of their bytes."""
    story = await store.read_stream(receipt_stream(uploaded.receipt))
    return bool(story) and story[0].event == uploaded
