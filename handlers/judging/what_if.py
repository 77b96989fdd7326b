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
from functools import lru_cache

from eventstore.catalogue import PhoneShared, ReceiptRead
from eventstore.identity import StreamName, receipt_stream
from eventstore.payments import Owed, owed_to
from eventstore.policy import Policy
from eventstore.store import EventStore, Recorded
from eventstore.subscription import read_dense
from handlers.goods.matching import match
from handlers.goods.products import ProductList, products_on
from handlers.judging.circumstances import (
    Circumstances,
    bookings_of,
    bought_on,
    circumstances,
    streams_of,
    twins,
)
from handlers.judging.decisions import Case, decide
from handlers.judging.otherwise import Difference, Tally, Verdict, verdict_of
from handlers.judging.receipt_steps import Decision
from handlers.judging.terms import Terms
from handlers.judging.would_be import Again, Decided, Log, Moment, World, seq_of
from handlers.rules import Judgement, judge

#: Facts of the ledger read at once, with the streams that their decisions rest on.
PAGE_EVENTS = 2_000
#: Printed lines remembered with what they are: the same goods are on most receipts.
MATCHES_REMEMBERED = 100_000


class WhatIf:
    """One walk through history under another policy or product list."""

    def __init__(self, *, store: EventStore, policy: Policy, listed: ProductList) -> None:
        self._store = store
        self._policy = policy
        self._listed = listed
        self._world = World()
        self._match = lru_cache(MATCHES_REMEMBERED)(match)
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
            owed = await self._owed(decided, log)
            for each in decided:
                difference = self._again(Again(each, log, owed))
                self.tally.count(difference)
                if difference.was != difference.would_be:
                    yield difference
            last += len(page)
            told(last)

    async def _decided(self, page: Sequence[Recorded], *, since: int) -> list[Decided]:
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
                streams = streams_of(story[0], [reading.event])
                decided.append(Decided(fact, story[0], reading, streams))
        return decided

    async def _looked_at(self, decided: Sequence[Decided]) -> Log:
        """Return the streams that the live decision looks at besides the receipt's own."""
        names = (name for each in decided for name in (*each.streams.all, each.shopper))
        log = await self._streams(list(names))
        more = {name for each in decided for name in bookings_of(each.receipt, log[each.shopper])}
        for each in decided:
            seen = twins(each.uploaded.event, [fact.event for fact in log[each.streams.photo]])
            more |= {receipt_stream(twin.receipt) for twin in seen}
        return defaultdict(list, log | await self._streams(list(more)))

    async def _owed(self, decided: Sequence[Decided], log: Log) -> list[Owed]:
        """Return what was owed on the phones of those who are decided."""
        told = (fact.event for each in decided for fact in log[each.shopper])
        phones = {fact.phone_fingerprint for fact in told if isinstance(fact, PhoneShared)}
        return await owed_to(self._store, sorted(phones))

    async def _streams(self, names: Sequence[StreamName]) -> Log:
        streams: Log = defaultdict(list)
        for fact in await self._store.read_streams(sorted(set(names))):
            streams[fact.stream].append(fact)
        return streams

    def _again(self, again: Again) -> Difference:
        each = again.each
        judgement = judge(
            each.reading.event,
            self._terms(each).products,
            thresholds=self._policy.thresholds,
            prescription_earns=self._policy.prescription_earns,
            matches=self._match,
        )
        was, would_be = verdict_of(each.fact.event), self._decide(again, judgement)
        if would_be.state == "accepted":
            self._world.grant(again)
        elif was.state == "accepted":
            self._world.undo(each.receipt)
        uploaded = each.uploaded.event
        return Difference(
            seq=seq_of(each.fact),
            receipt=uploaded.receipt,
            shopper=uploaded.shopper,
            was=was,
            would_be=would_be,
        )

    def _terms(self, each: Decided) -> Terms:
        day = bought_on(each.reading.event, each.uploaded)
        return Terms(policy=self._policy, products=products_on(self._listed, day))

    def _decide(self, again: Again, judgement: Judgement) -> Verdict:
        """Return the verdict as of the decision.

        Who grants nothing appends on no condition, and may have looked before a neighbour's
        claim and written behind it; who grants appends on condition of the claims alone. What
        some look between reading and decision explains is no difference.
        """
        each, last = again.each, seq_of(again.each.fact)
        was = verdict_of(each.fact.event)
        now = self._verdict_at(Moment(last, last), again, judgement)
        if now == was:
            return now
        for look in again.looks():
            conditions = last if was.state == "accepted" else look
            if self._verdict_at(Moment(conditions, look), again, judgement) == was:
                return was
        return now

    def _verdict_at(self, moment: Moment, again: Again, judgement: Judgement) -> Verdict:
        each = again.each
        case = Case(
            uploaded=each.uploaded.event,
            uploaded_at=each.uploaded.recorded_at,
            reading=each.reading.event,
            judgement=judgement,
            seen=self._circumstances(moment, again),
            bookings_lost_at=again.bookings_lost_at(until=moment.rest),
            terms=self._terms(each),
        )
        return verdict_of(decide(case))

    def _circumstances(self, moment: Moment, again: Again) -> Circumstances:
        each, log = again.each, again.log
        facts = {
            stream: self._world.facts(
                stream,
                log[stream],
                until=moment.conditions if stream in each.conditions else moment.rest,
                but=each.receipt,
            )
            for stream in each.streams.all
        }
        uploaded = each.uploaded.event
        seen = twins(uploaded, facts[each.streams.photo])
        stories = {twin.receipt: log[receipt_stream(twin.receipt)] for twin in seen}
        return circumstances(
            uploaded,
            each.reading.event,
            each.streams,
            facts,
            limits=self._policy.limits,
            granted=[
                receipt
                for receipt, story in stories.items()
                if self._world.is_granted(receipt, story, until=moment.rest)
            ],
            phone_shoppers=again.others_paid(self._world, until=moment.rest),
        )
