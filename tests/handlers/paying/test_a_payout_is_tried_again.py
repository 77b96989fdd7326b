"""What a person has tried again is paid once, to the newest phone; whatever the past still says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from eventstore.catalogue import (
    BillIssued,
    BudgetUsed,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutReopened,
    PayoutResolved,
    PayoutSubmitted,
)
from eventstore.identity import (
    CallbackId,
    Sha256,
    bill_stream,
    payout_stream,
)
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.budget import stream_of
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import PayoutRefusal
from handlers.ports import PayoutGateway
from tests.handlers.gateways.banks import a_gateway
from tests.handlers.gateways.paying import POLICY, adopt, heard
from tests.handlers.gateways.perils import Freeze, Perilous
from tests.handlers.paying.trying_again import REFUSED, Case, a_case, share
from tests.story import CONTEXT, append_of, facts


@pytest.fixture
async def case(pool: Pool, tmp_path: Path) -> AsyncIterator[Case]:
    """Bill 1 was created and not paid; the shopper has another phone since."""
    async with a_case(pool, tmp_path) as opened:
        yield opened


async def test_it_goes_to_the_newest_phone_once(case: Case) -> None:
    """A new bill, a new try, one top-up; the wish said twice is one wish."""
    shop = case.shop
    assert await case.replay()
    assert not await case.replay("said again")
    await shop.settle()
    (booking,) = shop.bank.bookings()
    assert (booking.phone, booking.amount_kopecks) == (case.phone, 100)
    history = await shop.history(case.requested)
    since = history[history.index(next(e for e in history if isinstance(e, PayoutReopened))) :]
    assert since[1] == PayoutAttempted(step="create", attempt=1)
    assert PayoutConfirmed(bill=booking.bill) in since
    assert len(shop.bank.bills()) == 2
    with pytest.raises(PayoutRefusal, match="was paid"):
        await case.replay()


async def test_two_people_at_once_have_it_tried_once(case: Case) -> None:
    """Each with a reason of their own: one of them did it."""
    ends = await asyncio.gather(*(case.replay(f"person {number}") for number in range(4)))
    assert sorted(ends) == [False, False, False, True]
    await case.shop.settle()
    assert len(case.shop.bank.bookings()) == 1


async def test_it_may_fail_and_be_tried_again_and_again(case: Case) -> None:
    """Each time ends by itself, whatever the time before had ended with."""
    shop = case.shop
    for _ in range(3):
        shop.bank.script(REFUSED, phone=case.phone, step="create")
        assert await case.replay()
        await shop.settle()
        assert await shop.outcome(case.requested) == PayoutFailed(cause="refused", code="150")
    assert await case.replay()
    await shop.settle()
    assert len(shop.bank.bookings()) == 1


async def test_the_same_day_counts_it_once_and_another_day_anew(case: Case) -> None:
    """The first try moved no money: the budget of that day has paid for both."""
    shop = case.shop
    first_day = stream_of(shop.now)
    assert await case.replay()
    await shop.work_off(shop.payer(gateway=a_gateway("http://127.0.0.1:1/")))
    assert len(await facts(shop.store, first_day)) == 1
    await shop.settle()

    other, phone = await shop.owe()
    shop.bank.script(REFUSED, phone=phone)
    await shop.settle()
    shop.now = shop.now.replace(year=shop.now.year + 1)
    await share(shop, other, phone)
    assert await replay(shop.store, other.payout, reason="next year")
    await shop.settle()
    (counted,) = await facts(shop.store, stream_of(shop.now))
    assert isinstance(counted, BudgetUsed)
    assert counted.payout == other.payout


async def test_the_former_bill_that_is_paid_after_all_stops_it(case: Case) -> None:
    """The bank's clerk pays bill 1 while the payout waits to be tried: nothing more leaves."""
    shop = case.shop
    assert await case.replay()
    bill = shop.bank.bills()[0].bill
    shop.bank.pay_by_hand(bill)
    await shop.bank.callbacks_settled()
    await shop.settle()
    assert await shop.outcome(case.requested) == PayoutConfirmed(bill=bill)
    assert (len(shop.bank.bills()), len(shop.bank.bookings())) == (1, 1)


async def test_a_late_no_about_the_former_bill_changes_nothing(case: Case) -> None:
    """It is known that bill 1 came to nothing; the new one goes its way."""
    shop = case.shop
    assert await case.replay()
    bill = shop.bank.bills()[0].bill
    late = heard("fail", bill=bill, phone=case.requested.phone_fingerprint, code="9")
    await shop.record_fact(late, name=CallbackId("late"))
    await shop.settle()
    assert len(shop.bank.bookings()) == 1
    assert isinstance(await shop.outcome(case.requested), PayoutConfirmed)


@pytest.mark.parametrize("names_the_bill", [False, True])
async def test_an_answer_from_before_the_end_lets_nothing_leave(
    case: Case, names_the_bill: bool
) -> None:
    """A worker froze with it, a person ended the payout and had it tried again: nothing is paid."""
    shop = case.shop
    requested, phone = await shop.owe()
    work, asleep = await shop.lease("pay_bonus"), Freeze(2)
    assert work is not None
    gateway = cast(PayoutGateway, Perilous(shop.gateway, asleep))
    sleeper = asyncio.create_task(shop.payer(gateway=gateway).handle(work))
    await asleep.frozen.wait()
    await shop.time_passes()
    await shop.settle()
    records = await shop.store.read_stream(payout_stream(requested.payout))
    bill = shop.bank.bills()[-1].bill
    failed = PayoutResolved(
        outcome="failed",
        bill=bill if names_the_bill else None,
        evidence_sha256=Sha256("e" * 64),
    )
    appends = [append_of(records[0].stream, failed, expected=records[-1].version)]
    if names_the_bill:
        appends.append(append_of(bill_stream(bill), BillIssued(payout=requested.payout)))
    await shop.store.append(*appends, context=CONTEXT)
    await share(shop, requested, phone)
    assert await replay(shop.store, requested.payout, reason="it was lost")
    with capture_logs() as lines:
        asleep.thawed.set()
        await sleeper
    await shop.settle()

    assert (await shop.history(requested))[-2:] == [
        PayoutSubmitted(step="create", bill=bill),
        PayoutContradicted(bill=bill, about="bill"),
    ]
    assert shop.bank.bookings() == []
    assert "payout.contradicted" in [
        line["event"] for line in lines if line["log_level"] == "error"
    ]


async def test_a_late_no_about_the_lost_bill_does_not_end_the_new_try(case: Case) -> None:
    """Both times the answer was lost: the no is about the first bill, and the second is paid."""
    shop = case.shop
    requested, phone = await shop.owe()
    await share(shop, requested, phone)
    lost = Behaviour(answer="drop")
    shop.bank.script(lost, phone=phone, step="create")
    await shop.settle()
    first = shop.bank.bills()[-1].bill
    records = await shop.store.read_stream(payout_stream(requested.payout))
    failed = PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("e" * 64))
    append = append_of(records[0].stream, failed, expected=records[-1].version)
    await shop.store.append(append, context=CONTEXT)
    assert await replay(shop.store, requested.payout, reason="it expired")
    shop.bank.script(lost, phone=phone, step="create")
    await shop.settle()
    no = heard("fail", bill=first, phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(no, name=CallbackId("no"))
    await shop.settle()
    assert await shop.outcome(requested) is None
    second = shop.bank.bills()[-1].bill
    shop.bank.pay_by_hand(second)
    await shop.bank.callbacks_settled()
    await shop.settle()
    assert await shop.outcome(requested) == PayoutConfirmed(bill=second)


async def test_an_operator_that_is_not_supported_may_be_replaced_by_one_that_is(
    case: Case,
) -> None:
    """Nothing was asked; with another phone the same bonus is paid."""
    shop = case.shop
    await adopt(shop.store, replace(POLICY, operators=()))
    requested, _ = await shop.owe()
    await shop.settle()
    failed = PayoutFailed(cause="unsupported_operator", code="none")
    assert await shop.outcome(requested) == failed
    await adopt(shop.store, POLICY)
    await share(shop, requested, next(shop.phones))
    assert await replay(shop.store, requested.payout, reason="a new phone")
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
