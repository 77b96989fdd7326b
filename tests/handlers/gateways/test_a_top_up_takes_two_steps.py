"""What every payout gateway promises, asked of a real server that keeps its own book."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from eventstore.identity import BillId
from handlers.gateways.portmone import PortmoneSettings
from handlers.gateways.sandbox import Sandbox
from handlers.gateways.sandbox_script import Behaviour
from handlers.ports import Billed, OutcomeUnknown, PayoutGateway, Refused
from tests.handlers.gateways.banks import (
    ONE_HRYVNIA,
    PAYOUT,
    PHONE,
    SHORT,
    a_gateway,
    a_sandbox,
)

Outcome = Billed | Refused | OutcomeUnknown


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A bank with an empty book."""
    async with a_sandbox(tmp_path) as sandbox:
        yield sandbox


async def take(gateway: PayoutGateway, step: str, bill: BillId) -> Outcome:
    """Take one step; ``bill`` matters to the second only."""
    if step == "create":
        return await gateway.create_bill(
            payout=PAYOUT, phone=PHONE, amount=ONE_HRYVNIA, payee_id=None
        )
    return await gateway.pay_bill(payout=PAYOUT, bill=bill)


async def a_bill(bank: Sandbox) -> BillId:
    """Return a bill that was properly created."""
    created = await take(a_gateway(bank.url), "create", BillId(""))
    assert isinstance(created, Billed)
    return created.bill


async def test_a_created_bill_moves_no_money(bank: Sandbox) -> None:
    """After the first step the bank knows bill, phone, amount and our payout, and paid nothing."""
    bill = await a_bill(bank)

    (kept,) = bank.bills()
    assert (kept.bill, kept.phone, kept.amount_kopecks) == (bill, PHONE, 100)
    assert kept.comment == PAYOUT
    assert bank.bookings() == []


async def test_a_paid_bill_moves_money_once(bank: Sandbox) -> None:
    """After the second step there is one top-up, under our payout."""
    bill = await a_bill(bank)

    paid = await a_gateway(bank.url).pay_bill(payout=PAYOUT, bill=bill)

    assert paid == Billed(bill=bill)
    (booking,) = bank.bookings()
    assert (booking.bill, booking.comment, booking.phone) == (bill, PAYOUT, PHONE)
    assert booking.amount_kopecks == 100


@pytest.mark.parametrize("step", ["create", "pay"])
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (Behaviour(answer="fail", fail_code="150"), Refused(kind="final", code="150")),
        (Behaviour(answer="garbage"), OutcomeUnknown(cause="unreadable_answer")),
        (Behaviour(answer="http_500"), OutcomeUnknown(cause="http_500")),
        (Behaviour(answer="drop"), OutcomeUnknown(cause="connection_lost")),
        (Behaviour(answer="drop", books=False), OutcomeUnknown(cause="connection_lost")),
    ],
)
async def test_each_way_a_step_can_end_has_its_name(
    bank: Sandbox, step: str, behaviour: Behaviour, outcome: Outcome
) -> None:
    """No is no; whatever else is not a clear yes is unknown, booked or not."""
    bill = await a_bill(bank)
    gateway = a_gateway(bank.url)
    bank.script(behaviour)

    assert await take(gateway, step, bill) == outcome


@pytest.mark.parametrize("step", ["create", "pay"])
async def test_a_late_answer_is_unknown_though_the_bank_did_it(bank: Sandbox, step: str) -> None:
    """The step is in the book, the answer never came in time: we must not say it failed."""
    bill = await a_bill(bank)
    bank.script(Behaviour(until=asyncio.Event()))

    outcome = await take(a_gateway(bank.url, patience=SHORT), step, bill)

    assert outcome == OutcomeUnknown(cause="timeout")
    assert (len(bank.bills()), len(bank.bookings())) == ((2, 0) if step == "create" else (1, 1))


async def test_ok_without_a_bill_is_unknown(bank: Sandbox) -> None:
    """An ok that names no bill is a promise nobody can be held to."""
    bank.script(Behaviour(books=False))
    outcome = await take(a_gateway(bank.url), "create", BillId(""))
    assert outcome == OutcomeUnknown(cause="unreadable_answer")


async def test_a_wrong_password_is_a_final_no(bank: Sandbox) -> None:
    """Nothing is done for someone the bank does not know."""
    outcome = await take(a_gateway(bank.url, password="guessed"), "create", BillId(""))
    assert outcome == Refused(kind="final", code="101")
    assert bank.bills() == []


async def test_a_pay_step_that_is_off_never_leaves(bank: Sandbox) -> None:
    """Until Portmone has confirmed its parameters, nobody pays by accident."""
    bill = await a_bill(bank)
    outcome = await a_gateway(bank.url, pays=False).pay_bill(payout=PAYOUT, bill=bill)
    assert outcome == Refused(kind="not_sent", code="pay_step_off")
    assert bank.bookings() == []


async def test_the_log_tells_of_each_request_and_keeps_its_secrets(bank: Sandbox) -> None:
    """One line with payout, step, seconds and outcome; no phone, login or password in any."""
    with capture_logs() as lines:
        bill = await a_bill(bank)

    (sent,) = [line for line in lines if line["event"] == "payout.sent"]
    assert (sent["payout"], sent["step"], sent["outcome"]) == (PAYOUT, "create", "ok")
    assert sent["bill"] == bill
    assert 0 <= sent["seconds"] < 5
    assert PHONE not in repr(lines)
    assert "sandbox" not in repr(sent)


def test_an_account_shows_neither_login_nor_password() -> None:
    """Whoever prints the settings by accident gives nothing away."""
    shown = repr(PortmoneSettings(login="a-login", password="a-password", payee_id="1"))
    assert "a-login" not in shown
    assert "a-password" not in shown
