"""Staff find a receipt by whatever they know of it, and never a forgotten person."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PhoneShared, ReceiptRead, ReceiptUnreadable
from eventstore.identity import BillId, Kopecks, ReceiptId, ShopperId, payout_of, shopper_stream
from eventstore.pool import Pool
from eventstore.store import EventStore
from projections.finding import RECEIPT_STATES, Wanted, find, shoppers_with_phone
from tests.projections.staff import forget, of_receipt, refer, tell
from tests.projections.test_receipts_tell_their_story import project
from tests.story import a_store
from tests.web.stories import read, tell_paid, tell_upload

#: Seller and numbers as a paper may have them.
OTHER: dict[str, Any] = {
    "merchant": "ТОВ «Подорожник.Прим'єр» ВIННИЦЯ",
    "fiscal_number": "3000000002",
    "receipt_number": "000315311 00256",
    "total_kopecks": Kopecks(8650),
}


@pytest.fixture
async def store(pool: Pool) -> EventStore:
    """A log with a receipt that is paid, one that waits, one unreadable and one just sent."""
    store = a_store(pool)
    await tell_paid(store, "paid", bill="700", shopper="ann")
    await refer(store, "waits", "no_date", "edited_photo", reading=reading_of_another())
    await tell_upload(store, "blurred", "ann")
    await of_receipt(store, "blurred", ReceiptUnreadable(reason="blurred"))
    await tell_upload(store, "sent", "bob")
    await project(store)
    return store


def reading_of_another() -> ReceiptRead:
    """Return what another till printed."""
    return replace(read(), **OTHER)


async def found(store: EventStore, limit: int = 50, **wanted: Any) -> list[str]:
    """Return the ids of the receipts that are like that."""
    receipts = await find(store.pool, Wanted(**wanted), limit=limit)
    return [each.receipt for each in receipts]


async def test_without_a_wish_the_newest_are_listed(store: EventStore) -> None:
    """As many as are asked for."""
    assert await found(store) == ["sent", "blurred", "waits", "paid"]
    assert await found(store, limit=2) == ["sent", "blurred"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"state": "review"}, ["waits"]),
        ({"state": "paid"}, ["paid"]),
        ({"reason": "edited_photo"}, ["waits"]),
        ({"reason": "blurred"}, ["blurred"]),
        ({"shoppers": ["ann"]}, ["blurred", "paid"]),
        ({"shoppers": []}, []),
        ({"fiscal_number": "3000000002"}, ["waits"]),
        ({"receipt_number": "315311"}, ["waits"]),
        ({"receipt_number": "0000315311"}, ["waits"]),
        ({"receipt_number": "000315311 00256"}, ["waits"]),
        ({"receipt_number": "00256"}, []),
        ({"bill": "700"}, ["paid"]),
        ({"payout": payout_of(ReceiptId("paid"))}, ["paid"]),
        ({"total_kopecks": 8650}, ["waits"]),
        ({"state": "paid", "shoppers": ["bob"]}, []),
        ({"shoppers": ["ann"], "reason": "blurred"}, ["blurred"]),
    ],
)
async def test_all_that_is_known_must_be_so(
    store: EventStore, wanted: dict[str, Any], names: list[str]
) -> None:
    """State, reason, shopper, numbers, bill, payout, total, and several of them together."""
    assert await found(store, **wanted) == names


@pytest.mark.parametrize(
    ("part", "hit"),
    [
        ("подорожник", True),
        ("ПОДОРОЖНИК", True),
        ("прим’єр", True),
        ("Вінниця", True),
        ("«подорожник", True),
        ('"подорожник', True),
        ("подорожник.", True),
        ("подорожникxприм", False),
        ("п.дорожник", False),
        ("%", False),
        ("подорожник прим", False),
        ("[", False),
        ("\\", False),
    ],
)
async def test_a_seller_is_found_in_any_case_and_alphabet(
    store: EventStore, part: str, *, hit: bool
) -> None:
    """Ukrainian letters fold whatever the database's locale; signs mean nothing but themselves."""
    assert await found(store, merchant=part) == (["waits"] if hit else [])


@pytest.mark.parametrize(
    ("anything", "names"),
    [
        ("waits", ["waits"]),
        ("ann", ["blurred", "paid"]),
        ("700", ["paid"]),
        (payout_of(ReceiptId("paid")), ["paid"]),
        ("3000000002", ["waits"]),
        ("315311", ["waits"]),
        ("аптека", ["paid"]),
        ("nothing", []),
    ],
)
async def test_a_scrap_is_enough(store: EventStore, anything: str, names: list[str]) -> None:
    """Of an id or number the whole, of a seller a part."""
    assert await found(store, anything=anything) == names


async def test_a_range_is_of_kyiv_days_of_upload(store: EventStore) -> None:
    """Both ends belong to it, and a summer's day ends at nine in the evening by UTC."""
    for receipt, moment in (
        ("paid", datetime(2026, 6, 30, 20, 59, tzinfo=UTC)),
        ("waits", datetime(2026, 6, 30, 21, 0, tzinfo=UTC)),
        ("sent", datetime(2026, 7, 1, 20, 59, tzinfo=UTC)),
        ("blurred", datetime(2026, 7, 1, 21, 0, tzinfo=UTC)),
    ):
        moved = "UPDATE receipts SET uploaded_at = $1 WHERE receipt = $2"
        await store.pool.execute(moved, moment, receipt)
    day, one = date(2026, 7, 1), timedelta(days=1)
    assert await found(store, since=day, until=day) == ["sent", "waits"]
    assert await found(store, until=day - one) == ["paid"]
    assert await found(store, since=day + one) == ["blurred"]


async def test_of_a_forgotten_shopper_nothing_is_found_by_person_or_purchase(
    store: EventStore,
) -> None:
    """Outcome and bill still find the receipt, which shows no purchase."""
    await forget(store, "ann")
    await project(store)
    for wanted in ({"shoppers": ["ann"]}, {"merchant": "зразок"}, {"fiscal_number": "4000000001"}):
        assert await found(store, **wanted) == []
    (kept,) = await find(store.pool, Wanted(bill=BillId("700")), limit=1)
    assert (kept.state, kept.bonus_kopecks, kept.merchant) == ("paid", 100, None)
    assert (kept.total_kopecks, kept.fiscal_number, kept.purchased_at) == (None, None, None)


@pytest.mark.parametrize("returns", [False, True])
async def test_a_phone_leads_to_whoever_shares_it_now(pool: Pool, *, returns: bool) -> None:
    """Several people may; one who was forgotten is not found until they share it again."""
    store = a_store(pool)
    shared = PhoneShared(phone_sealed="", phone_fingerprint="F")
    for shopper in ("ann", "bob"):
        await tell(store, shopper_stream(ShopperId(shopper)), shared)
    await tell(
        store, shopper_stream(ShopperId("eve")), PhoneShared(phone_sealed="", phone_fingerprint="G")
    )
    await forget(store, "bob")
    if returns:
        await tell(store, shopper_stream(ShopperId("bob")), shared)
    found = await shoppers_with_phone(pool, "F")
    assert sorted(found) == (["ann", "bob"] if returns else ["ann"])


async def test_states_that_can_be_asked_for_are_those_of_the_table(pool: Pool) -> None:
    """A state that nobody can ask for, or that the table would refuse, is found out."""
    check = await pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conname = 'a_receipt_is_in_a_known_state'"
    )
    assert set(re.findall(r"'(\w+)'", check)) == set(RECEIPT_STATES)
