"""A person who ends a payout names a bill; what else is known of bills is not lost by that."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from eventstore.catalogue import PayoutConfirmed, PayoutContradicted, PayoutResolved
from eventstore.identity import BillId, CallbackId, Sha256
from eventstore.payments import callbacks_unmatched
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.bills import owner_of
from handlers.paying.reconcile import Reconciliation
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import PayoutRefusal, Resolution, Resolver
from handlers.paying.statements import read_statement
from tests.handlers.gateways.paying import OTHER_BILL, Shop, a_shop, heard
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_a_person_ends_a_payout import PAGE, in_doubt, resolve
from tests.handlers.paying.trying_again import share


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_of_two_bills_that_were_paid_a_person_hears_whichever_ended_it(shop: Shop) -> None:
    """A lost bill, tried again, and another lost: paid means that one, and the other is told."""
    requested = await in_doubt(shop)
    unnamed = Resolution(payout=requested.payout, outcome="paid", evidence=PAGE, reason="booked")
    with pytest.raises(PayoutRefusal, match="--bill"):
        await Resolver(
            store=shop.store, vault=shop.vault, attachments=shop.attachments, clock=shop.clock
        ).resolve(unnamed)
    await resolve(shop, requested.payout, "failed")
    phone = next(shop.phones)
    await share(shop, requested, phone)
    await replay(shop.store, requested.payout, reason="it was lost")
    shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
    await shop.settle()
    first, second = (each.bill for each in shop.bank.bills())
    await resolve(shop, requested.payout, bill=second)
    for bill in (first, second):
        ok = heard(bill=bill, phone=None, comment=requested.payout)
        await shop.record_fact(ok, name=CallbackId(f"ok{bill}"))
    await shop.settle()
    assert [e for e in await shop.history(requested) if isinstance(e, PayoutContradicted)] == [
        PayoutContradicted(bill=first, about="bill")
    ]


async def test_of_two_people_who_give_one_bill_to_two_payouts_one_is_told_whose_it_is(
    shop: Shop,
) -> None:
    """At the same moment: both saw the bill without an owner."""
    first, second = await in_doubt(shop), await in_doubt(shop)
    both = Meeting(shop.attachments)
    ends = await asyncio.gather(
        *(
            resolve(shop, requested.payout, bill=OTHER_BILL, attachments=both)
            for requested in (first, second)
        ),
        return_exceptions=True,
    )
    (refused,) = [end for end in ends if not isinstance(end, PayoutResolved)]
    assert isinstance(refused, PayoutRefusal), refused
    assert f"cannot have bill {OTHER_BILL}" in str(refused)


class Meeting:
    """An attachment store at which two who keep something wait for each other, once."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._both = asyncio.Barrier(2)
        self._met = 0

    async def put(self, key: str, content: bytes) -> None:
        """Keep it when both are there."""
        self._met += 1
        if self._met <= 2:
            await self._both.wait()
        await self._real.put(key, content)


async def test_nobody_says_that_nothing_moved_while_an_ok_was_heard(shop: Shop) -> None:
    """It fitted no payout and names the bill alone: it stays listed, and paid may be said."""
    requested = await in_doubt(shop)
    ok = heard(bill=BillId("900"), phone=None, comment=None)
    await shop.record_fact(ok, name=CallbackId("ok"))
    await shop.settle()
    with pytest.raises(PayoutRefusal, match=r"bill 900.*payouts callbacks"):
        await resolve(shop, requested.payout, "failed", bill=BillId("900"))
    assert [record.event for record in await callbacks_unmatched(shop.store)] == [ok]
    assert await shop.outcome(requested) is None
    assert (await resolve(shop, requested.payout, bill=BillId("900"))).outcome == "paid"


async def test_an_ok_that_may_be_about_it_is_waited_for(shop: Shop) -> None:
    """The worker is behind: what it will apply is the end."""
    requested = await in_doubt(shop)
    bill = shop.bank.bills()[-1].bill
    ok = heard(bill=bill, phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(ok, name=CallbackId("ok"))
    with pytest.raises(PayoutRefusal, match=f"bill {bill}"):
        await resolve(shop, requested.payout, "failed")
    await shop.settle()
    assert await shop.outcome(requested) == PayoutConfirmed(bill=bill)


async def test_a_booking_that_disputes_an_end_tells_whose_its_bill_is(shop: Shop) -> None:
    """A callback that names the bill alone then finds that payout."""
    requested = await in_doubt(shop)
    await resolve(shop, requested.payout, "failed")
    phone = shop.bank.bills()[-1].phone
    row = f"{OTHER_BILL};{requested.payout};{phone};1.00;ok;2026-11-22"
    compared = Reconciliation(
        store=shop.store, vault=shop.vault, evidence=Sha256("e" * 64), applies=True
    )
    (finding,) = [each async for each in compared.findings(read_statement(statement([], row)))]
    assert finding.fact == PayoutContradicted(bill=OTHER_BILL, about="status")
    assert await owner_of(shop.store, OTHER_BILL) == requested.payout
