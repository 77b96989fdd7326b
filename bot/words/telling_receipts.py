"""What a receipt's facts ask to be said now, why, and what became of earlier ones. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from bot.words.notice import Button, Notice, masked
from bot.words.standing import Standing, standing_of
from eventstore.catalogue import Event, PayoutRequested, ReceiptAccepted, ReceiptUploaded
from eventstore.identity import ReceiptId
from eventstore.policy import Policy

#: R5: so many earlier receipts are told of.
HISTORY_MAX = 5
#: Of a receipt's id: enough for support to find it.
REFERENCE_CHARACTERS = 8

_AGAIN = Button(label="button.again", action="again")
_PHONE = Button(label="button.phone", action="phone")
_SUPPORT = Button(label="button.support", action="support")

#: Refusals after which another photo of the same purchase may do.
_ANOTHER_PHOTO_HELPS = frozenset({"not_a_sale", "not_fiscal", "order_slip"})
#: Refusals that were a person's.
_BY_A_PERSON = frozenset({"by_reviewer", "withdrawn"})


class Past(Struct, frozen=True, kw_only=True):
    """An earlier receipt."""

    receipt: ReceiptId
    uploaded_at: datetime
    #: as the read model of receipts has it
    state: str


def about_receipt(
    story: Sequence[Event],
    payout: Sequence[Event],
    *,
    held: bool,
    pays: bool = False,
    phone: str = "",
) -> Notice:
    """Return the one status message that the facts of a receipt and of its payout ask for.

    ``held``: no money leaves now. ``pays``: the pay step is on, so that a bill is no rest.
    ``phone``: 380XXXXXXXXX, which gets the money; "" where it is not known.
    """
    standing = standing_of(story, payout, held=held, pays=pays)
    return Notice(
        key=f"receipt.{_dotted(standing)}",
        parameters=_amounts(story, payout, standing),
        parts=_recipient(standing, phone),
        buttons=_buttons(standing, _receipt_in(story)),
    )


def why(
    story: Sequence[Event],
    payout: Sequence[Event],
    *,
    held: bool,
    policy: Policy,
    pays: bool = False,
) -> Notice:
    """Return the long explanation of how a receipt stands, with the rules where they decided."""
    standing = standing_of(story, payout, held=held, pays=pays)
    reasons = (
        *_said(standing),
        Notice(key=f"why.{_why(standing)}"),
        *_rules(standing, policy),
    )
    return Notice(
        key="why.title",
        parameters={"reference": reference(_receipt_in(story))},
        parts=reasons,
        buttons=((_SUPPORT,),) if standing.reason in _BY_A_PERSON else (),
    )


def history(receipts: Sequence[Past], *, total: int) -> Notice:
    """Return the newest ``receipts`` of the ``total`` that a shopper sent, the newest first."""
    told = receipts[:HISTORY_MAX]
    if not told and not total:
        return Notice(key="history.none", parts=(Notice(key="photo.how"),))
    sent = {"total_receipts": str(total)}
    if not told:
        return Notice(key="history.lags", parameters=sent)
    return Notice(
        key="history.title",
        parameters=sent,
        parts=tuple(_line(number, past) for number, past in enumerate(told, start=1)),
        buttons=(tuple(_detail(number, past) for number, past in enumerate(told, start=1)),),
    )


def reference(receipt: ReceiptId) -> str:
    """Return what support is told instead of a receipt's whole id."""
    return receipt[:REFERENCE_CHARACTERS]


def _dotted(standing: Standing) -> str:
    return f"{standing.state}.{standing.reason}" if standing.reason else standing.state


def _amounts(story: Sequence[Event], payout: Sequence[Event], standing: Standing) -> dict[str, str]:
    if standing.state not in ("paying", "delayed", "bill", "paid", "unknown"):
        return {}
    granted = PayoutRequested | ReceiptAccepted
    amounts = (event.amount_kopecks for event in (*payout, *story) if isinstance(event, granted))
    return {"bonus_kopecks": str(next(amounts))}


def _recipient(standing: Standing, phone: str) -> tuple[Notice, ...]:
    if standing.state != "paid" or not phone:
        return ()
    return (Notice(key="receipt.recipient", personal={"phone": masked(phone)}),)


def _receipt_in(story: Sequence[Event]) -> ReceiptId:
    uploaded = (event.receipt for event in story if isinstance(event, ReceiptUploaded))
    return next(uploaded, ReceiptId(""))


def _buttons(standing: Standing, receipt: ReceiptId) -> tuple[tuple[Button, ...], ...]:
    ask = Button(label="button.why", action=f"why:{receipt}")
    match standing:
        case Standing(state="unreadable"):
            return ((_AGAIN,),)
        case Standing(state="rejected", reason=reason) if reason in _BY_A_PERSON:
            return ((_SUPPORT, ask),)
        case Standing(state="rejected", reason=reason) if reason in _ANOTHER_PHOTO_HELPS:
            return ((_AGAIN, ask),)
        case Standing(state="rejected" | "review" | "bill" | "unknown"):
            return ((ask,),)
        case Standing(state="not_paid", reason="not_sent"):
            return ((_SUPPORT,),)
        case Standing(state="not_paid"):
            return ((_PHONE, _SUPPORT),)
    return ()


def _said(standing: Standing) -> tuple[Notice, ...]:
    """Return what was said about it at once, where the explanation does not say more."""
    if standing.state not in ("unreadable", "not_paid"):
        return ()
    return (Notice(key=f"receipt.{_dotted(standing)}"),)


def _why(standing: Standing) -> str:
    match standing.state:
        case "rejected":
            return standing.reason
        case "unreadable" | "review" | "paid" | "unknown" | "not_paid" | "bill":
            return standing.state
        case "reading" | "checking":
            return "checking"
        case "paying" | "delayed":
            return "accepted"
    assert_never(standing.state)


def _rules(standing: Standing, policy: Policy) -> tuple[Notice, ...]:
    if standing.state not in ("rejected", "review"):
        return ()
    numbers = {
        "bonus_kopecks": str(policy.bonus_kopecks),
        "age_days": str(policy.age_days_max),
        "per_day_receipts": str(policy.accepted_per_day_max),
    }
    return (Notice(key="why.rules", parameters=numbers),)


def _line(number: int, past: Past) -> Notice:
    return Notice(
        key="history.line",
        parameters={
            "number": str(number),
            "state_key": f"state.{past.state}",
            "sent_at": past.uploaded_at.isoformat(),
            "reference": reference(past.receipt),
        },
    )


def _detail(number: int, past: Past) -> Button:
    return Button(label="button.detail", number=str(number), action=f"why:{past.receipt}")
