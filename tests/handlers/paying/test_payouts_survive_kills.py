"""However a payer is cut off, money moves at most once, and nothing that was answered is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutRequested,
    PayoutStep,
    PayoutSubmitted,
)
from eventstore.errors import EventIdReused, WrongExpectedVersion
from eventstore.pool import Pool
from eventstore.store import EventStore
from eventstore.vault import Vault
from eventstore.worklist import Work
from handlers.gateways.sandbox_script import Behaviour
from handlers.pay_bonus import PayBonus
from handlers.ports import PayoutGateway
from tests.handlers.gateways.paying import TRANSIENT, Shop, a_shop
from tests.handlers.gateways.perils import Freeze, Kill, Killed, Perilous, Perils

Script = tuple[tuple[PayoutStep, Behaviour], ...]

#: What the bank does, step by step.
WAYS: dict[str, Script] = {
    "all goes well": (),
    "the answer to create is lost": (("create", Behaviour(answer="drop")),),
    "the answer to pay is lost": (("pay", Behaviour(answer="drop")),),
    "the answer to pay is garbage and nothing was booked": (
        ("pay", Behaviour(answer="garbage", books=False)),
    ),
    "create is refused for a while": (("create", Behaviour(answer="fail", fail_code=TRANSIENT)),),
    "pay is refused": (("pay", Behaviour(answer="fail")),),
    "the callback comes before the answer": (("pay", Behaviour(callback="early")),),
    "the callback is lost": (("pay", Behaviour(callback="lost")),),
    "the callback says no": (("pay", Behaviour(callback="fail")),),
}
#: The ways on which two workers at once differ most.
SLEPT_WAYS = (
    "all goes well",
    "the answer to create is lost",
    "create is refused for a while",
    "the callback comes before the answer",
)


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def owed(shop: Shop, script: Script) -> PayoutRequested:
    """Let a bonus be owed that goes the way of ``script``."""
    requested, phone = await shop.owe()
    for step, behaviour in script:
        shop.bank.script(behaviour, phone=phone, step=step)
    return requested


async def pay(shop: Shop, perils: Perils) -> None:
    """Do the next item, cut off by ``perils`` if it gets that far."""
    work = await shop.lease("pay_bonus")
    assert work is not None
    payer = PayBonus(
        store=cast(EventStore, Perilous(shop.store, perils)),
        vault=cast(Vault, Perilous(shop.vault, perils)),
        gateway=cast(PayoutGateway, Perilous(shop.gateway, perils)),
        hold=shop.hold(),
        clock=shop.clock,
    )
    while True:
        try:
            return await payer.handle(cast(Work, Perilous(work, perils)))
        except (EventIdReused, WrongExpectedVersion):
            continue  # as a worker does


async def check(shop: Shop, requested: PayoutRequested) -> list[Event]:
    """Ask the bank and the log whether they agree; return the payout's history."""
    history = await shop.history(requested)
    bills = [bill.bill for bill in shop.bank.bills() if bill.comment == requested.payout]
    booked = [each.bill for each in shop.bank.bookings() if each.comment == requested.payout]
    confirmed = [event for event in history if isinstance(event, PayoutConfirmed)]

    assert len(booked) <= 1, "money moved twice"
    assert len(bills) <= 1, "a step was sent twice"
    assert len(confirmed) <= len(booked), "somebody was told paid who was not"
    assert sum(isinstance(event, PayoutConfirmed | PayoutFailed) for event in history) <= 1
    _check_each_attempt_has_an_end(history)
    assert await shop.pool.fetchval("SELECT count(*) FROM work") == 0
    return history


def _check_each_attempt_has_an_end(history: list[Event]) -> None:
    open_steps = 0
    for event in history:
        if isinstance(event, PayoutAttempted):
            assert open_steps == 0, "a request left while another was open"
            open_steps = 1
        elif isinstance(event, PayoutSubmitted | PayoutRefused | PayoutOutcomeUnknown):
            open_steps = 0
    ended = any(isinstance(event, PayoutConfirmed | PayoutFailed) for event in history)
    assert ended or not open_steps, "an attempt was forgotten"


async def places(shop: Shop, script: Script) -> int:
    """Return how many places there are to be cut off on the way of ``script``."""
    perils = Perils()
    await owed(shop, script)
    await pay(shop, perils)
    await shop.settle()
    return perils.places


@pytest.mark.parametrize("script", WAYS.values(), ids=WAYS.keys())
async def test_a_kill_between_any_two_lines_never_pays_twice(shop: Shop, script: Script) -> None:
    """For each place in turn: die there, let others take over to the end, ask the bank's book."""
    for place in range(1, await places(shop, script) + 1):
        requested = await owed(shop, script)
        with suppress(Killed):  # a callback that came faster than before may shorten the way
            await pay(shop, Kill(place))
        await shop.time_passes()
        await shop.settle()

        history = await check(shop, requested)
        booked = [each for each in shop.bank.bookings() if each.comment == requested.payout]
        if booked and "lost" not in [behaviour.callback for _, behaviour in script]:
            assert PayoutConfirmed in map(type, history), "money moved and nobody was told"


@pytest.mark.parametrize("way", SLEPT_WAYS)
async def test_a_worker_that_slept_through_its_lease_never_pays_twice(shop: Shop, way: str) -> None:
    """For each place in turn: freeze there, let another worker end it, thaw, ask the book."""
    script = WAYS[way]
    for place in range(1, await places(shop, script) + 1):
        requested = await owed(shop, script)
        peril = Freeze(place)
        sleeper = asyncio.create_task(pay(shop, peril))
        frozen = asyncio.create_task(peril.frozen.wait())
        await asyncio.wait({sleeper, frozen}, return_when=asyncio.FIRST_COMPLETED)
        frozen.cancel()
        await shop.time_passes()
        await shop.settle()
        peril.thawed.set()
        await sleeper
        await shop.settle()

        history = await check(shop, requested)
        answered = {event.bill for event in history if isinstance(event, PayoutSubmitted)}
        known = answered or {e.bill for e in history if isinstance(e, PayoutConfirmed)}
        bills = {bill.bill for bill in shop.bank.bills() if bill.comment == requested.payout}
        lost = any(b.answer != "ok" for _, b in script)
        assert lost or known == bills, "what the bank answered was lost"
