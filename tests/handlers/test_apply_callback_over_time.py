"""A callback finds its payout, early or late, and is heard however often it comes."""

import asyncio
from collections.abc import AsyncIterator
from itertools import repeat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import (
    CallbackReceived,
    CallbackUnmatched,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRequested,
)
from eventstore.identity import BillId, CallbackId, callback_stream
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.bills import owner_of
from tests.handlers.gateways.paying import OTHER_BILL, TRANSIENT, Shop, a_shop, heard
from tests.story import facts


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


def about(requested: PayoutRequested, *, bill: BillId = OTHER_BILL) -> CallbackReceived:
    """Return an ok that echoes our payout."""
    return heard(bill=bill, phone=requested.phone_fingerprint, comment=requested.payout)


async def receive(shop: Shop, callback: CallbackReceived, *, name: str = "c") -> None:
    """Record ``callback`` and conclude what can be concluded now."""
    await shop.record_fact(callback, name=CallbackId(name))
    await shop.apply_callbacks()


async def lose_the_answer_to_create(shop: Shop) -> tuple[PayoutRequested, BillId]:
    """Let a bill be made that we never hear of; return the payout and that bill."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
    await shop.settle()
    return requested, shop.bank.bills()[-1].bill


async def test_an_echo_finds_a_payout_whose_bill_we_never_heard(shop: Shop) -> None:
    """The answer with the bill was lost; comment, amount and phone say whose money it was."""
    requested, bill = await lose_the_answer_to_create(shop)

    await receive(shop, about(requested, bill=bill))

    assert (await shop.history(requested))[-2:] == [
        PayoutOutcomeUnknown(step="create", cause="connection_lost"),
        PayoutConfirmed(bill=bill),
    ]


@pytest.mark.parametrize("comment", [None, "", "thanks", "11111111-1111-5111-8111-111111111111"])
async def test_a_callback_that_fits_nothing_is_handed_to_a_person(
    shop: Shop, comment: str | None
) -> None:
    """It waits a quarter of an hour for a bill that is late, and is then set aside by name."""
    stream = callback_stream(CallbackId("c"))
    callback = heard(comment=comment)
    await receive(shop, callback)
    assert await facts(shop.store, stream) == [callback]

    await shop.time_passes()
    with capture_logs() as lines:
        await shop.apply_callbacks()
    unmatched = CallbackUnmatched(bill=callback.bill)
    alarms = [line["event"] for line in lines if line["log_level"] == "error"]
    assert alarms == ["callback.unmatched"]
    assert await facts(shop.store, stream) == [callback, unmatched]
    assert await shop.pool.fetchval("SELECT count(*) FROM work") == 0


@pytest.mark.parametrize("echoes", [False, True])
async def test_a_callback_without_proof_waits_for_the_answer_that_names_its_bill(
    shop: Shop, echoes: bool
) -> None:
    """It overtook the answer to create; once the bill is known it is applied."""
    requested, phone = await shop.owe()
    gate = asyncio.Event()
    shop.bank.script(Behaviour(until=gate), phone=phone, step="create")
    shop.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
    paying = asyncio.create_task(shop.work_off(shop.payer()))
    while not shop.bank.bills():
        await asyncio.sleep(0)
    bill = shop.bank.bills()[0].bill

    comment = requested.payout if echoes else None
    await receive(shop, heard(bill=bill, phone=None, comment=comment))
    assert len(await shop.history(requested)) == 1
    gate.set()
    await paying
    await shop.pool.execute("UPDATE work SET due_at = now() - interval '1 hour'")
    await shop.apply_callbacks()

    assert (await shop.history(requested))[-1] == PayoutConfirmed(bill=bill)


async def test_news_of_a_payout_that_was_never_sent_stops_it_for_a_person(shop: Shop) -> None:
    """Portmone says that money arrived which we never asked for: not believed, nothing leaves."""
    requested, _ = await shop.owe()
    await receive(shop, about(requested))
    await shop.settle()
    contradicted = PayoutContradicted(bill=OTHER_BILL, about="bill")
    assert await shop.history(requested) == [contradicted]
    assert shop.bank.bills() == []


async def test_a_confirmation_stops_a_request_that_has_not_left(shop: Shop) -> None:
    """Create was refused for now and then paid by somebody: it is not sent again."""
    requested, phone = await shop.owe()
    refusal = Behaviour(answer="fail", fail_code=TRANSIENT)
    shop.bank.script(refusal, phone=phone, step="create")
    await shop.work_off(shop.payer())
    await receive(shop, about(requested))
    await shop.time_passes()
    await shop.settle()
    assert (await shop.history(requested))[2:] == [PayoutConfirmed(bill=OTHER_BILL)]
    assert shop.bank.bills() == []


async def test_an_echo_without_proof_waits_and_is_then_handed_to_a_person(shop: Shop) -> None:
    """Neither amount nor phone, and the bill never came: nobody is told "paid"."""
    requested, bill = await lose_the_answer_to_create(shop)
    unproven = heard(bill=bill, amount=None, phone=None, comment=requested.payout)
    await receive(shop, unproven)
    assert await shop.outcome(requested) is None

    await shop.settle()
    contradicted = PayoutContradicted(bill=bill, about="amount")
    assert (await shop.history(requested))[-1] == contradicted
    assert await shop.outcome(requested) is None


async def test_a_hundred_copies_at_once_confirm_once(shop: Shop) -> None:
    """The bank stutters; the payout is confirmed by the first and unmoved by the rest."""
    requested, bill = await lose_the_answer_to_create(shop)
    for number in range(100):
        await shop.record_fact(about(requested, bill=bill), name=CallbackId(f"copy{number}"))

    await asyncio.gather(*(shop.apply_callbacks() for _ in range(4)))

    assert (await shop.history(requested))[2:] == [PayoutConfirmed(bill=bill)]
    assert await shop.pool.fetchval("SELECT count(*) FROM work WHERE handler <> 'pay_bonus'") == 0


@pytest.mark.parametrize("callback", ["twice", "fail"])
async def test_what_the_bank_says_last_is_heard_over_http(shop: Shop, callback: str) -> None:
    """The whole way: a doubled ok confirms once, a fail ends the payout without money."""
    requested, phone = await shop.owe()
    twice = callback == "twice"
    shop.bank.script(Behaviour(callback="twice" if twice else "fail"), phone=phone, step="pay")
    await shop.settle()

    final = [
        e for e in await shop.history(requested) if isinstance(e, PayoutConfirmed | PayoutFailed)
    ]
    assert [type(event) for event in final] == [PayoutConfirmed if twice else PayoutFailed]
    assert (len(shop.heard), len(shop.bank.bookings())) == ((2, 1) if twice else (1, 0))


async def test_a_fail_after_an_ok_alarms_and_changes_nothing(shop: Shop) -> None:
    """Money that was confirmed stays confirmed."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="ok_then_fail"), phone=phone, step="pay")
    await shop.settle()

    bill = shop.bank.bills()[0].bill
    told = [
        event
        for event in await shop.history(requested)
        if isinstance(event, PayoutConfirmed | PayoutFailed | PayoutContradicted)
    ]
    assert told == [PayoutConfirmed(bill=bill), PayoutContradicted(bill=bill, about="status")]


async def test_an_echo_of_our_payout_with_another_phone_is_not_believed(shop: Shop) -> None:
    """The right comment on the wrong money alarms, and nobody is told "paid"."""
    requested, bill = await lose_the_answer_to_create(shop)
    await receive(shop, heard(bill=bill, phone="another", comment=requested.payout))
    await shop.settle()
    contradicted = PayoutContradicted(bill=bill, about="phone")
    assert (await shop.history(requested))[2:] == [contradicted]


async def test_the_bill_of_a_payout_that_ended_otherwise_pays_no_other(shop: Shop) -> None:
    """Its end is disputed, and whose the bill is stands: without the echo it is no one else's."""
    shop.phones = repeat(next(shop.phones))
    refused, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="fail", fail_code="150"), phone=phone, step="create")
    await shop.settle()
    assert isinstance(await shop.outcome(refused), PayoutFailed)
    lost, _ = await lose_the_answer_to_create(shop)
    await receive(shop, about(refused))
    silent = heard(bill=OTHER_BILL, phone=refused.phone_fingerprint, comment=None)
    await receive(shop, silent, name="again")
    await shop.settle()
    contradicted = PayoutContradicted(bill=OTHER_BILL, about="status")
    assert (await shop.history(refused))[-1] == contradicted
    assert await owner_of(shop.store, OTHER_BILL) == refused.payout
    assert await shop.outcome(lost) is None
