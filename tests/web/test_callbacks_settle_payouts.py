"""Callbacks over real HTTP, in whatever order and number: each is answered at once, and a payout
is settled once, by what proves it.
"""

from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import (
    BillIssued,
    CallbackUnmatched,
    Event,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutRefused,
)
from eventstore.identity import (
    BillId,
    bill_stream,
    payout_stream,
)
from tests.story import CONTEXT, append_of, facts
from tests.web.calling_back import BILL, CONFIRMED, CREATED, PHONE, TRIED, UNKNOWN, Portmone


async def test_an_early_one_is_answered_at_once_and_applied_when_its_bill_is_known(
    portmone: Portmone,
) -> None:
    """It overtook the answer that names the bill: no phone, no echo, nothing to go by but that."""
    payout = await portmone.owes(TRIED)
    assert (await portmone.calls(phone=None))[0] == 200
    await portmone.applied()
    assert await portmone.end(payout) == []
    created = append_of(payout_stream(payout), CREATED, expected=1)
    await portmone.site.store.append(created, context=CONTEXT)
    await portmone.bills(payout)
    await portmone.applied()
    assert await portmone.end(payout) == [CONFIRMED]


@pytest.mark.parametrize(
    ("status", "added"),
    [("ok", []), ("fail", [PayoutContradicted(bill=BILL, about="status")])],
)
async def test_a_late_one_changes_no_end_and_its_opposite_alarms(
    portmone: Portmone, status: str, added: list[Event]
) -> None:
    """Days later, and in another order than it happened: 200, and at most a person's work."""
    payout = await portmone.owes(TRIED, CREATED, CONFIRMED)
    with capture_logs() as lines:
        assert (await portmone.calls(status))[0] == 200
        await portmone.applied()
    assert await portmone.end(payout) == [CONFIRMED, *added]
    alarms = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in alarms] == ["payout.contradicted"] * len(added)


async def test_an_ok_after_a_fail_alarms_too(portmone: Portmone) -> None:
    """The first final outcome stands; that money moved after all is for a person."""
    payout = await portmone.owes(TRIED, CREATED)
    for status in ("fail", "ok"):
        assert (await portmone.calls(status))[0] == 200
        await portmone.applied()
    assert await portmone.end(payout) == [
        PayoutFailed(cause="callback", code="none"),
        PayoutContradicted(bill=BILL, about="status"),
    ]


@pytest.mark.parametrize(
    ("amount", "phone", "about"),
    [("2.00", PHONE, "amount"), ("0.999", PHONE, "amount"), ("1.00", "380670000002", "phone")],
)
async def test_another_amount_or_phone_is_other_money(
    portmone: Portmone, amount: str, phone: str, about: str
) -> None:
    """It is heard with 200, believed by nobody, and ends nothing."""
    payout = await portmone.owes(TRIED, CREATED)
    assert (await portmone.calls(amount=amount, phone=phone))[0] == 200
    await portmone.applied()
    (told,) = await portmone.end(payout)
    assert isinstance(told, PayoutContradicted)
    assert told.about == about


async def test_a_bill_nobody_knows_is_heard_and_waits_for_a_person(portmone: Portmone) -> None:
    """To a phone that nothing is owed to: 200, a quarter of an hour, then set aside by name."""
    payout = await portmone.owes(TRIED, UNKNOWN)
    assert (await portmone.calls(phone="380670000009"))[0] == 200
    await portmone.waits()
    assert await portmone.end(payout) == []
    told = "SELECT count(*) FROM events WHERE type = 'CallbackUnmatched'"
    assert await portmone.site.pool.fetchval(told) == 1


@pytest.mark.parametrize("status", ["ok", "fail"])
async def test_phone_and_amount_find_the_one_payout_that_can_be_meant(
    portmone: Portmone, status: str
) -> None:
    """Neither bill nor echo is ours; what else names that bill then finds the payout by it."""
    other = await portmone.owes(TRIED, UNKNOWN, phone="380670000002")
    refused = PayoutRefused(step="create", kind="final", code="1")
    ended = await portmone.owes(TRIED, refused, PayoutFailed(cause="refused", code="1"))
    unknown = await portmone.owes(TRIED, UNKNOWN)
    assert (await portmone.calls(status, bill="900"))[0] == 200
    await portmone.applied()
    bill = BillId("900")
    end = PayoutFailed(cause="callback", code="none")
    assert await portmone.end(unknown) == [PayoutConfirmed(bill=bill) if status == "ok" else end]
    assert (await portmone.end(other), len(await portmone.end(ended))) == ([], 1)
    assert await facts(portmone.site.store, bill_stream(bill)) == [BillIssued(payout=unknown)]

    opposite = "fail" if status == "ok" else "ok"
    await portmone.calls(opposite, bill="900", phone=None)
    await portmone.applied()
    contradicted = PayoutContradicted(bill=bill, about="status")
    assert (await portmone.end(unknown))[1:] == [contradicted]


@pytest.mark.parametrize(
    ("second", "amount"),
    [
        ([TRIED, UNKNOWN], "1.00"),  # two may be meant
        ([TRIED], "1.00"),  # one is under way: its bill may be late
        ([PayoutFailed(cause="refused", code="1")], "1.50"),  # other money
    ],
)
async def test_where_it_is_not_sure_who_is_meant_a_person_finds_out(
    portmone: Portmone, second: list[Event], amount: str
) -> None:
    """A guess would tell somebody "paid" who was not."""
    first = await portmone.owes(TRIED, UNKNOWN)
    other = await portmone.owes(*second)
    before = await portmone.end(other)
    await portmone.calls(bill="900", amount=amount)
    await portmone.applied()
    await portmone.waits()
    assert (await portmone.end(first), await portmone.end(other)) == ([], before)
    told = await portmone.site.pool.fetchval(
        "SELECT count(*) FROM events WHERE type = $1", CallbackUnmatched.__name__
    )
    assert told == 1


async def test_an_echo_of_a_payout_that_is_not_ours_is_matched_to_nobody(
    portmone: Portmone,
) -> None:
    """It says whom it means: somebody the log has lost, not the one with the same phone."""
    payout = await portmone.owes(TRIED, UNKNOWN)
    await portmone.calls(bill="900", comment=str(uuid4()))
    await portmone.waits()
    assert await portmone.end(payout) == []
