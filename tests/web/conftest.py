"""A web server on a free port, with the real log, projections, vault and commands behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from starlette.types import ASGIApp

from eventstore.attachments import FolderAttachments
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.store import EventStore, now_utc
from eventstore.subscription import Listener
from eventstore.vault import Vault
from handlers.commands import Commands
from projections.chats import Chats
from projections.payouts import Payouts
from projections.projector import Projector
from projections.receipts import Receipts
from projections.review_queue import ReviewQueue
from tests.story import a_sealed_store
from tests.web.calling_back import Portmone
from web.app import build
from web.surroundings import Settings

TOKEN = "a-token-of-the-test"
OLD_TOKEN = "a-token-on-its-way-out"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running server and what stands behind it."""

    url: str
    store: EventStore
    pool: Pool
    vault: Vault
    attachments: FolderAttachments
    listener: Listener
    stopping: asyncio.Event
    server: uvicorn.Server

    async def shown(self) -> None:
        """Wait until the read models show everything that was appended."""
        await seal_until_rest(self.pool)
        head = await self.store.head()
        question = "SELECT count(*) = 4 FROM cursors WHERE name LIKE 'projection/%' AND seq >= $1"
        while not await self.pool.fetchval(question, head):
            await asyncio.sleep(0)


OpenSite = Callable[..., Awaitable[Site]]


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """Serve ``app`` on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", server
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def a_site(
    pool: Pool, database_url: str, attachments: Path, settings: Settings
) -> AsyncIterator[Site]:
    """Run everything that the web needs, projections included."""
    vault = Vault(pool=pool, secret=b"s" * 32)
    folder = FolderAttachments(root=attachments)
    listener, stopping = Listener(database_url, name="test"), asyncio.Event()
    async with a_sealed_store(pool) as store:
        app = build(
            settings=settings,
            commands=Commands(store=store, attachments=folder, vault=vault),
            reads=pool,
            vault=vault,
            attachments=folder,
            listener=listener,
            stopping=stopping,
        )
        projectors = [
            Projector(store=store, projection=model).run(listener)
            for model in (Receipts(), Payouts(), ReviewQueue(), Chats())
        ]
        async with in_background(listener.run(), *projectors), serving(app) as (url, server):
            yield Site(
                url=url,
                store=store,
                pool=pool,
                vault=vault,
                attachments=folder,
                listener=listener,
                stopping=stopping,
                server=server,
            )


@asynccontextmanager
async def a_site_like(
    site: Site,
    *,
    store: EventStore | None = None,
    reads: Pool | None = None,
    listener: Listener | None = None,
) -> AsyncIterator[str]:
    """Serve a second site over the same log, with one part replaced; return its URL."""
    commands = Commands(store=store or site.store, attachments=site.attachments, vault=site.vault)
    app = build(
        settings=Settings(environment="test", webhook_tokens=(TOKEN,)),
        commands=commands,
        reads=reads or site.pool,
        vault=site.vault,
        attachments=site.attachments,
        listener=listener or site.listener,
    )
    async with serving(app) as (url, _):
        yield url


@pytest.fixture
async def open_site(pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[OpenSite]:
    """Open a site with the settings a test wants; it is closed after the test."""
    async with AsyncExitStack() as open_until_the_end:

        async def open_one(**settings: Any) -> Site:
            chosen = replace(Settings(environment="test"), **settings)
            return await open_until_the_end.enter_async_context(
                a_site(pool, database_url, tmp_path / "attachments", chosen)
            )

        yield open_one


@pytest.fixture
async def site(open_site: OpenSite) -> Site:
    """The site of the demo: sandbox, intake, everybody's receipts shown."""
    return await open_site(
        webhook_tokens=(TOKEN, OLD_TOKEN), intake_enabled=True, sandbox=True, demo=True
    )


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of its own, with cookies, that does not follow redirects by itself."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session


@pytest.fixture
async def portmone(site: Site, browser: aiohttp.ClientSession) -> Portmone:
    """Portmone, before it called."""
    return Portmone(site=site, browser=browser, token=TOKEN, now=now_utc())
