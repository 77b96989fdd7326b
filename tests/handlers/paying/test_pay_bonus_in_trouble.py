"""What a payer may meet on the way, and that each turn of it leaves the truth in the log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from eventstore.catalogue import (
    EVENTS,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutSubmitted,
)
from eventstore.codec import Codec
from eventstore.errors import EventIdReused, WrongExpectedVersion
from eventstore.identity import BillId, Kopecks, PayoutId, bill_stream, payout_stream
from eventstore.pool import Pool
from eventstore.store import EventStore
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.payout_steps import ANSWER_SECONDS_MAX, NEWER_RELEASE_SECONDS, Answer
from handlers.ports import Billed, PayoutGateway
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.gateways.perils import Freeze, Perilous
from tests.story import CONTEXT, append_of, facts


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_a_process_stopped_in_the_middle_of_a_request_leaves_a_doubt(shop: Shop) -> None:
    """The next worker waits until nobody can be at it, and then says that nobody knows."""
    requested, phone = await shop.owe()
    gate = asyncio.Event()
    shop.bank.script(Behaviour(until=gate, callback="lost"), phone=phone, step="create")
    paying = asyncio.create_task(shop.work_off(shop.payer()))
    while not shop.bank.bills():
        await asyncio.sleep(0)
    paying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await paying

    shop.now += timedelta(seconds=1)
    await shop.work_off(shop.payer())
    assert (await shop.history(requested)) == [PayoutAttempted(step="create", attempt=1)]
    assert 0 < await shop.due_in_seconds() <= ANSWER_SECONDS_MAX

    await shop.time_passes()
    await shop.settle()
    unknown = PayoutOutcomeUnknown(step="create", cause="worker_lost")
    assert (await shop.history(requested))[1:] == [unknown]
    assert len(shop.bank.bills()) == 1
    gate.set()


async def test_of_eight_that_reach_for_one_payout_one_sends(shop: Shop) -> None:
    """Leases aside, all at the same moment: the log lets a single request of each step leave."""
    requested, _ = await shop.owe()
    work = await shop.lease("pay_bonus")
    assert work is not None
    ends = await asyncio.gather(
        *(shop.payer().handle(work) for _ in range(8)), return_exceptions=True
    )

    assert all(end is None or isinstance(end, EventIdReused | WrongExpectedVersion) for end in ends)
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert (len(shop.bank.bills()), len(shop.bank.bookings())) == (1, 1)


async def test_a_late_answer_is_kept_behind_the_doubt(shop: Shop) -> None:
    """A worker slept so long that it was thought lost; the bill it brings home is kept."""
    requested, _ = await shop.owe()
    work = await shop.lease("pay_bonus")
    assert work is not None
    peril = Freeze(2)  # the bank has answered, the payer has not heard it yet
    payer = shop.payer(gateway=cast(PayoutGateway, Perilous(shop.gateway, peril)))
    sleeper = asyncio.create_task(payer.handle(work))
    await peril.frozen.wait()
    await shop.time_passes()
    await shop.settle()
    peril.thawed.set()
    await sleeper

    bill = shop.bank.bills()[0].bill
    assert (await shop.history(requested))[1:] == [
        PayoutOutcomeUnknown(step="create", cause="worker_lost"),
        PayoutSubmitted(step="create", bill=bill),
    ]
    assert len(await facts(shop.store, bill_stream(bill))) == 1
    assert shop.bank.bookings() == []


async def test_a_bill_of_another_payout_is_not_taken_over(shop: Shop) -> None:
    """A bank that names an old bill again has not told us what it did."""
    first, _ = await shop.owe()
    await shop.settle()
    second, _ = await shop.owe()
    payer = shop.payer(gateway=_Repeats(shop.gateway, bill=shop.bank.bills()[0].bill))
    await shop.work_off(payer)

    unknown = PayoutOutcomeUnknown(step="create", cause="bill_of_another_payout")
    assert (await shop.history(second))[-1] == unknown
    assert isinstance(await shop.outcome(first), PayoutConfirmed)


class _Repeats:
    """A gateway to a bank that answers each request with the same bill."""

    def __init__(self, gateway: PayoutGateway, *, bill: BillId) -> None:
        self._gateway = gateway
        self._bill = bill
        self.pays = gateway.pays

    async def create_bill(
        self, *, payout: PayoutId, phone: str, amount: Kopecks, payee_id: str | None
    ) -> Answer:
        """Create a bill and name another one."""
        await self._gateway.create_bill(
            payout=payout, phone=phone, amount=amount, payee_id=payee_id
        )
        return Billed(bill=self._bill)

    async def pay_bill(self, *, payout: PayoutId, bill: BillId) -> Answer:
        """Pay as the bank does."""
        return await self._gateway.pay_bill(payout=payout, bill=bill)


async def test_a_fact_of_a_newer_release_stops_an_older_one(shop: Shop) -> None:
    """What this code cannot read may be the end of the payout: nothing leaves, it waits."""
    requested, _ = await shop.owe()
    await shop.store.append(
        append_of(
            payout_stream(requested.payout), PayoutFailed(cause="refused", code="c"), expected=0
        ),
        context=CONTEXT,
    )
    known = {name: event for name, event in EVENTS.items() if event is not PayoutFailed}
    older = EventStore(pool=shop.pool, codec=Codec(known), appended=lambda: None)

    await shop.work_off(shop.payer(store=older))

    assert shop.bank.bills() == []
    assert await shop.due_in_seconds() == pytest.approx(NEWER_RELEASE_SECONDS, abs=5)
