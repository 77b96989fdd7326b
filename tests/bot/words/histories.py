"""Histories of one receipt that can happen, drawn by hypothesis: facts in the order of the log."""

from collections.abc import Callable
from typing import Literal

from hypothesis import strategies as st
from msgspec import Struct

from eventstore import catalogue as facts
from tests.bot.words import said

Fact = tuple[Literal["receipt", "payout"], facts.Event]

#: More than any receipt goes through.
STEPS_MAX = 14

_CORRECTED = facts.ReceiptCorrected(reviewer="olena", reason="as printed")
_REVIEWED = facts.ReceiptReviewed(verdict="approve", reviewer="olena", reason="all is well")


_Money = Literal["none", "open", "asked", "billed", "sent", "unknown", "failed", "disputed", "paid"]


class Life(Struct):
    """A receipt's facts so far, and what may follow."""

    told: list[Fact]
    #: what the receipt waits for
    waits: Literal["reading", "decision", "person", "nothing"] = "reading"
    #: what the payout waits for
    money: _Money = "none"

    def add(self, stream: Literal["receipt", "payout"], event: facts.Event) -> None:
        """Let ``event`` happen."""
        self.told.append((stream, event))

    def moves(self) -> list[str]:
        """Return what may happen next."""
        receipt = {
            "reading": ["read", "unreadable"],
            "decision": ["accept", "refer", "reject"],
            "person": ["correct", "review"],
            "nothing": [],
        }[self.waits]
        if self.waits == "nothing" and self.money == "open":
            receipt = ["withdraw"]
        if self.waits == "nothing" and self.money == "none":
            receipt = ["insist"]
        return (
            receipt
            + {
                "none": [],
                "open": ["ask", "fail"],
                "asked": ["bill", "refuse", "lose", "confirm", "deny"],
                "billed": ["ask_pay", "confirm", "deny"],
                "sent": ["confirm", "deny"],
                "unknown": ["confirm", "deny", "prove", "disprove", "bill_late"],
                "failed": ["reopen", "dispute"],
                "disputed": ["contradict", "bill_late", "prove"],
                "paid": ["bill_late", "deny_late", "contradict"],
            }[self.money]
        )


_Move = Callable[[Life], None]


@st.composite
def lives(draw: st.DrawFn) -> list[Fact]:
    """Draw a history that can happen."""
    life = Life(told=[("receipt", said.UPLOADED)])
    for _ in range(draw(st.integers(0, STEPS_MAX))):
        moves = life.moves()
        if not moves:
            break
        _MOVES[draw(st.sampled_from(moves))](life)
    return life.told


def _on_receipt(event: facts.Event, waits: Literal["decision", "person", "nothing"]) -> _Move:
    def move(life: Life) -> None:
        life.add("receipt", event)
        life.waits = waits

    return move


def _on_payout(event: facts.Event, money: _Money) -> _Move:
    def move(life: Life) -> None:
        life.add("payout", event)
        life.money = money

    return move


def _accept(life: Life) -> None:
    opened = any(isinstance(event, facts.PayoutRequested) for _, event in life.told)
    life.add("payout", said.REOPENED if opened else said.REQUESTED)  # streams in name order
    life.add("receipt", said.ACCEPTED)
    life.waits, life.money = "nothing", "open"


def _reject(life: Life) -> None:
    life.add("receipt", said.rejected("no_darnitsa_item"))
    life.waits = "nothing"


def _withdraw(life: Life) -> None:
    asked = any(isinstance(event, facts.PayoutAttempted) for _, event in life.told)
    if asked:  # a person may not any more: money may have moved
        return
    word = facts.ReceiptOverridden(verdict="reject", operator="ivan", reason="a mistake")
    life.add("payout", said.failed("withdrawn"))
    life.add("receipt", word)
    life.add("receipt", said.rejected("withdrawn"))
    life.money = "none"


def _insist(life: Life) -> None:
    read = any(isinstance(event, facts.ReceiptRead) for _, event in life.told)
    if read:
        word = facts.ReceiptOverridden(verdict="approve", operator="ivan", reason="it is good")
        life.add("receipt", word)
        life.waits = "decision"


def _late(event: facts.Event) -> _Move:
    def move(life: Life) -> None:
        life.add("payout", event)

    return move


_PROVED = facts.PayoutResolved(
    outcome="paid", bill=said.BILL, evidence_sha256=said.DISPROVED.evidence_sha256
)
_MOVES: dict[str, _Move] = {
    "read": _on_receipt(said.READ, "decision"),
    "unreadable": _on_receipt(facts.ReceiptUnreadable(reason="blurred"), "nothing"),
    "refer": _on_receipt(said.REFERRED, "person"),
    "correct": _on_receipt(_CORRECTED, "decision"),
    "review": _on_receipt(_REVIEWED, "decision"),
    "accept": _accept,
    "reject": _reject,
    "withdraw": _withdraw,
    "insist": _insist,
    "ask": _on_payout(said.attempted(), "asked"),
    "ask_pay": _on_payout(said.attempted("pay"), "asked"),
    "bill": _on_payout(said.CREATED, "billed"),
    "refuse": _on_payout(facts.PayoutRefused(step="create", kind="transient", code="9"), "open"),
    "lose": _on_payout(said.UNKNOWN, "unknown"),
    "fail": _on_payout(said.failed("unsupported_operator"), "failed"),
    "confirm": _on_payout(said.CONFIRMED, "paid"),
    "deny": _on_payout(said.failed("callback"), "failed"),
    "prove": _on_payout(_PROVED, "paid"),
    "disprove": _on_payout(said.DISPROVED, "failed"),
    "reopen": _on_payout(said.REOPENED, "open"),
    "dispute": _on_payout(facts.PayoutContradicted(bill=said.BILL, about="status"), "disputed"),
    "bill_late": _late(said.CREATED),
    "deny_late": _late(said.failed("callback")),
    "contradict": _late(facts.PayoutContradicted(bill=said.BILL, about="status")),
}
