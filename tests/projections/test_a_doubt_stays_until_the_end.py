"""What rests in doubt is shown in doubt, and a paid payout with the bill that was paid."""

from collections.abc import Sequence

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutReopened,
    PayoutResolved,
    PayoutSubmitted,
)
from eventstore.identity import BillId, Sha256, payout_stream, receipt_stream
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from projections.payouts import Payouts, listed
from projections.projector import Projector
from projections.receipts import Receipts
from tests.projections.test_what_is_final_stays import PAYOUT, RECEIPT, REQUESTED, UPLOADED
from tests.story import CONTEXT, a_store, append_of, given

BILL, NEW_BILL = BillId("1"), BillId("2")
TRIED = PayoutAttempted(step="create", attempt=1)
CREATED = PayoutSubmitted(step="create", bill=BILL)
LOST = PayoutOutcomeUnknown(step="create", cause="worker_lost")
LATE: list[Event] = [
    CREATED,
    PayoutSubmitted(step="pay", bill=BILL),
    PayoutRefused(step="create", kind="transient", code="7"),
    PayoutOutcomeUnknown(step="create", cause="timeout"),
]
REOPENED = PayoutReopened(phone_sealed="", phone_fingerprint="", reason="r")


async def show(pool: Pool, *lots: Sequence[Event]) -> None:
    """Show a receipt and its payout, of which ``lots`` became known one after another."""
    store, stream = a_store(pool), payout_stream(PAYOUT)
    await given(store, receipt_stream(RECEIPT), UPLOADED)
    await given(store, stream, REQUESTED)
    projectors = [Projector(store=store, projection=each) for each in (Receipts(), Payouts())]
    for each in projectors:
        await each.start()
        await each.step()
    last = 0
    for lot in lots:
        await store.append(append_of(stream, *lot, expected=last), context=CONTEXT)
        await seal_until_rest(pool)
        last += len(lot)
        for each in projectors:
            await each.step()


async def states(pool: Pool) -> tuple[str, str]:
    """Return how the receipt and how the payout are shown."""
    receipt = await pool.fetchval("SELECT state FROM receipts")
    return receipt, await pool.fetchval("SELECT state FROM payouts")


async def bills(pool: Pool) -> tuple[str | None, str | None]:
    """Return the bills that are shown with the receipt and with the payout."""
    receipt = await pool.fetchval("SELECT bill FROM receipts")
    return receipt, await pool.fetchval("SELECT bill FROM payouts")


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_an_answer_behind_a_doubt_takes_it_from_no_list(
    pool: Pool, late: Event, cut: int
) -> None:
    """The slow worker's answer is kept; nothing leaves on it, so a person must still look."""
    life = [TRIED, LOST, late]
    await show(pool, *(lot for lot in (life[:cut], life[cut:]) if lot))
    assert await states(pool) == ("pay_unknown", "unknown")
    (shown,) = await listed(pool, in_doubt=True, limit=2)
    assert shown.code == "worker_lost"
    assert shown.bill == getattr(late, "bill", None)


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ([PayoutConfirmed(bill=BILL)], ("paid", "confirmed")),
        ([PayoutFailed(cause="callback", code="1")], ("pay_failed", "failed")),
        (
            [PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("00"))],
            ("pay_failed", "failed"),
        ),
        ([PayoutFailed(cause="callback", code="1"), REOPENED, TRIED], ("paying", "attempted")),
    ],
)
@pytest.mark.parametrize("cut", [2, 3, 4])
async def test_an_end_ends_the_doubt(
    pool: Pool, ends: list[Event], shown: tuple[str, str], cut: int
) -> None:
    """A callback or a person; what begins anew is in no doubt any more."""
    life = [TRIED, LOST, CREATED, *ends]
    await show(pool, *(lot for lot in (life[:cut], life[cut:]) if lot))
    assert await states(pool) == shown


OTHER = PayoutSubmitted(step="create", bill=NEW_BILL)
BEGUN_ANEW = [TRIED, CREATED, PayoutFailed(cause="refused", code="1"), REOPENED, TRIED, OTHER]


@pytest.mark.parametrize(
    "life",
    [
        [TRIED, LOST, PayoutConfirmed(bill=BILL)],
        [*BEGUN_ANEW, PayoutConfirmed(bill=BILL)],
        [TRIED, PayoutConfirmed(bill=BILL), OTHER],
        [TRIED, PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=Sha256("00")), OTHER],
    ],
    ids=["never told before", "a former one", "told before the answer", "by a statement"],
)
@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_the_bill_that_was_paid_is_shown(pool: Pool, life: list[Event], cut: int) -> None:
    """A callback may name a former bill, or overtake the answer about another one."""
    await show(pool, *(lot for lot in (life[:cut], life[cut:]) if lot))
    assert await bills(pool) == (BILL, BILL)
