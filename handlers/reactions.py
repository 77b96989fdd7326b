"""The one table: which handler reacts to which fact, and who looks at it once more when it is old.

Facts that are not named here are read by projections or kept as history.
"""

from datetime import timedelta

from eventstore.attachments import KEPT
from eventstore.catalogue import (
    CallbackReceived,
    Event,
    ForgettingRequested,
    PayoutReopened,
    PayoutRequested,
    ReceiptCorrected,
    ReceiptOverridden,
    ReceiptRead,
    ReceiptReviewed,
    ReceiptUploaded,
    ShopperForgotten,
    ShopperStarted,
)

REACTIONS: dict[type[Event], str] = {
    ReceiptUploaded: "read_receipt",
    ReceiptRead: "decide_receipt",
    ReceiptCorrected: "decide_receipt",
    ReceiptReviewed: "decide_receipt",
    ReceiptOverridden: "decide_receipt",
    PayoutRequested: "pay_bonus",
    PayoutReopened: "pay_bonus",
    CallbackReceived: "apply_callback",
    ForgettingRequested: "forget_shopper",
    ShopperForgotten: "sweep_leftovers",
    ShopperStarted: "remind_shopper",
}


#: Facts that are looked at once more when they are old.
EXPIRIES: dict[type[Event], str] = {
    ReceiptUploaded: "expire_attachments",
    CallbackReceived: "expire_attachments",
}
#: How old they are then.
AGES: dict[str, timedelta] = {"expire_attachments": KEPT}

HANDLERS = tuple(dict.fromkeys([*REACTIONS.values(), *EXPIRIES.values()]))


def types_of(handler: str) -> frozenset[str]:
    """Return the names of the facts that ``handler`` reacts to."""
    reactions = (*REACTIONS.items(), *EXPIRIES.items())
    return frozenset(event.__name__ for event, name in reactions if name == handler)


def handlers_of(fact: type[Event]) -> list[str]:
    """Return who reacts to ``fact``, at once or when it is old."""
    return [table[fact] for table in (REACTIONS, EXPIRIES) if fact in table]
