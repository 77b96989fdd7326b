"""The library's client, which reads everything once.

The library moves its place with every push, whether or not a push before it got lost on the
way. Here a push is a hint: it is handled at once, but only a difference, which leaves nothing
out, moves the place that is kept.
"""

import asyncio
from contextlib import suppress
from io import BytesIO
from typing import Any

import pyrogram
import structlog
from pyrogram.errors import PersistentTimestampEmpty, PersistentTimestampInvalid
from pyrogram.errors.rpc_error import RPCError
from pyrogram.handlers import CallbackQueryHandler
from pyrogram.types import CallbackQuery, Message, User

from bot.connection.callbacks import LetsIn
from bot.connection.heeding import heeding
from bot.connection.inbox import Inbox, is_for_us
from bot.connection.lines import Lines
from bot.connection.schema import functions, types
from bot.connection.watermark import Place, Progress, Watermark

log = structlog.get_logger()

#: Pushes whose content the library can give to workers; others only say that there is news.
WITH_CONTENT = (types.Updates, types.UpdatesCombined, types.UpdateShort)
#: A press is answered after it became a fact, and at the latest after this: people press again.
PRESS_SECONDS_MAX = 0.8
#: Differences read in a row: Telegram gives up to 1000 messages in each.
SLICES_MAX = 10_000
#: A file of 10 MB comes in seconds; the library's session for files may be dead, unknown to it:
#: after a lost connection it was seen to wait for minutes, and for ever.
DOWNLOAD_SECONDS_MAX = 30.0


class BotClient(pyrogram.Client):
    """A client whose workers get each message once, however it came."""

    def __init__(self, *, lets_in: LetsIn, **named: Any) -> None:
        """Make a client from the library's own arguments; ``lets_in`` as the inbox has it."""
        super().__init__(**named, skip_updates=True, no_updates=False)
        self.lines = Lines(self.connection_factory)
        self.connection_factory: Any = self.lines
        self.inbox = Inbox(self._hear, lets_in)
        self.dispatcher.updates_queue = self.inbox
        parsers: dict[Any, Any] = self.dispatcher.update_parsers
        parsers[types.UpdateBotCallbackQuery] = self._press_of
        self.watermark: Watermark | None = None
        #: something was pushed since the last difference
        self.news = asyncio.Event()
        #: ... or may have been, and only a difference tells what
        self.behind = asyncio.Event()
        self._reading = asyncio.Lock()
        self._answering: set[asyncio.Future[None]] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    async def here(self, *, answer_seconds: float) -> Progress:
        """Return the place of a bot that never read anything: what is written from now on."""
        async with asyncio.timeout(answer_seconds):
            state: Any = await heeding(self.invoke(functions.updates.GetState()))
        return Progress(Place(state.pts, state.qts, state.date), ())

    async def begin(self, kept: Progress, *, answer_seconds: float) -> None:
        """Read what came since ``kept`` and go on with what is pushed; raises as ``catch_up``."""
        here = await self.here(answer_seconds=answer_seconds)
        if here.place.pts < kept.place.pts:
            log.error("telegram.place_unknown", kept=kept.place.pts, theirs=here.place.pts)
            kept = here
        self.watermark = Watermark(kept)
        self.inbox.begin(self.watermark)
        await self.catch_up(answer_seconds=answer_seconds)
        self.inbox.go_live()
        if self.inbox.passed_over:
            await self.catch_up(answer_seconds=answer_seconds)

    async def handle_updates(self, updates: object) -> None:
        """Take what Telegram pushed."""
        if isinstance(updates, WITH_CONTENT):
            library: Any = super()
            await library.handle_updates(updates)
        else:
            self.behind.set()
        self.news.set()

    def _hear(self, query_id: int, done: asyncio.Event) -> None:
        answering = asyncio.ensure_future(self._answer(query_id, done))
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer(self, query_id: int, done: asyncio.Event) -> None:
        """End the wheel that turns on a button: when the press is a fact, or soon anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PRESS_SECONDS_MAX):
                await done.wait()
        answer = functions.messages.SetBotCallbackAnswer(query_id=query_id, cache_time=0)
        with suppress(RPCError, OSError, TimeoutError):  # too late, it only leaves the wheel
            await self.invoke(answer)

    async def downloaded(self, message: Message) -> bytes | None:
        """Return the file of ``message``, None when there is none.

        Raises what the library raises, ``TimeoutError`` after ``DOWNLOAD_SECONDS_MAX``; the next
        try has a session of its own then.
        """
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS_MAX):
                content = await heeding(message.download(in_memory=True))
        except TimeoutError:
            self._leave_media_sessions()
            raise
        return content.getvalue() if isinstance(content, BytesIO) else None

    def _leave_media_sessions(self) -> None:
        sessions = [*self.media_sessions.values()]
        self.media_sessions.clear()
        for session in sessions:
            leaving = asyncio.create_task(session.stop())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _press_of(
        self, update: Any, _users: object, _chats: object
    ) -> tuple[CallbackQuery, type[CallbackQueryHandler]]:
        """Read a press from what was pushed alone.

        The library would ask Telegram for the message under the button, for each press, before
        anybody could say that there were too many.
        """
        press = CallbackQuery(
            client=self,
            id=str(update.query_id),
            from_user=User(client=self, id=update.user_id),
            message=Message(client=self, id=update.msg_id),
            chat_instance=str(update.chat_instance),
            data=(update.data or b"").decode(errors="replace"),
        )
        return press, CallbackQueryHandler

    def may_be_behind(self) -> None:
        """Have a difference read soon: a push may have been lost."""
        self.behind.set()
        self.news.set()

    async def catch_up(self, *, answer_seconds: float) -> None:
        """Hand everything to workers that came since the last difference and was not pushed.

        However much that is, it is taken in as fast as it is worked on. Raises ``TimeoutError``
        when one difference is not answered in ``answer_seconds``, and what the library raises.
        """
        if self.watermark is None:
            return
        async with self._reading:
            for _ in range(SLICES_MAX):
                await self.inbox.room()
                self.news.clear()
                self.behind.clear()
                if await self._read_slice(self.watermark, answer_seconds):
                    return

    async def _read_slice(self, watermark: Watermark, answer_seconds: float) -> bool:
        """Read one difference; tell whether it was the last one."""
        asked = watermark.newest
        try:
            ask = functions.updates.GetDifference(pts=asked.pts, qts=asked.qts, date=asked.date)
            async with asyncio.timeout(answer_seconds):
                found: Any = await heeding(self.invoke(ask))
        except (PersistentTimestampEmpty, PersistentTimestampInvalid):
            here = await self.here(answer_seconds=answer_seconds)
            log.error("telegram.place_unknown", kept=asked.pts, theirs=here.place.pts)
            if here.place.pts == asked.pts:
                raise  # asking from there again would be refused again
            watermark.read(here.place, ())
            return False
        match found:
            case types.updates.DifferenceEmpty():
                watermark.read(asked._replace(date=found.date), ())
                return True
            case types.updates.DifferenceTooLong():
                log.error("telegram.messages_dropped_by_telegram", pts=found.pts)
                watermark.read(asked._replace(pts=found.pts), ())
                return False
            case types.updates.Difference():
                self._hand_over(watermark, found.state, found)
                return True
            case _:  # a slice
                self._hand_over(watermark, found.intermediate_state, found)
                return watermark.newest.pts == asked.pts

    def _hand_over(self, watermark: Watermark, state: Any, found: Any) -> None:
        users = {user.id: user for user in found.users}
        chats = {chat.id: chat for chat in found.chats}
        messages = {message.id: message for message in found.new_messages if is_for_us(message)}
        place = Place(state.pts, state.qts, state.date)
        for message_id in watermark.read(place, list(messages)):
            update = types.UpdateNewMessage(
                message=messages[message_id], pts=state.pts, pts_count=0
            )
            self.inbox.bring((update, users, chats))
