"""What other rules would have decided, case by case, with all that follows from it."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.catalogue import BookingOrphaned, PhoneShared, ReceiptAccepted, ReceiptReferred
from eventstore.claims import claims_of
from eventstore.identity import (
    Kopecks,
    Sha256,
    bookings_stream,
    payout_bookings_stream,
    payout_of,
)
from eventstore.ledger import seal_until_rest
from eventstore.policy import Limits, Thresholds
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from handlers.goods.products import load_list
from handlers.judging.policy import TODAY
from handlers.rules import RULES
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import PRODUCTS, decide, moved, upload, what_if
from tests.story import CONTEXT, a_fact, a_store, append_of, facts

LONGER = replace(TODAY, age_days_max=30)


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


async def test_a_longer_age_grants_what_was_too_old(store: EventStore) -> None:
    """The receipt, the shopper, why, and the difference in money."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    await upload(store, old, receipt="old", shopper="bob")
    await upload(store, a_reading(receipt_number="2"), receipt="new")
    await decide(store)
    found, tally = await what_if(store, LONGER)
    assert moved(found) == {"old": ("rejected too_old", "accepted 1.00 UAH")}
    assert (found["old"].shopper, found["old"].kopecks) == ("bob", 100)
    assert (tally.before_kopecks, tally.after_kopecks) == (100, 200)
    (move,) = tally.moves.values()
    assert (move.receipts, move.kopecks) == (1, 100)


async def test_claims_follow_from_the_new_decisions(store: EventStore) -> None:
    """Who is granted takes the claim, who is not leaves it to the next one with that receipt."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    for name in ("old", "old again"):
        await upload(store, old, receipt=name, shopper=name)
        await decide(store)
    found, _ = await what_if(store, LONGER)
    assert moved(found) == {
        "old": ("rejected too_old", "accepted 1.00 UAH"),
        "old again": ("rejected too_old", "rejected already_used"),
    }


async def test_a_claim_that_would_not_be_taken_is_free(store: EventStore) -> None:
    """The first photo would go to a person: the sharper one of another shopper is granted."""
    reading = a_reading(confidence=0.8)
    await upload(store, reading, receipt="dim", shopper="ann")
    await decide(store)
    sharp = a_reading(confidence=0.95, purchased_at=reading.purchased_at)
    await upload(store, sharp, receipt="sharp", shopper="bob")
    await decide(store)
    strict = replace(TODAY, thresholds=Thresholds(auto_accept=0.9, manual_review=0.9))
    found, tally = await what_if(store, strict)
    assert moved(found) == {
        "dim": ("accepted 1.00 UAH", "referred low_confidence"),
        "sharp": ("rejected already_used", "accepted 1.00 UAH"),
    }
    assert tally.before_kopecks == tally.after_kopecks


@pytest.mark.parametrize(("most", "granted"), [(1, 1), (2, 2), (3, 3), (5, 5), (9, 6)])
async def test_daily_limits_follow_from_the_new_decisions(
    store: EventStore, most: int, granted: int
) -> None:
    """Of six good receipts of one day, sent at once, as many are granted as the policy allows."""
    for number in range(6):
        bought_at = now_utc() - timedelta(hours=number)
        await upload(store, a_reading(receipt_number=str(number), purchased_at=bought_at))
    await decide(store, workers=4)
    policy = replace(TODAY, accepted_per_day_max=most, limits=Limits(same_total_max=100))
    found, tally = await what_if(store, policy)
    assert tally.after == {"accepted": granted, "rejected": 6 - granted, "referred": 0}
    assert len(found) == abs(granted - 3)


async def test_another_bonus_is_a_difference_for_everyone_granted(store: EventStore) -> None:
    """Two hryvnias instead of one."""
    await upload(store, a_reading())
    await decide(store)
    found, tally = await what_if(store, replace(TODAY, bonus_kopecks=Kopecks(200)))
    assert moved(found) == {"receipt-1": ("accepted 1.00 UAH", "accepted 2.00 UAH")}
    assert tally.after_kopecks - tally.before_kopecks == 100


async def test_another_product_list_is_judged_by(store: EventStore, tmp_path: Path) -> None:
    """An item that leaves the list earns nothing any more."""
    await upload(store, a_reading(items=[an_item("Імустат табл. №10")]))
    await decide(store)
    shorter = tmp_path / "products.tsv"
    shorter.write_text("name_uk\tname_en\tevidence\nЦИТРАМОН\tCITRAMON\tmaker\n")
    found, _ = await what_if(store, listed=load_list(shorter))
    assert [each.was.state for each in found.values()] == ["accepted"]
    assert [each.would_be.state for each in found.values()] == ["rejected"]


async def test_what_was_read_before_stands(store: EventStore) -> None:
    """Since a seq, earlier decisions are as they were, with their claims."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    await upload(store, old, receipt="before", shopper="ann")
    good = a_reading(receipt_number="2")
    await upload(store, good, receipt="granted before", shopper="ann")
    await decide(store)
    since = await store.head()
    for reading, name in ((old, "after"), (good, "used")):
        await upload(store, reading, receipt=name, shopper="bob")
    await decide(store)
    found, tally = await what_if(store, LONGER, since=since)
    assert moved(found) == {"after": ("rejected too_old", "accepted 1.00 UAH")}
    assert tally.receipts == 2


async def test_what_was_read_before_and_decided_after_stands(store: EventStore) -> None:
    """What counts is when it was read."""
    await upload(store, a_reading(purchased_at=now_utc() - timedelta(days=10)))
    await seal_until_rest(store.pool)
    read_by = await store.head()
    await decide(store)
    found, tally = await what_if(store, LONGER, since=read_by)
    assert (found, tally.receipts) == ({}, 0)


async def test_what_a_referral_could_not_have_seen_is_no_difference(store: EventStore) -> None:
    """It looked before a neighbour's claim and wrote behind it: that is so in any live system."""
    reading = a_reading(confidence=0.3)
    receipt = await upload(store, reading, receipt="slow")
    fiscal, paper = claims_of(reading)
    assert fiscal is not None
    assert paper is not None
    for claim in (fiscal, paper):
        await store.append(append_of(claim, a_fact("quick")), context=CONTEXT)
    referred = ReceiptReferred(reasons=["low_confidence"], rules=RULES)
    await store.append(append_of(f"receipt-{receipt}", referred, expected=1), context=CONTEXT)
    await seal_until_rest(store.pool)
    found, tally = await what_if(store)
    assert moved(found) == {}
    assert tally.receipts == 1


async def test_a_persons_decision_stands(store: EventStore) -> None:
    """A referral that a person granted later is judged as the referral it was, once."""
    receipt = await upload(store, a_reading(confidence=0.3), receipt="dim")
    await decide(store)
    granted = ReceiptAccepted(
        darnitsa_items=[], amount_kopecks=TODAY.bonus_kopecks, rules="a person",
        products=PRODUCTS.sha256,
    )  # fmt: skip
    await store.append(append_of(f"receipt-{receipt}", granted, expected=2), context=CONTEXT)
    await seal_until_rest(store.pool)
    found, tally = await what_if(store)
    assert (moved(found), tally.receipts) == ({}, 1)
    assert tally.after["referred"] == 1


@pytest.mark.parametrize("by", ["phone", "payout"])
@pytest.mark.parametrize("found_first", [True, False])
async def test_money_that_a_restore_lost_counts_from_when_it_was_found(
    store: EventStore, found_first: bool, by: str
) -> None:
    """As in the live decision: a person looked where the booking was known by then."""
    lost = BookingOrphaned(
        bill=None, comment=None, amount_kopecks=Kopecks(100), evidence_sha256=Sha256("00")
    )
    receipt = await upload(store, a_reading(), shopper="ann")
    (_, phone) = await facts(store, "shopper-ann")
    assert isinstance(phone, PhoneShared)
    named = bookings_stream(phone.phone_fingerprint)
    if by == "payout":
        named = payout_bookings_stream(payout_of(receipt))
    bookings = append_of(named, lost)
    if found_first:
        await store.append(bookings, context=CONTEXT)
    await decide(store)
    if not found_first:
        await store.append(bookings, context=CONTEXT)
        await seal_until_rest(store.pool)
    found, tally = await what_if(store)
    assert moved(found) == {}
    assert tally.before["referred" if found_first else "accepted"] == 1
    stricter = replace(TODAY, thresholds=Thresholds(auto_accept=0.99, manual_review=0.99))
    found, _ = await what_if(store, stricter)
    restored = ["paid_before_restore"] if found_first else []
    assert found[receipt].would_be.reasons == ["low_confidence", *restored]
