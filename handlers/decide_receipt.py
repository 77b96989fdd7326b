"""A reading, or a person's word on it -> ReceiptAccepted with its claims and PayoutRequested |
Rejected | Referred.

Three steps: ``rules.judge`` says what the reading alone is worth, ``judging.decisions.decide`` what
follows with all that the log knows; here both are asked, and what was decided is appended.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import (
    AllowanceUsed,
    ClaimTaken,
    Event,
    LookTaken,
    PayoutReopened,
    PayoutRequested,
    PhoneShared,
    ReceiptAccepted,
    ReceiptRead,
    ReceiptReferred,
    ReceiptUploaded,
    ReferralReason,
)
from eventstore.claims import claims_of
from eventstore.identity import (
    Kopecks,
    ReceiptId,
    ShopperId,
    StreamName,
    payout_of,
    payout_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.payments import owed_to
from eventstore.store import Append, EventStore, Recorded
from eventstore.worklist import Work
from handlers.judging.circumstances import (
    Streams,
    bookings_of,
    bought_on,
    circumstances,
    holders_in,
    streams_of,
    twins,
)
from handlers.judging.decisions import Case, Person, decide
from handlers.judging.receipt_steps import is_granted, last_decision, open_ask, readings_of
from handlers.judging.terms import TermsNow
from handlers.people.standing import left_since
from handlers.rules import judge

#: Places of a decision's facts among each other: with the ask they make the facts' ids.
_DECISION, _ALLOWANCE, _PAYOUT, _CLAIMS = 0, 1, 2, 3


class _Known(Struct, frozen=True, kw_only=True):
    """What was read of the log for one decision."""

    streams: Streams
    #: of these, of the receipt itself, of its shopper and its payout
    facts: Mapping[StreamName, Sequence[Recorded]]

    @property
    def events(self) -> dict[StreamName, list[Event | None]]:
        return {stream: [fact.event for fact in facts] for stream, facts in self.facts.items()}

    def version(self, stream: StreamName) -> int:
        return len(self.facts.get(stream, ())) - 1


class DecideReceipt:
    """Decides each reading, and each word of a person's, once; what must be unique is claimed in
    the same append.
    """

    name = "decide_receipt"
    #: A few reads and one append.
    time_limit_seconds = 20.0

    def __init__(self, *, store: EventStore, terms: TermsNow) -> None:
        """Decide by what ``terms`` says at that moment."""
        self._store = store
        self._terms = terms

    async def handle(self, work: Work) -> None:
        """Decide; lost races for a claim are decided again with what is so then."""
        story = await self._store.read_stream(work.event.stream)
        ask = open_ask(story)
        if ask is None or ask.event_id != work.event.event_id:
            await work.finish()  # decided by a worker whose lease ran out, or by a later ask
            return
        known, case = await self._case(story, ask)
        decision = decide(case)
        appends = [_append(work, known, work.event.stream, decision, _DECISION)]
        if isinstance(decision, ReceiptAccepted):
            appends += _claims(work, known, case)
            appends.append(_payout(work, known, case, decision))
        await work.finish(*appends)

    async def _case(self, story: Sequence[Recorded], ask: Recorded) -> tuple[_Known, Case]:
        uploaded, readings = story[0], readings_of(story)
        reading = readings[-1]  # what asks for a decision follows one
        terms = await self._terms.at(bought_on(reading, uploaded))
        known = await self._look_around(story, readings)
        event: ReceiptUploaded = uploaded.event
        shopper = known.facts.get(shopper_stream(event.shopper), ())
        seen = circumstances(
            event,
            reading,
            known.streams,
            known.events,
            limits=terms.policy.limits,
            granted=await self._granted_twins(known, event),
            phone_shoppers=await self._others_paid(event.shopper, shopper),
        )
        case = Case(
            uploaded=event,
            uploaded_at=uploaded.recorded_at,
            reading=reading,
            judgement=judge(
                reading,
                terms.products,
                thresholds=terms.policy.thresholds,
                prescription_earns=terms.policy.prescription_earns,
            ),
            seen=seen,
            told_apart=await self._is_told_apart(known, seen.paper_holder),
            told=frozenset(_told_before(story)),
            bookings_lost_at=await self._bookings_lost_at(event.receipt, shopper),
            owed_kopecks=_owed(known.events.get(payout_stream(payout_of(event.receipt)), ())),
            person=ask.event if isinstance(ask.event, Person) else None,
            left=left_since(shopper, uploaded),
            terms=terms,
        )
        return known, case

    async def _look_around(
        self, story: Sequence[Recorded], readings: Sequence[ReceiptRead]
    ) -> _Known:
        """Read what a decision rests on in one statement: claims of one append are then seen
        together or not at all, and no sure duplicate is sent to a person.
        """
        uploaded: ReceiptUploaded = story[0].event
        streams = streams_of(story[0], readings)
        payout = payout_stream(payout_of(uploaded.receipt))
        wanted = [*streams.all, shopper_stream(uploaded.shopper), payout]
        facts = await self._by_stream(wanted)
        return _Known(streams=streams, facts={**facts, story[0].stream: story})

    async def _by_stream(self, streams: Sequence[StreamName]) -> dict[StreamName, list[Recorded]]:
        facts: dict[StreamName, list[Recorded]] = defaultdict(list)
        for fact in await self._store.read_streams(streams):
            facts[fact.stream].append(fact)
        return facts

    async def _granted_twins(self, known: _Known, uploaded: ReceiptUploaded) -> list[ReceiptId]:
        seen = twins(uploaded, known.events.get(known.streams.photo, ()))
        if not seen:
            return []
        stories = await self._by_stream([receipt_stream(one.receipt) for one in seen])
        return [
            one.receipt for one in seen if is_granted(stories.get(receipt_stream(one.receipt), ()))
        ]

    async def _is_told_apart(self, known: _Known, holder: ReceiptId | None) -> bool:
        """Tell whether both papers have numbers, which are two then: else one claim were held."""
        if holder is None or known.streams.fiscal is None:
            return holder is None
        others = readings_of(await self._store.read_stream(receipt_stream(holder)))
        return bool(others) and claims_of(others[-1])[0] is not None

    async def _others_paid(self, own: ShopperId, shopper: Sequence[Recorded]) -> int:
        phone = _newest_phone(shopper)
        owed = [] if phone is None else await owed_to(self._store, [phone.phone_fingerprint])
        return len({each.shopper for each in owed} - {own})

    async def _bookings_lost_at(
        self, receipt: ReceiptId, shopper: Sequence[Recorded]
    ) -> datetime | None:
        lost = await self._store.read_streams(sorted(bookings_of(receipt, shopper)))
        return max((fact.recorded_at for fact in lost), default=None)


def _told_before(story: Sequence[Recorded]) -> list[ReferralReason]:
    """Return the doubts of the last decision, which a person saw before they spoke."""
    decision = last_decision(story)
    return [*decision.reasons] if isinstance(decision, ReceiptReferred) else []


def _owed(payout: Sequence[Event | None]) -> Kopecks | None:
    requested = (fact for fact in payout if isinstance(fact, PayoutRequested))
    return next((fact.amount_kopecks for fact in requested), None)


def _newest_phone(shopper: Sequence[Recorded]) -> PhoneShared | None:
    shared = (fact.event for fact in reversed(shopper) if isinstance(fact.event, PhoneShared))
    return next(shared, None)


def _claims(work: Work, known: _Known, case: Case) -> Iterator[Append]:
    """Yield what makes the receipt unique: each at the version that was looked at."""
    receipt, streams, events = case.uploaded.receipt, known.streams, known.events
    facts: list[tuple[StreamName, Event]] = [
        (claim, ClaimTaken(receipt=receipt)) for claim in streams.claims
    ]
    if case.reading.look is not None:
        look = LookTaken(receipt=receipt, look=case.reading.look)
        facts += [(stream, look) for stream in streams.looks]
    for ordinal, (claim, fact) in enumerate(facts, start=_CLAIMS):
        if receipt not in holders_in(events.get(claim, ())):
            yield _append(work, known, claim, fact, ordinal)
    used = AllowanceUsed(receipt=receipt, total_kopecks=case.reading.total_kopecks)
    yield _append(work, known, streams.day, used, _ALLOWANCE)


def _payout(work: Work, known: _Known, case: Case, accepted: ReceiptAccepted) -> Append:
    """Return the request for the bonus; one that was withdrawn before is opened again."""
    receipt, shopper = case.uploaded.receipt, case.uploaded.shopper
    payout = payout_of(receipt)
    stream = payout_stream(payout)
    phone = _newest_phone(known.facts[shopper_stream(shopper)])
    assert phone is not None, "nobody uploads without a phone"
    owed: Event = PayoutRequested(
        payout=payout,
        receipt=receipt,
        shopper=shopper,
        amount_kopecks=accepted.amount_kopecks,
        phone_sealed=phone.phone_sealed,
        phone_fingerprint=phone.phone_fingerprint,
    )
    if known.facts.get(stream):
        owed = PayoutReopened(
            phone_sealed=phone.phone_sealed,
            phone_fingerprint=phone.phone_fingerprint,
            reason="accepted again",
        )
    return _append(work, known, stream, owed, _PAYOUT)


def _append(work: Work, known: _Known, stream: StreamName, event: Event, ordinal: int) -> Append:
    facts = [work.fact(event, ordinal=ordinal)]
    return Append(stream=stream, expected=known.version(stream), events=facts)
