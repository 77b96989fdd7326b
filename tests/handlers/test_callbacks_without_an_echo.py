"""A callback that names a phone and no payout never ends one that it is not about."""

from collections.abc import AsyncIterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Literal

import pytest

from eventstore.catalogue import (
    BillIssued,
    CallbackReceived,
    CallbackUnmatched,
    Event,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutReopened,
    PayoutRequested,
    PayoutResolved,
)
from eventstore.identity import BillId, CallbackId, Sha256, bill_stream, payout_stream
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.reconcile import Reconciliation
from handlers.paying.statements import read_statement
from tests.handlers.gateways.paying import Shop, a_shop, heard
from tests.handlers.paying.statement_files import statement
from tests.story import CONTEXT, append_of, facts

PHONE = "380670000001"


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop whose shoppers all have one phone."""
    async with a_shop(pool, tmp_path) as opened:
        opened.phones = repeat(PHONE)
        yield opened


async def lose_a_bill(shop: Shop) -> tuple[PayoutRequested, BillId]:
    """Let the answer to create be lost; return the payout and the bill nobody knows."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
    await shop.settle()
    return requested, shop.bank.bills()[-1].bill


async def receive(shop: Shop, callback: CallbackReceived, name: str) -> Sequence[Event]:
    """Record ``callback``, let it wait as long as it does, and return its stream."""
    await shop.record_fact(callback, name=CallbackId(name))
    await shop.settle()
    return await facts(shop.store, f"callback-{name}")


async def tell(shop: Shop, requested: PayoutRequested, *events: Event) -> None:
    """Let ``events`` happen to a payout."""
    stream = payout_stream(requested.payout)
    version = (await shop.store.read_stream(stream))[-1].version
    await shop.store.append(append_of(stream, *events, expected=version), context=CONTEXT)


def again(requested: PayoutRequested) -> PayoutReopened:
    """Return that a payout is tried again with the same phone."""
    return PayoutReopened(
        phone_sealed=requested.phone_sealed,
        phone_fingerprint=requested.phone_fingerprint,
        reason="again",
    )


async def test_a_bill_that_an_echo_settled_is_never_another_payouts(shop: Shop) -> None:
    """The bank says it again in other words, without the echo: the other payout stays open."""
    first, _ = await lose_a_bill(shop)
    second, bill = await lose_a_bill(shop)
    phone = second.phone_fingerprint
    await receive(shop, heard(bill=bill, phone=phone, comment=second.payout), "a")
    told = await receive(shop, heard(bill=bill, phone=phone, comment=None), "b")

    assert await shop.outcome(second) == PayoutConfirmed(bill=bill)
    assert await shop.outcome(first) is None
    assert await facts(shop.store, bill_stream(bill)) == [BillIssued(payout=second.payout)]
    assert not any(isinstance(fact, CallbackUnmatched) for fact in told)


async def test_a_bill_that_only_the_payout_names_is_its_own(shop: Shop) -> None:
    """An older release confirmed by the echo and told no more."""
    first, _ = await lose_a_bill(shop)
    second, bill = await lose_a_bill(shop)
    await tell(shop, second, PayoutConfirmed(bill=bill))
    opposite = heard("fail", bill=bill, phone=second.phone_fingerprint, comment=None)
    await receive(shop, opposite, "c")
    assert await shop.outcome(first) is None
    contradicted = PayoutContradicted(bill=bill, about="status")
    assert (await shop.history(second))[-1] == contradicted


async def test_a_bill_that_a_statement_settled_is_never_another_payouts(shop: Shop) -> None:
    """The line echoes the payout; a callback about it without phone or echo finds it too."""
    first, _ = await lose_a_bill(shop)
    second, bill = await lose_a_bill(shop)
    evidence = Sha256("e" * 64)
    lines = read_statement(statement([], f"{bill};{second.payout};{PHONE};1.00;ok;2026-11-22"))
    reading = Reconciliation(store=shop.store, vault=shop.vault, evidence=evidence, applies=True)
    assert [finding.what async for finding in reading.findings(lines)] == ["resolved"]
    for name, phone in (("a", second.phone_fingerprint), ("b", None)):
        callback = heard("fail", bill=bill, phone=phone, comment=None)
        await receive(shop, callback, name)
    assert await shop.outcome(first) is None
    contradicted = PayoutContradicted(bill=bill, about="status")
    assert (await shop.history(second))[-2:] == [contradicted] * 2


@pytest.mark.parametrize(
    ("outcome", "opened_again"), [("failed", False), ("failed", True), ("paid", False)]
)
async def test_a_payout_that_ended_without_its_bill_may_be_meant_as_well(
    shop: Shop, outcome: Literal["failed", "paid"], opened_again: bool
) -> None:
    """Two have lost a bill, a person ended one: news of its bill does not end the other."""
    first, _ = await lose_a_bill(shop)
    second, bill = await lose_a_bill(shop)
    by_hand = PayoutResolved(outcome=outcome, bill=None, evidence_sha256=Sha256("e" * 64))
    await tell(shop, second, by_hand, *([again(second)] if opened_again else []))
    callback = heard(bill=bill, phone=second.phone_fingerprint, comment=None)
    told = await receive(shop, callback, "c")
    assert await shop.outcome(first) is None
    assert told[-1] == CallbackUnmatched(bill=bill)
    bookings = [second.payout] if opened_again else []
    assert [booking.comment for booking in shop.bank.bookings()] == bookings


async def test_an_ok_for_the_lost_bill_of_a_payout_tried_again_stops_it(shop: Shop) -> None:
    """It alone can be meant: money may have moved, so nothing more leaves."""
    requested, bill = await lose_a_bill(shop)
    by_hand = PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("e" * 64))
    await tell(shop, requested, by_hand, again(requested))
    callback = heard(bill=bill, phone=requested.phone_fingerprint, comment=None)
    await shop.record_fact(callback, name=CallbackId("c"))
    await shop.apply_callbacks()
    await shop.settle()
    contradicted = PayoutContradicted(bill=bill, about="bill")
    assert (await shop.history(requested))[-1] == contradicted
    assert shop.bank.bookings() == []
