"""A bonus that is owed goes through the bank, and each turn of it is a fact."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import (
    BillIssued,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutSubmitted,
)
from eventstore.identity import bill_stream
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.pay_bonus import TRY_AGAIN_SECONDS
from tests.handlers.gateways.banks import a_gateway
from tests.handlers.gateways.paying import Shop, a_shop
from tests.story import facts


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_a_bonus_goes_from_request_to_confirmed(shop: Shop) -> None:
    """Both steps are attempted, answered and confirmed; the bill knows its payout."""
    requested, phone = await shop.owe()
    await shop.settle()

    (booking,) = shop.bank.bookings()
    assert (booking.phone, booking.amount_kopecks) == (phone, 100)
    bill = booking.bill
    *begun, last, very_last = await shop.history(requested)
    assert begun == [
        PayoutAttempted(step="create", attempt=1),
        PayoutSubmitted(step="create", bill=bill),
        PayoutAttempted(step="pay", attempt=1),
    ]
    paid = [PayoutSubmitted(step="pay", bill=bill), PayoutConfirmed(bill=bill)]
    assert [last, very_last] in (paid, paid[::-1])  # the callback may be the faster one
    issued = BillIssued(payout=requested.payout)
    assert await facts(shop.store, bill_stream(bill)) == [issued]


async def test_with_the_pay_step_off_a_created_bill_waits_for_the_bank(shop: Shop) -> None:
    """No money is asked to move; when the bank's clerk pays the bill, that is believed."""
    requested, _ = await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway(shop.bank.url, pays=False)))

    bill = shop.bank.bills()[0].bill
    assert (await shop.history(requested))[-1] == PayoutSubmitted(step="create", bill=bill)
    assert shop.bank.bookings() == []

    shop.bank.pay_by_hand(bill)
    await shop.bank.callbacks_settled()
    assert (await shop.history(requested))[-1] == PayoutConfirmed(bill=bill)


async def test_a_bank_that_cannot_be_reached_is_tried_three_times(shop: Shop) -> None:
    """Nothing ever left, so it is tried again with pauses, and then given up."""
    requested, _ = await shop.owe()
    payer = shop.payer(gateway=a_gateway("http://127.0.0.1:1/"))
    for pause_seconds in TRY_AGAIN_SECONDS:
        await shop.work_off(payer)
        assert await shop.due_in_seconds() == pytest.approx(pause_seconds, abs=5)
        await shop.time_passes()
    await shop.work_off(payer)

    refused = PayoutRefused(step="create", kind="not_sent", code="connection_refused")
    assert await shop.history(requested) == [
        PayoutAttempted(step="create", attempt=1),
        refused,
        PayoutAttempted(step="create", attempt=2),
        refused,
        PayoutAttempted(step="create", attempt=3),
        refused,
        PayoutFailed(cause="not_sent", code="connection_refused"),
    ]


async def test_a_bank_that_was_down_for_a_while_still_pays_once(shop: Shop) -> None:
    """The second try reaches it."""
    requested, _ = await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway("http://127.0.0.1:1/")))
    await shop.time_passes()
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert len(shop.bank.bookings()) == 1


@pytest.mark.parametrize("step", ["create", "pay"])
async def test_a_no_of_the_bank_ends_the_payout(shop: Shop, step: str) -> None:
    """It is kept with the bank's code, and nothing follows it."""
    requested, phone = await shop.owe()
    behaviour = Behaviour(answer="fail", fail_code="150")
    shop.bank.script(behaviour, phone=phone, step="create" if step == "create" else "pay")
    await shop.settle()
    assert (await shop.history(requested))[-1] == PayoutFailed(cause="refused", code="150")
    assert shop.bank.bookings() == []


async def test_an_answer_that_never_came_waits_for_the_callback(shop: Shop) -> None:
    """The bank paid and its answer was lost: unknown, never sent again, then confirmed."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop", callback="lost"), phone=phone, step="pay")
    await shop.settle()

    unknown = PayoutOutcomeUnknown(step="pay", cause="connection_lost")
    assert (await shop.history(requested))[-1] == unknown
    assert len(shop.bank.bookings()) == 1


async def test_an_ok_that_comes_home_after_the_callback_still_names_its_bill(shop: Shop) -> None:
    """The callback is applied while the answer is on its way; both are kept, nothing is sent."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="early"), phone=phone, step="pay")
    await shop.settle()

    bill = shop.bank.bills()[0].bill
    assert (await shop.history(requested))[-2:] == [
        PayoutConfirmed(bill=bill),
        PayoutSubmitted(step="pay", bill=bill),
    ]


async def test_an_operator_sees_no_phone_in_the_log(shop: Shop) -> None:
    """From request to confirmation no line and no fact holds the number in clear."""
    _, phone = await shop.owe()
    with capture_logs() as lines:
        await shop.settle()
    assert "payout.sent" in [line["event"] for line in lines]
    assert phone not in repr(lines)
    stored = await shop.pool.fetch("SELECT data::text || metadata::text AS text FROM events")
    assert phone not in "".join(row["text"] for row in stored)
