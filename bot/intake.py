"""Photos of receipts: downloaded, recorded, or declined with the reason."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from pyrogram.errors import FloodWait
from pyrogram.errors.rpc_error import RPCError
from pyrogram.types import Message

from bot.connection.verdicts import passes
from bot.errors import MustWait
from bot.onboarding import written_at
from bot.writer import Writer
from eventstore.attachments import AttachmentsUnavailable
from eventstore.catalogue import PhotoRefusal
from eventstore.store import now_utc
from handlers.commands import Commands, UploadRefused

log = structlog.get_logger()

#: The largest photo, as every edge promises it.
PHOTO_BYTES_MAX = 10 * 1024 * 1024
#: Photos in memory at once: a dyno has 512 MB, and what waits outside is only a message.
PHOTOS_AT_ONCE = 4
#: Photos that wait for a store that is away: each is downloaded anew whenever it is tried. One
#: more is asked for anew, by its shopper.
PHOTOS_WAITING_MAX = 8
#: A file that Telegram does not give after so many tries is asked for anew, by the shopper.
TRIES_MAX = 5
#: Between two tries.
PAUSE_SECONDS = 2.0
#: What was written so long ago comes late: that others come with it is not its writer's doing.
LATE = timedelta(minutes=1)
#: Between two looks whether a late photo is still one too many for its minute.
PACE_PAUSE_SECONDS = 10.0
#: Kinds of files that are surely no photo; what says nothing, as some phones do, is looked at.
OTHER_KINDS, UNNAMED = ("application/", "audio/", "text/", "video/"), "application/octet-stream"
#: Reasons that pass, though not for the photos of an album which was declined for one of them.
PASSING: tuple[PhotoRefusal, ...] = ("no_consent", "no_phone", "forgetting", "too_many")

#: Returns the file of a message.
Download = Callable[[Message], Awaitable[bytes | None]]


class NotGiven(Exception):
    """Telegram does not give the file that it announced."""


class Intake:
    """Takes pictures."""

    def __init__(self, *, commands: Commands, download: Download) -> None:
        self._commands = commands
        self._download = download
        self._room = asyncio.Semaphore(PHOTOS_AT_ONCE)
        #: until then, by the loop's clock, Telegram wants to be asked for no file
        self._flood_until = 0.0
        #: wishes of photos that come again until the store is back
        self._waiting: set[str] = set()

    async def take(self, writer: Writer, message: Message) -> None:
        """Record the photo as an upload, or that it was declined and why.

        What was declined before stays declined, whatever became possible since. Raises
        ``MustWait``, and what passes by itself.
        """
        albums = [_wish_of(writer, message, reason) for reason in PASSING]
        if await self._commands.heard(writer.shopper, writer.wish, *albums):
            return
        refusal = refusal_of(message)
        if refusal is None:
            refusal = (
                await self._recorded(writer, message) if writer.now.consented else "no_consent"
            )
        if refusal is not None:
            await self._decline(writer, message, refusal)
        self._waiting.discard(writer.wish)

    async def _recorded(self, writer: Writer, message: Message) -> PhotoRefusal | None:
        """Record the photo as an upload; return why it is declined instead, None if it is not."""
        try:
            await self._record(writer, message)
        except UploadRefused as refused:
            if refused.reason == "too_many" and now_utc() - written_at(message) > LATE:
                raise MustWait(PACE_PAUSE_SECONDS) from refused
            return refused.reason
        except NotGiven:
            return "unavailable"
        except AttachmentsUnavailable:
            if self._may_wait(writer.wish):
                raise
            return "unavailable"
        return None

    def _may_wait(self, wish: str) -> bool:
        if wish not in self._waiting and len(self._waiting) >= PHOTOS_WAITING_MAX:
            return False
        self._waiting.add(wish)
        return True

    async def _record(self, writer: Writer, message: Message) -> None:
        """Record the photo as an upload; raises ``NotGiven`` after ``TRIES_MAX`` tries.

        Between two of them the room is somebody else's. While a photo is in memory others wait
        for its room, so that what can be asked before is.
        """
        upload_id = f"telegram/{writer.user_id}/{writer.wish}"
        for _ in range(TRIES_MAX):
            admission = await self._commands.check_upload(writer.shopper, upload_id=upload_id)
            async with self._room:
                photo = await self._downloaded(message)
                if photo is not None:
                    await self._commands.record_upload(
                        writer.shopper,
                        photo,
                        source="telegram",
                        upload_id=upload_id,
                        admission=admission,
                    )
                    return
            await asyncio.sleep(PAUSE_SECONDS)
        raise NotGiven

    async def _downloaded(self, message: Message) -> bytes | None:
        """Return the file, None when Telegram does not give it.

        Raises what passes by itself, such as a lost connection: the photo waits for its end, and
        for that of a flood with all others.
        """
        now = asyncio.get_running_loop().time
        if (seconds := self._flood_until - now()) > 0:
            raise MustWait(seconds)
        try:
            return await self._download(message)
        except FloodWait as told:
            seconds = float(str(told.value))
            self._flood_until = now() + seconds
            raise MustWait(seconds) from told
        except (RPCError, TimeoutError) as trouble:
            if passes(trouble):
                raise
            log.warning("photo.not_given", error=type(trouble).__name__)
            return None

    async def _decline(self, writer: Writer, message: Message, reason: PhotoRefusal) -> None:
        """Say why, once for an album: its photos come one by one."""
        await self._commands.decline_photo(
            writer.shopper,
            reason,
            message=writer.message,
            wish=_wish_of(writer, message, reason),
        )


def _wish_of(writer: Writer, message: Message, reason: PhotoRefusal) -> str:
    """Return as which wish a photo is declined: all of an album for one reason are one."""
    album = message.media_group_id
    return writer.wish if album is None else f"album/{album}/{reason}"


def is_file(message: Message) -> bool:
    """Tell whether something was sent that may be meant as a photo of a receipt."""
    return message.photo is not None or message.document is not None


def refusal_of(message: Message) -> PhotoRefusal | None:
    """Return why a file need not be downloaded at all, None when it may be a photo."""
    if message.document is not None:
        kind = message.document.mime_type or UNNAMED
        if kind != UNNAMED and kind.startswith(OTHER_KINDS):
            return "not_an_image"
        size = message.document.file_size
    else:
        assert message.photo is not None, "asked of files only"
        size = message.photo.file_size
    return "too_large" if (size or 0) > PHOTO_BYTES_MAX else None
