"""From the acceptance of a receipt to the request at the bank, with the processes of the demo."""

import asyncio
import random
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from eventstore.catalogue import ReceiptAccepted
from eventstore.identity import PayoutId, payout_of, receipt_stream
from eventstore.pool import open_pool
from eventstore.process import in_background
from eventstore.store import EventStore
from eventstore.vault import Vault
from handlers.demo import PROCESSES, held_port
from tests.benchmarks.figures import Line, compared, percentile
from tests.benchmarks.ground import fresh
from tests.benchmarks.latency import MILLISECONDS, pause
from tests.factories import a_reading, read_receipt
from tests.handlers.gateways.paying import SECRET
from tests.processes import a_process, environment
from tests.story import a_sealed_store

#: Receipts per second, at times drawn by chance: ten thousand a day come at 0.12 in the mean, a
#: busy hour at some of these.
PACE = 4.0
#: The first ones find connections to be opened, and do not count.
WARM_UP = 5
#: What was not asked for in this time will not be.
ASKED_SECONDS_MAX = 60.0
#: Connections of whoever sends receipts.
CONNECTIONS = 3


class _Asked(msgspec.Struct):
    """A log line of the sandbox; of other lines the fields are left out."""

    event: str
    timestamp: datetime
    step: str = ""
    payout: str = ""


class Bank:
    """Hears from the log of a process when its bank was asked for a bill."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked: dict[str, asyncio.Future[datetime]] = {}

    async def listen(self) -> None:
        """Read the log of the process until it ends."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            if b'"sandbox.asked"' in line:
                asked = msgspec.json.decode(line, type=_Asked)
                if asked.step == "create":
                    self._of(asked.payout).set_result(asked.timestamp.replace(tzinfo=UTC))

    async def asked_at(self, payout: PayoutId) -> datetime:
        """Return when the request for ``payout`` arrived."""
        async with asyncio.timeout(ASKED_SECONDS_MAX):
            return await self._of(payout)

    def _of(self, payout: str) -> "asyncio.Future[datetime]":
        return self._asked.setdefault(payout, asyncio.get_running_loop().create_future())


@asynccontextmanager
async def _demo(url: str, home: Path) -> AsyncIterator[Bank]:
    """Run what the demo runs, over the migrated database ``url``."""
    async with AsyncExitStack() as stack:
        env = environment(
            APP_ENV="dev",  # log lines for programs
            DATABASE_URL=url,
            CASHBOT_HOME=str(home),
            ENCRYPTION_SECRET=SECRET.decode(),
            PORT=str(stack.enter_context(held_port())),
        )
        banks = {
            name: Bank(await stack.enter_async_context(a_process(name, env=env)))
            for name in PROCESSES
        }
        # All logs are read, or a full pipe would stop a process; the one with the bank counts.
        listening = (bank.listen() for bank in banks.values())
        await stack.enter_async_context(in_background(*listening))
        yield banks["run"]


async def asked(url: str, *, receipts: int) -> Line:
    """Measure from ``ReceiptAccepted`` to the arrival of the request, for that many receipts."""
    chance = random.Random(1)
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="cashbot-bench-"))
        pool = await stack.enter_async_context(await open_pool(url, size=CONNECTIONS, name="bench"))
        store = await stack.enter_async_context(a_sealed_store(pool))
        bank = await stack.enter_async_context(_demo(url, Path(home)))
        for _ in range(WARM_UP):
            await _seconds(store, bank)
        waiting = []
        for _ in range(receipts):
            waiting.append(asyncio.create_task(_seconds(store, bank)))
            await pause(chance.expovariate(PACE))
        taken = [each * MILLISECONDS for each in await asyncio.gather(*waiting)]
    return compared("payout_asked", taken, extra={"p99": percentile(taken, 0.99)})


async def _seconds(store: EventStore, bank: Bank) -> float:
    """Let a receipt be read, as intake and reader would; return how long its request took."""
    name = fresh("asked")
    vault = Vault(pool=store.pool, secret=SECRET)
    reading = a_reading(fiscal_number=name)
    uploaded = await read_receipt(store, vault, reading, shopper=name, receipt=name)
    asked_at = await bank.asked_at(payout_of(uploaded.receipt))
    story = await store.read_stream(receipt_stream(uploaded.receipt))
    accepted = next(fact for fact in story if isinstance(fact.event, ReceiptAccepted))
    return (asked_at - accepted.recorded_at).total_seconds()
