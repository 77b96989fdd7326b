"""What may have been paid, or has nobody to pay, is not tried again; the refusal says why."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstore.catalogue import (
    Event,
    ForgettingRequested,
    PayoutContradicted,
    PayoutOutcomeUnknown,
    ShopperForgotten,
)
from eventstore.identity import (
    BillId,
    CallbackId,
    PayoutId,
    Sha256,
    shopper_stream,
)
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import PayoutRefusal
from tests.handlers.gateways.paying import heard
from tests.handlers.paying.trying_again import REFUSED, Case, a_case, share
from tests.story import CONTEXT, append_of


@pytest.fixture
async def case(pool: Pool, tmp_path: Path) -> AsyncIterator[Case]:
    """Bill 1 was created and not paid; the shopper has another phone since."""
    async with a_case(pool, tmp_path) as opened:
        yield opened


async def test_a_shopper_who_leaves_or_has_no_phone_is_paid_nothing_new(case: Case) -> None:
    """Being forgotten finishes what is owed and begins nothing; no phone is nobody to pay."""
    shop = case.shop
    stranger, phone = await shop.owe()
    shop.bank.script(REFUSED, phone=phone)
    await shop.settle()
    with pytest.raises(PayoutRefusal, match="without a phone"):
        await replay(shop.store, stranger.payout, reason="r")

    stream = shopper_stream(case.requested.shopper)
    leaving = append_of(stream, ForgettingRequested(reason="asked"), expected=1)
    await shop.store.append(leaving, context=CONTEXT)
    with pytest.raises(PayoutRefusal, match="forgotten"):
        await case.replay()


async def test_who_was_forgotten_and_came_back_is_paid_nothing_of_the_time_before(
    case: Case,
) -> None:
    """The new life has a phone of its own, and owes nothing to the old one."""
    stream = shopper_stream(case.requested.shopper)
    end = ShopperForgotten(key_id="k", attachments=0, certificate_sha256=Sha256("00"))
    gone = (ForgettingRequested(reason="asked"), end)
    await case.shop.store.append(append_of(stream, *gone, expected=1), context=CONTEXT)
    await share(case.shop, case.requested, next(case.shop.phones))
    with pytest.raises(PayoutRefusal, match="forgotten"):
        await case.replay()
    await case.shop.settle()
    assert case.shop.bank.bookings() == []


@pytest.mark.parametrize("rests", [PayoutContradicted, PayoutOutcomeUnknown])
async def test_one_tried_again_that_rests_is_not_called_under_way(
    case: Case, rests: type[Event]
) -> None:
    """In doubt or contradicted it waits for a person: said again, the message names the way."""
    shop = case.shop
    assert await case.replay()
    if rests is PayoutContradicted:
        news = heard(bill=BillId("7"), phone=None, comment=case.requested.payout)
        await shop.record_fact(news, name=CallbackId("c"))
        await shop.apply_callbacks()
    else:
        shop.bank.script(Behaviour(answer="drop"), phone=case.phone, step="create")
    await shop.settle()
    assert isinstance((await shop.history(case.requested))[-1], rests)
    with pytest.raises(PayoutRefusal, match="payouts resolve"):
        await case.replay()


async def test_a_payout_nobody_knows_is_told_so(case: Case) -> None:
    """The message names where to look."""
    with pytest.raises(PayoutRefusal, match="payouts list"):
        await replay(case.shop.store, PayoutId("none"), reason="r")
