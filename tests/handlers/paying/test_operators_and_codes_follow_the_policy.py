"""Whom we ask, for which phone, and what a refusal means: the policy says so at that moment."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PayoutAttempted, PayoutConfirmed, PayoutFailed, PayoutRefused
from eventstore.policy import Operator, PortmoneError
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.payout_steps import weighed
from handlers.ports import Billed, OutcomeUnknown, Refused
from tests.handlers.gateways.banks import a_gateway, a_raw_bank, says_xml
from tests.handlers.gateways.paying import BILL, POLICY, TRANSIENT, Shop, a_shop, adopt

KYIVSTAR = Operator(name="kyivstar", prefixes=("67",), payee_id="2065")


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("named", "asked"), [("2065", "2065"), (None, "1")])
async def test_the_bill_is_made_out_to_the_phones_operator(
    shop: Shop, named: str | None, asked: str
) -> None:
    """Its own id goes to Portmone and into the log; without one it is that of the settings."""
    await adopt(shop.store, replace(POLICY, operators=(replace(KYIVSTAR, payee_id=named),)))
    requested, _ = await shop.owe()
    answer = b'<rsp status="fail"><error code="1">no</error></rsp>'
    async with a_raw_bank(says_xml(answer)) as bank:
        await shop.work_off(shop.payer(gateway=a_gateway(bank.url)))
    (request,) = bank.requests
    assert parse_qs(request.partition(b"\r\n\r\n")[2].decode())["payeeId"] == [asked]
    attempted = (await shop.history(requested))[0]
    assert attempted == PayoutAttempted(step="create", attempt=1, payee_id=named)


async def test_an_operator_that_is_supported_no_longer_ends_the_payout_unasked(
    shop: Shop,
) -> None:
    """The phone was good when it was shared; nothing is attempted and nothing counted."""
    await adopt(shop.store, replace(POLICY, operators=(replace(KYIVSTAR, prefixes=("50",)),)))
    requested, _ = await shop.owe()
    await shop.settle()
    failed = PayoutFailed(cause="unsupported_operator", code="none")
    assert await shop.history(requested) == [failed]
    assert shop.bank.bills() == []
    stored = "SELECT count(*) FROM events WHERE type = 'BudgetUsed'"
    assert await shop.pool.fetchval(stored) == 0


async def test_an_operator_that_is_dropped_between_the_steps_is_still_paid(shop: Shop) -> None:
    """The bill stands: paying it asks for no operator."""
    requested, _ = await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway(shop.bank.url, pays=False)))
    await adopt(shop.store, replace(POLICY, operators=()))
    work_again = "INSERT INTO work (handler, seq, stream) SELECT 'pay_bonus', seq, stream"
    await shop.pool.execute(
        f"{work_again} FROM ledger JOIN events USING (position) WHERE type = 'PayoutRequested'"
    )
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


async def test_a_code_is_transient_from_the_moment_it_is_listed(shop: Shop) -> None:
    """Listed it is tried again; the same code unlisted ends the payout."""
    refusal = Behaviour(answer="fail", fail_code=TRANSIENT)
    listed, phone = await shop.owe()
    shop.bank.script(refusal, phone=phone)
    await shop.settle()
    assert (await shop.history(listed))[1] == PayoutRefused(
        step="create", kind="transient", code=TRANSIENT
    )
    assert isinstance(await shop.outcome(listed), PayoutConfirmed)

    await adopt(shop.store, replace(POLICY, errors=()))
    unlisted, phone = await shop.owe()
    shop.bank.script(refusal, phone=phone)
    await shop.settle()
    assert await shop.outcome(unlisted) == PayoutFailed(cause="refused", code=TRANSIENT)


def test_only_a_listed_no_is_a_passing_trouble() -> None:
    """What left and was not answered stays unknown, whatever it is called."""
    errors = (PortmoneError(code="7", kind="transient"), PortmoneError(code="8", kind="final"))
    passing = Refused(kind="transient", code="7")
    assert weighed(Refused(kind="final", code="7"), errors) == passing
    for answer in (
        Refused(kind="final", code="8"),
        Refused(kind="final", code="9"),
        Refused(kind="not_sent", code="7"),
        OutcomeUnknown(cause="7"),
        Billed(bill=BILL),
    ):
        assert weighed(answer, errors) == answer
