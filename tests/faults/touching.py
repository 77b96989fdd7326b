"""A process that forgets shoppers or deletes what is old, and kills itself before its n-th touch.

A touch is a statement sent to the database or a call of the attachment store, and coming back
from one.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg

from eventstore.attachments import KEPT, FolderAttachments
from eventstore.pool import open_pool
from eventstore.store import now_utc
from tests.handlers.people.keeping import Archive
from tests.handlers.people.leaving import Office

TOUCHED: dict[type[Any], tuple[str, ...]] = {
    asyncpg.Connection: ("execute", "fetch", "fetchrow", "fetchval"),
    FolderAttachments: ("put", "get", "delete", "keys"),
}


Works = Callable[[str, Path], Coroutine[Any, Any, None]]


async def work_and_die(works: Works, *, url: str, folder: Path, touches: int) -> int:
    """Do ``works`` in a process of its own that may touch the world ``touches`` times.

    Returns its exit status: 0 when the work was done before, -9 when it died.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_work, args=(works, url, folder, touches))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode is not None
    return process.exitcode


def _work(works: Works, url: str, folder: Path, touches: int) -> None:
    left = touches

    def touch() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, names in TOUCHED.items():
        for name in names:
            _make_deadly(owner, name, touch)
    asyncio.run(works(url, folder))


def _make_deadly(owner: type[Any], name: str, touch: Callable[[], None]) -> None:
    real = getattr(owner, name)

    async def deadly(*arguments: Any, **named: Any) -> Any:
        touch()
        answer = await real(*arguments, **named)
        touch()
        return answer

    setattr(owner, name, deadly)


async def forget(url: str, folder: Path) -> None:
    """Forget whoever asked for it."""
    async with await open_pool(url, size=2, name="dying") as pool:
        office = Office(pool=pool, folder=folder)
        await office.work_off(office.forgetter())


async def expire(url: str, folder: Path) -> None:
    """Delete what will be old in 90 days."""
    async with await open_pool(url, size=2, name="dying") as pool:
        archive = Archive(pool=pool, folder=folder, now=now_utc() + KEPT)
        await archive.work_off(archive.expirer())
