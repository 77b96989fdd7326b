"""What marketing lists on the day of purchase is what earns, and what a decision cites."""

from datetime import date, timedelta

import pytest

from eventstore.catalogue import (
    Event,
    Product,
    ProductRetired,
    ProductsImported,
    ReceiptAccepted,
    ReceiptRejected,
    Sold,
)
from eventstore.identity import KYIV, PRODUCTS_STREAM, ReceiptId, Sha256, Sku, receipt_stream
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from handlers.goods.product_list import product_list
from tests.factories import a_reading
from tests.handlers.judging.deciding import decide_by_the_book, upload
from tests.story import CONTEXT, a_store, append_of, facts

SKU = Sku("DAR-1")


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


def days_ago(days: int) -> date:
    """Return the Kyiv day so many days ago."""
    return (now_utc().astimezone(KYIV) - timedelta(days=days)).date()


async def list_citramon(store: EventStore, *, prescription: bool, until: date | None) -> None:
    """Let marketing list the one product that ``a_reading`` shows."""
    product = Product(sku=SKU, name_uk="ЦИТРАМОН-ДАРНИЦЯ", prescription=prescription)
    listed = ProductsImported(products=[product], source_sha256=Sha256("00"), reason="a test")
    told: list[Event] = [listed]
    if until is not None:
        told.append(ProductRetired(sku=SKU, last_day=until, reason="a test"))
    await store.append(append_of(PRODUCTS_STREAM, *told), context=CONTEXT)


async def bought(store: EventStore, *, days: int) -> Event:
    """Return what becomes of a receipt of so many days ago."""
    at = now_utc().astimezone(KYIV) - timedelta(days=days)
    name = f"bought-{days}"
    await upload(store, a_reading(receipt_number=str(days), purchased_at=at), receipt=name)
    await decide_by_the_book(store)
    return (await facts(store, receipt_stream(ReceiptId(name))))[-1]


async def test_a_retired_product_earns_by_the_day_of_purchase(store: EventStore) -> None:
    """Bought on its last day it earns, a day later it does not, whenever the photo comes."""
    await list_citramon(store, prescription=False, until=days_ago(3))
    listed = await product_list(store)
    granted, refused = await bought(store, days=3), await bought(store, days=2)
    assert isinstance(granted, ReceiptAccepted)
    assert granted.sold == [Sold(sku=SKU, quantity_milli=1000)]
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "no_darnitsa_item"
    assert granted.products == refused.products == listed.sha256


async def test_goods_on_prescription_are_not_promoted(store: EventStore) -> None:
    """The built-in policy follows the law on advertising; the shopper is told why."""
    await list_citramon(store, prescription=True, until=None)
    refused = await bought(store, days=1)
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "prescription_only"
