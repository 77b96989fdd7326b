"""A payout that has ended is shown as ended, whatever is recorded behind the end."""

from typing import Literal

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRequested,
    PayoutResolved,
    PayoutSubmitted,
    ReceiptUploaded,
)
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    payout_stream,
    receipt_stream,
)
from eventstore.pool import Pool
from projections.payouts import Payouts
from projections.projector import Projector
from projections.receipts import Receipts
from tests.story import a_store, given

RECEIPT, PAYOUT, SHOPPER = ReceiptId("r"), PayoutId("p"), ShopperId("s")
BILL = BillId("1")
REQUESTED = PayoutRequested(
    payout=PAYOUT,
    receipt=RECEIPT,
    shopper=SHOPPER,
    amount_kopecks=Kopecks(100),
    phone_sealed="",
    phone_fingerprint="",
)
UPLOADED = ReceiptUploaded(
    receipt=RECEIPT, shopper=SHOPPER, photo_sha256=Sha256("00"), photo_bytes=1, source="web"
)
BEHIND: list[Event] = [
    PayoutSubmitted(step="pay", bill=BILL),
    PayoutOutcomeUnknown(step="pay", cause="timeout"),
]


def resolved(outcome: Literal["paid", "failed"]) -> PayoutResolved:
    """Return the end that a statement told."""
    return PayoutResolved(outcome=outcome, bill=BILL, evidence_sha256=Sha256("00"))


@pytest.mark.parametrize(
    ("end", "states"),
    [
        (PayoutConfirmed(bill=BILL), ("paid", "confirmed")),
        (PayoutFailed(cause="callback", code="1"), ("pay_failed", "failed")),
        (resolved("paid"), ("paid", "confirmed")),
        (resolved("failed"), ("pay_failed", "failed")),
    ],
)
@pytest.mark.parametrize("behind", BEHIND)
async def test_an_answer_behind_the_callback_changes_no_state(
    pool: Pool, end: Event, states: tuple[str, str], behind: Event
) -> None:
    """The callback overtook the answer to pay: receipt and payout stay as it put them."""
    store = a_store(pool)
    attempted = PayoutAttempted(step="pay", attempt=1)
    await given(store, receipt_stream(RECEIPT), UPLOADED)
    await given(store, payout_stream(PAYOUT), REQUESTED, attempted, end, behind)
    for projection in (Receipts(), Payouts()):
        projector = Projector(store=store, projection=projection)
        await projector.start()
        await projector.step()

    receipt = await pool.fetchval("SELECT state FROM receipts")
    payout = await pool.fetchval("SELECT state FROM payouts")
    assert (receipt, payout) == states
