"""A shop of its own for one history after another: database, web process, bank process."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from eventstore.pool import Pool, open_pool
from eventstore.store import EventStore
from eventstore.vault import Vault
from handlers.demo import held_port
from handlers.settings import HandlerVariables, webhook_token
from tests.handlers.gateways.desks import Desk, a_bank_process, a_desk
from tests.handlers.gateways.paying import POLICY, SECRET, adopt
from tests.processes import a_process, environment
from tests.story import a_store
from web.webhooks import TOKEN_HEADER

#: Connections of whoever lives histories here: one at a time, and one beside.
CONNECTIONS = 2
#: Between two looks whether the web answers.
LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One shop; histories in it come one after the other, each with its own people and papers."""

    url: str
    pool: Pool
    store: EventStore
    vault: Vault
    attachments: Path
    bank_url: str
    desk: Desk
    webhook: str
    token: str
    session: aiohttp.ClientSession

    async def post_callback(self, body: bytes, *, token: str | None = None) -> int:
        """Call the shop back, under the bank's token unless told otherwise; return the status."""
        headers = {TOKEN_HEADER: self.token if token is None else token}
        async with self.session.post(self.webhook, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status


@asynccontextmanager
async def a_lane(url: str, folder: Path) -> AsyncIterator[Lane]:
    """Open a shop over the migrated database ``url``; its files lie in ``folder``."""
    async with AsyncExitStack() as stack:
        port = stack.enter_context(held_port())
        webhook = f"http://127.0.0.1:{port}/portmone/webhook"
        secret = SECRET.decode()
        env = environment(
            DATABASE_URL=url,
            CASHBOT_HOME=str(folder),
            ENCRYPTION_SECRET=secret,
            LOG_LEVEL="ERROR",
            PORT=str(port),
        )
        web = await stack.enter_async_context(a_process("web", env=env))
        options = ("--callback-url", webhook, "--callback-delay", "0")
        bank_url = await stack.enter_async_context(
            a_bank_process(folder, *options, ENCRYPTION_SECRET=secret)
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        pool = await stack.enter_async_context(await open_pool(url, size=CONNECTIONS, name="lane"))
        await _until_served(session, f"http://127.0.0.1:{port}/healthz", web)
        store = a_store(pool)
        await adopt(store, POLICY)
        yield Lane(
            url=url,
            pool=pool,
            store=store,
            vault=Vault(pool=pool, secret=SECRET),
            attachments=folder / "attachments",
            bank_url=bank_url,
            desk=await stack.enter_async_context(a_desk(bank_url)),
            webhook=webhook,
            token=webhook_token(HandlerVariables(encryption_secret=SecretStr(secret))),
            session=session,
        )


async def _until_served(session: aiohttp.ClientSession, url: str, web: Process) -> None:
    while web.returncode is None:
        with suppress(aiohttp.ClientError):
            async with session.get(url):
                return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await web.wait()
    _, talk = await web.communicate()
    raise AssertionError(f"the web process ended: {talk.decode()}")
