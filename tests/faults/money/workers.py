"""Worker processes that decide, pay and apply callbacks until nothing is due, or die before."""

import asyncio
import multiprocessing
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import asyncpg
from msgspec import Struct

from eventstore.identity import BillId, Kopecks, PayoutId
from eventstore.pool import open_pool
from eventstore.process import configure_logging
from eventstore.store import now_utc
from eventstore.vault import Vault
from handlers.apply_callback import ApplyCallback
from handlers.gateways.portmone import Outcome, PortmoneGateway
from handlers.ports import OutcomeUnknown, PayoutGateway, Refused
from tests.faults.dying import (
    REQUESTS,
    STATEMENTS,
    deciding_and_paying,
    make_deadly,
    work_off,
)
from tests.handlers.gateways.banks import a_gateway
from tests.handlers.gateways.paying import SECRET
from tests.story import a_store

#: Statements that may wait for each other in one worker.
CONNECTIONS = 2


class Death(Struct, frozen=True):
    """A real SIGKILL before the n-th touch: each call is touched before and after."""

    at: Literal["statement", "request"]
    touches: int


class Shift(Struct, frozen=True, kw_only=True):
    """What a worker process works with."""

    url: str
    bank_url: str
    attachments: Path
    #: how much later it is than this machine says
    ahead: timedelta
    pays: bool
    death: Death | None
    #: whether it does what must never be done: to try again what may have been done
    retries_unknown: bool = False


async def work(shift: Shift) -> int:
    """Work one shift in a process of its own; return its exit status, -9 when it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_work, args=(shift,))
    process.start()
    # Not joined in a thread: starting another one meanwhile could take its exit status away.
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _work(shift: Shift) -> None:
    configure_logging(level="CRITICAL", for_people=True)
    if shift.death is not None:
        _arm(shift.death)
    asyncio.run(_work_until_done(shift))


def _arm(death: Death) -> None:
    left = death.touches

    def touch() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    owner = asyncpg.Connection if death.at == "statement" else PortmoneGateway
    for name in STATEMENTS if death.at == "statement" else REQUESTS:
        make_deadly(owner, name, touch)


async def _work_until_done(shift: Shift) -> None:
    def clock() -> datetime:
        return now_utc() + shift.ahead

    gateway: PayoutGateway = a_gateway(shift.bank_url, pays=shift.pays)
    if shift.retries_unknown:
        gateway = Reckless(gateway)
    async with await open_pool(shift.url, size=CONNECTIONS, name="worker") as pool:
        store = a_store(pool)
        handlers = [
            *deciding_and_paying(
                store=store,
                vault=Vault(pool=pool, secret=SECRET),
                gateway=gateway,
                attachments=shift.attachments,
                clock=clock,
            ),
            ApplyCallback(store=store, clock=clock),
        ]
        while sum([await work_off(store, handler) for handler in handlers]):
            pass


class Reckless:
    """A client that takes "I do not know" for "it did not happen": shows that we would notice."""

    def __init__(self, real: PayoutGateway) -> None:
        self._real = real
        self.pays = real.pays

    async def create_bill(
        self, *, payout: PayoutId, phone: str, amount: Kopecks, payee_id: str | None
    ) -> Outcome:
        """Create a bill."""
        outcome = await self._real.create_bill(
            payout=payout, phone=phone, amount=amount, payee_id=payee_id
        )
        return _denied(outcome)

    async def pay_bill(self, *, payout: PayoutId, bill: BillId) -> Outcome:
        """Pay a bill."""
        return _denied(await self._real.pay_bill(payout=payout, bill=bill))


def _denied(outcome: Outcome) -> Outcome:
    if isinstance(outcome, OutcomeUnknown):
        return Refused(kind="not_sent", code=outcome.cause)
    return outcome
