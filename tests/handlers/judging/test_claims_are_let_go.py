"""Who holds a claim keeps it until a person lets it go, which ends what was owed for it."""

from datetime import timedelta

import pytest

from eventstore.catalogue import (
    ClaimReleased,
    PayoutAttempted,
    PayoutFailed,
    PayoutReopened,
    PayoutRequested,
    ReceiptAccepted,
    ReceiptRead,
    ReceiptRejected,
)
from eventstore.claims import claims_of, look_of
from eventstore.identity import (
    ReceiptId,
    payout_of,
    payout_stream,
)
from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.judging.reviewing import ReviewRefused
from tests.handlers.judging.deciding import decide
from tests.handlers.judging.office import Office, R
from tests.story import CONTEXT, a_store, append_of, facts

LOOK = "0f" * 32


@pytest.fixture
def office(pool: Pool) -> Office:
    """The reviewers."""
    return Office(a_store(pool))


async def test_a_claim_of_another_is_never_overridden(office: Office) -> None:
    """Approval says the paper is genuine; who holds its number must lose it first."""
    await office.accept("first", shopper="bob")
    await office.refer()
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_age_binds_a_reviewer_and_not_an_override(office: Office) -> None:
    """R52 is the campaign's promise; an operator may make an exception and says so."""
    await office.refer(purchased_at=now_utc() - timedelta(days=30))
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "too_old"
    await office.reviews.override(R, "approve", operator="olha", reason="our fault")
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)
    assert [type(fact) for fact in await office.payout()] == [PayoutRequested]


async def test_a_released_claim_lets_another_receipt_be_paid(office: Office) -> None:
    """A misread number stood in an honest shopper's way; the bonus goes with the claims."""
    await office.accept("misread", shopper="bob", look=LOOK)
    await office.reviews.withdraw(ReceiptId("misread"), operator="olha", reason="misread")
    assert await office.payout("misread") == [
        *(await office.payout("misread"))[:1], PayoutFailed(cause="withdrawn", code="none")
    ]  # fmt: skip
    refused = await office.last("misread")
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "withdrawn"
    released = ClaimReleased(receipt=ReceiptId("misread"), reason="misread")
    (reading,) = [fact for fact in await office.story("misread") if isinstance(fact, ReceiptRead)]
    for claim in (*claims_of(reading), look_of(reading)):
        assert claim is not None
        assert (await facts(office.store, claim))[-1] == released
    await office.accept("r", look=LOOK)
    assert [type(fact) for fact in await office.payout()] == [PayoutRequested]


async def test_a_withdrawn_receipt_can_be_granted_again_with_its_one_payout(
    office: Office,
) -> None:
    """The payout is opened again, never requested twice."""
    await office.accept()
    await office.reviews.override(R, "reject", operator="olha", reason="a mistake")
    await office.reviews.override(R, "approve", operator="olha", reason="no mistake")
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)
    kinds = [type(fact) for fact in await office.payout()]
    assert kinds == [PayoutRequested, PayoutFailed, PayoutReopened]


async def test_claims_stay_once_a_payout_was_attempted(office: Office) -> None:
    """Money may be on its way: nothing is let go, and nothing is half done."""
    await office.accept()
    stream = payout_stream(payout_of(R))
    await office.store.append(
        append_of(stream, PayoutAttempted(step="create", attempt=1), expected=0), context=CONTEXT
    )
    before = await office.story()
    with pytest.raises(ReviewRefused, match="was attempted"):
        await office.reviews.withdraw(R, operator="olha", reason="x")
    assert await office.story() == before
