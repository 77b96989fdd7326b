"""People take a referred receipt in hand, correct and settle it; of two people one acts."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from eventstore.catalogue import (
    ClaimReleased,
    ClaimTaken,
    Event,
    ForgettingRequested,
    PayoutAttempted,
    PayoutFailed,
    PayoutReopened,
    PayoutRequested,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
)
from eventstore.corrections import corrected
from eventstore.identity import (
    Kopecks,
    ReceiptId,
    ShopperId,
    fiscal_claim,
    looks_stream,
    payout_of,
    payout_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from eventstore.reasons import ReasonTooPersonal
from eventstore.store import EventStore, now_utc
from handlers.reviewing import ASSIGNMENT, ReviewRefused, Reviews
from handlers.rules import judge
from tests.factories import FISCAL_NUMBER, a_reading, an_item
from tests.handlers.deciding import PRODUCTS, decide, upload
from tests.story import CONTEXT, a_store, append_of, facts

R = ReceiptId("r")
#: Nothing but the page's own quality speaks against it.
WORN: dict[str, Any] = {"confidence": 0.5}
LOOK = "0f" * 32


class Office:
    """Reviewers and their clock."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.now = now_utc()
        self.reviews = Reviews(store=store, clock=self.clock)

    def clock(self) -> datetime:
        """Return the office's time."""
        return self.now

    async def refer(self, name: str = "r", *, shopper: str = "ann", **changes: Any) -> ReceiptId:
        """Let a receipt wait for a person."""
        await upload(self.store, a_reading(**WORN | changes), shopper=shopper, receipt=name)
        await decide(self.store)
        assert isinstance(await self.last(name), ReceiptReferred)
        return ReceiptId(name)

    async def accept(self, name: str = "r", *, shopper: str = "ann", **changes: Any) -> ReceiptId:
        """Let a receipt be accepted by the rules."""
        await upload(self.store, a_reading(**changes), shopper=shopper, receipt=name)
        await decide(self.store)
        assert isinstance(await self.last(name), ReceiptAccepted)
        return ReceiptId(name)

    async def story(self, name: str = "r") -> list[Event]:
        """Return what happened to a receipt."""
        return list(await facts(self.store, receipt_stream(ReceiptId(name))))

    async def last(self, name: str = "r") -> Event:
        """Return how a receipt stands."""
        return (await self.story(name))[-1]

    async def payout(self, name: str = "r") -> list[Event]:
        """Return what happened to a receipt's payout."""
        return list(await facts(self.store, payout_stream(payout_of(ReceiptId(name)))))

    async def settle(self, verdict: Any, name: str = "r", *, reviewer: str = "olha") -> Event:
        """Let a reviewer take and settle a receipt; return what is decided then."""
        await self.reviews.take(ReceiptId(name), reviewer)
        await self.reviews.settle(ReceiptId(name), verdict, reviewer=reviewer, reason="looked")
        await decide(self.store)
        return await self.last(name)


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


async def test_a_claim_of_another_is_never_overridden(office: Office) -> None:
    """Approval says the paper is genuine; who holds its number must lose it first."""
    await office.accept("first", shopper="bob")
    await office.refer()
    refused = await office.settle("approve")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_a_paper_without_any_claim_is_not_approved(office: Office) -> None:
    """Nothing would keep it from being paid for again: the numbers are to be typed first."""
    await office.refer(fiscal_number=None, receipt_number=None, total_kopecks=None, merchant=None)
    await office.reviews.take(R, "olha")
    with pytest.raises(ReviewRefused, match="correct the numbers"):
        await office.reviews.settle(R, "approve", reviewer="olha", reason="x")


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
    for claim in (fiscal_claim(FISCAL_NUMBER, "1"), looks_stream(FISCAL_NUMBER)):
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
