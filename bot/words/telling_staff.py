"""What staff are told: how things stand, links into the console, and alerts. Pure."""

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from bot.words.notice import Button, Notice
from eventstore.catalogue import (
    BookingOrphaned,
    BudgetExhausted,
    CallbackUnmatched,
    PayoutContradicted,
    PayoutsHeld,
    ShopperNotified,
)
from eventstore.identity import EventId, Kopecks, StreamName

#: Facts that staff are told of at once.
Alert = PayoutContradicted | CallbackUnmatched | BudgetExhausted | PayoutsHeld | BookingOrphaned

#: Of an event id: enough to tell one alert from another.
MARK_CHARACTERS = 8

#: Of what people and Portmone write: an alert must fit a message, and be read at a glance.
QUOTE_CHARACTERS_MAX = 200

#: The verb that helps, by the kind of alert; only a restored database has another one.
_HELPS: dict[type[Alert], str] = {
    PayoutContradicted: "payouts list --contradicted",
    CallbackUnmatched: "payouts callbacks",
    BudgetExhausted: "policy adopt FILE.toml",
    PayoutsHeld: "payouts resume",
    BookingOrphaned: "review list",
}
_HELPS_AFTER_RESTORE = "payouts resume --after-restore STATEMENT.csv --reaches TIME"


class Figures(Struct, frozen=True, kw_only=True):
    """How things stand now."""

    #: "" while payouts leave, else as ``PayoutsHeld.cause``
    held: str
    in_review: int
    payouts_unknown: int
    budget_left_kopecks: Kopecks
    work_parked: int


def status(figures: Figures) -> Notice:
    """Return how things stand, with the red switch while payouts leave."""
    return Notice(
        key="staff.status",
        parameters={
            "payouts_key": f"held.{figures.held}" if figures.held else "held.not",
            "in_review": str(figures.in_review),
            "unknown": str(figures.payouts_unknown),
            "left_kopecks": str(figures.budget_left_kopecks),
            "parked": str(figures.work_parked),
        },
        buttons=() if figures.held else ((Button(label="button.pause", action="pause"),),),
    )


def payouts_paused(*, already: bool) -> Notice:
    """Return that no payout leaves any more; ``already``: nor did before."""
    return Notice(key="staff.paused_already" if already else "staff.paused")


def invitation(url: str, until: datetime) -> Notice:
    """Return the link that signs a member of staff in, once."""
    return Notice(
        key="staff.console",
        parameters={"until_at": until.isoformat()},
        buttons=((Button(label="button.console", url=url),),),
    )


def invitation_over() -> Notice:
    """Return that a link was over before it could be told, and how to get another one."""
    return Notice(key="staff.console_over")


def console_missing() -> Notice:
    """Return that there is no address a console could be opened at."""
    return Notice(key="staff.no_console")


def acknowledged(alert: ShopperNotified) -> Notice:
    """Return an ``alert`` that was told, with the word that it was seen in place of a button."""
    return Notice(key=alert.key, parameters=alert.parameters, parts=(Notice(key="staff.seen"),))


def alert(fact: Alert, *, stream: StreamName, event_id: EventId) -> Notice:
    """Return what happened, in which stream, and which verb of the command line helps."""
    return Notice(
        key=f"alert.{_kind(fact)}",
        parameters=_particulars(fact),
        parts=(Notice(key="alert.help", parameters={"stream": stream, "verb": _verb(fact)}),),
        buttons=((Button(label="button.seen", action=f"seen:{mark(event_id)}"),),),
    )


def mark(event_id: EventId) -> str:
    """Return the first hex digits of an alert's id, as its button sends them back."""
    return event_id.hex[:MARK_CHARACTERS]


def _kind(fact: Alert) -> str:
    match fact:
        case PayoutContradicted(about=about):
            return f"contradicted.{about}"
        case CallbackUnmatched():
            return "callback_unmatched"
        case BudgetExhausted():
            return "budget_exhausted"
        case PayoutsHeld(cause=cause):
            return f"held.{cause}"
        case BookingOrphaned():
            return "booking_orphaned"
    assert_never(fact)


def _particulars(fact: Alert) -> dict[str, str]:
    match fact:
        case PayoutContradicted(bill=bill) | CallbackUnmatched(bill=bill):
            return {"bill": _quoted(bill)}
        case BudgetExhausted():
            return {
                "budget_kopecks": str(fact.budget_kopecks),
                "used_kopecks": str(fact.used_kopecks),
            }
        case PayoutsHeld():
            return {"reason": _quoted(fact.reason)} if fact.cause == "paused" else {}
        case BookingOrphaned():
            return {"bill": _quoted(fact.bill), "amount_kopecks": str(fact.amount_kopecks)}
    assert_never(fact)


def _quoted(text: str | None) -> str:
    """Return the beginning of what somebody wrote, a dash for nothing."""
    if text is None or len(text) <= QUOTE_CHARACTERS_MAX:
        return text or "—"
    return f"{text[:QUOTE_CHARACTERS_MAX]}…"


def _verb(fact: Alert) -> str:
    if isinstance(fact, PayoutsHeld) and fact.cause != "paused":
        return _HELPS_AFTER_RESTORE
    return _HELPS[type(fact)]
