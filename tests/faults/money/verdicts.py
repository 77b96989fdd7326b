"""Holds what the log says of a history against what the bank's book says."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from eventstore.catalogue import (
    Event,
    PayoutContradicted,
    PayoutOutcomeUnknown,
    ReceiptAccepted,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.identity import payout_stream, receipt_stream
from eventstore.store import EventStore
from handlers.paying.payout_steps import final_outcome, was_paid
from handlers.people.under_way import payout_waits
from tests.faults.money.history import History, Sent
from tests.story import facts


class Verdict(Struct, kw_only=True):
    """What became of a history; the lists name what must never be."""

    #: bonuses that the bank paid
    paid: int = 0
    #: payouts of which it was not known for a while what had happened
    unknown: int = 0
    #: real SIGKILLs
    kills: int = 0
    #: how its receipts ended, or what they wait for
    states: Counter[str]
    paid_twice: list[str] = []
    confirmed_without_booking: list[str] = []
    stuck: list[str] = []
    left_while_held: list[str] = []

    @property
    def wrong(self) -> list[str]:
        """All that must never be."""
        return [
            *self.paid_twice,
            *self.confirmed_without_booking,
            *self.stuck,
            *self.left_while_held,
        ]


async def judge(history: History, store: EventStore) -> Verdict:
    """Return what became of a history that has come to rest."""
    verdict = Verdict(kills=history.kills, states=Counter())
    booked = Counter(booking.comment for booking in await history.bookings())
    papers: Counter[int] = Counter()
    for sent in history.sent:
        papers[sent.paper] += booked[sent.payout]
        await _judge_receipt(sent, booked[sent.payout], history, store, verdict)
    verdict.paid = sum(booked.values())
    verdict.paid_twice = [
        f"paper {paper} was paid {times} times" for paper, times in papers.items() if times > 1
    ]
    if history.work_left:
        verdict.stuck.append("work is left that never comes to an end")
    if history.left_while_held:
        verdict.left_while_held.append(f"{history.left_while_held} top-ups left while held")
    return verdict


async def _judge_receipt(
    sent: Sent, booked: int, history: History, store: EventStore, verdict: Verdict
) -> None:
    receipt = sent.uploaded.receipt
    story = await facts(store, receipt_stream(receipt))
    told = await facts(store, payout_stream(sent.payout))
    verdict.unknown += any(isinstance(fact, PayoutOutcomeUnknown) for fact in told)
    if fault := disagreement(told, booked):
        verdict.confirmed_without_booking.append(f"{receipt}: {fault}")
    state = state_of(story, told, pays=history.plan.pays)
    if state is None:
        verdict.stuck.append(f"{receipt}: ends with {[*story, *told][-1]}")
    verdict.states[state or "stuck"] += 1


def disagreement(told: Sequence[Event], booked: int) -> str | None:
    """Return in what the end of a payout differs from the bank's book, None when it does not."""
    final = final_outcome(told)
    if final is None:
        return None
    if was_paid(final) and booked != 1:
        return f"{type(final).__name__}, and the bank booked {booked}"
    told_of_it = any(isinstance(fact, PayoutContradicted) for fact in told)
    if not was_paid(final) and booked and not told_of_it:
        return f"{type(final).__name__}, and the bank booked {booked}, which nobody was told"
    return None


def state_of(story: Sequence[Event], told: Sequence[Event], *, pays: bool) -> str | None:
    """Return how a receipt ended or what it waits for by name, None when nobody moves it on."""
    match story[-1]:
        case ReceiptRejected():
            return "rejected"
        case ReceiptReferred():
            return "review"
        case ReceiptAccepted() if told:
            return _state_of_payout(told, pays=pays)
    return None


def _state_of_payout(told: Sequence[Event], *, pays: bool) -> str | None:
    final = final_outcome(told)
    if final is not None:
        return "paid" if was_paid(final) else "failed"
    match payout_waits(told, pays=pays, given_up=False):
        case None:
            return "bill at rest"
        case "for_portmone":
            return "callback awaited"
        case "for_a_person":
            return "contradicted" if isinstance(told[-1], PayoutContradicted) else "unknown"
    return None
