"""The rules: what a reading alone is worth. Pure.

Age, duplicates and limits are ``decide_receipt``'s: they need the log. A reading is
accepted only when nothing speaks against it; whatever is in doubt goes to a person.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from eventstore.catalogue import ReceiptRead, ReferralReason, RejectionReason, Share
from eventstore.identity import KYIV
from handlers.ports import Reading
from handlers.products import Match, Products, match

#: Written into every decision; a change of any rule changes it.
RULES = "2026-11-23.3"


#: What rules look at: the fact, or what the reader has just said.
Readable = ReceiptRead | Reading


class Thresholds(Struct, frozen=True, kw_only=True):
    """Where trust begins and ends; confidences are means of words, 0..1."""

    #: from here on a reading is taken at its word (OCR_AUTO_ACCEPT_THRESHOLD)
    auto_accept: Share = 0.7
    #: below it nothing is concluded (OCR_MANUAL_REVIEW_THRESHOLD)
    manual_review: Share = 0.4
    #: lines less discounts against the total (OCR_TOTALS_TOLERANCE_PERCENT)
    totals_tolerance_percent: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0


class Judgement(Struct, frozen=True, kw_only=True):
    """What the rules make of a reading."""

    decision: Literal["accept", "review", "reject"]
    #: why it is rejected
    rejection: RejectionReason | None = None
    #: why a person must look
    referrals: list[ReferralReason] = []
    #: names of the Darnitsa items, as printed
    darnitsa_items: list[str] = []

    @property
    def reason(self) -> str | None:
        """The one reason code to show: of the refusal, or the first of the doubts."""
        return self.rejection or (self.referrals[0] if self.referrals else None)


def judge(
    reading: Readable,
    products: Products,
    *,
    thresholds: Thresholds | None = None,
    matches: Callable[[str, Products], Match] = match,
) -> Judgement:
    """Return what ``reading`` alone is worth; ``matches`` may remember what ``match`` said."""
    limits = thresholds or Thresholds()
    if reading.document in ("return", "not_fiscal", "order"):
        return Judgement(decision="reject", rejection="not_a_sale")
    found = [(item.name, matches(item.name, products)) for item in reading.items]
    darnitsa = [name for name, what in found if what is Match.DARNITSA]
    uncertain = any(what is Match.UNCERTAIN for _, what in found)
    if not darnitsa and not uncertain and _was_read_whole(reading, limits):
        return Judgement(decision="reject", rejection="no_darnitsa_item")
    doubts = _doubts(reading, limits)
    if not darnitsa:
        doubts.insert(0, "maker_uncertain" if uncertain else "low_confidence")
    decision: Literal["review", "accept"] = "review" if doubts else "accept"
    return Judgement(
        decision=decision, referrals=list(dict.fromkeys(doubts)), darnitsa_items=darnitsa
    )


def bought_days_ago(purchased_at: datetime, uploaded_at: datetime) -> int:
    """Return Kyiv calendar days from purchase to upload; negative lies in the future."""
    return (uploaded_at.astimezone(KYIV).date() - purchased_at.astimezone(KYIV).date()).days


def _was_read_whole(reading: Readable, limits: Thresholds) -> bool:
    """Tell whether the absence of an item can be believed: read well, or adding up."""
    if not reading.items or reading.confidence < limits.manual_review:
        return False
    adds_up = "arithmetic" in reading.sources.get("total", [])
    worst = min(item.confidence for item in reading.items)
    if reading.confidence >= limits.auto_accept:
        return adds_up or worst >= limits.manual_review
    return adds_up and worst >= limits.auto_accept


def _doubts(reading: Readable, limits: Thresholds) -> list[ReferralReason]:
    confirmed = {"qr", "arithmetic"} & set(reading.sources.get("total", []))
    checks: Sequence[tuple[ReferralReason, bool]] = (
        ("no_total", reading.total_kopecks is None),
        ("no_date", reading.purchased_at is None),
        ("no_fiscal_number", reading.fiscal_number is None or reading.receipt_number is None),
        ("number_unconfirmed", not _numbers_are_sure(reading)),
        ("sources_disagree", bool(reading.disagreements)),
        ("totals_disagree", _totals_disagree(reading, limits)),
        ("low_confidence", reading.confidence < limits.auto_accept or not confirmed),
    )
    return [reason for reason, holds in checks if holds]


def _numbers_are_sure(reading: Readable) -> bool:
    """Tell whether the QR says both numbers: the claims against a second payment rest on them.

    One misread digit makes a used receipt look new, and print alone does not show it. A
    number that is missing is another reason.
    """
    if reading.fiscal_number is None or reading.receipt_number is None:
        return True
    said = (reading.sources.get(field, []) for field in ("fiscal_number", "receipt_number"))
    return all("qr" in sources for sources in said)


def _totals_disagree(reading: Readable, limits: Thresholds) -> bool:
    """Tell whether lines less discounts miss the total by more than the tolerance."""
    costs = [item.line_total_kopecks for item in reading.items]
    if reading.total_kopecks is None or "arithmetic" in reading.sources.get("total", []):
        return False
    if not costs or any(cost is None for cost in costs):
        return True
    net = sum(cost for cost in costs if cost is not None) - reading.discount_kopecks
    tolerance = reading.total_kopecks * limits.totals_tolerance_percent / 100
    return abs(net - reading.total_kopecks) > tolerance
