"""The one table: which handler reacts to which fact.

Facts that are not named here are read by projections or kept as history.
"""

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


def types_of(handler: str) -> frozenset[str]:
    """Return the names of the facts that ``handler`` reacts to."""
    return frozenset(event.__name__ for event, name in REACTIONS.items() if name == handler)
