"""What becomes of a receipt: accepted, refused, or a matter for a person. Pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import (
    ReceiptAccepted,
    ReceiptOverridden,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    ReceiptUploaded,
    ReferralReason,
    RejectionReason,
)
from eventstore.identity import ReceiptId
from handlers.judging.circumstances import Circumstances
from handlers.judging.receipt_steps import Decision
from handlers.judging.terms import Terms
from handlers.rules import Judgement, bought_days_ago

#: Doubts under which nobody is refused on what was read: it may be another receipt's number,
#: or another year.
UNTRUSTED: frozenset[ReferralReason] = frozenset(
    {"sources_disagree", "number_unconfirmed", "low_confidence"}
)

Person = ReceiptReviewed | ReceiptOverridden


class Case(Struct, frozen=True, kw_only=True):
    """All that a decision rests on."""

    uploaded: ReceiptUploaded
    uploaded_at: datetime
    #: as reviewers corrected it
    reading: ReceiptRead
    judgement: Judgement
    seen: Circumstances
    #: whether there is anything to keep the paper from being used again
    claimable: bool
    #: when it was last found that the log has lost money which a phone of this shopper got, or
    #: which names this receipt's payout
    bookings_lost_at: datetime | None = None
    #: a person's word, when it is that which asks for the decision
    person: Person | None = None
    #: whether the shopper was forgotten, or asked to be, since the upload
    left: bool = False
    terms: Terms


def decide(case: Case) -> Decision:
    """Return what becomes of the receipt; pure."""
    if case.person is not None:
        return _by_person(case, case.person)
    judgement, seen = case.judgement, case.seen
    if judgement.rejection is not None:
        return _rejected(case, judgement.rejection)
    trusted = UNTRUSTED.isdisjoint(judgement.referrals)
    if holder := seen.photo_used_by or (seen.fiscal_holder if trusted else None):
        return _rejected(case, "already_used", used_by=holder)
    if trusted and _days_ago(case) > case.terms.policy.age_days_max:
        return _rejected(case, "too_old")
    if doubts := _doubts(case):
        return _referred(case, doubts)
    if seen.accepted_today >= case.terms.policy.accepted_per_day_max:
        return _rejected(case, "daily_limit")
    if signals := _signals(case):
        return _referred(case, signals)
    return _accepted(case)


def _by_person(case: Case, person: Person) -> Decision:
    """Return what a person's word makes of it.

    A person settles doubts, never a claim: who holds it must lose it first (`claims release`).
    Age and daily limit bind reviewers, an override says that they do not count.
    """
    policy, seen = case.terms.policy, case.seen
    if case.left:
        return _rejected(case, "withdrawn")
    if person.verdict == "reject":
        return _rejected(case, "by_reviewer")
    if seen.fiscal_holder is not None:
        return _rejected(case, "already_used", used_by=seen.fiscal_holder)
    if not case.claimable:
        return _referred(case, ["no_fiscal_number"])
    if isinstance(person, ReceiptReviewed):
        if _days_ago(case) > policy.age_days_max:
            return _rejected(case, "too_old")
        if seen.accepted_today >= policy.accepted_per_day_max:
            return _rejected(case, "daily_limit")
    return _accepted(case)


def _accepted(case: Case) -> ReceiptAccepted:
    return ReceiptAccepted(
        darnitsa_items=case.judgement.darnitsa_items,
        amount_kopecks=case.terms.policy.bonus_kopecks,
        rules=case.terms.policy.rules,
        products=case.terms.products.sha256,
        policy=case.terms.adopted_by,
        sold=case.judgement.sold,
    )


def _rejected(
    case: Case, reason: RejectionReason, *, used_by: ReceiptId | None = None
) -> ReceiptRejected:
    return ReceiptRejected(
        reason=reason,
        used_by=used_by,
        rules=case.terms.policy.rules,
        policy=case.terms.adopted_by,
        products=case.terms.products.sha256,
    )


def _referred(case: Case, doubts: list[ReferralReason]) -> ReceiptReferred:
    return ReceiptReferred(
        reasons=doubts,
        rules=case.terms.policy.rules,
        policy=case.terms.adopted_by,
        products=case.terms.products.sha256,
    )


def _doubts(case: Case) -> list[ReferralReason]:
    """Return what is doubtful about this paper and its photo."""
    seen = case.seen
    checks: Sequence[tuple[ReferralReason, bool]] = (
        ("date_in_future", _days_ago(case) < 0),
        ("same_paper_seen", seen.paper_holder is not None),
        ("same_photo_seen", seen.photo_of_another),
        ("looks_like_another", seen.looks_like is not None),
        ("edited_photo", bool(case.reading.marks)),
        ("paid_before_restore", _may_be_paid_already(case)),
    )
    return [*case.judgement.referrals, *_holding(checks)]


def _signals(case: Case) -> list[ReferralReason]:
    """Return what is remarkable about who sends it (R54), nothing being wrong with the paper."""
    seen, limits = case.seen, case.terms.policy.limits
    return _holding(
        (
            ("repeated_total", seen.same_totals >= limits.same_total_max),
            ("phone_of_many", seen.phone_shoppers > limits.shoppers_per_phone_max),
        )
    )


def _holding(checks: Sequence[tuple[ReferralReason, bool]]) -> list[ReferralReason]:
    return [reason for reason, holds in checks if holds]


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
