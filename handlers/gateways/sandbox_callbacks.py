"""The sandbox bank tells the shop how bills end, until the shop says it has heard."""

import asyncio
from collections.abc import Coroutine, Sequence

import aiohttp
import structlog

from handlers.gateways.sandbox_book import Book

log = structlog.get_logger()

#: The shop acknowledges at once, or is asked again.
DELIVERY_SECONDS = 10.0
#: Pauses before each next try; after the last one only a restart of the bank tries again.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)


class Callbacks:
    """Promised callbacks lie in the book, so a restart of the bank loses none."""

    def __init__(
        self,
        *,
        book: Book,
        url: str | None,
        token: str,
        delay_seconds: float,
        pauses_seconds: Sequence[float],
    ) -> None:
        """Send to ``url`` (None: to nobody), ``delay_seconds`` after the bank's own answer."""
        self._book = book
        self._url = url
        self._token = token
        self._delay_seconds = delay_seconds
        self._pauses_seconds = pauses_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: list[tuple[int, bytes]] = []

    def resume(self) -> None:
        """Deliver what an earlier run of the bank still owed."""
        self._start(self._deliver_all(self._book.callbacks_owed(), delay_seconds=0.0))

    def send(self, *bodies: bytes) -> None:
        """Deliver ``bodies`` soon, in this order."""
        promises = [(self._book.owe_callback(body), body) for body in bodies]
        self._start(self._deliver_all(promises, delay_seconds=self._delay_seconds))

    def keep(self, body: bytes) -> None:
        """Owe ``body``, and deliver it when ``deliver_kept`` or a restart of the bank says so."""
        self._kept.append((self._book.owe_callback(body), body))

    def deliver_kept(self) -> None:
        """Deliver what was kept back."""
        kept, self._kept = self._kept, []
        self._start(self._deliver_all(kept, delay_seconds=0.0))

    async def deliver_now(self, body: bytes) -> None:
        """Deliver ``body`` before returning."""
        promise = (self._book.owe_callback(body), body)
        await self._deliver_all([promise], delay_seconds=0.0)

    async def settled(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Stop delivering; what is owed stays in the book."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, delivery: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_all(
        self, promises: Sequence[tuple[int, bytes]], *, delay_seconds: float
    ) -> None:
        if self._url is None:
            return
        await asyncio.sleep(delay_seconds)
        for number, body in promises:
            if await self._deliver(self._url, body):
                self._book.settle_callback(number)

    async def _deliver(self, url: str, body: bytes) -> bool:
        for pause_seconds in (*self._pauses_seconds, None):
            answer = await self._post(url, body)
            if answer.startswith("2"):
                return True
            log.warning("sandbox.callback_not_heard", answer=answer, again_in=pause_seconds)
            if pause_seconds is not None:
                await asyncio.sleep(pause_seconds)
        return False

    async def _post(self, url: str, body: bytes) -> str:
        """Return the HTTP status of one delivery, or the name of its error."""
        headers = {"X-Portmone-Token": self._token, "Content-Type": "text/xml; charset=utf-8"}
        timeout = aiohttp.ClientTimeout(total=DELIVERY_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.post(url, data=body, headers=headers) as response,
            ):
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__
