"""Reviewers, their clock, and receipts that wait for them."""

from datetime import datetime
from typing import Any

from eventstore.catalogue import (
    Event,
    ReceiptAccepted,
    ReceiptReferred,
)
from eventstore.identity import (
    ReceiptId,
    payout_of,
    payout_stream,
    receipt_stream,
)
from eventstore.store import EventStore, now_utc
from handlers.judging.reviewing import Reviews
from tests.factories import a_reading
from tests.handlers.judging.deciding import decide, upload
from tests.story import facts

R = ReceiptId("r")
#: Nothing but the page's own quality speaks against it.
WORN: dict[str, Any] = {"confidence": 0.5}


class Office:
    """Reviewers and their clock."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.now = now_utc()
        self.reviews = Reviews(store=store, clock=self.clock)

    def clock(self) -> datetime:
        """Return the office's time."""
        return self.now

    async def refer(self, name: str = "r", *, shopper: str = "ann", **changes: Any) -> ReceiptId:
        """Let a receipt wait for a person."""
        await upload(self.store, a_reading(**WORN | changes), shopper=shopper, receipt=name)
        await decide(self.store)
        assert isinstance(await self.last(name), ReceiptReferred)
        return ReceiptId(name)

    async def accept(self, name: str = "r", *, shopper: str = "ann", **changes: Any) -> ReceiptId:
        """Let a receipt be accepted by the rules."""
        await upload(self.store, a_reading(**changes), shopper=shopper, receipt=name)
        await decide(self.store)
        assert isinstance(await self.last(name), ReceiptAccepted)
        return ReceiptId(name)

    async def story(self, name: str = "r") -> list[Event]:
        """Return what happened to a receipt."""
        return list(await facts(self.store, receipt_stream(ReceiptId(name))))

    async def last(self, name: str = "r") -> Event:
        """Return how a receipt stands."""
        return (await self.story(name))[-1]

    async def payout(self, name: str = "r") -> list[Event]:
        """Return what happened to a receipt's payout."""
        return list(await facts(self.store, payout_stream(payout_of(ReceiptId(name)))))

    async def settle(self, verdict: Any, name: str = "r", *, reviewer: str = "olha") -> Event:
        """Let a reviewer take and settle a receipt; return what is decided then."""
        await self.reviews.take(ReceiptId(name), reviewer)
        await self.reviews.settle(ReceiptId(name), verdict, reviewer=reviewer, reason="looked")
        await decide(self.store)
        return await self.last(name)
