"""What may have been paid, or has nobody to pay, is not tried again; the refusal says why."""

from collections.abc import AsyncIterator
from itertools import repeat
from pathlib import Path

import pytest

from eventstore.catalogue import (
    CallbackUnmatched,
    Event,
    ForgettingRequested,
    PayoutContradicted,
    PayoutOutcomeUnknown,
    PayoutResolved,
    ShopperForgotten,
)
from eventstore.identity import (
    BillId,
    CallbackId,
    PayoutId,
    Sha256,
    payout_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import PayoutRefusal
from tests.handlers.gateways.paying import heard
from tests.handlers.paying.trying_again import REFUSED, Case, a_case, share
from tests.story import CONTEXT, append_of, facts


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


@pytest.mark.parametrize("named_by", ["bill", "echo"])
async def test_an_ok_that_was_heard_and_not_applied_yet_forbids_it(
    case: Case, named_by: str
) -> None:
    """The worker is behind: a second bill would be paid before the first is known to be."""
    shop = case.shop
    ok = heard(
        bill=shop.bank.bills()[0].bill if named_by == "bill" else BillId("7"),
        phone=None,
        comment=case.requested.payout if named_by == "echo" else None,
    )
    await shop.record_fact(ok, name=CallbackId("ok"))
    with pytest.raises(PayoutRefusal, match=f"bill {ok.bill}"):
        await case.replay()
    await shop.settle()
    with pytest.raises(PayoutRefusal):
        await case.replay()
    assert shop.bank.bookings() == []


async def test_an_ok_that_fitted_no_payout_forbids_it_where_a_bill_was_lost(case: Case) -> None:
    """Two to one phone have lost their bills, so that it fits neither: it may be this one's."""
    shop = case.shop
    shop.phones = repeat(case.phone)
    for _ in range(2):
        requested, phone = await shop.owe()
        shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
        await shop.settle()
    stream = payout_stream(requested.payout)
    version = (await shop.store.read_stream(stream))[-1].version
    failed = PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("e" * 64))
    await shop.store.append(append_of(stream, failed, expected=version), context=CONTEXT)
    await share(shop, requested, phone)
    ok = heard(bill=BillId("7"), phone=requested.phone_fingerprint, comment=None)
    await shop.record_fact(ok, name=CallbackId("ok"))
    await shop.settle()
    assert isinstance((await facts(shop.store, "callback-ok"))[-1], CallbackUnmatched)
    with pytest.raises(PayoutRefusal, match="payouts callbacks"):
        await replay(shop.store, requested.payout, reason="it expired")


async def test_an_ok_about_other_money_forbids_nothing(case: Case) -> None:
    """Another payout's to the same phone, one that only names the phone, or a no."""
    shop, phone = case.shop, case.requested.phone_fingerprint
    news = (
        heard(bill=BillId("7"), phone=phone, comment="11111111-1111-5111-8111-111111111111"),
        heard(bill=BillId("8"), phone=phone, comment=None),
        heard("fail", bill=shop.bank.bills()[0].bill, phone=phone, comment=None),
    )
    for number, callback in enumerate(news):
        await shop.record_fact(callback, name=CallbackId(f"c{number}"))
    assert await case.replay()


async def test_a_payout_nobody_knows_is_told_so(case: Case) -> None:
    """The message names where to look."""
    with pytest.raises(PayoutRefusal, match="payouts list"):
        await replay(case.shop.store, PayoutId("none"), reason="r")
