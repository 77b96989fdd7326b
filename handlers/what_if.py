"""What other rules would have decided: history judged again, in memory alone.

The ledger is walked in its order. Where a reading was decided, the live decision's own
``decide`` is asked again, with claims and allowances as they would be by then: those of the log,
less what would not have been granted, and what would have been granted besides. Only these
differences are remembered, so memory does not grow with the log. Nothing is written and nothing
here can reach the world.

What a person decided later, and what a shopper would have sent or left unsent, is not guessed:
a referral counts as nothing granted.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from eventstore.catalogue import AllowanceUsed, ClaimTaken, ReceiptRead
from eventstore.claims import allowance_of, claims_of
from eventstore.identity import ReceiptId, StreamName, shopper_stream
from eventstore.policy import Policy
from eventstore.store import EventStore, Recorded
from eventstore.subscription import read_dense
from handlers.decide_receipt import Case, Claim, Decision, bookings_of, decide
from handlers.otherwise import Difference, Tally, Verdict, verdict_of
from handlers.products import Match, Products, match
from handlers.rules import Judgement, judge

#: Facts of the ledger read at once, with the streams that their decisions rest on.
PAGE_EVENTS = 2_000
#: Printed lines remembered with what they are: the same goods are on most receipts.
MATCHES_REMEMBERED = 100_000


class _Decided(NamedTuple):
    """A decision of the log and what it rests on."""

    fact: Recorded
    uploaded: Recorded
    reading: Recorded
    fiscal: StreamName | None
    paper: StreamName | None
    allowance: StreamName

    @property
    def receipt(self) -> ReceiptId:
        receipt: ReceiptId = self.uploaded.event.receipt
        return receipt

    @property
    def shopper(self) -> StreamName:
        return shopper_stream(self.uploaded.event.shopper)

    @property
    def streams(self) -> list[StreamName]:
        return [stream for stream in (self.fiscal, self.paper, self.allowance) if stream]


class _Held(NamedTuple):
    """A receipt that holds a claim, or one of a day's allowances, since ``seq``."""

    seq: int
    receipt: ReceiptId


class _World:
    """Claims and allowances as they would be."""

    def __init__(self) -> None:
        #: granted in the log and not here
        self._undone: set[ReceiptId] = set()
        #: held here and not in the log
        self._added: dict[StreamName, list[_Held]] = defaultdict(list)

    def holders(
        self, stream: StreamName, log: Sequence[Recorded], *, until: int, but: ReceiptId
    ) -> list[ReceiptId]:
        """Return who held ``stream`` before seq ``until``, in order, other than ``but``."""
        held = [held for held in _held(log) if held.receipt not in self._undone]
        held = sorted([*held, *self._added.get(stream, ())])
        earlier = (each.receipt for each in held if each.seq < until and each.receipt != but)
        return list(dict.fromkeys(earlier))

    def grant(self, stream: StreamName, log: Sequence[Recorded], new: _Held) -> None:
        """Let a receipt hold ``stream`` unless it does so by then in the log as well."""
        if not any(held.receipt == new.receipt and held.seq <= new.seq for held in _held(log)):
            self._added[stream].append(new)

    def undo(self, receipt: ReceiptId) -> None:
        """Take back what the log grants to ``receipt``."""
        self._undone.add(receipt)


def _held(log: Sequence[Recorded]) -> list[_Held]:
    return [
        _Held(fact.seq, fact.event.receipt)
        for fact in log
        if fact.seq is not None and isinstance(fact.event, ClaimTaken | AllowanceUsed)
    ]


Streams = dict[StreamName, list[Recorded]]


class WhatIf:
    """One walk through history under another policy or product list."""

    def __init__(self, *, store: EventStore, policy: Policy, products: Products) -> None:
        self._store = store
        self._policy = policy
        self._products = products
        self._world = _World()
        self._match = lru_cache(MATCHES_REMEMBERED)(self._match_anew)
        #: of the receipts passed so far
        self.tally = Tally()

    async def differences(
        self,
        *,
        since: int,
        until: int,
        told: Callable[[int], None] = lambda _: None,
        page_events: int = PAGE_EVENTS,
    ) -> AsyncIterator[Difference]:
        """Yield each receipt that was read after seq ``since``, was decided up to seq ``until``,
        and would have been decided otherwise; ``told`` hears each seq that is passed.
        """
        last = since
        while last < until:
            page = await read_dense(self._store, after=last, limit=min(page_events, until - last))
            decided = await self._decided(page, since=since)
            log = await self._looked_at(decided)
            for each in decided:
                difference = self._again(each, log)
                self.tally.count(difference)
                if difference.was != difference.would_be:
                    yield difference
            last += len(page)
            told(last)

    async def _decided(self, page: Sequence[Recorded], *, since: int) -> list[_Decided]:
        """Return the decisions of ``page`` that followed at once from a reading after ``since``.

        Others are a person's, who looked at more than the rules do: they stand.
        """
        facts = [fact for fact in page if isinstance(fact.event, Decision)]
        stories = await self._streams([fact.stream for fact in facts])
        decided = []
        for fact in facts:
            story = stories[fact.stream]
            reading = story[fact.version - 1]
            if isinstance(reading.event, ReceiptRead) and (reading.seq or 0) > since:
                day = allowance_of(story[0].event, story[0].recorded_at)
                decided.append(_Decided(fact, story[0], reading, *claims_of(reading.event), day))
        return decided

    async def _looked_at(self, decided: Sequence[_Decided]) -> Streams:
        """Return the streams that the live decision looks at besides the receipt's own."""
        names = (name for each in decided for name in (*each.streams, each.shopper))
        log = await self._streams(list(names))
        bookings = (bookings_of(each.receipt, log[each.shopper]) for each in decided)
        return log | await self._streams([name for names in bookings for name in names])

    async def _streams(self, names: Sequence[StreamName]) -> Streams:
        streams: Streams = defaultdict(list)
        for fact in await self._store.read_streams(sorted(set(names))):
            streams[fact.stream].append(fact)
        return streams

    def _again(self, each: _Decided, log: Streams) -> Difference:
        judgement = judge(
            each.reading.event,
            self._products,
            thresholds=self._policy.thresholds,
            matches=lambda name, _: self._match(name),
        )
        was, would_be = verdict_of(each.fact.event), self._decide(each, log, judgement)
        self._settle(each, log, was, would_be)
        uploaded = each.uploaded.event
        return Difference(
            seq=_seq(each.fact),
            receipt=uploaded.receipt,
            shopper=uploaded.shopper,
            was=was,
            would_be=would_be,
        )

    def _decide(self, each: _Decided, log: Streams, judgement: Judgement) -> Verdict:
        """Return the verdict as of the decision.

        Who grants nothing appends on no condition, and may have looked before a neighbour's
        claim and written behind it: a refusal or referral that some look between reading and
        decision explains is no difference.
        """
        was = verdict_of(each.fact.event)
        now = self._verdict_at(_seq(each.fact), each, log, judgement)
        if now == was or was.state == "accepted":
            return now
        looks = (self._verdict_at(seq, each, log, judgement) for seq in _looks(each, log))
        return was if was in looks else now

    def _verdict_at(self, seq: int, each: _Decided, log: Streams, judgement: Judgement) -> Verdict:
        return verdict_of(decide(self._case(each, log, judgement, until=seq)))

    def _case(self, each: _Decided, log: Streams, judgement: Judgement, *, until: int) -> Case:
        def holders(stream: StreamName) -> list[ReceiptId]:
            return self._world.holders(stream, log[stream], until=until, but=each.receipt)

        def claim(stream: StreamName | None) -> Claim | None:
            if stream is None:
                return None
            held = holders(stream)
            return Claim(stream=stream, version=len(held) - 1, holder=held[-1] if held else None)

        return Case(
            uploaded=each.uploaded.event,
            uploaded_at=each.uploaded.recorded_at,
            reading=each.reading.event,
            judgement=judgement,
            fiscal=claim(each.fiscal),
            paper=claim(each.paper),
            accepted_today=len(holders(each.allowance)),
            bookings_lost_at=_bookings_lost_at(each, log, until=until),
            products=self._products,
            policy=self._policy,
        )

    def _settle(self, each: _Decided, log: Streams, was: Verdict, would_be: Verdict) -> None:
        """Let the claims follow from the verdict."""
        if would_be.state == "accepted":
            for stream in each.streams:
                new = _Held(_seq(each.fact), each.receipt)
                self._world.grant(stream, log[stream], new)
        elif was.state == "accepted":
            self._world.undo(each.receipt)

    def _match_anew(self, name: str) -> Match:
        return match(name, self._products)


def _bookings_lost_at(each: _Decided, log: Streams, *, until: int) -> datetime | None:
    """Return what the live decision asks for under this name, as of seq ``until``."""
    lost = [
        fact.recorded_at
        for stream in bookings_of(each.receipt, _before(until, log[each.shopper]))
        for fact in _before(until, log[stream])
    ]
    return max(lost, default=None)


def _before(until: int, facts: Sequence[Recorded]) -> list[Recorded]:
    return [fact for fact in facts if fact.seq is not None and fact.seq < until]


def _looks(each: _Decided, log: Streams) -> list[int]:
    """Return the seqs before which a look between reading and decision saw different claims."""
    first, last = _seq(each.reading), _seq(each.fact)
    changes = {held.seq + 1 for stream in each.streams for held in _held(log[stream])}
    return [first, *(seq for seq in changes if first < seq < last)]


def _seq(fact: Recorded) -> int:
    assert fact.seq is not None, "it stands in the ledger, or before something that does"
    return fact.seq
