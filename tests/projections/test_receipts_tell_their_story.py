"""Receipts and payouts as read models: what each fact changes, in any batch, and in replay."""

from collections.abc import Callable
from typing import Any

import pytest

from eventstore.catalogue import (
    EVENTS,
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutSubmitted,
    ReceiptReferred,
    ReceiptUnreadable,
)
from eventstore.identity import BillId, PayoutId, ReceiptId, Sha256, ShopperId, payout_of
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import EventStore
from projections import payouts, receipts
from projections.chats import Chats
from projections.payouts import Payout, Payouts
from projections.product_bonuses import ProductBonuses
from projections.projector import Projection
from projections.receipts import Receipt, Receipts
from projections.review_queue import ReviewQueue
from tests.story import CONTEXT, a_store, append_of
from tests.web.stories import (
    called_back,
    read,
    tell_acceptance,
    tell_paid,
    tell_payment,
    tell_reading,
    tell_rejection,
    tell_upload,
)

BILL = BillId("700")
ALL_AT_ONCE = 1000
#: Every read model there is.
MODELS: tuple[Projection, ...] = (Receipts(), Payouts(), ReviewQueue(), ProductBonuses(), Chats())


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """A log over a fresh database."""
    return a_store(pool)


async def project(store: EventStore, *, batch: int = ALL_AT_ONCE) -> None:
    """Empty the read models and apply the whole ledger, ``batch`` facts at a time."""
    await seal_until_rest(store.pool)
    log = await store.read_log(after=0, limit=1000)
    for model in MODELS:
        await store.pool.execute(f"TRUNCATE {', '.join(model.tables)}")
        wanted = [fact for fact in log if fact.type in model.handles and fact.event is not None]
        for start in range(0, len(wanted), batch):
            async with store.pool.acquire() as connection, connection.transaction():
                await model.apply(connection, wanted[start : start + batch])


async def rows(pool: Pool) -> list[tuple[Any, ...]]:
    """Return every row of every read model."""
    found = []
    for table in (table for model in MODELS for table in model.tables):
        texts = await pool.fetch(f"SELECT t::text FROM {table} AS t ORDER BY t::text")
        found += [(table, row["t"]) for row in texts]
    return found


async def the_receipt(store: EventStore, name: str = "r1") -> Receipt:
    """Return how a receipt stands after everything was applied at once."""
    await project(store)
    found = await receipts.receipt(store.pool, ReceiptId(name))
    assert found is not None
    return found


async def the_payout(store: EventStore, name: str = "r1") -> Payout:
    """Return how the payout of a receipt stands after everything was applied at once."""
    await project(store)
    found = await payouts.payout(store.pool, payout_of(ReceiptId(name)))
    assert found is not None
    return found


async def owed(store: EventStore, *facts: Event) -> PayoutId:
    """Record an accepted receipt ``r1`` and ``facts`` in the stream of its payout."""
    await tell_upload(store, "r1")
    await tell_reading(store, "r1")
    payout = await tell_acceptance(store, "r1")
    if facts:
        append = append_of(f"payout-{payout}", *facts, expected=0)
        await store.append(append, context=CONTEXT)
    return payout


async def test_every_fact_of_the_story_is_in_the_catalogue() -> None:
    """A renamed fact must not drop out of the read models unseen."""
    assert frozenset[str]().union(*(model.handles for model in MODELS)) <= EVENTS.keys()


async def test_batches_make_no_difference_and_replay_makes_none(store: EventStore) -> None:
    """One fact at a time as live, or all at once as in a rebuild: the same rows, byte for byte."""
    await tell_paid(store, "r1", bill="1")
    await tell_rejection(store, "r2", "already_used")
    payout = await owed_like(store, "r3")
    await store.append(append_of("callback-early", called_back("3")), context=CONTEXT)
    await tell_payment(store, payout, "3")
    await tell_paid(store, "r4", bill="4")
    await project(store, batch=1)
    live = await rows(store.pool)
    assert len(live) > 40
    for batch in (2, 7, ALL_AT_ONCE):
        await project(store, batch=batch)
        assert await rows(store.pool) == live


async def owed_like(store: EventStore, name: str) -> PayoutId:
    """Record an accepted receipt of another name."""
    await tell_upload(store, name)
    await tell_reading(store, name)
    return await tell_acceptance(store, name)


async def test_a_paid_receipt_knows_everything(store: EventStore) -> None:
    """What was read, what was paid, and when it last changed."""
    await tell_paid(store, "r1", bill="700")
    found = await the_receipt(store)
    log = await store.read_log(after=0, limit=100)
    assert (found.state, found.reasons, found.bill) == ("paid", [], "700")
    assert (found.payout, found.bonus_kopecks) == (payout_of(found.receipt), 100)
    assert (found.merchant, found.total_kopecks) == ('ТОВ "Аптека-Зразок"', 123_450)
    assert found.purchased_at == read().purchased_at
    assert (found.fiscal_number, found.receipt_number) == ("4000000001", "1234567890")
    assert (found.seq, found.updated_at) == (log[-1].seq, log[-1].recorded_at)
    assert found.uploaded_at == log[0].recorded_at


async def test_the_story_is_whole_and_in_order(store: EventStore) -> None:
    """Facts of four streams, claim and callback included, and no sealed value among them."""
    await tell_paid(store, "r1", bill="700")
    await project(store)
    log = await store.read_log(after=0, limit=100)
    story = await receipts.steps(store.pool, ReceiptId("r1"))
    assert [step.event_id for step in story] == [fact.event_id for fact in log]
    assert [step.at for step in story] == [fact.recorded_at for fact in log]
    assert "PHONE" not in str(story)


async def test_a_callback_that_came_first_joins_the_story_by_its_bill(store: EventStore) -> None:
    """Portmone may call before our own answer is recorded."""
    await store.append(append_of("callback-early", called_back("700")), context=CONTEXT)
    await tell_paid(store, "r1", bill="700")
    await project(store, batch=1)
    story = await receipts.steps(store.pool, ReceiptId("r1"))
    assert [step.type for step in story].count("CallbackReceived") == 2
    assert story[0].stream == "callback-early"


async def test_a_callback_is_matched_by_the_comment_it_echoes(store: EventStore) -> None:
    """After an unknown outcome there is no bill yet, only our own id come back."""
    payout = await owed(store, PayoutAttempted(step="create", attempt=1))
    callback = append_of("callback-c", called_back("unheard-of", comment=payout))
    await store.append(callback, context=CONTEXT)
    await project(store)
    story = await receipts.steps(store.pool, ReceiptId("r1"))
    assert story[-1].type == "CallbackReceived"


async def test_a_callback_of_nobody_disturbs_nobody(store: EventStore) -> None:
    """It is kept as a step without a receipt, and no story shows it."""
    await tell_paid(store, "r1", bill="700")
    strange = append_of("callback-x", called_back("999", comment="hello"))
    await store.append(strange, context=CONTEXT)
    await project(store)
    story = await receipts.steps(store.pool, ReceiptId("r1"))
    assert [step.stream for step in story if step.stream == "callback-x"] == []


CREATED = (PayoutAttempted(step="create", attempt=1), PayoutSubmitted(step="create", bill=BILL))
SENT = (*CREATED, PayoutAttempted(step="pay", attempt=1), PayoutSubmitted(step="pay", bill=BILL))
UNKNOWN = PayoutOutcomeUnknown(step="pay", cause="timeout")


@pytest.mark.parametrize(
    ("facts", "receipt", "payout"),
    [
        ((), "accepted", "requested"),
        (CREATED[:1], "paying", "attempted"),
        (
            (*CREATED[:1], PayoutRefused(step="create", kind="not_sent", code="ConnectionRefused")),
            "paying",
            "refused",
        ),
        (CREATED, "bill_created", "billed"),
        (SENT[:3], "paying", "attempted"),
        (SENT, "paying", "sent"),
        ((*SENT[:3], UNKNOWN), "pay_unknown", "unknown"),
        ((*SENT[:3], UNKNOWN, PayoutConfirmed(bill=BILL)), "paid", "confirmed"),
        ((*SENT, PayoutFailed(cause="callback", code="17")), "pay_failed", "failed"),
        (
            (*SENT, PayoutConfirmed(bill=BILL), PayoutContradicted(bill=BILL, about="status")),
            "paid",
            "confirmed",
        ),
    ],
)
async def test_a_payout_moves_its_receipt(
    store: EventStore, facts: tuple[Event, ...], receipt: str, payout: str
) -> None:
    """Each fact about the money shows on the receipt it is for."""
    await owed(store, *facts)
    assert (await the_receipt(store)).state == receipt
    assert (await the_payout(store)).state == payout


async def test_a_payout_counts_attempts_and_contradictions(store: EventStore) -> None:
    """How often the world was asked, and how often it disagreed with itself."""
    again = PayoutAttempted(step="create", attempt=2)
    refused = PayoutRefused(step="create", kind="transient", code="busy")
    contradicted = PayoutContradicted(bill=BILL, about="amount")
    await owed(store, CREATED[0], refused, again, CREATED[1], contradicted)
    found = await the_payout(store)
    assert (found.attempts, found.contradictions) == (2, 1)
    assert (found.bill, found.code, found.amount_kopecks) == ("700", None, 100)


async def test_trouble_leaves_its_code_on_the_payout(store: EventStore) -> None:
    """For whoever looks into it."""
    await owed(store, *SENT[:3], UNKNOWN)
    assert (await the_payout(store)).code == "timeout"
    assert (await the_receipt(store)).reasons == ["timeout"]


@pytest.mark.parametrize(
    ("fact", "state", "reasons"),
    [
        (ReceiptUnreadable(reason="blurred"), "unreadable", ["blurred"]),
        (
            ReceiptReferred(reasons=["no_total", "no_date"], rules="test/1"),
            "review",
            ["no_total", "no_date"],
        ),
    ],
)
async def test_a_receipt_that_ends_early_says_why(
    store: EventStore, fact: Event, state: str, reasons: list[str]
) -> None:
    """The codes are kept as the catalogue has them; edges put them into words."""
    await tell_upload(store, "r1")
    await store.append(append_of("receipt-r1", fact, expected=0), context=CONTEXT)
    found = await the_receipt(store)
    assert (found.state, found.reasons) == (state, reasons)


async def test_a_blurred_photo_can_still_be_shown(store: EventStore) -> None:
    """The preview of an unreadable photo is kept when there is one."""
    await tell_upload(store, "r1")
    fact = ReceiptUnreadable(reason="blurred", preview_sha256=Sha256("2" * 64))
    await store.append(append_of("receipt-r1", fact, expected=0), context=CONTEXT)
    assert (await the_receipt(store)).preview_sha256 == "2" * 64


async def test_lists_are_newest_first_and_a_shoppers_own(store: EventStore) -> None:
    """One's own receipts, and for the demo those of everybody."""
    for name, shopper in (("r1", "a"), ("r2", "b"), ("r3", "a")):
        await tell_upload(store, name, shopper)
    await project(store)
    own = await receipts.receipts_of(store.pool, ShopperId("a"), limit=10)
    assert [found.receipt for found in own] == ["r3", "r1"]
    latest = await receipts.latest(store.pool, limit=2)
    assert [found.receipt for found in latest] == ["r3", "r2"]


async def test_counts_are_by_state(store: EventStore) -> None:
    """For metrics: states that nobody is in are not counted."""
    await tell_paid(store, "r1", bill="1")
    await tell_upload(store, "r2")
    await tell_upload(store, "r3")
    await project(store)
    assert await receipts.counts(store.pool) == {"paid": 1, "uploaded": 2}
    assert await payouts.counts(store.pool) == {"confirmed": 1}


@pytest.mark.parametrize("find", [receipts.receipt, payouts.payout])
async def test_what_nobody_sent_is_none(pool: Pool, find: Callable[[Pool, Any], Any]) -> None:
    """An id from outside may name anything."""
    assert await find(pool, "nothing") is None
