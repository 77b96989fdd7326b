"""People take a referred receipt in hand, correct and settle it; of two people one acts."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from eventstore.catalogue import (
    ClaimTaken,
    ForgettingRequested,
    PayoutRequested,
    PhotoSeen,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    WorkSkipped,
)
from eventstore.corrections import corrected
from eventstore.identity import (
    Kopecks,
    ReceiptId,
    Sha256,
    ShopperId,
    fiscal_claim,
    photo_stream,
    receipt_stream,
    shopper_stream,
    work_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.reasons import ReasonTooPersonal
from handlers.judging.review_items import CorrectionRefused
from handlers.judging.reviewing import ASSIGNMENT, ReviewRefused
from handlers.rules import judge
from tests.factories import FISCAL_NUMBER, a_reading, an_item
from tests.handlers.judging.deciding import PRODUCTS, decide, upload
from tests.handlers.judging.office import Office, R
from tests.story import CONTEXT, a_store, append_of, facts


@pytest.fixture
def office(pool: Pool) -> Office:
    """The reviewers."""
    return Office(a_store(pool))


async def test_an_approved_receipt_is_accepted_with_its_claims_and_one_payout(
    office: Office,
) -> None:
    """What the rules would not do alone a person may, and what is unique is claimed as always."""
    await office.refer()
    assert isinstance(await office.settle("approve"), ReceiptAccepted)
    assert [type(fact) for fact in await office.payout()] == [PayoutRequested]
    claim = await facts(office.store, fiscal_claim(FISCAL_NUMBER, "1"))
    assert claim == [ClaimTaken(receipt=R)]


async def test_a_rejected_receipt_says_that_a_person_refused(office: Office) -> None:
    """Nothing is claimed: the paper may come again, photographed better."""
    await office.refer()
    refused = await office.settle("reject")
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "by_reviewer"
    assert await facts(office.store, fiscal_claim(FISCAL_NUMBER, "1")) == []
    assert await office.payout() == []


async def test_a_receipt_in_hand_is_safe_from_colleagues_for_five_minutes(office: Office) -> None:
    """They are told who has it; afterwards anybody may take it, and the first one lost it."""
    await office.refer()
    taken = await office.reviews.take(R, "olha")
    assert taken.until == office.now + timedelta(minutes=5)
    with pytest.raises(ReviewRefused, match="olha has r in hand until"):
        await office.reviews.take(R, "ivan")
    with pytest.raises(ReviewRefused, match="olha has r in hand"):
        await office.reviews.settle(R, "approve", reviewer="ivan", reason="x")
    office.now += ASSIGNMENT
    await office.reviews.take(R, "ivan")
    with pytest.raises(ReviewRefused, match="ivan has r in hand"):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="x")


async def test_whoever_took_it_last_may_be_slow(office: Office) -> None:
    """Time ran out, nobody else came: the work is not thrown away."""
    await office.refer()
    await office.reviews.take(R, "olha")
    office.now += 10 * ASSIGNMENT
    await office.reviews.settle(R, "approve", reviewer="olha", reason="looked")
    assert isinstance(await office.last(), ReceiptReviewed)


async def test_nobody_decides_what_they_did_not_take(office: Office) -> None:
    """They are told how to take it."""
    await office.refer()
    with pytest.raises(ReviewRefused, match="review take r --reviewer olha"):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="x")


@pytest.mark.parametrize("rounds", range(3))
async def test_of_two_reviewers_at_once_one_takes_and_of_two_verdicts_one_stands(
    office: Office, rounds: int
) -> None:
    """Eight people reach for it; then the one who has it says both things at once."""
    await office.refer()
    names = [f"reviewer-{number}" for number in range(8)]
    taken = await asyncio.gather(
        *(office.reviews.take(R, name) for name in names), return_exceptions=True
    )
    (mine,) = [each for each in taken if not isinstance(each, BaseException)]
    assert all(isinstance(each, ReviewRefused) for each in taken if each is not mine)
    verdicts = [
        office.reviews.settle(R, verdict, reviewer=mine.reviewer, reason="looked")
        for verdict in ("approve", "reject")
        for _ in range(4)
    ]
    ends = await asyncio.gather(*verdicts, return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert all(isinstance(end, ReviewRefused) for end in ends if end is not None)
    story = await office.story()
    assert sum(isinstance(fact, ReceiptReviewed) for fact in story) == 1
    await decide(office.store, workers=4)
    assert len(await office.story()) == len(story) + 1


async def test_a_corrected_receipt_is_judged_again_and_not_read_again(office: Office) -> None:
    """A person says what the total is; the rules accept it, with the person as the source."""
    sources = {name: ["qr"] for name in ("date", "fiscal_number", "receipt_number")}
    misread: dict[str, Any] = {
        "total_kopecks": Kopecks(9650),
        "sources": sources | {"total": ["text"]},
    }
    await office.refer(confidence=0.95, **misread)
    await office.reviews.take(R, "olha")
    correction = ReceiptCorrected(
        reviewer="olha", reason="a 3 like a 9", total_kopecks=Kopecks(3650)
    )
    await office.reviews.correct(R, correction)
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)
    kinds = [type(fact) for fact in await office.story()]
    assert kinds.count(ReceiptRead) == 1
    assert [type(fact) for fact in await office.payout()] == [PayoutRequested]


async def test_a_correction_that_leaves_doubts_waits_for_the_same_person(office: Office) -> None:
    """It is referred again with what is left, and is still in hand."""
    await office.refer(fiscal_number=None, receipt_number=None)
    await office.reviews.take(R, "olha")
    await office.reviews.correct(
        R, ReceiptCorrected(reviewer="olha", reason="found it", fiscal_number="4001234567")
    )
    await decide(office.store)
    referred = await office.last()
    assert isinstance(referred, ReceiptReferred)
    assert "low_confidence" in referred.reasons
    await office.reviews.settle(R, "approve", reviewer="olha", reason="looked")
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)


async def test_what_a_person_says_is_printed_is_beyond_doubt() -> None:
    """Numbers typed from the photo are as good as a QR; a corrected line adds up anew."""
    reading = a_reading(sources={"total": ["text"]}, disagreements=["items", "receipt_number"])
    correction = ReceiptCorrected(
        reviewer="olha",
        reason="looked",
        items=[an_item(kopecks=3650, confidence=1.0)],
        purchased_at=reading.purchased_at,
        fiscal_number=FISCAL_NUMBER,
        receipt_number="77777",
    )
    assert judge(reading, PRODUCTS).decision == "review"
    assert judge(corrected(reading, correction), PRODUCTS).decision == "accept"


@pytest.mark.parametrize(
    ("unread", "told"),
    [
        ({"fiscal_number": None}, "the register's number"),
        ({"total_kopecks": None}, "the total"),
        ({"purchased_at": None}, "the time of purchase"),
        ({"fiscal_number": None, "total_kopecks": None}, "the register's number .* and the total"),
    ],
)
async def test_what_an_approval_lacks_is_named(
    office: Office, unread: dict[str, Any], told: str
) -> None:
    """Register, total and minute are what another photo of the paper would meet."""
    await office.refer(**unread)
    await office.reviews.take(R, "olha")
    with pytest.raises(ReviewRefused, match=f"type {told} .*review correct"):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="x")


async def test_somebody_who_left_is_decided_for_no_more(office: Office) -> None:
    """Being forgotten withdraws what waits: nothing is sealed for them that could be paid to."""
    await office.refer()
    await office.reviews.take(R, "olha")
    stream = shopper_stream(ShopperId("ann"))
    leaving = append_of(stream, ForgettingRequested(reason="asked"), expected=1)
    await office.store.append(leaving, context=CONTEXT)
    with pytest.raises(ReviewRefused, match="left"):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="x")


@pytest.mark.parametrize(
    ("name", "act"), [("nobody", "there is no receipt"), ("undecided", "not decided yet")]
)
async def test_what_cannot_be_taken_is_said(office: Office, name: str, act: str) -> None:
    """An unknown receipt, and one that no worker has looked at."""
    await upload(office.store, a_reading(), receipt="undecided")
    with pytest.raises(ReviewRefused, match=act):
        await office.reviews.take(ReceiptId(name), "olha")


async def test_nothing_personal_is_kept_as_a_reason(office: Office) -> None:
    """Reasons stay for ever, so a phone in one is refused; so is a name that is none."""
    await office.refer()
    await office.reviews.take(R, "olha")
    with pytest.raises(ReasonTooPersonal):
        await office.reviews.settle(R, "reject", reviewer="olha", reason="call 380671234567")
    with pytest.raises(ReviewRefused, match="a name is"):
        await office.reviews.take(R, "ol ha")


async def test_a_word_given_before_a_doubt_came_up_settles_it_not(office: Office) -> None:
    """A better photo of the paper was paid meanwhile: that is told before anything is granted."""
    await office.refer(receipt_number="11111")
    await office.reviews.take(R, "olha")
    await upload(office.store, a_reading(receipt_number="77777"), receipt="better")
    await decide(office.store)
    assert isinstance(await office.last("better"), ReceiptAccepted)
    await office.reviews.settle(R, "approve", reviewer="olha", reason="looked")
    await decide(office.store)
    referred = await office.last()
    assert isinstance(referred, ReceiptReferred)
    assert "same_paper_seen" in referred.reasons
    await office.reviews.settle(R, "approve", reviewer="olha", reason="two papers")
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)


async def test_a_photo_that_was_paid_later_is_not_paid_again(office: Office) -> None:
    """The same bytes are one paper, whichever upload of them was granted first."""
    told = [PhotoSeen(receipt=ReceiptId(who), shopper=ShopperId("ann")) for who in ("r", "copy")]
    await office.store.append(append_of(photo_stream(Sha256("00")), *told), context=CONTEXT)
    await office.refer(receipt_number="11111")
    await office.accept("copy", receipt_number="77777")
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "copy")


async def test_a_number_tells_two_papers_apart_only_if_both_have_one(office: Office) -> None:
    """The first was approved by register, total and minute alone: it may be this very paper."""
    await office.refer("first", receipt_number=None)
    assert isinstance(await office.settle("approve", "first"), ReceiptAccepted)
    await office.refer(receipt_number="77777")
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_what_the_qr_says_cannot_be_corrected_in_two_steps(office: Office) -> None:
    """Typing it as it is first does not make it a person's to change."""
    await office.refer()
    await office.reviews.take(R, "olha")
    same = ReceiptCorrected(reviewer="olha", reason="as read", receipt_number="1")
    await office.reviews.correct(R, same)
    await decide(office.store)
    other = ReceiptCorrected(reviewer="olha", reason="a slip", receipt_number="2")
    with pytest.raises(CorrectionRefused, match="QR code says"):
        await office.reviews.correct(R, other)


async def test_a_receipt_whose_work_was_skipped_can_be_overridden(office: Office) -> None:
    """Nobody decides it any more by themselves: a person must be able to."""
    await upload(office.store, a_reading(), receipt="r")
    with pytest.raises(ReviewRefused, match="not decided yet"):
        await office.reviews.override(R, "approve", operator="olha", reason="x")
    await seal_until_rest(office.store.pool)
    ask = (await office.store.read_stream(receipt_stream(R)))[-1]
    assert ask.seq is not None
    skipped = WorkSkipped(handler="decide_receipt", seq=ask.seq, reason="torn")
    stream = work_stream("decide_receipt", ask.seq)
    await office.store.append(append_of(stream, skipped), context=CONTEXT)
    await office.reviews.override(R, "approve", operator="olha", reason="looked")
    await decide(office.store)
    assert isinstance(await office.last(), ReceiptAccepted)
