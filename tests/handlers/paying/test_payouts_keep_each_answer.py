"""The bank answers once: whatever becomes of the database, that answer is kept or cried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import asyncpg
import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import PayoutAttempted, PayoutOutcomeUnknown, PayoutSubmitted
from eventstore.errors import LogUnavailable
from eventstore.pool import Pool
from eventstore.process import DRAIN_SECONDS
from eventstore.store import EventStore
from eventstore.worklist import Work
from handlers.gateways.portmone import REQUEST_SECONDS
from handlers.paying.keeping import LAST_SECONDS_MAX
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.gateways.perils import Perilous, Perils

CREATED = PayoutAttempted(step="create", attempt=1)


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up an answer after a moment, so that a test need not wait for a failover."""
    monkeypatch.setattr("handlers.paying.keeping.KEEP_SECONDS_MAX", 0.3)


class Away(Perils):
    """A log that fails a number of times once the bank has answered."""

    def __init__(self, shop: Shop, times: int, *, error: Exception | None = None) -> None:
        super().__init__()
        self._shop = shop
        self._error = error or LogUnavailable("scripted")
        self.left = times
        #: set at the first failure
        self.met = asyncio.Event()

    async def passed(self) -> None:
        """Fail while the bank has a bill and failures are left."""
        if self._shop.bank.bills() and self.left > 0:
            self.left -= 1
            self.met.set()
            raise self._error


class Mute(Perils):
    """A log that says nothing any more once the bank has answered."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    async def passed(self) -> None:
        """Hang for good while the bank has a bill."""
        if self._shop.bank.bills():
            await asyncio.Event().wait()


async def lease(shop: Shop) -> Work:
    """Take the payout that is owed."""
    work = await shop.lease("pay_bonus")
    assert work is not None
    return work


async def pay(shop: Shop, perils: Perils, work: Work | None = None) -> None:
    """Pay while the log behaves as ``perils`` say."""
    store = cast(EventStore, Perilous(shop.store, perils))
    await shop.payer(store=store).handle(work or await lease(shop))


@pytest.mark.parametrize(
    "error",
    [
        LogUnavailable("scripted"),
        asyncpg.ReadOnlySQLTransactionError("a failover"),
        asyncpg.DiskFullError("no room"),
        asyncpg.InternalServerError("a fault"),
        asyncpg.UndefinedFunctionError("a migration is half way"),
        ConnectionResetError(),
        ValueError("not of the database at all"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_answer_outlives_any_trouble_of_the_log(shop: Shop, error: Exception) -> None:
    """The bank said ok and the log failed, whatever way: it is written when it is back."""
    requested, _ = await shop.owe()
    await pay(shop, Away(shop, 4, error=error))
    bill = shop.bank.bills()[0].bill
    assert (await shop.history(requested))[:2] == [
        CREATED,
        PayoutSubmitted(step="create", bill=bill),
    ]
    assert len(shop.bank.bookings()) == 1


@pytest.mark.usefixtures("hasty")
async def test_an_answer_that_cannot_be_kept_stands_in_the_log_lines(shop: Shop) -> None:
    """The database stays away: the line names payout and bill, and the next worker says unknown."""
    requested, phone = await shop.owe()
    with capture_logs() as lines, pytest.raises(LogUnavailable):
        await pay(shop, Away(shop, 1_000_000))

    bill = shop.bank.bills()[0].bill
    (lost,) = [line for line in lines if line["event"] == "payout.answer_lost"]
    assert (lost["payout"], lost["step"], lost["bill"]) == (requested.payout, "create", bill)
    assert "Billed" in lost["answer"]
    assert phone not in repr(lines)
    await shop.time_passes()
    await shop.settle()
    unknown = PayoutOutcomeUnknown(step="create", cause="worker_lost")
    assert (await shop.history(requested))[-1] == unknown


@pytest.mark.usefixtures("hasty")
async def test_a_log_that_hangs_is_not_waited_for_without_end(shop: Shop) -> None:
    """No answer from the database at all is a trouble like any other: in the end it is told."""
    await shop.owe()
    with capture_logs() as lines, pytest.raises(LogUnavailable):
        await pay(shop, Mute(shop))
    assert "payout.answer_lost" in [line["event"] for line in lines]


async def test_an_answer_is_kept_though_the_payer_is_cut_off(shop: Shop) -> None:
    """A time limit or the end of the process strikes while the answer waits for the log."""
    requested, _ = await shop.owe()
    away = Away(shop, 3)
    paying = asyncio.create_task(pay(shop, away))
    await away.met.wait()
    paying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await paying

    submitted = PayoutSubmitted(step="create", bill=shop.bank.bills()[0].bill)
    assert await shop.history(requested) == [CREATED, submitted]
    assert shop.bank.bookings() == []


async def test_a_process_that_stops_soon_gives_an_answer_up_aloud(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to stop while the database is away, it has only as long as the drain leaves."""
    monkeypatch.setattr("handlers.paying.keeping.KEEP_SECONDS_MAX", 1e6)
    monkeypatch.setattr("handlers.paying.keeping.LAST_SECONDS_MAX", 0.2)
    await shop.owe()
    work, away, told = await lease(shop), Away(shop, 1_000_000), asyncio.Event()
    work.stopping = told.is_set
    with capture_logs() as lines:
        paying = asyncio.create_task(pay(shop, away, work))
        await away.met.wait()
        told.set()
        with suppress(LogUnavailable):
            await paying
    assert "payout.answer_lost" in [line["event"] for line in lines]


async def test_an_answer_is_cried_out_even_when_the_loop_ends(shop: Shop) -> None:
    """Every task is cancelled, recording too: the bill still stands in the log lines."""
    await shop.owe()
    away, before = Away(shop, 1_000_000), asyncio.all_tasks()
    with capture_logs() as lines:
        paying = asyncio.create_task(pay(shop, away))
        await away.met.wait()
        for task in asyncio.all_tasks() - before:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await paying
    (lost,) = [line for line in lines if line["event"] == "payout.answer_lost"]
    assert lost["bill"] == shop.bank.bills()[0].bill


def test_a_request_that_left_before_the_stop_is_answered_and_kept_in_the_drain() -> None:
    """The longest request and the last rounds of recording end before the process does."""
    assert REQUEST_SECONDS + LAST_SECONDS_MAX < DRAIN_SECONDS
