"""Portmone's statement against the log: what it settles, and what nobody here knew of.

Absence settles nothing: a statement may be late, so a payout it does not name stays as it is.
Every line may be applied again; what stands already adds nothing.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from eventstore.catalogue import (
    BillIssued,
    BookingOrphaned,
    Event,
    PayoutContradicted,
    PayoutRequested,
    PayoutResolved,
)
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    Sha256,
    StreamName,
    bill_stream,
    bookings_stream,
    edge_event_id,
    payout_bookings_stream,
    payout_stream,
)
from eventstore.store import Append, Context, EventStore, Recorded
from handlers.apply_callback import payout_in
from handlers.payout_steps import Rest, bills_of, final_outcome, next_step, understood, was_paid
from handlers.statements import Line

#: Rounds of losing the end of a payout's stream to its callbacks.
RACES_MAX = 100

#: matched: both say the same, or there is nothing to say yet; resolved: the statement ends the
#: payout; differs: a person must look; only_theirs: money moved that this log knows nothing of;
#: unknown_unpaid: a bill of theirs without money; newer: a newer release must read the payout.
What = Literal["matched", "resolved", "differs", "only_theirs", "unknown_unpaid", "newer"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one line of the statement means here."""

    #: of the file
    line: int
    what: What
    bill: BillId
    payout: PayoutId | None
    amount_kopecks: Kopecks
    #: what is added to the log, None when that is nothing
    fact: Event | None = None


class Fingerprints(Protocol):
    """Names phones without saying them."""

    async def fingerprint(self, phone: str) -> str:
        """Return a keyed hash of a phone."""


def settled_by(
    line: Line, history: Sequence[Event], *, phone_fingerprint: str, evidence: Sha256
) -> PayoutResolved | PayoutContradicted | None:
    """Return what ``line`` adds to the payout it names, None when that stands already; pure.

    Money that moved for another amount or to another phone ends nothing, but it stops what
    would leave by itself. A bill that came to nothing ends a payout only when nothing more
    would leave for it anyway.
    """
    if line.status == "open":
        return None
    about = _disagreement(line, history, phone_fingerprint)
    if about is not None:
        contradicted = PayoutContradicted(bill=line.bill, about=about)
        return None if contradicted in history else contradicted
    if final_outcome(history) is not None:
        return None
    if line.status == "paid":
        return PayoutResolved(outcome="paid", bill=line.bill, evidence_sha256=evidence)
    bills = bills_of(history)
    if not isinstance(next_step(history, pays=True), Rest) or (bills and line.bill not in bills):
        return None
    return PayoutResolved(outcome="failed", bill=line.bill, evidence_sha256=evidence)


def _disagreement(
    line: Line, history: Sequence[Event], phone_fingerprint: str
) -> Literal["bill", "status", "amount", "phone"] | None:
    requested, final = history[0], final_outcome(history)
    assert isinstance(requested, PayoutRequested), "a payout begins with its request"
    if line.status == "failed":
        ended_otherwise = final is not None and was_paid(final) and line.bill in bills_of([final])
        return "status" if ended_otherwise else None
    if line.amount_kopecks != requested.amount_kopecks:
        return "amount"
    if phone_fingerprint != requested.phone_fingerprint:
        return "phone"
    if final is not None and not was_paid(final):
        return "status"
    bills = bills_of(history if final is None else [final])
    return "bill" if bills and line.bill not in bills else None


class Reconciliation:
    """One statement, line by line; ``applies`` tells whether the log may change."""

    def __init__(
        self, *, store: EventStore, vault: Fingerprints, evidence: Sha256, applies: bool
    ) -> None:
        """Settle with ``evidence``, the SHA-256 of the statement."""
        self._store = store
        self._vault = vault
        self._evidence = evidence
        self._applies = applies
        self._context = Context(
            correlation_id=f"statement-{evidence[:16]}", causation_id=None, actor="operator"
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
            return _finding(line, "newer")
        fact = settled_by(line, history, phone_fingerprint=phone, evidence=self._evidence)
        requested = history[0]
        assert isinstance(requested, PayoutRequested), "a payout begins with its request"
        what: What = "matched"
        if fact is not None:
            what = "resolved" if isinstance(fact, PayoutResolved) else "differs"
        elif _disagreement(line, history, phone) is not None:
            what = "differs"
        return _finding(line, what, payout=requested.payout, fact=fact)

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
            return _finding(line, "unknown_unpaid")
        if told:
            return _finding(line, "only_theirs")
        orphaned = BookingOrphaned(
            bill=line.bill,
            comment=payout_in(line.comment),
            amount_kopecks=line.amount_kopecks,
            evidence_sha256=self._evidence,
        )
        return _finding(line, "only_theirs", fact=orphaned)

    async def _payout_of(self, line: Line) -> list[Recorded]:
        """Return the payout's stream: by its bill, else by the id that Portmone echoes."""
        issued = await self._store.read_stream(bill_stream(line.bill))
        named = payout_in(line.comment)
        if issued and isinstance(issued[0].event, BillIssued):
            named = issued[0].event.payout
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
        await self._store.append(*appends, context=self._context)


def _finding(
    line: Line, what: What, *, payout: PayoutId | None = None, fact: Event | None = None
) -> Finding:
    return Finding(
        line=line.number,
        what=what,
        bill=line.bill,
        payout=payout or payout_in(line.comment),
        amount_kopecks=line.amount_kopecks,
        fact=fact,
    )
