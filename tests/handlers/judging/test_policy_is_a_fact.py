"""What bonuses are granted by is adopted, cited, and holds from then on in every process."""

import asyncio
from uuid import uuid4

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PolicyAdopted, ReceiptAccepted, ReceiptReferred, ReceiptRejected
from eventstore.errors import LogUnavailable
from eventstore.identity import POLICY_STREAM, Kopecks, ReceiptId, receipt_stream
from eventstore.pool import Pool
from eventstore.store import EventStore
from handlers.judging.policy import TODAY
from handlers.judging.terms import adopted_policy, policy_now
from handlers.rules import RULES
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import PRODUCTS, decide_by_the_book, upload
from tests.story import CONTEXT, a_store, append_of, facts


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


async def adopt(store: EventStore, **changes: object) -> None:
    """Let the policy in force differ by ``changes`` from now on."""
    now = await policy_now(store)
    records = await store.read_stream(POLICY_STREAM)
    adopted = PolicyAdopted(policy=replace(now.policy, **changes), reason="a test")
    append = append_of(POLICY_STREAM, adopted, expected=records[-1].version)
    await store.append(append, context=CONTEXT)


async def test_a_new_log_begins_with_the_built_in_policy_once(store: EventStore) -> None:
    """Eight processes that start together adopt one and the same; asking alone adopts nothing."""
    assert await adopted_policy(store) is None
    found = await asyncio.gather(*(policy_now(store) for _ in range(8)))
    assert len({each.adopted_by for each in found}) == 1
    (adopted,) = await facts(store, POLICY_STREAM)
    assert adopted == PolicyAdopted(policy=TODAY, reason="built in")


async def test_every_kind_of_decision_cites_policy_and_products(store: EventStore) -> None:
    """Accepted, rejected and referred name the fact they were judged by, and the list."""
    readings = {
        "good": a_reading(receipt_number="1"),
        "bad": a_reading(receipt_number="2", document="return"),
        "doubtful": a_reading(receipt_number="3", total_kopecks=Kopecks(9999), sources={}),
    }
    for name, reading in readings.items():
        await upload(store, reading, receipt=name)
    await decide_by_the_book(store)
    (adopted,) = await store.read_stream(POLICY_STREAM)
    kinds = []
    for name in readings:
        decision = (await facts(store, receipt_stream(ReceiptId(name))))[-1]
        assert isinstance(decision, ReceiptAccepted | ReceiptRejected | ReceiptReferred)
        assert decision.policy == adopted.event_id
        assert decision.products == PRODUCTS.sha256
        assert decision.rules == RULES
        kinds.append(type(decision))
    assert kinds == [ReceiptAccepted, ReceiptRejected, ReceiptReferred]


async def test_what_was_adopted_a_moment_ago_holds(store: EventStore) -> None:
    """The next decision grants the new bonus and cites the new fact; the old one stands."""
    first = await upload(store, a_reading(receipt_number="1"), receipt="first")
    await decide_by_the_book(store)
    await adopt(store, bonus_kopecks=Kopecks(200))
    items = [an_item(kopecks=5000)]
    second = await upload(
        store,
        a_reading(receipt_number="2", items=items, total_kopecks=Kopecks(5000)),
        receipt="second",
    )
    await decide_by_the_book(store)
    policies = [record.event_id for record in await store.read_stream(POLICY_STREAM)]
    for receipt, amount, policy in zip((first, second), (100, 200), policies, strict=True):
        accepted = (await facts(store, receipt_stream(receipt)))[-1]
        assert isinstance(accepted, ReceiptAccepted)
        assert (accepted.amount_kopecks, accepted.policy) == (amount, policy)


async def test_an_older_release_decides_nothing_by_a_policy_it_cannot_read(
    store: EventStore, pool: Pool
) -> None:
    """It says which release to start, rather than go on by the policy before."""
    await policy_now(store)
    newer = append_of(POLICY_STREAM, PolicyAdopted(policy=TODAY, reason="x"), expected=0)
    await store.append(newer, context=CONTEXT)
    await pool.execute("ALTER TABLE events DISABLE TRIGGER ALL")
    await pool.execute(
        "UPDATE events SET type = $1 WHERE stream = $2 AND version = 1",
        f"Policy{uuid4().hex}",
        POLICY_STREAM,
    )
    with pytest.raises(LogUnavailable, match="newer release"):
        await policy_now(store)
