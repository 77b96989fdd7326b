"""What the facts of one stream had come to by an earlier seq."""

from collections.abc import Sequence
from typing import Any

import msgspec

from eventstore import catalogue as facts
from eventstore.errors import EventStoreError
from eventstore.identity import PayoutId, ReceiptId, StreamName
from eventstore.store import EventStore, Recorded
from projections import payouts, receipts
from projections.as_of import apply, empty_models
from projections.lineage import lineage_of
from projections.payouts import Payouts
from projections.receipts import Receipts


class NothingThen(EventStoreError):
    """The stream had no facts yet, or there is none of this name."""

    def __init__(self, stream: StreamName, until: int) -> None:
        self.stream = stream
        self.until = until
        super().__init__(
            f"stream {stream!r} has no facts up to seq {until}; see `events show` and `events tail`"
        )


class StreamThen(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as it was."""

    stream: StreamName
    until: int
    facts: list[Recorded]
    #: what they add up to; of a receipt or payout, as its read model says
    state: dict[str, Any]


async def stream_then(store: EventStore, url: str, stream: StreamName, *, until: int) -> StreamThen:
    """Return the facts of ``stream`` up to seq ``until`` and their sum; raises ``NothingThen``."""
    told = _up_to(until, await store.read_stream(stream)) if stream.isprintable() else []
    if not told:
        raise NothingThen(stream, until)
    kind, _, name = stream.partition("-")
    if kind == "receipt":
        state = await _receipt(store, url, ReceiptId(name), until)
    elif kind == "payout":
        state = await _payout(url, PayoutId(name), told)
    else:
        state = _summed_up(kind, [fact.event for fact in told])
    return StreamThen(stream=stream, until=until, facts=told, state=state)


def _up_to(until: int, records: Sequence[Recorded]) -> list[Recorded]:
    return [fact for fact in records if fact.seq is not None and fact.seq <= until]


async def _receipt(store: EventStore, url: str, receipt: ReceiptId, until: int) -> dict[str, Any]:
    lineage = _up_to(until, await lineage_of(store, receipt))
    async with empty_models(url, [Receipts()]) as connection:
        await apply(connection, [Receipts()], lineage)
        return _fields(await receipts.receipt(connection, receipt))


async def _payout(url: str, payout: PayoutId, told: Sequence[Recorded]) -> dict[str, Any]:
    async with empty_models(url, [Payouts()]) as connection:
        await apply(connection, [Payouts()], told)
        return _fields(await payouts.payout(connection, payout))


def _fields(row: msgspec.Struct | None) -> dict[str, Any]:
    fields: dict[str, Any] = {} if row is None else msgspec.to_builtins(row)
    return fields


def _summed_up(kind: str, events: Sequence[facts.Event | None]) -> dict[str, Any]:
    match kind:
        case "shopper":
            return _shopper(events)
        case "fiscal" | "paper":
            return {"held_by": [getattr(event, "receipt", None) for event in events][-1]}
        case "allowance":
            return {"used_by": [getattr(event, "receipt", None) for event in events]}
        case "bill":
            return {"payout": [getattr(event, "payout", None) for event in events][-1]}
    return {"facts": len(events), "last": type(events[-1]).__name__}


def _shopper(events: Sequence[facts.Event | None]) -> dict[str, Any]:
    """Return what a shopper had agreed to and shared; never what that was."""
    consent = phone = forgotten = asked = False
    for event in events:
        match event:
            case facts.ConsentGiven():
                consent, asked, forgotten = True, False, False
            case facts.PhoneShared():
                phone = True
            case facts.ForgettingRequested():
                consent, asked = False, True
            case facts.ShopperForgotten():
                consent, phone, asked, forgotten = False, False, False, True
    return {
        "consent": consent,
        "phone_shared": phone,
        "asked_to_be_forgotten": asked,
        "forgotten": forgotten,
    }
