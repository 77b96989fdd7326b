"""A worker process that decides and pays, and kills itself before its n-th touch of the world.

A touch is a statement sent to the database or a request sent to the bank, and coming back from
one. It is forked from a server that has everything imported, so that many can die in a second.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from eventstore.attachments import FolderAttachments
from eventstore.ledger import seal_until_rest
from eventstore.pool import open_pool
from eventstore.store import EventStore, now_utc
from eventstore.subscription import Listener
from eventstore.vault import Vault
from eventstore.worker import Handler, Worker
from handlers.decide_receipt import DecideReceipt
from handlers.gateways.portmone import PortmoneGateway
from handlers.judging.terms import TermsBook
from handlers.pay_bonus import PayBonus
from handlers.paying.hold import Hold
from handlers.ports import PayoutGateway
from handlers.reactions import types_of
from tests.handlers.gateways.banks import a_gateway
from tests.story import a_store

STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")
REQUESTS = ("create_bill", "pay_bill")


async def run_and_die(
    *, url: str, bank_url: str, secret: bytes, attachments: Path, touches: int
) -> int:
    """Work in a process of its own that may touch the world ``touches`` times.

    Returns its exit status: 0 when the work was done before, -9 when it died.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_work, args=(url, bank_url, secret, attachments, touches))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode is not None
    return process.exitcode


def _work(url: str, bank_url: str, secret: bytes, attachments: Path, touches: int) -> None:
    left = touches

    def touch() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in STATEMENTS:
        make_deadly(asyncpg.Connection, name, touch)
    for name in REQUESTS:
        make_deadly(PortmoneGateway, name, touch)
    asyncio.run(_decide_and_pay(url, bank_url, secret, attachments))


def make_deadly(owner: type[Any], name: str, touch: Callable[[], None]) -> None:
    """Have ``touch`` called before and after each call of ``owner``'s coroutine ``name``."""
    real = getattr(owner, name)

    async def deadly(*arguments: Any, **named: Any) -> Any:
        touch()
        answer = await real(*arguments, **named)
        touch()
        return answer

    setattr(owner, name, deadly)


async def _decide_and_pay(url: str, bank_url: str, secret: bytes, attachments: Path) -> None:
    async with await open_pool(url, size=2, name="dying") as pool:
        store = a_store(pool)
        handlers = deciding_and_paying(
            store=store,
            vault=Vault(pool=pool, secret=secret),
            gateway=a_gateway(bank_url),
            attachments=attachments,
        )
        for handler in handlers:
            await work_off(store, handler)


def deciding_and_paying(
    *,
    store: EventStore,
    vault: Vault,
    gateway: PayoutGateway,
    attachments: Path,
    clock: Callable[[], datetime] = now_utc,
) -> list[Handler]:
    """Return the handlers between a reading and a payment, as a process has them."""
    hold = Hold(store=store, attachments=FolderAttachments(root=attachments), clock=clock)
    return [
        DecideReceipt(store=store, terms=TermsBook(store=store)),
        PayBonus(store=store, vault=vault, gateway=gateway, hold=hold, clock=clock),
    ]


async def work_off(store: EventStore, handler: Handler) -> int:
    """Let ``handler`` do what is due; return how many items it had in hand."""
    worker = Worker(
        store=store,
        listener=Listener("", name="never-run"),
        handler=handler,
        types=types_of(handler.name),
        concurrency=1,
    )
    await seal_until_rest(store.pool)
    await worker.plan_once()
    done = 0
    while await worker.work_once():
        done += 1
    return done
