"""What the log knows decides too: age, duplicates, limits; every race has one winner."""

from datetime import timedelta
from typing import Any

import pytest

from eventstore.catalogue import (
    Event,
    PayoutRequested,
    ReceiptAccepted,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.identity import ReceiptId, payout_of, payout_stream, receipt_stream
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from eventstore.worklist import Worklist
from handlers.decide_receipt import DecideReceipt
from handlers.judging.policy import TODAY
from handlers.reactions import types_of
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import PRODUCTS, FixedTerms, decide, upload
from tests.story import a_store, facts


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


async def decision(store: EventStore, receipt: ReceiptId) -> Event:
    """Return the last fact of a receipt, which must be its third."""
    story = await facts(store, receipt_stream(receipt))
    assert len(story) == 3
    return story[-1]


async def test_an_eligible_receipt_is_accepted_and_its_bonus_owed(store: EventStore) -> None:
    """The decision names items, rules and product list; one payout of 1.00 UAH is requested."""
    receipt = await upload(store, a_reading())
    await decide(store)

    accepted = await decision(store, receipt)
    assert isinstance(accepted, ReceiptAccepted)
    assert accepted.darnitsa_items == ["Цитрамон-Дарниця табл. №10"]
    assert accepted.products == PRODUCTS.sha256
    (requested,) = await facts(store, payout_stream(payout_of(receipt)))
    assert isinstance(requested, PayoutRequested)
    assert requested.amount_kopecks == 100


async def test_the_same_fiscal_receipt_is_refused_and_told_by_whom_it_was_used(
    store: EventStore,
) -> None:
    """Another photo, another shopper, the number written otherwise: it is the same receipt."""
    first = await upload(store, a_reading(receipt_number="315311"), receipt="first")
    await decide(store)
    paper = a_reading(receipt_number="000315311 00256")
    second = await upload(store, paper, shopper="bob", receipt="second")
    await decide(store)

    refused = await decision(store, second)
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", first)
    assert await facts(store, payout_stream(payout_of(second))) == []


async def test_two_shoppers_racing_with_one_receipt_get_one_bonus(store: EventStore) -> None:
    """Decided by eight workers at the same moment, exactly one of eight uploads is accepted."""
    for number in range(10):
        reading = a_reading(
            receipt_number=str(number), purchased_at=now_utc() - timedelta(minutes=10 * number)
        )
        receipts = [
            await upload(store, reading, shopper=f"s{number}-{k}", receipt=f"r{number}-{k}")
            for k in range(8)
        ]
        await decide(store, workers=8)
        kinds = [type(await decision(store, receipt)) for receipt in receipts]
        assert sorted(kinds, key=str).count(ReceiptAccepted) == 1
        assert kinds.count(ReceiptRejected) == 7


async def test_the_same_paper_under_another_number_goes_to_a_person(store: EventStore) -> None:
    """Seller, total and minute agree, the number does not: no refusal, no bonus, a look."""
    reading = a_reading(receipt_number="1")
    await upload(store, reading)
    await decide(store)
    twin = a_reading(receipt_number="7", purchased_at=reading.purchased_at)
    second = await upload(store, twin, shopper="bob")
    await decide(store)

    referred = await decision(store, second)
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["same_paper_seen"]


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (0, ReceiptAccepted),
        (TODAY.age_days_max, ReceiptAccepted),
        (TODAY.age_days_max + 1, ReceiptRejected),
    ],
)
async def test_a_receipt_is_good_for_seven_kyiv_days(
    store: EventStore, days: int, kind: type[Event]
) -> None:
    """On the seventh day it still counts, on the eighth it does not."""
    bought_at = now_utc() - timedelta(days=days)
    receipt = await upload(store, a_reading(purchased_at=bought_at))
    await decide(store)
    decided = await decision(store, receipt)
    assert isinstance(decided, kind)
    if isinstance(decided, ReceiptRejected):
        assert decided.reason == "too_old"


async def test_a_receipt_from_the_future_goes_to_a_person(store: EventStore) -> None:
    """A date after the upload is a misreading or a trick; the rules do not guess."""
    receipt = await upload(store, a_reading(purchased_at=now_utc() + timedelta(days=2)))
    await decide(store)
    referred = await decision(store, receipt)
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["date_in_future"]


async def test_a_shopper_gets_three_bonuses_a_day_whoever_decides(store: EventStore) -> None:
    """Of six good receipts of one day, decided at the same moment, three are accepted."""
    receipts = [
        await upload(
            store,
            a_reading(receipt_number=str(number), purchased_at=now_utc() - timedelta(hours=number)),
        )
        for number in range(6)
    ]
    await upload(store, a_reading(receipt_number="99"), shopper="bob")
    await decide(store, workers=4)

    decided = [await decision(store, receipt) for receipt in receipts]
    accepted = [event for event in decided if isinstance(event, ReceiptAccepted)]
    refused = [event for event in decided if isinstance(event, ReceiptRejected)]
    assert len(accepted) == TODAY.accepted_per_day_max
    assert [event.reason for event in refused] == ["daily_limit"] * 3
    assert isinstance(await decision(store, ReceiptId("receipt-99")), ReceiptAccepted)


async def test_a_refused_receipt_claims_nothing(store: EventStore) -> None:
    """What was refused or referred can be sent again, better photographed, and be accepted."""
    blurred = a_reading(confidence=0.2)
    first = await upload(store, blurred, receipt="blurred")
    await decide(store)
    assert isinstance(await decision(store, first), ReceiptReferred)

    second = await upload(store, a_reading(), receipt="sharp")
    await decide(store)
    assert isinstance(await decision(store, second), ReceiptAccepted)


async def test_the_rules_refusal_is_recorded_with_its_reason(store: EventStore) -> None:
    """Without a Darnitsa item there is no bonus, whatever the shop is called."""
    reading = a_reading(merchant="Аптека Дарниця", items=[an_item("Парацетамол-Здоров'я")])
    receipt = await upload(store, reading)
    await decide(store)
    refused = await decision(store, receipt)
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "no_darnitsa_item"


async def test_a_worker_that_comes_late_decides_nothing_more(store: EventStore) -> None:
    """Its lease ran out, another one decided: the late one ends without a second decision."""
    receipt = await upload(store, a_reading())
    await seal_until_rest(store.pool)
    worklist = Worklist(store=store, handler="decide_receipt", types=types_of("decide_receipt"))
    await worklist.start()
    await worklist.plan()
    late = await worklist.lease()
    await store.pool.execute("UPDATE work SET leased_until = now() - interval '1 second'")
    punctual = await worklist.lease()
    assert late is not None
    assert punctual is not None
    handler = DecideReceipt(store=store, terms=FixedTerms(TODAY))

    await handler.handle(punctual)
    await handler.handle(late)

    assert isinstance(await decision(store, receipt), ReceiptAccepted)
    assert len(await facts(store, payout_stream(payout_of(receipt)))) == 1


@pytest.mark.parametrize(
    "doubtful",
    [{"sources": {"total": ["qr", "arithmetic"]}}, {"disagreements": ["receipt_number"]}],
)
async def test_nobody_is_refused_on_a_number_or_date_the_rules_doubt(
    store: EventStore, doubtful: dict[str, Any]
) -> None:
    """A misread number may be another receipt's, a misread year is old: a person looks."""
    await upload(store, a_reading(receipt_number="1"), receipt="first")
    await decide(store)
    long_ago = now_utc() - timedelta(days=400)
    held = a_reading(receipt_number="1", **doubtful)
    old = a_reading(receipt_number="2", purchased_at=long_ago, **doubtful)
    for reading, name in ((held, "held"), (old, "old")):
        receipt = await upload(store, reading, shopper=name, receipt=name)
        await decide(store)
        assert isinstance(await decision(store, receipt), ReceiptReferred)
