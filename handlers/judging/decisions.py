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
from eventstore.claims import lacking_of
from eventstore.identity import Kopecks, ReceiptId
from handlers.judging.circumstances import Circumstances
from handlers.judging.receipt_steps import Decision
from handlers.judging.terms import Terms
from handlers.rules import Judgement, bought_days_ago

#: Doubts under which nobody is refused on what was read: it may be another receipt's number,
#: or another year.
UNTRUSTED: frozenset[ReferralReason] = frozenset(
    {"sources_disagree", "number_unconfirmed", "low_confidence"}
)

#: Doubts that say "this was paid": no word counts that was given before they were told.
_TO_BE_SEEN: frozenset[ReferralReason] = frozenset(
    {"same_paper_seen", "same_photo_seen", "looks_like_another", "paid_before_restore"}
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
    #: whether the paper's number, and that of who holds its claim, tell the two apart
    told_apart: bool = True
    #: when it was last found that the log has lost money which a phone of this shopper got, or
    #: which names this receipt's payout
    bookings_lost_at: datetime | None = None
    #: what was owed before, when the receipt was accepted once already: it has one payout
    owed_kopecks: Kopecks | None = None
    #: doubts that were told before that word
    told: frozenset[ReferralReason] = frozenset()
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
    Only that two papers of one register, total and minute are two is a person's to say, and only
    while their numbers tell them apart. What came to light since the receipt was referred is
    told first. Age and daily limit bind reviewers; an override says that they do not count.
    """
    if case.left:
        return _rejected(case, "withdrawn")
    if person.verdict == "reject":
        return _rejected(case, "by_reviewer")
    if holder := _surely_used_by(case):
        return _rejected(case, "already_used", used_by=holder)
    if lacking := lacking_of(case.reading):
        return _referred(case, lacking)
    doubts = _doubts(case)
    if not case.told.issuperset(_TO_BE_SEEN.intersection(doubts)):
        return _referred(case, doubts)
    limit = _limit_met(case) if isinstance(person, ReceiptReviewed) else None
    return _accepted(case) if limit is None else _rejected(case, limit)


def _surely_used_by(case: Case) -> ReceiptId | None:
    """Return the receipt that has had the bonus for this paper, whoever says otherwise."""
    seen = case.seen
    same_paper = None if case.told_apart else seen.paper_holder
    return seen.photo_used_by or seen.fiscal_holder or same_paper


def _limit_met(case: Case) -> RejectionReason | None:
    policy = case.terms.policy
    if _days_ago(case) > policy.age_days_max:
        return "too_old"
    return "daily_limit" if case.seen.accepted_today >= policy.accepted_per_day_max else None


def _accepted(case: Case) -> ReceiptAccepted:
    return ReceiptAccepted(
        darnitsa_items=case.judgement.darnitsa_items,
        amount_kopecks=case.owed_kopecks or case.terms.policy.bonus_kopecks,
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
            ("phone_of_many", seen.phone_shoppers >= limits.shoppers_per_phone_max),
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
