"""What leaves for the bank on one Kyiv day is counted, and never more than the policy allows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from eventstore.catalogue import BudgetExhausted, BudgetUsed, Event, PayoutConfirmed, PolicyAdopted
from eventstore.errors import LogUnavailable
from eventstore.identity import EventId, Kopecks, PayoutId
from eventstore.pool import Pool
from eventstore.store import Recorded
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.budget import budget_after, seconds_to_midnight, stream_of
from handlers.paying.hold import HELD_SECONDS
from tests.handlers.gateways.banks import a_gateway
from tests.handlers.gateways.paying import POLICY, TRANSIENT, Shop, a_shop, adopt
from tests.story import CONTEXT, append_of, facts

#: Noon in Kyiv.
NOON = datetime(2026, 11, 27, 10, tzinfo=UTC)
PASSING = Behaviour(answer="fail", fail_code=TRANSIENT)


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank, at noon."""
    async with a_shop(pool, tmp_path) as opened:
        opened.now = NOON
        yield opened


async def may_spend(shop: Shop, kopecks: int) -> None:
    """Let a day cost ``kopecks`` from now on."""
    await adopt(shop.store, replace(POLICY, budget_per_day_kopecks=Kopecks(kopecks)))


async def counted(shop: Shop, day: datetime = NOON) -> list[Event]:
    """Return what stands in the budget of the Kyiv day of ``day``."""
    return list(await facts(shop.store, stream_of(day)))


async def test_each_payout_is_counted_once_with_the_running_total(shop: Shop) -> None:
    """A second try of a step costs nothing more; the pay step is the same money."""
    first, _ = await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway("http://127.0.0.1:1/")))
    await shop.time_passes(timedelta(minutes=1))
    second, _ = await shop.owe()
    await shop.settle()
    assert len(shop.bank.bookings()) == 2
    assert await counted(shop) == [
        BudgetUsed(payout=first.payout, amount_kopecks=Kopecks(100), used_kopecks=Kopecks(100)),
        BudgetUsed(payout=second.payout, amount_kopecks=Kopecks(100), used_kopecks=Kopecks(200)),
    ]


async def test_workers_that_race_never_spend_more_than_the_budget(shop: Shop) -> None:
    """Six of them reach for twelve payouts while there is money for five."""
    await may_spend(shop, 550)
    for _ in range(12):
        await shop.owe()
    with capture_logs() as lines:
        await asyncio.gather(*(shop.work_off(shop.payer()) for _ in range(6)))
    await shop.bank.callbacks_settled()

    *used, exhausted = await counted(shop)
    assert [fact.used_kopecks for fact in used if isinstance(fact, BudgetUsed)] == [
        100, 200, 300, 400, 500,
    ]  # fmt: skip
    assert exhausted == BudgetExhausted(budget_kopecks=Kopecks(550), used_kopecks=Kopecks(500))
    assert len(shop.bank.bookings()) == 5
    told = {line["log_level"] for line in lines if line["event"] == "payouts.budget_exhausted"}
    assert told == {"error"}


async def test_what_is_over_the_budget_waits_for_the_next_kyiv_day(shop: Shop) -> None:
    """It is looked at as often as a held payout, writes nothing more, and is paid in the end."""
    await may_spend(shop, 100)
    await shop.owe()
    late, _ = await shop.owe()
    await shop.work_off(shop.payer())
    for _ in range(3):
        assert HELD_SECONDS - 5 < await shop.due_in_seconds() <= HELD_SECONDS
        await shop.time_passes()
        await shop.work_off(shop.payer())
    assert await shop.history(late) == []
    assert len(await counted(shop)) == 2

    await shop.time_passes(timedelta(hours=9))
    await shop.settle()
    assert isinstance(await shop.outcome(late), PayoutConfirmed)
    assert len(await counted(shop, NOON + timedelta(days=1))) == 1


async def test_a_larger_budget_holds_at_once_and_a_smaller_one_too(shop: Shop) -> None:
    """Policy is read before each payment; the end of each budget is told."""
    await may_spend(shop, 100)
    for _ in range(4):
        await shop.owe()
    await shop.work_off(shop.payer())
    await may_spend(shop, 300)
    await shop.time_passes(timedelta(minutes=2))
    await shop.work_off(shop.payer())
    await may_spend(shop, 200)
    await shop.time_passes(timedelta(minutes=2))
    await shop.work_off(shop.payer())
    told = [fact for fact in await counted(shop) if isinstance(fact, BudgetExhausted)]
    assert [(fact.budget_kopecks, fact.used_kopecks) for fact in told] == [(100, 100), (300, 300)]
    assert len(shop.bank.bookings()) == 3


async def test_what_was_not_sent_yesterday_is_counted_when_it_leaves_today(shop: Shop) -> None:
    """The bank was down on the day before: all that waits is no more than a day may cost."""
    await may_spend(shop, 300)
    for _ in range(3):
        await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway("http://127.0.0.1:1/")))
    assert len(await counted(shop)) == 3
    await may_spend(shop, 200)
    await shop.time_passes(timedelta(days=1))
    await shop.work_off(shop.payer())
    assert len(shop.bank.bookings()) == 2
    *used, exhausted = await counted(shop, NOON + timedelta(days=1))
    assert [fact.used_kopecks for fact in used if isinstance(fact, BudgetUsed)] == [100, 200]
    assert exhausted == BudgetExhausted(budget_kopecks=Kopecks(200), used_kopecks=Kopecks(200))


async def test_a_bill_of_yesterday_is_counted_on_the_day_it_is_paid(shop: Shop) -> None:
    """It waits while there is no money for it; tried twice a day it costs that day once."""
    requested, phone = await shop.owe()
    for _ in range(2):
        shop.bank.script(PASSING, phone=phone, step="pay")
    await shop.work_off(shop.payer())
    await may_spend(shop, 0)
    await shop.time_passes(timedelta(days=1))
    await shop.work_off(shop.payer())
    assert len(shop.bank.bookings()) == 0
    await may_spend(shop, 100)
    for _ in range(2):
        await shop.time_passes()
        await shop.work_off(shop.payer())
    assert len(shop.bank.bookings()) == 1
    told = await counted(shop, NOON + timedelta(days=1))
    assert [fact for fact in told if isinstance(fact, BudgetUsed)] == await counted(shop)
    assert len(await counted(shop)) == 1
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


async def test_both_steps_in_one_go_look_nothing_up_by_its_id(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who counted it a moment ago knows so: the usual way costs no further round trip."""

    async def never(_: Sequence[EventId]) -> list[Recorded]:
        raise AssertionError("looked up")

    monkeypatch.setattr(shop.store, "read_events", never)
    await shop.owe()
    await shop.work_off(shop.payer())
    assert len(shop.bank.bookings()) == 1
    assert len(await counted(shop)) == 1


async def test_no_budget_at_all_lets_nothing_leave(shop: Shop) -> None:
    """Nought is a number like any other."""
    await may_spend(shop, 0)
    await shop.owe()
    await shop.work_off(shop.payer())
    assert shop.bank.bills() == []


async def test_a_budget_that_only_a_newer_release_can_read_stops_an_older_one(shop: Shop) -> None:
    """What was spent is not guessed."""
    strange = PolicyAdopted(policy=POLICY, reason="stands for a fact of tomorrow")
    await shop.store.append(append_of(stream_of(NOON), strange), context=CONTEXT)
    await shop.owe()
    work = await shop.lease("pay_bonus")
    assert work is not None
    with pytest.raises(LogUnavailable):
        await shop.payer().handle(work)
    assert shop.bank.bills() == []


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (datetime(2026, 11, 27, 21, 30, tzinfo=UTC), 0.5),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), 9),
        (datetime(2026, 10, 24, 21, tzinfo=UTC), 25),
        (datetime(2026, 3, 28, 22, tzinfo=UTC), 23),
    ],
)
def test_a_day_ends_at_midnight_in_kyiv(moment: datetime, hours: float) -> None:
    """Also in summer, and on the two nights on which clocks are changed."""
    assert seconds_to_midnight(moment) == hours * 3600


def test_nothing_is_left_of_a_budget_that_was_lowered() -> None:
    """More was spent than is allowed now: that is nothing left, not less than nothing."""
    budget = budget_after(stream_of(NOON), None, limit_kopecks=Kopecks(100))
    assert budget.left_kopecks == 100
    assert replace(budget, used_kopecks=Kopecks(300)).left_kopecks == 0
    assert budget.use(PayoutId("p"), Kopecks(100)).expected == -1
