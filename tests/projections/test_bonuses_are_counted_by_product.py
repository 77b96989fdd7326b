"""Bonuses by product: quantities and money of accepted receipts, in any batch, and in replay."""

from datetime import date, timedelta

import pytest

from eventstore.catalogue import (
    Event,
    PayoutConfirmed,
    PayoutFailed,
    PayoutResolved,
    Product,
    ProductsImported,
    ReceiptAccepted,
    ReceiptRejected,
)
from eventstore.identity import (
    KYIV,
    PRODUCTS_STREAM,
    BillId,
    Kopecks,
    ReceiptId,
    Sha256,
    Sku,
    payout_of,
    payout_stream,
)
from eventstore.pool import Pool
from eventstore.store import EventStore
from projections import product_bonuses
from projections.product_bonuses import ProductSum, Whole, goods_of
from tests.projections.staff import accepted, forget, of_receipt, referred, tell
from tests.projections.test_receipts_tell_their_story import ALL_AT_ONCE, project
from tests.story import a_store
from tests.web.stories import requested, tell_reading, tell_upload

BILL = BillId("1")
CONFIRMED = PayoutConfirmed(bill=BILL)
REJECTED = ReceiptRejected(reason="by_reviewer", rules="test/1")


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """A log over a fresh database."""
    return a_store(pool)


async def accept(
    store: EventStore, receipt: str, decision: ReceiptAccepted, *, shopper: str = "somebody"
) -> None:
    """Record a receipt from its photo to a bonus that is owed."""
    await tell_upload(store, receipt, shopper)
    await tell_reading(store, receipt)
    await pay(store, receipt, requested(receipt, shopper))
    await of_receipt(store, receipt, decision)


async def pay(store: EventStore, receipt: str, *events: Event) -> None:
    """Record what became of the payout of ``receipt``."""
    await tell(store, payout_stream(payout_of(ReceiptId(receipt))), *events)


async def told(
    store: EventStore, *, since: date | None = None, until: date | None = None
) -> dict[str, ProductSum]:
    """Return the sums by code, or by name where there is none."""
    await project(store)
    found = await product_bonuses.sums(store.pool, since=since, until=until)
    return {each.sku_code or each.product_name: each for each in found}


async def whole(store: EventStore) -> Whole:
    """Return all receipts taken together, as the read model has them now."""
    return await product_bonuses.whole(store.pool, since=None, until=None)


async def test_quantities_add_up_and_money_counts_when_it_arrived(store: EventStore) -> None:
    """Packs and halves of packs; an accepted bonus is not a paid one."""
    await accept(store, "a", accepted({"REG-1": 1500}))
    await accept(store, "b", accepted({"REG-1": 1000}))
    await pay(store, "b", CONFIRMED)
    assert await told(store) == {
        "REG-1": ProductSum(
            product_name="ЦИТРАМОН-Д",
            sku_code=Sku("REG-1"),
            quantity_milli=2500,
            receipts_accepted=2,
            receipts_paid=1,
            paid_kopecks=Kopecks(100),
        )
    }


async def test_one_bonus_is_shared_among_the_products_of_its_receipt(store: EventStore) -> None:
    """Odd kopecks go to the first by code; the shares add up to what was paid."""
    await accept(store, "a", accepted({"C": 1000, "A": 1000, "B": 2000}))
    await pay(store, "a", CONFIRMED)
    found = await told(store)
    assert {sku: each.paid_kopecks for sku, each in found.items()} == {"A": 34, "B": 33, "C": 33}
    assert (await whole(store)).paid_kopecks == sum(each.paid_kopecks for each in found.values())
    assert (await whole(store)).receipts_paid == 1


async def test_a_product_twice_on_a_receipt_is_one_receipt(store: EventStore) -> None:
    """Two lines of one product are one product's quantity."""
    decision = accepted({"A": 1000})
    twice = ReceiptAccepted(
        **{
            field: getattr(decision, field)
            for field in ("darnitsa_items", "amount_kopecks", "rules", "products")
        },
        sold=decision.sold * 2,
    )
    assert [good.quantity_milli for good in goods_of(twice)] == [2000]
    assert [good.kopecks for good in goods_of(twice)] == [100]


async def test_earlier_decisions_count_by_the_printed_name(store: EventStore) -> None:
    """They name no product and no quantity; each printed name is one."""
    await accept(store, "a", accepted({}, names=("ЦИТРАМОН-Д", "АНАЛЬГІН-Д", "ЦИТРАМОН-Д")))
    await pay(store, "a", CONFIRMED)
    found = await told(store)
    assert {name: each.paid_kopecks for name, each in found.items()} == {
        "АНАЛЬГІН-Д": 50,
        "ЦИТРАМОН-Д": 50,
    }
    assert {(each.sku_code, each.quantity_milli) for each in found.values()} == {("", None)}


async def test_a_product_is_called_as_the_list_has_it(store: EventStore) -> None:
    """The newest import counts; without one the printed name, and else the code."""
    await accept(store, "a", accepted({"A": 1000}))
    await accept(store, "b", accepted({"A": 1000, "B": 1000}))
    assert {each.product_name for each in (await told(store)).values()} == {"ЦИТРАМОН-Д", "B"}
    for names in ({"A": "Цитрамон-Дарниця"}, {"A": "ЦИТРАМОН-ДАРНИЦЯ", "C": "Капсикам"}):
        listed = [Product(sku=Sku(sku), name_uk=name) for sku, name in names.items()]
        imported = ProductsImported(products=listed, source_sha256=Sha256("0" * 64), reason="list")
        await tell(store, PRODUCTS_STREAM, imported)
    assert {each.product_name for each in (await told(store)).values()} == {
        "ЦИТРАМОН-ДАРНИЦЯ",
        "B",
    }


@pytest.mark.parametrize("end", [REJECTED, referred()])
async def test_what_was_withdrawn_does_not_count(store: EventStore, end: Event) -> None:
    """Accepted, then decided otherwise before the money; accepted once more, it counts once."""
    await accept(store, "a", accepted({"A": 1000}))
    await of_receipt(store, "a", end)
    assert await told(store) == {}
    await of_receipt(store, "a", accepted({"A": 3000}))
    assert (await told(store))["A"].quantity_milli == 3000


async def test_money_that_left_counts_whatever_is_thought_later(store: EventStore) -> None:
    """A paid receipt stays, and is paid once however often that is told."""
    await accept(store, "a", accepted({"A": 1000}))
    await pay(store, "a", CONFIRMED, CONFIRMED)
    await of_receipt(store, "a", REJECTED)
    found = await told(store)
    assert (found["A"].receipts_paid, found["A"].paid_kopecks) == (1, 100)


async def test_only_money_that_arrived_is_paid(store: EventStore) -> None:
    """By callback or by statement; a failed payout leaves an accepted receipt."""
    resolved = PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=Sha256("0" * 64))
    failed = PayoutResolved(outcome="failed", bill=BILL, evidence_sha256=Sha256("0" * 64))
    ends = {"a": resolved, "b": failed, "c": PayoutFailed(cause="callback", code="17")}
    for receipt, end in ends.items():
        await accept(store, receipt, accepted({"A": 1000}))
        await pay(store, receipt, end)
    found = await told(store)
    assert (found["A"].receipts_accepted, found["A"].receipts_paid) == (3, 1)


async def test_a_range_is_of_kyiv_days_of_acceptance(store: EventStore) -> None:
    """Both ends belong to it."""
    await accept(store, "a", accepted({"A": 1000}))
    decided = (await store.read_stream("receipt-a"))[-1]  # type: ignore[arg-type] # as it is named
    day = decided.recorded_at.astimezone(KYIV).date()
    one = timedelta(days=1)
    assert await told(store, since=day, until=day)
    assert not await told(store, since=day + one)
    assert not await told(store, until=day - one)


async def test_of_the_forgotten_the_money_stays_and_the_goods_go(store: EventStore) -> None:
    """Also where a worker accepts late; money that comes later counts, others' goods stay."""
    await accept(store, "a", accepted({"A": 1000}))
    await accept(store, "others", accepted({"A": 1000}), shopper="other")
    await tell_upload(store, "late")
    await tell_reading(store, "late")
    await forget(store)
    await of_receipt(store, "late", accepted({"SECRET": 1000}, names=("SECRET",)))
    await pay(store, "a", CONFIRMED)
    await accept(store, "returned", accepted({"B": 1000}))
    found = await told(store)
    assert {sku: each.receipts_accepted for sku, each in found.items()} == {"A": 1, "B": 1}
    assert found["A"].receipts_paid == 0
    together = await whole(store)
    assert (together.receipts_accepted, together.receipts_without_goods) == (4, 2)
    assert (together.paid_kopecks, together.paid_without_goods_kopecks) == (100, 100)
    rows = await store.pool.fetch("SELECT b::text FROM product_bonuses AS b")
    assert "SECRET" not in str(rows)


async def test_any_batch_gives_the_same_rows(store: EventStore) -> None:
    """One fact at a time as live, or all at once as in a rebuild."""
    await accept(store, "a", accepted({"A": 1000, "B": 500}))
    await accept(store, "b", accepted({"A": 1000}), shopper="leaver")
    await pay(store, "a", CONFIRMED)
    await of_receipt(store, "b", REJECTED)
    await of_receipt(store, "b", accepted({"C": 1000}))
    await tell_upload(store, "late", "leaver")
    await tell_reading(store, "late")
    await forget(store, "leaver")
    await of_receipt(store, "late", accepted({"D": 1000}))
    await pay(store, "b", CONFIRMED)
    await accept(store, "c", accepted({"A": 1000}))
    await of_receipt(store, "c", REJECTED)
    rows = "SELECT b::text FROM product_bonuses AS b ORDER BY receipt"
    await project(store, batch=1)
    live = await store.pool.fetch(rows)
    assert len(live) == 3
    for batch in (2, 3, 5, ALL_AT_ONCE):
        await project(store, batch=batch)
        assert await store.pool.fetch(rows) == live
