"""A bonus of an earlier, larger policy is not left behind by a smaller budget unseen."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PayoutFailed, PayoutReopened, PayoutRequested
from eventstore.identity import Kopecks, payout_stream
from eventstore.pool import Pool
from handlers.paying.owing import OverADay, over_a_day
from tests.handlers.gateways.paying import POLICY, Shop, a_shop, adopt
from tests.processes import cashbot
from tests.story import CONTEXT, append_of

#: Grants half of what is owed from before, and may spend no more than one new bonus a day.
SMALLER = "bonus_kopecks = 50\nbudget_per_day_kopecks = 60\n"
REFUSED = PayoutFailed(cause="refused", code="1")
AGAIN = PayoutReopened(phone_sealed="sealed", phone_fingerprint="f", reason="again")


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_a_budget_below_what_is_owed_is_refused(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """It says how much is owed; once that was paid the same file is taken."""
    await shop.owe()
    file = tmp_path / "p.toml"
    file.write_text(SMALLER)
    said = ("policy", "adopt", str(file), "--reason", "less money")
    for more in ((), ("--dry-run",)):
        status, _, talk = await cashbot(*said, *more, env=env)
        assert status == 2
        assert "exceed a whole day's budget and never leave: 1 of up to 1.00 UAH" in talk
    await shop.settle()
    status, _, talk = await cashbot(*said, env=env)
    assert (status, talk) == (0, "adopted\n")


async def test_a_policy_that_does_not_lower_the_budget_is_taken(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """Whatever is owed: nothing gets worse by it."""
    await adopt(
        shop.store, replace(POLICY, bonus_kopecks=Kopecks(50), budget_per_day_kopecks=Kopecks(60))
    )
    await shop.owe()
    file = tmp_path / "p.toml"
    file.write_text("budget_per_day_kopecks = 80\nage_days_max = 8\n")
    status, _, talk = await cashbot("policy", "adopt", str(file), "--reason", "more", env=env)
    assert (status, talk) == (0, "adopted\n")


async def test_status_tells_what_never_leaves(shop: Shop, env: dict[str, str]) -> None:
    """Decided in the moment in which the policy changed: midnight brings it nothing."""
    await adopt(
        shop.store, replace(POLICY, bonus_kopecks=Kopecks(50), budget_per_day_kopecks=Kopecks(60))
    )
    await shop.owe()
    await shop.work_off(shop.payer())
    assert shop.bank.bills() == []
    _, out, _ = await cashbot("payouts", "status", env=env)
    assert "0.00 UAH of 0.60 UAH used\n" in out
    assert "waits for midnight" not in out
    assert out.endswith(
        "owed bonuses exceed a whole day's budget and never leave: 1 of up to 1.00 UAH:"
        " adopt a larger budget_per_day_kopecks\n"
    )
    _, out, _ = await cashbot("payouts", "status", "--json", env=env)
    budget = json.loads(out)["budget"]
    assert budget["over_a_day"] == {"payouts": 1, "most_kopecks": 100}
    assert not budget["exhausted"]


async def test_only_what_would_leave_by_itself_counts(shop: Shop) -> None:
    """What ended does not, nor what waits for a person; what was reopened does."""
    ended, _ = await shop.owe()
    await append(shop, ended, REFUSED)
    assert await over_a_day(shop.store, limit_kopecks=Kopecks(99)) is None
    await append(shop, ended, AGAIN, before=1)
    over = OverADay(payouts=1, most_kopecks=Kopecks(100))
    assert await over_a_day(shop.store, limit_kopecks=Kopecks(99)) == over
    assert await over_a_day(shop.store, limit_kopecks=Kopecks(100)) is None


async def append(
    shop: Shop, requested: PayoutRequested, fact: PayoutFailed | PayoutReopened, *, before: int = 0
) -> None:
    """Add ``fact`` to a payout."""
    stream = payout_stream(requested.payout)
    await shop.store.append(append_of(stream, fact, expected=before), context=CONTEXT)
