"""Hands what came from Telegram to workers, and knows which messages are unfinished.

It takes the place of the library's own queue. Its workers swallow whatever goes wrong, so what
a worker took counts as finished when that worker asks for the next thing, and not when it is
cancelled: cut off work stays unfinished and comes again. What one person wrote is given out one
by one, in the order it was written, and keeps no worker from what others wrote.
"""

import asyncio
from collections import deque
from typing import Any, TypeAlias

from bot.schema import types
from bot.watermark import Watermark

#: An update with the people and the chats it speaks of, by id.
Update: TypeAlias = tuple[Any, dict[int, Any], dict[int, Any]]


class Inbox(asyncio.Queue[Update | None]):
    """Queue of messages to the bot and of pressed buttons; nothing else gets in."""

    def __init__(self) -> None:
        super().__init__()
        self._watermark: Watermark | None = None
        self._live = False
        #: a message was pushed and left to the next difference
        self.passed_over = False
        self._early: list[Update] = []
        self._open = True
        #: by person who has something queued or in hand: what waits behind that
        self._behind: dict[int, deque[Update]] = {}
        self._in_hand: dict[asyncio.Task[object], Update] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, watermark: Watermark) -> None:
        """Go by the word of ``watermark``; pushed messages stay outside until ``go_live``.

        They are younger than what the first difference brings, which comes first.
        """
        self._watermark = watermark

    def go_live(self) -> None:
        """Let in what is pushed."""
        self._live = True
        for item in self._early:
            self._queue_up(item)
        self._early.clear()

    def bring(self, item: Update) -> None:
        """Take in what a difference brought, of which the watermark knows."""
        if self._open:
            self._queue_up(item)

    def close(self) -> None:
        """Let nothing in any more and give nothing out; what workers have in hand goes on."""
        self._open = False
        for waiting in self._behind.values():
            waiting.clear()
        while not self.empty():
            self.get_nowait()

    async def drained(self) -> None:
        """Wait until no worker has anything in hand."""
        await self._idle.wait()

    def put_nowait(self, item: Update | None) -> None:
        """Take ``item`` in if it is for us and new; None tells a worker to end."""
        if item is None:
            super().put_nowait(None)
        elif self._open and self._is_wanted(item):
            self._queue_up(item)

    async def get(self) -> Update | None:
        """Return the next item; what this worker had taken before is finished."""
        worker = asyncio.current_task()
        assert worker is not None, "workers are tasks"
        self._finish(worker)
        item = await super().get()
        if item is not None:
            self._in_hand[worker] = item
            self._idle.clear()
        return item

    def _is_wanted(self, item: Update) -> bool:
        match item[0]:
            case types.UpdateNewMessage(message=message) if is_for_us(message):
                self.passed_over = self.passed_over or not self._live
                return self._live and self._note(message.id)
            case types.UpdateBotCallbackQuery():
                if not self._live:
                    self._early.append(item)
                return self._live
        return False

    def _note(self, message_id: int) -> bool:
        assert self._watermark is not None, "it begins before it goes live"
        return self._watermark.arrived(message_id)

    def _queue_up(self, item: Update) -> None:
        person = _person(item)
        if person in self._behind:
            self._behind[person].append(item)
        else:
            self._behind[person] = deque()
            super().put_nowait(item)

    def _finish(self, worker: "asyncio.Task[object]") -> None:
        item = self._in_hand.pop(worker, None)
        if item is None:
            return
        if isinstance(item[0], types.UpdateNewMessage):
            assert self._watermark is not None, "no message gets in before"
            self._watermark.finished(item[0].message.id)
        if waiting := self._behind[_person(item)]:
            super().put_nowait(waiting.popleft())
        else:
            del self._behind[_person(item)]
        if not self._in_hand:
            self._idle.set()


def _person(item: Update) -> int:
    """Return who wrote the message or pressed the button: their Telegram id."""
    told = item[0]
    if isinstance(told, types.UpdateNewMessage):
        return int(told.message.peer_id.user_id)
    return int(told.user_id)


def is_for_us(message: object) -> bool:
    """Tell whether a person wrote ``message`` to the bot, in a chat of just the two."""
    return (
        isinstance(message, types.Message)
        and not message.out
        and isinstance(message.peer_id, types.PeerUser)
    )
