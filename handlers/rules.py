"""The rules: what a reading alone is worth. Pure.

Age, duplicates and limits are ``judging.decisions``': what they need the log knows. A reading is
accepted only when nothing speaks against it; whatever is in doubt goes to a person.

Two readers look at the print, one good at letters, one at digits. What only one of them says
is read; what both say, and surely, is as good as the QR.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from eventstore.catalogue import (
    DocumentKind,
    Item,
    ReceiptRead,
    ReferralReason,
    RejectionReason,
    Sold,
    Source,
)
from eventstore.identity import KYIV, Kopecks
from eventstore.policy import Thresholds
from handlers.goods.barcodes import match_item
from handlers.goods.forms import FORMS
from handlers.goods.letters import fold
from handlers.goods.matching import Match, is_written_out, match, may_hide_ours
from handlers.goods.products import Products
from handlers.goods.sold import needs_prescription, sold_of
from handlers.ports import Reading

#: Written into every decision; a change of any rule changes it.
RULES = "2026-11-27.3"

#: What rules look at: the fact, or what the reader has just said.
Readable = ReceiptRead | Reading

#: From here on a field on which both readers of the print agree is right 99 times of 100; below,
#: both may have made the same slip.
SURE = 0.9

#: What these say is what is printed.
_BEYOND_DOUBT: frozenset[Source] = frozenset({"qr", "person"})

#: Registers pad the numbers that run on; those of one shift are shorter.
_RUNNING_DIGITS_MIN = 5
#: Shorter ones with a letter among them are misread running numbers.
_DRAWN_SIGNS_MIN = 9

#: A line read with less may be any other: nobody is refused for what it seems to be.
_ANY_OTHER = 0.85
#: A name has one; rows of figures that are taken for a name have none.
_A_WORD = re.compile(r"[^\W\d_]{3,}")
#: Documents that buy nothing -> what the shopper is told.
_NO_SALES: dict[DocumentKind, RejectionReason] = {
    "return": "refund",
    "not_fiscal": "not_fiscal",
    "order": "order_slip",
}


class Judgement(Struct, frozen=True, kw_only=True):
    """What the rules make of a reading."""

    decision: Literal["accept", "review", "reject"]
    #: why it is rejected
    rejection: RejectionReason | None = None
    #: why a person must look
    referrals: list[ReferralReason] = []
    #: names of the Darnitsa items that earn, as printed
    darnitsa_items: list[str] = []
    #: how much of which goods these are, as far as that is clear
    sold: list[Sold] = []

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
    prescription_earns: bool = True,
) -> Judgement:
    """Return what ``reading`` alone is worth; ``matches`` may remember what ``match`` said."""
    limits = thresholds or Thresholds()
    if (refusal := _NO_SALES.get(reading.document)) is not None:
        return Judgement(decision="reject", rejection=refusal)
    found = [(i, match_item(i, matches(i.name, products), products)) for i in reading.items]
    ours = [item for item, what in found if what is Match.DARNITSA]
    unearned = [] if prescription_earns else [i for i in ours if needs_prescription(i, products)]
    darnitsa = [item for item in ours if item not in unearned]
    uncertain = any(what is Match.UNCERTAIN for _, what in found)
    some = darnitsa or uncertain
    if not some and _was_read_whole(reading, products, limits, but=unearned):
        refusal = "prescription_only" if unearned else "no_darnitsa_item"
        return Judgement(decision="reject", rejection=refusal)
    doubts = _doubts(reading, darnitsa, products, limits)
    if not darnitsa:
        doubts.insert(0, "maker_uncertain" if uncertain else "low_confidence")
    return Judgement(
        decision="review" if doubts else "accept",
        referrals=list(dict.fromkeys(doubts)),
        darnitsa_items=[item.name for item in darnitsa],
        sold=sold_of(darnitsa, products),
    )


def bought_days_ago(purchased_at: datetime, uploaded_at: datetime) -> int:
    """Return Kyiv calendar days from purchase to upload; negative lies in the future."""
    return (uploaded_at.astimezone(KYIV).date() - purchased_at.astimezone(KYIV).date()).days


def is_number_known(reading: Readable) -> bool:
    """Tell whether the receipt's number is beyond doubt: a QR or a person says it."""
    return not _BEYOND_DOUBT.isdisjoint(reading.sources.get("receipt_number", []))


def _was_read_whole(
    reading: Readable, products: Products, limits: Thresholds, *, but: Sequence[Item]
) -> bool:
    """Tell whether it can be believed that no line is ours but the clear ones of ``but``."""
    others = [item for item in reading.items if item not in but]
    return (
        bool(reading.items)
        and reading.confidence >= limits.manual_review
        and all(_earns_clearly(item, products, limits) for item in but)
        and not any(_may_be_ours(item, products, limits) for item in others)
        and not _lacks_lines(reading, limits)
    )


def _may_be_ours(item: Item, products: Products, limits: Thresholds) -> bool:
    """Tell whether a line was read too badly to say that it is not Darnitsa's."""
    if not set(_A_WORD.findall(fold(item.name))) - FORMS:
        return True
    if item.confidence >= limits.auto_accept:
        return False
    return item.confidence < _ANY_OTHER or may_hide_ours(item.name, products)


def _earns_clearly(item: Item, products: Products, limits: Thresholds) -> bool:
    """Tell whether a line of ours is clear: much less will do where it says more than any
    misreading makes up than for a short brand, a suffix or a barcode.
    """
    written_out = is_written_out(item.name, products)
    return item.confidence >= (limits.manual_review if written_out else limits.auto_accept)


def _lacks_lines(reading: Readable, limits: Thresholds) -> bool:
    """Tell whether what was bought may be more than the lines that were read."""
    if _adds_up(reading):
        return False
    if reading.total_kopecks is None:
        return True
    gap = reading.total_kopecks - _net(reading)
    return gap > _tolerance(reading.total_kopecks, limits) and not _has_unread_cost(reading)


def _doubts(
    reading: Readable, darnitsa: Sequence[Item], products: Products, limits: Thresholds
) -> list[ReferralReason]:
    clear = not darnitsa or any(_earns_clearly(item, products, limits) for item in darnitsa)
    checks: Sequence[tuple[ReferralReason, bool]] = (
        ("screenshot", reading.document == "screenshot"),
        ("no_total", reading.total_kopecks is None),
        ("no_date", reading.purchased_at is None),
        ("no_fiscal_number", reading.fiscal_number is None or reading.receipt_number is None),
        ("number_unconfirmed", not _numbers_are_sure(reading)),
        ("sources_disagree", _contradicts_itself(reading)),
        ("totals_disagree", _totals_disagree(reading, darnitsa, limits)),
        ("low_confidence", not clear or not _is_clear(reading, limits)),
    )
    return [reason for reason, holds in checks if holds]


def _is_clear(reading: Readable, limits: Thresholds) -> bool:
    """Tell whether total, date and the kind of document are beyond doubt.

    The paper must say that it is a sale: a refund has a fiscal QR too.
    """
    total = reading.total_kopecks is None or _adds_up(reading) or _is_sure(reading, "total")
    date = reading.purchased_at is None or _is_sure(reading, "date")
    return (
        total and date and reading.document == "sale" and reading.confidence >= limits.manual_review
    )


def _is_sure(reading: Readable, field: str) -> bool:
    """Tell whether QR or a person says a field, or both readers of the print, and surely."""
    said = reading.sources.get(field, [])
    agreed = {"text", "digits"}.issubset(said) and reading.confidences.get(field, 0.0) >= SURE
    return not _BEYOND_DOUBT.isdisjoint(said) or agreed


def _contradicts_itself(reading: Readable) -> bool:
    """Tell whether sources state different things of what the receipt comes to, when and where.

    Of lines whose figures do not fit each other one was misread, which does not matter where QR
    and print say the same total.
    """
    apart = set(reading.disagreements)
    return bool(apart - {"items"} if _is_total_confirmed(reading) else apart)


def _is_total_confirmed(reading: Readable) -> bool:
    said = reading.sources.get("total", [])
    return "qr" in said and ("text" in said or "digits" in said)


def _has_paper_claim(reading: Readable) -> bool:
    """Tell whether another photo of the paper surely meets the claim of register, total, minute."""
    return all(_is_sure(reading, field) for field in ("fiscal_number", "total", "date"))


def _numbers_are_sure(reading: Readable) -> bool:
    """Tell whether the claims against a second payment can rest on both numbers.

    One misread sign makes a used receipt look new. What two readers of the print agree on is
    enough for running numbers. A drawn number need not be sure: where register, total and
    minute are, another photo of the paper meets the claim of these three. A number that is
    missing is another reason.
    """
    number = reading.receipt_number
    if reading.fiscal_number is None or number is None:
        return True
    if not _is_sure(reading, "fiscal_number"):
        return False
    if is_number_known(reading):
        return True
    if _is_running_number(number):
        return _is_sure(reading, "receipt_number")
    return _is_drawn_number(number) and _has_paper_claim(reading)


def _is_drawn_number(number: str) -> bool:
    """Tell signs drawn by chance, «_eAx7P3VrXi»: a misread one is nobody else's number."""
    return len(number) >= _DRAWN_SIGNS_MIN and any(map(str.isalpha, number))


def _is_running_number(number: str) -> bool:
    """Tell whether a printed number counts a register's receipts, as «000315311 00256» does.

    Software registers draw signs: print does not tell O from 0, l from 1 or C from c. Numbers
    of few digits («0012») may begin anew with each shift: the same one is no second use.
    """
    groups = number.split()
    digits = all(group.isascii() and group.isdigit() for group in groups)
    return digits and bool(groups) and len(groups[0]) >= _RUNNING_DIGITS_MIN


def _totals_disagree(reading: Readable, darnitsa: Sequence[Item], limits: Thresholds) -> bool:
    """Tell whether lines less discounts contradict the total by more than the tolerance.

    Lines that come to more do: one was voided, or misread. Lines that come to less may not all
    have been read, which is no contradiction where QR and print say the same total and our own
    line has its cost; else a voided line may hide in the gap. Whatever all comes to, a line below
    nothing takes back another, and one of ours that cost nothing was not bought.
    """
    if darnitsa and (min(map(_cost, reading.items)) < 0 or max(map(_cost, darnitsa)) <= 0):
        return True
    if reading.total_kopecks is None or _adds_up(reading):
        return False
    tolerance = _tolerance(reading.total_kopecks, limits)
    over = _net(reading) - reading.total_kopecks
    if darnitsa and _is_total_confirmed(reading):
        return over > tolerance or any(item.line_total_kopecks is None for item in darnitsa)
    return not reading.items or _has_unread_cost(reading) or abs(over) > tolerance


def _adds_up(reading: Readable) -> bool:
    return "arithmetic" in reading.sources.get("total", [])


def _has_unread_cost(reading: Readable) -> bool:
    return any(item.line_total_kopecks is None for item in reading.items)


def _cost(item: Item) -> int:
    return item.line_total_kopecks or 0


def _net(reading: Readable) -> int:
    return sum(map(_cost, reading.items)) - reading.discount_kopecks


def _tolerance(total: Kopecks, limits: Thresholds) -> float:
    return total * limits.totals_tolerance_percent / 100
