"""One start of the client and its end.

The library's own stop may wait for ever, so a client is ended piece by piece, each within a
time: nothing more comes in, workers finish or are cut off, the sockets are closed for good.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from pyrogram.errors import AuthKeyDuplicated, FloodWait, Unauthorized
from pyrogram.errors.rpc_error import RPCError

from bot.connection.client import BotClient
from bot.connection.lines import CLOSE_SECONDS
from bot.connection.storage import PostgresStorage
from bot.errors import KeyUnknown, SittingOver, StartUnanswered
from eventstore.errors import EventStoreError

log = structlog.get_logger()

#: Differences that fail one after another before the client is begun anew.
FAILURES_MAX = 3


class Times(NamedTuple):
    """How patient a sitting is, in seconds."""

    #: for a start: it makes a key, logs in and asks who we are
    start: float = 60.0
    #: longest time without a difference: a silent death is noticed by it
    watchdog: float = 60.0
    #: for the answer to a difference
    answer: float = 30.0
    #: from a push to the difference that lets the kept place move past it
    settle: float = 5.0
    #: between two looks whether there is something to keep
    save: float = 1.0
    #: for work in hand when we are told to stop; what is cut off comes again
    drain: float = 5.0
    #: for keeping how far everything became a fact, when we are told to stop
    last_save: float = 2.0
    #: for the library's sessions to end
    end: float = 2.0

    @property
    def stop(self) -> float:
        """The longest that a stop takes; what a service gives back comes on top."""
        return self.drain + self.last_save + CLOSE_SECONDS + self.end


class Sitting:
    """A client from its start to its end; not used again after that."""

    def __init__(self, *, client: BotClient, storage: PostgresStorage, times: Times) -> None:
        """Use ``client``, which keeps itself in ``storage``."""
        self.client = client
        self.storage = storage
        self._times = times

    async def connect(self) -> None:
        """Connect, and log in if there is no session.

        Raises ``KeyUnknown``, ``StartUnanswered``, and what the library raises.
        """
        try:
            async with asyncio.timeout(self._times.start):
                await first_to_end(self.client.start(), self._key_unknown())
        except TimeoutError as late:
            if self.client.lines.reached:
                raise StartUnanswered("Telegram took the connection and said nothing") from late
            raise
        await self.storage.save()

    async def begin(self) -> None:
        """Read what was written meanwhile, and let in what comes from now on.

        That may take long; how far it came is kept all the while. Raises ``TimeoutError`` when
        Telegram leaves a question unanswered.
        """
        await first_to_end(self._begin(), self._keep_saving(), self._key_unknown())
        await self.save()

    async def serve(self) -> None:
        """Keep reading and saving until cancelled; raises why that is no longer possible."""
        await first_to_end(self._keep_reading(), self._keep_saving(), self._key_unknown())

    async def drain(self) -> None:
        """Take nothing more, let workers finish what they have in hand, keep how far it came.

        That is kept all the while: whatever hangs, and is killed, it is not done twice.
        """
        self.client.inbox.close()
        try:
            async with asyncio.timeout(self._times.drain):
                await first_to_end(self.client.inbox.drained(), self._keep_saving())
        except TimeoutError:
            log.warning("telegram.cut_off", unfinished=len(self._unfinished()))
        async with asyncio.timeout(self._times.last_save):
            await self.save()

    async def end(self) -> None:
        """Cut off what still runs and close every connection, in ``Times.end`` seconds."""
        client = self.client
        client.inbox.close()
        sessions = [client.session, *client.media_sessions.values(), *client.sessions.values()]
        stopping = [asyncio.create_task(session.stop()) for session in sessions if session]
        workers = [*client.dispatcher.handler_worker_tasks, *client.inbox.aside]
        if client.updates_watchdog_task is not None:
            workers.append(client.updates_watchdog_task)
        for worker in workers:
            worker.cancel()
        await asyncio.sleep(0)  # the sessions know now that they must not come back
        await self.client.lines.end()
        if everything := [*stopping, *workers]:
            _, hanging = await asyncio.wait(everything, timeout=self._times.end)
            for task in hanging:
                task.cancel()
            await asyncio.wait([asyncio.gather(*everything, return_exceptions=True)], timeout=0.1)
        client.executor.shutdown(wait=False)

    async def save(self) -> None:
        """Keep how far everything became a fact; raises ``LogUnavailable``."""
        if self.client.watermark is not None:
            await self.storage.save_progress(self.client.watermark.progress())

    async def _begin(self) -> None:
        answer = self._times.answer
        kept = self.storage.progress or await self.client.here(answer_seconds=answer)
        await self.storage.save_progress(kept)  # before anything that came after it is read
        await self.client.begin(kept, answer_seconds=answer)

    async def _keep_reading(self) -> None:
        failures = 0
        while True:
            await self._wait_for_news(soon=failures > 0)
            try:
                await self.client.catch_up(answer_seconds=self._times.answer)
                failures = 0
            except (Unauthorized, AuthKeyDuplicated):
                raise
            except FloodWait as told:
                await asyncio.sleep(float(str(told.value)))
            except (OSError, RPCError) as trouble:
                failures += 1
                log.warning("telegram.silent", failures=failures, error=type(trouble).__name__)
                if failures >= FAILURES_MAX:
                    raise SittingOver("Telegram does not answer any more") from trouble

    async def _wait_for_news(self, *, soon: bool) -> None:
        """Wait until something was pushed, but not for ever; let pushes settle."""
        if not soon and not await _within(self._times.watchdog, self.client.news):
            return
        await _within(self._times.settle, self.client.behind)

    async def _keep_saving(self) -> None:
        while True:
            try:
                await self.save()
            except EventStoreError as trouble:
                log.warning("telegram.not_saved", error=type(trouble).__name__)
            await asyncio.sleep(self._times.save)

    async def _key_unknown(self) -> None:
        await self.client.lines.key_unknown.wait()
        raise KeyUnknown("Telegram does not know our key (-404)")

    def _unfinished(self) -> frozenset[int]:
        watermark = self.client.watermark
        return frozenset() if watermark is None else watermark.unfinished()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for ``event``; tell whether it came in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
            return True
    return False


async def first_to_end(*coroutines: Coroutine[Any, Any, Any]) -> int:
    """Run all until the first ends, cancel the others; return which, or raise what it raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for number, task in enumerate(tasks):
            if task.done():
                task.result()
                return number
        raise AssertionError("one of them ended")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
