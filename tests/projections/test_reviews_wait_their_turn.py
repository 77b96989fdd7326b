"""The review queue: who waits, why, since when, and in whose hands."""

from datetime import timedelta

import pytest

from eventstore.catalogue import (
    Event,
    ReceiptOverridden,
    ReceiptRejected,
    ReceiptReviewed,
)
from eventstore.pool import Pool
from eventstore.store import EventStore
from projections import review_queue
from projections.review_queue import Waiting
from tests.projections.staff import (
    CORRECTED,
    UNTIL,
    accepted,
    assigned,
    forget,
    of_receipt,
    refer,
    referred,
)
from tests.projections.test_receipts_tell_their_story import ALL_AT_ONCE, project
from tests.story import a_store
from tests.web.stories import tell_reading, tell_upload


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """A log over a fresh database."""
    return a_store(pool)


async def queue(store: EventStore) -> list[Waiting]:
    """Return who waits after everything was applied at once."""
    await project(store)
    return await review_queue.waiting(store.pool, limit=10)


async def test_the_oldest_is_first_with_what_a_person_needs(store: EventStore) -> None:
    """Reasons and time of the referral; shop and total as read."""
    await refer(store, "b", "no_total", "edited_photo")
    await refer(store, "a")
    first, second = await queue(store)
    assert (first.receipt, first.reasons) == ("b", ["no_total", "edited_photo"])
    assert (first.merchant, first.total_kopecks) == ('ТОВ "Аптека-Зразок"', 123_450)
    told = (await store.read_stream("receipt-b"))[-1]  # type: ignore[arg-type] # as it is named
    assert (first.waiting_since, first.seq) == (told.recorded_at, told.seq)
    assert (first.reviewer, first.corrections) == (None, 0)
    assert second.receipt == "a"


async def test_an_assignment_says_who_and_until_when(store: EventStore) -> None:
    """After its end anybody may take the receipt; the last who did so wins."""
    await refer(store, "a")
    await of_receipt(store, "a", assigned("petro"), assigned("olena"))
    (mine,) = await queue(store)
    assert (mine.reviewer, mine.assigned_until) == ("olena", UNTIL)
    assert mine.held_at(UNTIL - timedelta(seconds=1)) == "olena"
    assert mine.held_at(UNTIL) is None


async def test_a_correction_that_leaves_doubts_keeps_the_place(store: EventStore) -> None:
    """Judged again and referred again: the new reasons, the old time, one correction more."""
    await refer(store, "a")
    await refer(store, "b")
    since = (await queue(store))[0].waiting_since
    await of_receipt(store, "a", assigned(), CORRECTED, referred("no_date"))
    await of_receipt(store, "a", CORRECTED, referred("no_date"))
    first, _ = await queue(store)
    assert (first.receipt, first.waiting_since) == ("a", since)
    assert (first.reasons, first.corrections, first.reviewer) == (["no_date"], 2, "olena")
    assert first.total_kopecks == 8650


@pytest.mark.parametrize(
    "end",
    [
        accepted({"REG-1": 1000}),
        ReceiptRejected(reason="withdrawn", rules="test/1"),
        ReceiptReviewed(verdict="approve", reviewer="olena", reason="it is clear"),
        ReceiptOverridden(verdict="reject", operator="olena", reason="a twin"),
    ],
)
async def test_a_decision_ends_the_waiting(store: EventStore, end: Event) -> None:
    """By the rules, by a reviewer, by an operator, or since the shopper leaves."""
    await refer(store, "a")
    await refer(store, "b")
    await of_receipt(store, "a", assigned(), end)
    assert [each.receipt for each in await queue(store)] == ["b"]


async def test_who_is_referred_again_later_waits_anew(store: EventStore) -> None:
    """What a person had decided once is a new question then."""
    await refer(store, "a")
    await of_receipt(
        store,
        "a",
        CORRECTED,
        ReceiptRejected(reason="too_old", rules="test/1"),
        ReceiptOverridden(verdict="approve", operator="olena", reason="a printer's clock"),
    )
    assert await queue(store) == []
    await of_receipt(store, "a", referred("same_paper_seen"))
    (again,) = await queue(store)
    assert (again.reasons, again.corrections) == (["same_paper_seen"], 0)


async def test_who_is_forgotten_waits_no_more(store: EventStore) -> None:
    """Nor does a late worker's referral bring them back; who returned waits like anybody."""
    await refer(store, "a")
    await refer(store, "others", shopper="other")
    await tell_upload(store, "late")
    await tell_reading(store, "late")
    await forget(store)
    await of_receipt(store, "late", referred())
    await refer(store, "returned")
    assert [each.receipt for each in await queue(store)] == ["others", "returned"]


async def test_a_reviewers_fact_about_nobody_waiting_changes_nothing(store: EventStore) -> None:
    """A decision may be told a moment before an assignment that came too late."""
    await refer(store, "a")
    await of_receipt(store, "a", accepted({"REG-1": 1000}), assigned(), CORRECTED)
    assert await queue(store) == []


async def test_any_batch_gives_the_same_queue(store: EventStore) -> None:
    """One fact at a time as live, or all at once as in a rebuild."""
    await refer(store, "a")
    await of_receipt(store, "a", assigned(), CORRECTED, referred("no_date"))
    await refer(store, "b")
    await of_receipt(store, "b", ReceiptRejected(reason="by_reviewer", rules="test/1"))
    await of_receipt(store, "b", referred("same_paper_seen"))
    await refer(store, "gone", shopper="leaver")
    await forget(store, "leaver")
    await of_receipt(store, "gone", referred())
    await refer(store, "c")
    rows = "SELECT q::text FROM review_queue AS q ORDER BY receipt"
    await project(store, batch=1)
    live = await store.pool.fetch(rows)
    assert len(live) == 3
    for batch in (2, 3, 5, ALL_AT_ONCE):
        await project(store, batch=batch)
        assert await store.pool.fetch(rows) == live


async def test_the_load_is_how_many_and_how_old(store: EventStore) -> None:
    """None and nothing at first; the age is that of whoever waits longest."""
    await project(store)
    assert await review_queue.load(store.pool) == review_queue.Load(items=0, oldest_seconds=0.0)
    await refer(store, "a")
    await refer(store, "b")
    await project(store)
    ago = "UPDATE review_queue SET waiting_since = now() - interval '2 hours' WHERE receipt = 'a'"
    await store.pool.execute(ago)
    load = await review_queue.load(store.pool)
    assert load.items == 2
    assert 7200 <= load.oldest_seconds < 7260
