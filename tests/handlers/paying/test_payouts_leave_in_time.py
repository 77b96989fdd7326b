"""A request leaves right after its attempt was recorded, and never from a process that stops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from eventstore.catalogue import (
    PayoutAttempted,
    PayoutConfirmed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutSubmitted,
)
from eventstore.pool import Pool
from eventstore.worklist import Work
from handlers.gateways.portmone import REQUEST_SECONDS
from handlers.pay_bonus import SEND_SECONDS_MAX
from handlers.paying.payout_steps import ANSWER_SECONDS_MAX
from handlers.ports import PayoutGateway
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.gateways.perils import Freeze, Perilous, Perils

CREATING = PayoutAttempted(step="create", attempt=1)


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


class At(Perils):
    """Something happens at one place, and the process goes on."""

    def __init__(self, place: int, happens: Callable[[], None]) -> None:
        super().__init__()
        self._place = place
        self._happens = happens

    async def passed(self) -> None:
        """Let it happen at its place."""
        self.places += 1
        if self.places == self._place:
            self._happens()


async def lease(shop: Shop) -> Work:
    """Take the payout that is owed."""
    work = await shop.lease("pay_bonus")
    assert work is not None
    return work


def stop(work: Work) -> None:
    """Tell the process of ``work`` to stop."""
    work.stopping = lambda: True


def refused(code: str) -> PayoutRefused:
    """Return a create step that was held back."""
    return PayoutRefused(step="create", kind="not_sent", code=code)


async def test_a_process_that_stops_begins_no_payout(shop: Shop) -> None:
    """The item is given back at once and untouched; the next process pays it."""
    requested, _ = await shop.owe()
    work = await lease(shop)
    stop(work)
    await shop.payer().handle(work)
    assert await shop.history(requested) == []
    assert await shop.due_in_seconds() <= 0

    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


async def test_told_to_stop_between_two_steps_it_leaves_the_second_to_others(shop: Shop) -> None:
    """The answer to create is kept, pay is not asked for any more; the next process does."""
    requested, _ = await shop.owe()
    work = await lease(shop)
    answered = At(2, lambda: stop(work))
    gateway = cast(PayoutGateway, Perilous(shop.gateway, answered))
    await shop.payer(gateway=gateway).handle(work)
    created = PayoutSubmitted(step="create", bill=shop.bank.bills()[0].bill)
    assert await shop.history(requested) == [CREATING, created]
    assert shop.bank.bookings() == []

    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert (len(shop.bank.bills()), len(shop.bank.bookings())) == (1, 1)


async def test_told_to_stop_with_an_attempt_recorded_it_says_that_nothing_left(shop: Shop) -> None:
    """It would be cut off before the answer: sure not to have left beats unknown."""
    requested, _ = await shop.owe()
    work = await lease(shop)
    appended = At(2, lambda: stop(work))
    await shop.payer().handle(cast(Work, Perilous(work, appended)))
    assert await shop.history(requested) == [CREATING, refused("stopping")]
    assert shop.bank.bills() == []

    await shop.time_passes()
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


@pytest.mark.parametrize(
    ("seconds", "leaves"),
    [(0.0, True), (SEND_SECONDS_MAX, True), (SEND_SECONDS_MAX + 1, False), (-3600.0, False)],
)
async def test_a_request_leaves_soon_after_its_attempt_or_not_at_all(
    shop: Shop, seconds: float, leaves: bool
) -> None:
    """A machine that was paused in between, or whose clock jumped, sends nothing."""
    requested, _ = await shop.owe()
    work = await lease(shop)

    def pass_by() -> None:
        shop.now += timedelta(seconds=seconds)

    await shop.payer().handle(cast(Work, Perilous(work, At(2, pass_by))))
    assert len(shop.bank.bills()) == leaves
    assert (refused("too_late") in await shop.history(requested)) != leaves


async def test_a_sleeper_sends_nothing_once_its_attempt_was_called_lost(shop: Shop) -> None:
    """A person may have paid meanwhile: it wakes, sends nothing, and says so."""
    requested, _ = await shop.owe()
    work, asleep = await lease(shop), Freeze(2)  # the attempt stands, no socket is open yet
    sleeper = asyncio.create_task(shop.payer().handle(cast(Work, Perilous(work, asleep))))
    await asleep.frozen.wait()
    await shop.time_passes()
    await shop.settle()
    asleep.thawed.set()
    await sleeper
    await shop.time_passes()
    await shop.settle()

    lost = PayoutOutcomeUnknown(step="create", cause="worker_lost")
    assert await shop.history(requested) == [CREATING, lost, refused("too_late")]
    assert shop.bank.bills() == []


def test_nobody_calls_an_attempt_lost_while_its_request_may_be_under_way() -> None:
    """The latest request, answered as late as can be, still comes before the doubt."""
    assert SEND_SECONDS_MAX + REQUEST_SECONDS < ANSWER_SECONDS_MAX
