"""Talks to a sandbox bank at its desk, over HTTP, as another process must."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from eventstore.catalogue import PayoutStep
from eventstore.identity import BillId
from handlers.gateways.sandbox_desk import NOTICE, Done, Page
from handlers.gateways.sandbox_script import Behaviour
from tests.processes import a_process, environment


class Desk:
    """One visitor of the desk."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """Visit the bank whose endpoint is ``url``."""
        self._root = f"http://{urlsplit(url).netloc}"
        self._session = session

    async def book(self, *, comment: str | None = None) -> Page:
        """Return what really happened, or so much of it as has this comment."""
        params = {} if comment is None else {"comment": comment}
        status, body = await self.ask("GET", "/book", params=params)
        assert status == 200
        return msgspec.json.decode(body, type=Page)

    async def script(
        self,
        behaviour: Behaviour,
        *,
        phone: str | None = None,
        step: PayoutStep | None = None,
        times: int = 1,
    ) -> None:
        """Let the next ``times`` calls about ``phone`` and ``step`` go this way."""
        told = {"behaviour": behaviour, "phone": phone, "step": step, "times": times}
        await self._tell("POST", "/script", told)

    async def clear_script(self) -> None:
        """Let all go properly again."""
        await self._tell("DELETE", "/script", None)

    async def pay_by_hand(self, bill: BillId) -> None:
        """Have the clerk pay ``bill``."""
        await self._tell("POST", "/pay-by-hand", {"bill": bill})

    async def settle(self, *, late: bool = False) -> int:
        """Wait for callbacks, kept ones too if ``late``; return how many nobody has heard."""
        owed = (await self._tell("POST", "/settle", {"late": late})).callbacks_owed
        assert owed is not None
        return owed

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and body of an answer, which must say what it comes from."""
        sent = None if body is None else msgspec.json.encode(body)
        async with self._session.request(
            method, f"{self._root}{path}", data=sent, params=params
        ) as answer:
            assert answer.headers["X-Sandbox"] == NOTICE
            return answer.status, await answer.read()

    async def _tell(self, method: str, path: str, body: Any) -> Done:
        status, answer = await self.ask(method, path, body=body)
        done = msgspec.json.decode(answer, type=Done)
        assert status == 200, done.error
        return done


@asynccontextmanager
async def a_desk(url: str) -> AsyncIterator[Desk]:
    """Go to the desk of the bank whose endpoint is ``url``."""
    async with aiohttp.ClientSession() as session:
        yield Desk(url, session)


@asynccontextmanager
async def a_bank_process(home: Path, *options: str, **variables: str) -> AsyncIterator[str]:
    """Run ``python -m cashbot sandbox`` with its book in ``home``; give its endpoint."""
    env = environment(CASHBOT_HOME=str(home), LOG_LEVEL="ERROR", **variables)
    async with a_process("sandbox", "--port", "0", *options, env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = (await process.stdout.readline()).decode().strip()
        assert url, (await process.stderr.read()).decode()
        yield url
