"""How decisions compare: verdicts, what differs between two, and the sum of it. Pure."""

from collections import defaultdict
from typing import Literal

from msgspec import Struct, field

from eventstore.catalogue import ReceiptAccepted, ReceiptReferred, ReceiptRejected
from eventstore.identity import Kopecks, ReceiptId, ShopperId
from eventstore.showing import uah
from handlers.judging.receipt_steps import Decision

State = Literal["accepted", "rejected", "referred"]


class Verdict(Struct, frozen=True, kw_only=True):
    """A decision without its footnotes; two equal ones treat a shopper alike."""

    state: State
    #: codes of the catalogue
    reasons: list[str]
    bonus_kopecks: Kopecks

    def __str__(self) -> str:
        why = uah(self.bonus_kopecks) if self.bonus_kopecks else ", ".join(self.reasons)
        return f"{self.state} {why}"


class Difference(Struct, frozen=True, kw_only=True):
    """A receipt that would have been decided otherwise."""

    #: of the decision
    seq: int
    receipt: ReceiptId
    shopper: ShopperId
    was: Verdict
    would_be: Verdict

    @property
    def kopecks(self) -> Kopecks:
        """What would have been granted more, negative if less."""
        return Kopecks(self.would_be.bonus_kopecks - self.was.bonus_kopecks)


class Move(Struct, kw_only=True):
    """The receipts that would go from one verdict to another, and what they would get more."""

    receipts: int = 0
    kopecks: int = 0


def _states() -> dict[State, int]:
    return {"accepted": 0, "rejected": 0, "referred": 0}


class Tally(Struct, kw_only=True):
    """All receipts that were judged again."""

    receipts: int = 0
    otherwise: int = 0
    #: receipts per state
    before: dict[State, int] = field(default_factory=_states)
    after: dict[State, int] = field(default_factory=_states)
    #: granted in all
    before_kopecks: int = 0
    after_kopecks: int = 0
    #: by what was and what would be
    moves: dict[tuple[str, str], Move] = field(default_factory=lambda: defaultdict(Move))

    def count(self, difference: Difference) -> None:
        """Add one receipt, whether its two verdicts differ or not."""
        was, would_be = difference.was, difference.would_be
        self.receipts += 1
        self.before[was.state] += 1
        self.after[would_be.state] += 1
        self.before_kopecks += was.bonus_kopecks
        self.after_kopecks += would_be.bonus_kopecks
        if was != would_be:
            self.otherwise += 1
            move = self.moves[str(was), str(would_be)]
            move.receipts += 1
            move.kopecks += difference.kopecks


def verdict_of(decision: Decision) -> Verdict:
    """Return what a decision comes to."""
    match decision:
        case ReceiptAccepted(amount_kopecks=amount):
            return Verdict(state="accepted", reasons=[], bonus_kopecks=amount)
        case ReceiptRejected(reason=reason):
            return Verdict(state="rejected", reasons=[reason], bonus_kopecks=Kopecks(0))
        case ReceiptReferred(reasons=reasons):
            return Verdict(state="referred", reasons=[*reasons], bonus_kopecks=Kopecks(0))
