"""A shop that is dumped, and opened again on the restored dump."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from eventstore.catalogue import Event
from eventstore.embedded import EmbeddedPostgres
from eventstore.identity import PAYOUTS_SWITCH
from eventstore.store import now_utc
from tests.handlers.gateways.paying import SECRET, Shop, a_shop
from tests.processes import cashbot, environment
from tests.restoring import a_younger_cluster, dump, restored
from tests.story import facts

BackUp = Callable[[], Awaitable[None]]
#: Opens the shop on what was dumped last.
Reopen = Callable[[], AbstractAsyncContextManager["Restored"]]

REASON = "the disk died"


class Restored:
    """The shop after the restore, and its operator."""

    def __init__(self, shop: Shop, env: dict[str, str], folder: Path) -> None:
        self.shop = shop
        self._env = env
        self._folder = folder

    async def resume(
        self, content: bytes, *more: str, reaches: datetime | None = None
    ) -> tuple[int, str, str]:
        """Let the operator show ``content`` as Portmone's statement, made now unless told."""
        file = self._folder / "statement.csv"
        file.write_bytes(content)
        until = (reaches or now_utc()).isoformat()
        told = ("--after-restore", str(file), "--reaches", until, "--reason", REASON, *more)
        return await cashbot("payouts", "resume", *told, env=self._env)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command as the operator."""
        return await cashbot(*arguments, env=self._env)

    async def switch(self) -> list[Event]:
        """Return what stands in the payouts' switch."""
        return list(await facts(self.shop.store, PAYOUTS_SWITCH))


@pytest.fixture(scope="module")
def younger(binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A cluster younger than the one under test."""
    with a_younger_cluster(tmp_path_factory.mktemp("younger"), binaries) as server:
        yield server


@pytest.fixture
def back_up(database_url: str, binaries: Path, tmp_path: Path) -> BackUp:
    """Dump the shop's database as it is now."""

    async def back_up_now() -> None:
        await dump(database_url, to=tmp_path / "dump", binaries=binaries)

    return back_up_now


@pytest.fixture
def reopen(younger: EmbeddedPostgres, binaries: Path, tmp_path: Path) -> Reopen:
    """Restore the dump; the bank's book and the attachments are those of before."""

    @asynccontextmanager
    async def open_restored() -> AsyncIterator[Restored]:
        async with restored(tmp_path / "dump", into=younger, binaries=binaries) as (url, pool):
            env = environment(
                DATABASE_URL=url,
                CASHBOT_HOME=str(tmp_path),
                ENCRYPTION_SECRET=SECRET.decode(),
                LOG_LEVEL="ERROR",
            )
            async with a_shop(pool, tmp_path) as shop:
                yield Restored(shop, env, tmp_path)

    return open_restored
