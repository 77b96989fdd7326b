"""Hands what came from Telegram to workers, and knows which messages are unfinished.

It takes the place of the library's own queue. Its workers swallow whatever goes wrong, so what
a worker took counts as finished when that worker asks for the next thing, and not when it is
cancelled: cut off work stays unfinished and comes again. What one person wrote is given out one
by one, in the order it was written, and keeps no worker from what others wrote. What takes long,
as photos do, is set aside: its writer's next words wait for it, no worker does.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import structlog

from bot.connection.callbacks import LetsIn
from bot.connection.schema import types
from bot.connection.watermark import Watermark

log = structlog.get_logger()

#: An update with the people and the chats it speaks of, by id.
Update: TypeAlias = tuple[Any, dict[int, Any], dict[int, Any]]
#: Is told of a press by its id, with the event that is set when it is done with.
OnPress: TypeAlias = Callable[[int, asyncio.Event], None]

#: With so much inside no difference is asked for, which brings up to 1000 messages more, and
#: pushed messages are left to that: an outage's backlog would not fit into memory.
INSIDE_MAX = 5_000
#: Presses are in no difference, so that there is more room for them.
PRESSED_INSIDE_MAX = 10_000


class Inbox(asyncio.Queue[Update | None]):
    """Queue of messages to the bot and of pressed buttons; nothing else gets in."""

    def __init__(self, on_press: OnPress, lets_in: LetsIn) -> None:
        """Begin empty; ``on_press`` is told of each pressed button.

        ``lets_in`` is asked once about all that is new: what it drops is done with.
        """
        super().__init__()
        self._lets_in = lets_in
        self._on_press = on_press
        #: by id of a press: set when it is done with
        self._presses: dict[int, asyncio.Event] = {}
        self._watermark: Watermark | None = None
        self._live = False
        #: a message was pushed and left to the next difference
        self.passed_over = False
        self._early: list[Update] = []
        #: whether anything is let in
        self.is_open = True
        #: by person who has something queued or in hand: what waits behind that
        self._behind: dict[int, deque[Update]] = {}
        self._in_hand: dict[asyncio.Task[Any], Update] = {}
        #: work that goes on beside the workers, at most one for each person
        self.aside: set[asyncio.Task[None]] = set()
        #: items that are queued, wait or are in hand
        self._inside = 0
        self._idle = asyncio.Event()
        self._roomy = asyncio.Event()
        self._count(0)

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
        if self.is_open and self._is_let_in(item):
            self._queue_up(item)

    def close(self) -> None:
        """Let nothing in any more; what workers have in hand goes on, and what was pressed.

        Messages that wait come again at the next start, presses do not.
        """
        self.is_open = False
        self.go_live()
        queued = [self.get_nowait() for _ in range(self.qsize())]
        for waiting in self._behind.values():
            presses = [item for item in waiting if _is_press(item)]
            self._count(len(presses) - len(waiting))
            waiting.clear()
            waiting.extend(presses)
        for item in filter(None, queued):
            if _is_press(item):
                super().put_nowait(item)
            else:
                self._count(-1)
                self._give_next(_person(item))

    async def drained(self) -> None:
        """Wait until workers have nothing in hand, and nothing more to do."""
        await self._idle.wait()

    async def room(self) -> None:
        """Wait until more may be brought in."""
        await self._roomy.wait()

    def put_nowait(self, item: Update | None) -> None:
        """Take ``item`` in if it is for us and new; None tells a worker to end."""
        if item is None:
            super().put_nowait(None)
        elif self.is_open and self._is_wanted(item):
            self._queue_up(item)

    async def get(self) -> Update | None:
        """Return the next item; what this worker had taken before is finished."""
        worker = asyncio.current_task()
        assert worker is not None, "workers are tasks"
        self._finish(worker)
        item = await super().get()
        if item is not None:
            self._in_hand[worker] = item
        return item

    def set_aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let the worker that asks go on while ``work`` ends what it has in hand.

        That counts as finished when ``work`` ends, and not when it is cancelled.
        """
        worker = asyncio.current_task()
        assert worker is not None, "workers are tasks"
        task = asyncio.create_task(work)
        self._in_hand[task] = self._in_hand.pop(worker)
        self.aside.add(task)
        task.add_done_callback(self._end_aside)

    def _end_aside(self, task: asyncio.Task[None]) -> None:
        self.aside.discard(task)
        if not task.cancelled():
            self._finish(task)

    def _is_wanted(self, item: Update) -> bool:
        match item[0]:
            case types.UpdateNewMessage(message=message) if is_for_us(message):
                self.passed_over = self.passed_over or not self._live
                # without room it is left to a difference, which waits for that
                fits = self._live and self._roomy.is_set()
                return fits and self._note(message.id) and self._is_let_in(item)
            case types.UpdateBotCallbackQuery(query_id=query_id):
                if self._inside + len(self._early) >= PRESSED_INSIDE_MAX:
                    return False
                self._presses[query_id] = asyncio.Event()
                self._on_press(query_id, self._presses[query_id])
                if not self._is_let_in(item):
                    return False
                if not self._live:
                    self._early.append(item)
                return self._live
        return False

    def _is_let_in(self, item: Update) -> bool:
        told, album = item[0], None
        at = time.time()
        if not _is_press(item):
            at, album = told.message.date, told.message.grouped_id
        if self._lets_in(_person(item), at, album):
            return True
        log.warning("telegram.too_much_of_one")
        self._done_with(item)
        return False

    def _note(self, message_id: int) -> bool:
        assert self._watermark is not None, "it begins before it goes live"
        return self._watermark.arrived(message_id)

    def _queue_up(self, item: Update) -> None:
        person = _person(item)
        self._count(1)
        if person in self._behind:
            self._behind[person].append(item)
        else:
            self._behind[person] = deque()
            super().put_nowait(item)

    def _finish(self, worker: asyncio.Task[Any]) -> None:
        item = self._in_hand.pop(worker, None)
        if item is None:
            return
        self._count(-1)
        self._done_with(item)
        self._give_next(_person(item))

    def _done_with(self, item: Update) -> None:
        if _is_press(item):
            if done := self._presses.pop(item[0].query_id, None):
                done.set()
        else:
            assert self._watermark is not None, "no message gets in before"
            self._watermark.finished(item[0].message.id)

    def _give_next(self, person: int) -> None:
        if waiting := self._behind[person]:
            super().put_nowait(waiting.popleft())
        else:
            del self._behind[person]

    def _count(self, more: int) -> None:
        self._inside += more
        for event, holds in ((self._idle, 0), (self._roomy, INSIDE_MAX - 1)):
            if self._inside <= holds:
                event.set()
            else:
                event.clear()


def _is_press(item: Update) -> bool:
    return isinstance(item[0], types.UpdateBotCallbackQuery)


def _person(item: Update) -> int:
    """Return who wrote the message or pressed the button: their Telegram id."""
    told = item[0]
    return int(told.user_id if _is_press(item) else told.message.peer_id.user_id)


def is_for_us(message: object) -> bool:
    """Tell whether a person wrote ``message`` to the bot, in a chat of just the two."""
    return (
        isinstance(message, types.Message)
        and not message.out
        and isinstance(message.peer_id, types.PeerUser)
    )
