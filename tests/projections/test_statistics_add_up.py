"""The promotion in a few figures."""

import pytest

from eventstore.catalogue import ConsentGiven, PayoutOutcomeUnknown, ReceiptUnreadable
from eventstore.identity import (
    ReceiptId,
    Sha256,
    ShopperId,
    payout_of,
    payout_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from projections.statistics import statistics
from tests.projections.staff import accepted, of_receipt, refer, tell
from tests.projections.test_receipts_tell_their_story import project
from tests.story import a_store
from tests.web.stories import requested, tell_paid, tell_rejection, tell_upload

CONSENT = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")


async def test_an_empty_log_has_no_shares(pool: Pool) -> None:
    """Noughts where something is counted, None where it is taken of nothing."""
    told = await statistics(pool)
    assert (told.user_count, told.receipt_count, told.bonus_count, told.bonus_kopecks) == (0,) * 4
    assert (told.acceptance_rate, told.review_share) == (None, None)
    assert (told.seconds_to_paid_p50, told.seconds_to_paid_p90) == (None, None)


async def test_every_figure_follows_from_the_log(pool: Pool) -> None:
    """Who agreed, what was sent and decided, what waits, and what arrived."""
    store = a_store(pool)
    for shopper in ("ann", "bob"):
        await tell(store, shopper_stream(ShopperId(shopper)), CONSENT)
    await tell(store, shopper_stream(ShopperId("ann")), CONSENT)
    await tell_paid(store, "paid", bill="1")
    await tell_rejection(store, "refused", "too_old")
    await refer(store, "waits")
    await refer(store, "unknown")
    await of_receipt(store, "unknown", accepted({"A": 1000}))
    owed = payout_stream(payout_of(ReceiptId("unknown")))
    lost = PayoutOutcomeUnknown(step="pay", cause="timeout")
    await tell(store, owed, requested("unknown"), lost)
    await tell_upload(store, "blurred")
    await of_receipt(store, "blurred", ReceiptUnreadable(reason="blurred"))
    await tell_upload(store, "sent")
    await project(store)

    told = await statistics(pool)

    assert (told.user_count, told.receipt_count) == (2, 6)
    assert (told.bonus_count, told.bonus_kopecks) == (1, 100)
    assert told.acceptance_rate == pytest.approx(2 / 4)  # of those, one blurred, one too old
    assert told.review_share == pytest.approx(2 / 4)  # two were never read
    assert told.waiting_for_a_person == 1
    assert told.receipts == {
        "paid": 1, "pay_unknown": 1, "rejected": 1, "review": 1, "unreadable": 1, "uploaded": 1
    }  # fmt: skip
    assert told.payouts == {"confirmed": 1, "unknown": 1}


async def test_times_run_from_the_photo_to_the_money(pool: Pool) -> None:
    """Half and nine tenths of what is paid; what is not paid has no time yet."""
    store = a_store(pool)
    for number in range(11):
        await tell_paid(store, f"r{number}", bill=str(number))
    await refer(store, "waits")
    await project(store)
    for number in range(11):
        later = "UPDATE payouts SET updated_at = uploaded_at + make_interval(secs => $2)"
        mine = f"{later} FROM receipts AS mine WHERE mine.receipt = payouts.receipt"
        await pool.execute(f"{mine} AND mine.receipt = $1", f"r{number}", float(number))
    told = await statistics(pool)
    assert told.seconds_to_paid_p50 == pytest.approx(5)
    assert told.seconds_to_paid_p90 == pytest.approx(9)
