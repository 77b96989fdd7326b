"""Who holds a claim keeps it until a person lets it go, which ends what was owed for it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from eventstore.catalogue import (
    ClaimReleased,
    PayoutAttempted,
    PayoutFailed,
    PayoutReopened,
    PayoutRequested,
    PhotoSeen,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.claims import claims_of, look_of
from eventstore.identity import (
    Kopecks,
    ReceiptId,
    Sha256,
    ShopperId,
    payout_of,
    payout_stream,
    photo_stream,
)
from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.judging.policy import TODAY
from handlers.judging.review_items import CorrectionRefused
from handlers.judging.reviewing import ReviewRefused
from tests.factories import a_reading
from tests.handlers.judging.deciding import decide, upload
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


async def test_claims_stay_with_a_payout_that_begins_anew_after_an_attempt(
    office: Office,
) -> None:
    """An old request may still be answered with money: what it was for stays claimed."""
    await office.accept()
    stream = payout_stream(payout_of(R))
    (requested,) = await office.payout()
    assert isinstance(requested, PayoutRequested)
    since = [
        PayoutAttempted(step="create", attempt=1),
        PayoutFailed(cause="refused", code="1"),
        PayoutReopened(
            phone_sealed=requested.phone_sealed,
            phone_fingerprint=requested.phone_fingerprint,
            reason="a test",
        ),
    ]
    await office.store.append(append_of(stream, *since, expected=0), context=CONTEXT)
    with pytest.raises(ReviewRefused, match="was attempted"):
        await office.reviews.override(R, "reject", operator="olha", reason="x")


async def test_a_paper_without_a_number_is_not_told_from_one_that_was_paid(
    office: Office,
) -> None:
    """Register, total and minute are all it has, and another holds them: no word helps."""
    await office.accept("first", shopper="bob", receipt_number="77777")
    await office.refer(receipt_number=None)
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_of_two_papers_of_one_minute_each_keeps_its_claim(office: Office) -> None:
    """A person tells them apart; when the first lets go, the second still holds the paper."""
    await office.accept("first", shopper="bob", receipt_number="77777")
    await office.refer(receipt_number="88888")
    assert isinstance(await office.settle("approve"), ReceiptAccepted)
    await office.reviews.withdraw(ReceiptId("first"), operator="olha", reason="misread")
    await office.refer("again", shopper="eve", receipt_number="99999", confidence=0.95)
    referred = await office.last("again")
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["same_paper_seen"]


async def test_the_very_photo_of_a_paid_receipt_is_never_granted(office: Office) -> None:
    """An operator may forget age and limits, not that these bytes were paid for."""
    told = [PhotoSeen(receipt=ReceiptId(name), shopper=ShopperId("ann")) for name in ("first", "r")]
    await office.store.append(append_of(photo_stream(Sha256("00")), *told), context=CONTEXT)
    await office.accept("first", receipt_number="77777")
    await upload(office.store, a_reading(receipt_number="1", document="return"), receipt="r")
    await decide(office.store)
    await office.reviews.override(R, "approve", operator="olha", reason="x")
    await decide(office.store)
    refused = await office.last()
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_a_withdrawn_receipt_gives_back_its_place_in_the_day(office: Office) -> None:
    """The rightful photo of the same day meets no daily limit because of the wrong one."""
    for number in range(TODAY.accepted_per_day_max):
        bought_at = now_utc() - timedelta(hours=number)
        await office.accept(f"{number}", receipt_number=f"{number}", purchased_at=bought_at)
    await office.reviews.withdraw(ReceiptId("0"), operator="olha", reason="misread")
    await office.accept("r", receipt_number="0")


async def test_what_is_granted_again_is_what_was_owed(office: Office) -> None:
    """The payout keeps its amount though the policy has another one by now."""
    await office.accept()
    await office.reviews.override(R, "reject", operator="olha", reason="a mistake")
    await office.reviews.override(R, "approve", operator="olha", reason="no mistake")
    await decide(office.store, policy=replace(TODAY, bonus_kopecks=Kopecks(500)))
    accepted = await office.last()
    assert isinstance(accepted, ReceiptAccepted)
    assert accepted.amount_kopecks == 100


async def test_a_slip_in_a_correction_does_not_make_the_paper_new(office: Office) -> None:
    """The register as it was read keeps its claim on the paper, beside the one that was typed."""
    sources = {"total": ["text", "digits"], "date": ["text", "digits"]}
    await office.refer(sources=sources, confidence=0.95, confidences={})
    await office.reviews.take(R, "olha")
    slip = ReceiptCorrected(reviewer="olha", reason="glare", fiscal_number="4001000001")
    await office.reviews.correct(R, slip)
    await decide(office.store)
    if isinstance(await office.last(), ReceiptReferred):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="looked")
        await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)
    await upload(office.store, a_reading(), shopper="eve", receipt="again")
    await decide(office.store)
    referred = await office.last("again")
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["same_paper_seen"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"fiscal_number": "ФН 4001000000"}, "ten digits"),
        ({"fiscal_number": "400100000"}, "ten digits"),
        ({"receipt_number": "№ 315311"}, "leave out"),
        ({"total_kopecks": Kopecks(9999)}, "QR code says that total_kopecks is 3650"),
        ({"receipt_number": "2"}, "QR code says"),
    ],
)
async def test_what_no_register_prints_and_what_the_qr_contradicts_is_refused(
    office: Office, typed: dict[str, Any], why: str
) -> None:
    """One mistyped digit would let a paid paper come again as a new one."""
    await office.refer()
    await office.reviews.take(R, "olha")
    before = await office.story()
    with pytest.raises(CorrectionRefused, match=why):
        await office.reviews.correct(R, ReceiptCorrected(reviewer="olha", reason="x", **typed))
    assert await office.story() == before
