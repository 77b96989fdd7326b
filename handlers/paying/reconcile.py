"""Portmone's statement against the log: what it settles, and what nobody here knew of.

Absence settles nothing: a statement may be late, so a payout it does not name stays as it is.
Every line may be applied again; what stands already adds nothing.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

from eventstore.catalogue import (
    BookingOrphaned,
    Event,
    PayoutContradicted,
    PayoutResolved,
)
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import (
    Sha256,
    StreamName,
    bill_stream,
    bookings_stream,
    edge_event_id,
    payout_bookings_stream,
    payout_in,
    payout_stream,
)
from eventstore.payments import STATEMENT
from eventstore.store import Append, Context, EventStore, Recorded
from handlers.paying.alerts import tell_contradictions
from handlers.paying.bills import issued, owner_of
from handlers.paying.findings import About, Finding, What, finding_of
from handlers.paying.heard import unweighed_ok
from handlers.paying.payout_steps import (
    Rest,
    bills_of,
    can_fail_by,
    final_outcome,
    former_bills,
    is_another,
    next_step,
    owed,
    since_opened,
    understood,
    was_paid,
)
from handlers.paying.statements import Line

#: Rounds of losing the end of a payout's stream to its callbacks.
RACES_MAX = 100


class Fingerprints(Protocol):
    """Names phones without saying them."""

    async def fingerprint(self, phone: str) -> str:
        """Return a keyed hash of a phone."""


def settled_by(
    line: Line,
    history: Sequence[Event],
    *,
    phone_fingerprint: str,
    evidence: Sha256,
    reason: str | None = None,
) -> PayoutResolved | PayoutContradicted | None:
    """Return what ``line`` adds to the payout it names, None when that stands already; pure.

    Money that moved for another amount or to another phone ends nothing, but it stops what
    would leave by itself. A bill that came to nothing ends a payout only when nothing more
    would leave for it anyway.
    """
    if line.status == "open":
        return None
    about = disagreement(line, history, phone_fingerprint)
    if about is not None:
        contradicted = PayoutContradicted(bill=line.bill, about=about)
        return None if contradicted in history else contradicted
    if final_outcome(history) is not None:
        return None
    outcome: Literal["paid", "failed"] = "paid"
    if line.status == "failed":
        if not _may_end(line, history):
            return None
        outcome = "failed"
    return PayoutResolved(outcome=outcome, bill=line.bill, evidence_sha256=evidence, reason=reason)


def _may_end(line: Line, history: Sequence[Event]) -> bool:
    """Tell whether an open payout that came to nothing as ``line`` says came to nothing at all."""
    bills = bills_of(since_opened(history))
    own = not bills or line.bill in bills
    return (
        own and can_fail_by(line.bill, history) and isinstance(next_step(history, pays=True), Rest)
    )


def disagreement(line: Line, history: Sequence[Event], phone_fingerprint: str) -> About | None:
    """Return in what ``line`` says otherwise than the payout it names; pure."""
    bonus, final = owed(history), final_outcome(history)
    if line.status == "failed":
        ended_otherwise = final is not None and was_paid(final) and line.bill in bills_of([final])
        return "status" if ended_otherwise else None
    former = line.bill in former_bills(history)
    if line.amount_kopecks != bonus.amount_kopecks:
        return "amount"
    if phone_fingerprint not in (bonus.phones if former else {bonus.phone_fingerprint}):
        return "phone"
    if final is not None:
        if not was_paid(final):
            return "status"
        return "bill" if is_another(line.bill, final) else None
    bills = bills_of(since_opened(history))
    return "bill" if bills and not former and line.bill not in bills else None


class Reconciliation:
    """One statement, line by line; ``applies`` tells whether the log may change."""

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Fingerprints,
        evidence: Sha256,
        applies: bool,
        reason: str | None = None,
    ) -> None:
        """Settle with ``evidence``, the SHA-256 of the statement, for ``reason``."""
        self._store = store
        self._vault = vault
        self._evidence = evidence
        self._applies = applies
        self._reason = reason
        self._context = Context(
            correlation_id=f"{STATEMENT}{evidence[:16]}", causation_id=None, actor="operator"
        )
        #: what would stand in a stream if it was applied
        self._planned: dict[StreamName, list[Event]] = defaultdict(list)

    async def findings(self, lines: Sequence[Line]) -> AsyncIterator[Finding]:
        """Yield a finding per line, those where money moved first: they end payouts for good."""
        for line in sorted(lines, key=lambda line: line.status != "paid"):
            yield await self._settle(line)

    async def _settle(self, line: Line) -> Finding:
        for _ in range(RACES_MAX):
            phone = await self._vault.fingerprint(line.phone)
            if records := await self._payout_of(line):
                stream = records[0].stream
                ends = {stream: records}
                finding = self._known(line, self._history(stream, records), phone)
                if _fails(finding) and await unweighed_ok(self._store, records, bill=line.bill):
                    return finding_of(line, "differs", payout=finding.payout, about="status")
            else:
                ends = await self._untold(line, phone)
                finding = self._unknown(line, told=not ends)
            if finding.fact is None:
                return finding
            try:
                await self._add(ends, line, finding.fact)
            except WrongExpectedVersion:
                continue
            return finding
        raise LogUnavailable(f"line {line.number} loses every race with callbacks; try again")

    def _history(self, stream: StreamName, records: Sequence[Recorded]) -> list[Event] | None:
        known = understood(records)
        return None if known is None else known + self._planned[stream]

    def _known(self, line: Line, history: Sequence[Event] | None, phone: str) -> Finding:
        if history is None:
            return finding_of(line, "newer")
        fact = settled_by(
            line, history, phone_fingerprint=phone, evidence=self._evidence, reason=self._reason
        )
        about = disagreement(line, history, phone)
        what: What = "matched" if about is None else "differs"
        if isinstance(fact, PayoutResolved):
            what = "resolved"
        payout = owed(history).payout
        return finding_of(line, what, payout=payout, about=about, fact=fact)

    async def _untold(self, line: Line, phone: str) -> dict[StreamName, list[Recorded]]:
        """Return the streams, of the phone and of the payout id, that lack the booking.

        A receipt of the log may have had another phone by then, so its payout id counts too.
        """
        streams = [bookings_stream(phone)]
        if (named := payout_in(line.comment)) is not None:
            streams.append(payout_bookings_stream(named))
        ends = {stream: await self._store.read_stream(stream) for stream in streams}
        return {stream: told for stream, told in ends.items() if not self._told(line, stream, told)}

    def _told(self, line: Line, stream: StreamName, records: Sequence[Recorded]) -> bool:
        told = self._history(stream, records) or ()
        return line.bill in {event.bill for event in told if isinstance(event, BookingOrphaned)}

    def _unknown(self, line: Line, *, told: bool) -> Finding:
        if line.status != "paid":
            return finding_of(line, "unknown_unpaid")
        if told:
            return finding_of(line, "only_theirs")
        orphaned = BookingOrphaned(
            bill=line.bill,
            comment=payout_in(line.comment),
            amount_kopecks=line.amount_kopecks,
            evidence_sha256=self._evidence,
        )
        return finding_of(line, "only_theirs", fact=orphaned)

    async def _payout_of(self, line: Line) -> list[Recorded]:
        """Return the payout's stream: by its bill, else by the id that Portmone echoes."""
        named = await owner_of(self._store, line.bill) or payout_in(line.comment)
        return [] if named is None else await self._store.read_stream(payout_stream(named))

    async def _add(
        self, ends: Mapping[StreamName, Sequence[Recorded]], line: Line, fact: Event
    ) -> None:
        """Add ``fact`` behind each of ``ends``, in one append."""
        if not self._applies:
            for stream in ends:
                self._planned[stream].append(fact)
            return
        name = f"statement/{self._evidence}/{line.number}/{type(fact).__name__}"
        appends = [
            Append(
                stream=stream,
                expected=len(records) - 1,
                events=[(edge_event_id(stream, name), fact)],
            )
            for stream, records in ends.items()
        ]
        if isinstance(fact, PayoutResolved) or _disputes_the_end(fact):
            appends += await self._issued(line, *ends.values())
        await self._store.append(*appends, context=self._context)
        for stream in ends:
            tell_contradictions(payout_in(stream.partition("-")[2]), [fact])

    async def _issued(self, line: Line, records: Sequence[Recorded]) -> list[Append]:
        """Return what tells that the bill is the payout's whose end it tells, where nothing did."""
        if await owner_of(self._store, line.bill) is not None:
            return []
        event_id = edge_event_id(bill_stream(line.bill), f"statement/{self._evidence}")
        payout = owed([record.event for record in records]).payout
        return [issued(line.bill, payout, event_id)]


def _fails(finding: Finding) -> bool:
    """Tell whether a payout would end as failed: not while an ok waits that may be about it."""
    return isinstance(finding.fact, PayoutResolved) and finding.fact.outcome == "failed"


def _disputes_the_end(fact: Event) -> bool:
    """Tell whether the bill is the payout's by all that is said, and only its end is not."""
    return isinstance(fact, PayoutContradicted) and fact.about == "status"
