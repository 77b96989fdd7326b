"""History as it would be under other rules, in memory alone. Pure.

Only what differs from the log is remembered, so memory does not grow with it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from eventstore.catalogue import AllowanceUsed, ClaimTaken, Event, LookTaken, PhoneShared
from eventstore.identity import ReceiptId, ShopperId, StreamName, shopper_stream
from eventstore.payments import Owed
from eventstore.store import Recorded
from handlers.judging.circumstances import Streams, bookings_of
from handlers.judging.receipt_steps import is_granted

Log = dict[StreamName, list[Recorded]]

#: What only an accepted receipt writes elsewhere than in its own story.
_Grant = ClaimTaken | AllowanceUsed | LookTaken


class Decided(NamedTuple):
    """A decision of the log and what it rests on."""

    fact: Recorded
    uploaded: Recorded
    reading: Recorded
    streams: Streams

    @property
    def receipt(self) -> ReceiptId:
        """The receipt that was decided."""
        receipt: ReceiptId = self.uploaded.event.receipt
        return receipt

    @property
    def shopper(self) -> StreamName:
        """The stream of who sent it."""
        return shopper_stream(self.uploaded.event.shopper)

    @property
    def conditions(self) -> set[StreamName]:
        """Streams at whose version a grant is appended: they are as they were looked at."""
        return {*self.streams.claims, *self.streams.looks, self.streams.day}


class Moment(NamedTuple):
    """Before which seqs a decision saw what it rests on."""

    #: the streams it is appended on condition of
    conditions: int
    #: everything else
    rest: int


class World:
    """Claims and allowances as they would be."""

    def __init__(self) -> None:
        #: granted in the log and not here
        self._undone: set[ReceiptId] = set()
        #: told here and not in the log
        self._added: dict[StreamName, list[tuple[int, Event]]] = defaultdict(list)
        #: granted here, since which seq
        self._granted: dict[ReceiptId, int] = {}
        #: owed here and not in the log
        self._owed: list[Owed] = []

    def facts(
        self, stream: StreamName, log: Sequence[Recorded], *, until: int, but: ReceiptId
    ) -> list[Event | None]:
        """Return the facts of ``stream`` before seq ``until``, less what ``but`` was granted."""
        told = [(seq_of(fact), fact.event) for fact in before(until, log)]
        stand = [
            (seq, event)
            for seq, event in told
            if not (isinstance(event, _Grant) and event.receipt in self._undone)
        ]
        added = [(seq, event) for seq, event in self._added.get(stream, ()) if seq < until]
        both = sorted([*stand, *added], key=lambda each: each[0])
        return [e for _, e in both if not (isinstance(e, _Grant) and e.receipt == but)]

    def is_granted(self, receipt: ReceiptId, story: Sequence[Recorded], *, until: int) -> bool:
        """Tell whether ``receipt`` has its bonus before seq ``until``."""
        if self._granted.get(receipt, until) < until:
            return True
        return receipt not in self._undone and is_granted(before(until, story))

    def paid_to(self, phone: str | None, owed: Sequence[Owed], *, until: int) -> set[ShopperId]:
        """Return to whom a bonus would have been owed on ``phone`` before seq ``until``."""
        told = [each for each in owed if each.receipt not in self._undone]
        return {
            each.shopper
            for each in (*told, *self._owed)
            if each.phone == phone and each.seq is not None and each.seq < until
        }

    def grant(self, again: "Again") -> None:
        """Let a receipt hold what it would, unless it does so by then in the log as well."""
        each, log, seq = again.each, again.log, seq_of(again.each.fact)
        self._granted[each.receipt] = seq
        if (phone := again.phone(until=seq)) is not None:
            self._owed.append(Owed(phone, each.uploaded.event.shopper, each.receipt, seq))
        for stream, event in grants_of(each):
            held = before(seq + 1, log[stream])
            if not any(getattr(fact.event, "receipt", None) == each.receipt for fact in held):
                self._added[stream].append((seq, event))

    def undo(self, receipt: ReceiptId) -> None:
        """Take back what the log grants to ``receipt``."""
        self._undone.add(receipt)


class Again(NamedTuple):
    """A decision to be taken again, and the part of the log that it may rest on."""

    each: Decided
    log: Log
    #: what was owed on the phones of this page's shoppers
    owed: list[Owed]

    def bookings_lost_at(self, *, until: int) -> datetime | None:
        """Return what the live decision asks for under this name."""
        told = before(until, self.log[self.each.shopper])
        lost = [
            fact.recorded_at
            for stream in bookings_of(self.each.receipt, told)
            for fact in before(until, self.log[stream])
        ]
        return max(lost, default=None)

    def phone(self, *, until: int) -> str | None:
        """Return the phone to top up by then."""
        told = before(until, self.log[self.each.shopper])
        phones = [fact.event for fact in told if isinstance(fact.event, PhoneShared)]
        return phones[-1].phone_fingerprint if phones else None

    def others_paid(self, world: World, *, until: int) -> int:
        """Return to how many others a bonus would have been owed on the phone to top up."""
        shoppers = world.paid_to(self.phone(until=until), self.owed, until=until)
        return len(shoppers - {self.each.uploaded.event.shopper})

    def looks(self) -> list[int]:
        """Return the seqs before which a look between reading and decision saw other facts."""
        first, last = seq_of(self.each.reading), seq_of(self.each.fact)
        streams = (*self.each.streams.all, self.each.shopper)
        changes = {fact.seq + 1 for stream in streams for fact in self.log[stream] if fact.seq}
        changes |= {each.seq + 1 for each in self.owed if each.seq}
        return [first, *sorted(seq for seq in changes if first < seq < last)]


def grants_of(each: Decided) -> list[tuple[StreamName, Event]]:
    """Return what the receipt writes into which streams when it is accepted."""
    receipt, reading, streams = each.receipt, each.reading.event, each.streams
    grants: list[tuple[StreamName, Event]] = [
        (claim, ClaimTaken(receipt=receipt)) for claim in streams.claims
    ]
    used = AllowanceUsed(receipt=receipt, total_kopecks=reading.total_kopecks)
    grants.append((streams.day, used))
    grants += [(looks, LookTaken(receipt=receipt, look=reading.look)) for looks in streams.looks]
    return grants


def before(until: int, facts: Sequence[Recorded]) -> list[Recorded]:
    """Return those of ``facts`` that stand in the ledger before seq ``until``."""
    return [fact for fact in facts if fact.seq is not None and fact.seq < until]


def seq_of(fact: Recorded) -> int:
    """Return the place in the ledger of a fact that is sealed."""
    assert fact.seq is not None, "it stands in the ledger, or before something that does"
    return fact.seq
