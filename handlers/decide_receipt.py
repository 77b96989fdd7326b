"""ReceiptRead -> ReceiptAccepted with its claims and PayoutRequested | Rejected | Referred."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from eventstore.catalogue import (
    AllowanceUsed,
    ClaimTaken,
    Event,
    PayoutRequested,
    PhoneShared,
    ReceiptAccepted,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptUploaded,
    ReferralReason,
)
from eventstore.claims import allowance_of, claims_of
from eventstore.identity import (
    ReceiptId,
    StreamName,
    bookings_stream,
    payout_bookings_stream,
    payout_of,
    payout_stream,
    shopper_stream,
)
from eventstore.policy import Policy
from eventstore.store import NO_STREAM, Append, EventStore, Recorded
from eventstore.worklist import Work
from handlers.policy import TODAY
from handlers.products import Products
from handlers.rules import Judgement, bought_days_ago, judge

#: Doubts under which nobody is refused on what was read: it may be another receipt's number,
#: or another year.
UNTRUSTED: frozenset[ReferralReason] = frozenset(
    {"sources_disagree", "number_unconfirmed", "low_confidence"}
)

Decision = ReceiptAccepted | ReceiptRejected | ReceiptReferred


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that only one receipt may hold."""

    stream: StreamName
    #: version of its last fact
    version: int
    holder: ReceiptId | None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision rests on."""

    uploaded: ReceiptUploaded
    uploaded_at: datetime
    reading: ReceiptRead
    judgement: Judgement
    #: None where the reading lacks the fields for one
    fiscal: Claim | None
    paper: Claim | None
    #: receipts of this shopper accepted on the day of the upload
    accepted_today: int
    #: when it was last found that the log has lost money which a phone of this shopper got, or
    #: which names this receipt's payout
    bookings_lost_at: datetime | None = None
    products: Products
    policy: Policy = TODAY


def decide(case: Case) -> Decision:
    """Return what becomes of the receipt; pure."""
    judgement, policy = case.judgement, case.policy
    if judgement.rejection is not None:
        return ReceiptRejected(reason=judgement.rejection, rules=policy.rules)
    trusted = UNTRUSTED.isdisjoint(judgement.referrals)
    if trusted and (holder := _other_holder(case.fiscal, case)):
        return ReceiptRejected(reason="already_used", used_by=holder, rules=policy.rules)
    if trusted and _days_ago(case) > policy.age_days_max:
        return ReceiptRejected(reason="too_old", rules=policy.rules)
    if doubts := _doubts(case):
        return ReceiptReferred(reasons=doubts, rules=policy.rules)
    if case.accepted_today >= policy.accepted_per_day_max:
        return ReceiptRejected(reason="daily_limit", rules=policy.rules)
    return ReceiptAccepted(
        darnitsa_items=judgement.darnitsa_items,
        amount_kopecks=policy.bonus_kopecks,
        rules=policy.rules,
        products=case.products.sha256,
    )


def _doubts(case: Case) -> list[ReferralReason]:
    doubts = list(case.judgement.referrals)
    if _days_ago(case) < 0:
        doubts.append("date_in_future")
    if _other_holder(case.paper, case):
        doubts.append("same_paper_seen")
    if _may_be_paid_already(case):
        doubts.append("paid_before_restore")
    return doubts


def _may_be_paid_already(case: Case) -> bool:
    """Tell whether the booking that the log has lost may have been for this receipt."""
    lost_at, bought_at = case.bookings_lost_at, case.reading.purchased_at
    return lost_at is not None and (bought_at is None or bought_at < lost_at)


def _days_ago(case: Case) -> int:
    """Return Kyiv calendar days from purchase to upload; 0 without a date, which is a doubt of
    its own.
    """
    if case.reading.purchased_at is None:
        return 0
    return bought_days_ago(case.reading.purchased_at, case.uploaded_at)


def _other_holder(claim: Claim | None, case: Case) -> ReceiptId | None:
    """Return the other receipt that holds ``claim``; one held by this receipt is ours."""
    if claim is None or claim.holder == case.uploaded.receipt:
        return None
    return claim.holder


def bookings_of(receipt: ReceiptId, told: Sequence[Recorded]) -> set[StreamName]:
    """Return where lost bookings stand that name the receipt's payout, or one of the phones
    that the shopper's facts tell: the bonus may have gone to an older one, or to one that the
    log has lost as well.
    """
    phones = (fact.event for fact in told if isinstance(fact.event, PhoneShared))
    by_phone = {bookings_stream(phone.phone_fingerprint) for phone in phones}
    return by_phone | {payout_bookings_stream(payout_of(receipt))}


class DecideReceipt:
    """Decides each reading once; what must be unique is claimed in the same append."""

    name = "decide_receipt"
    #: A few reads and one append.
    time_limit_seconds = 20.0

    def __init__(self, *, store: EventStore, products: Products, policy: Policy = TODAY) -> None:
        """Judge by ``products`` and the numbers of ``policy``."""
        self._store = store
        self._products = products
        self._policy = policy

    async def handle(self, work: Work) -> None:
        """Decide the reading; lost races for a claim are decided again with what is so then."""
        story = await self._store.read_stream(work.event.stream)
        if story[-1].event_id != work.event.event_id:
            await work.finish()  # decided by a worker whose lease ran out
            return
        case = await self._case(story)
        decision = decide(case)
        appends = [self._append(work, work.event.stream, work.event.version, decision)]
        if isinstance(decision, ReceiptAccepted):
            appends += await self._claims_and_payout(work, case, decision)
        await work.finish(*appends)

    async def _case(self, story: Sequence[Recorded]) -> Case:
        uploaded, reading = story[0], story[-1].event
        fiscal, paper = claims_of(reading)
        day = allowance_of(uploaded.event, uploaded.recorded_at)
        allowed = await self._store.read_stream(day)
        # Both claims are taken in one append. The paper's is read first: whoever sees it held
        # then sees the fiscal one held too, and no sure duplicate is sent to a person.
        paper_claim_now = await self._claim(paper)
        fiscal_claim_now = await self._claim(fiscal)
        return Case(
            uploaded=uploaded.event,
            uploaded_at=uploaded.recorded_at,
            reading=reading,
            judgement=judge(reading, self._products, thresholds=self._policy.thresholds),
            fiscal=fiscal_claim_now,
            paper=paper_claim_now,
            accepted_today=len(allowed),
            bookings_lost_at=await self._bookings_lost_at(uploaded.event),
            products=self._products,
            policy=self._policy,
        )

    async def _bookings_lost_at(self, uploaded: ReceiptUploaded) -> datetime | None:
        told = await self._store.read_stream(shopper_stream(uploaded.shopper))
        lost = await self._store.read_streams(sorted(bookings_of(uploaded.receipt, told)))
        return max((fact.recorded_at for fact in lost), default=None)

    async def _claim(self, stream: StreamName | None) -> Claim | None:
        if stream is None:
            return None
        facts = await self._store.read_stream(stream)
        holder = facts[-1].event.receipt if facts else None
        return Claim(stream=stream, version=len(facts) - 1, holder=holder)

    async def _claims_and_payout(
        self, work: Work, case: Case, decision: ReceiptAccepted
    ) -> list[Append]:
        receipt, shopper = case.uploaded.receipt, case.uploaded.shopper
        shared = await self._store.read_stream(shopper_stream(shopper))
        phone = [fact.event for fact in shared if isinstance(fact.event, PhoneShared)][-1]
        requested = PayoutRequested(
            payout=payout_of(receipt),
            receipt=receipt,
            shopper=shopper,
            amount_kopecks=decision.amount_kopecks,
            phone_sealed=phone.phone_sealed,
            phone_fingerprint=phone.phone_fingerprint,
        )
        day = allowance_of(case.uploaded, case.uploaded_at)
        claims = [claim for claim in (case.fiscal, case.paper) if claim and claim.holder is None]
        return [
            *(
                self._append(work, claim.stream, claim.version, ClaimTaken(receipt=receipt), place)
                for place, claim in enumerate(claims, start=1)
            ),
            self._append(work, day, case.accepted_today - 1, AllowanceUsed(receipt=receipt), 3),
            self._append(work, payout_stream(requested.payout), NO_STREAM, requested, 4),
        ]

    @staticmethod
    def _append(
        work: Work, stream: StreamName, expected: int, event: Event, ordinal: int = 0
    ) -> Append:
        return Append(stream=stream, expected=expected, events=[work.fact(event, ordinal=ordinal)])
