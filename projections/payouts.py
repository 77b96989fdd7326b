"""Payouts: where each bonus stands with Portmone. Built like ``receipts``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from eventstore import catalogue as facts
from eventstore import sql
from eventstore.identity import BillId, Kopecks, PayoutId, ReceiptId, ShopperId
from eventstore.payments import weighs
from eventstore.store import Recorded
from projections.receipt_rows import columns
from projections.receipts import Reads, Writes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: The state each fact puts its payout into.
STATES: dict[type[facts.Event], str] = {
    facts.PayoutAttempted: "attempted",
    facts.PayoutSubmitted: "sent",
    facts.PayoutRefused: "refused",
    facts.PayoutOutcomeUnknown: "unknown",
    facts.PayoutConfirmed: "confirmed",
    facts.PayoutFailed: "failed",
    facts.PayoutReopened: "requested",
}

#: A contradiction names one too: that of others, or one that must be looked at first.
NAMES_A_BILL = facts.PayoutSubmitted | facts.PayoutConfirmed | facts.PayoutResolved

Rows = Sequence[Sequence[Any]]

#: No later fact moves a payout on, unless a person has it tried again.
FINAL = frozenset({"confirmed", "failed"})
#: Only an end moves a payout on: whatever is answered late, nothing leaves by itself any more.
IN_DOUBT = "unknown"


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """How one payout stands."""

    payout: PayoutId
    receipt: ReceiptId
    shopper: ShopperId
    amount_kopecks: Kopecks
    #: requested, attempted, refused, billed, sent, unknown, confirmed or failed
    state: str
    #: Portmone's error code or the cause of the last trouble
    code: str | None
    bill: BillId | None
    attempts: int
    #: callbacks that disagree with it and that no person has weighed
    contradictions: int
    requested_at: datetime
    updated_at: datetime


def _payout_in(recorded: Recorded) -> str:
    """Return the id of the payout in whose stream a fact lies."""
    return recorded.stream.partition("-")[2]


def _state(event: facts.Event) -> str | None:
    """Return the state a fact puts its payout into, None for no change."""
    if isinstance(event, facts.PayoutSubmitted) and event.step == "create":
        return "billed"
    if isinstance(event, facts.PayoutResolved):
        return "confirmed" if event.outcome == "paid" else "failed"
    return STATES.get(type(event))


def _is_of_a_person(event: facts.Event) -> bool:
    """Tell whether a fact moves a payout on from wherever it is: it begins anew, or it was shown
    that money moved, also after a failure.
    """
    shown = isinstance(event, facts.PayoutResolved) and event.outcome == "paid"
    return shown or isinstance(event, facts.PayoutReopened)


def _code(event: facts.Event) -> str | None:
    """Return the code of the trouble a fact tells of."""
    match event:
        case facts.PayoutRefused(code=code) | facts.PayoutFailed(code=code):
            return code
        case facts.PayoutOutcomeUnknown(cause=cause):
            return cause
        case facts.PayoutResolved(outcome="failed"):
            return "statement"
    return None


def _begun(batch: Sequence[Recorded]) -> Rows:
    return [
        (e.payout, e.receipt, e.shopper, e.amount_kopecks, r.seq, r.recorded_at)
        for r in batch
        if isinstance(e := r.event, facts.PayoutRequested)
    ]


def _moves_on(before: str, after: str) -> bool:
    """Tell whether a payout may go from the state ``before`` to ``after`` without reopening."""
    return after in FINAL if before == IN_DOUBT else before not in FINAL


def _what_counts_of_each(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Return of the rows that begin with the same thing the one that later ones do not move on.

    Where there is none, the last one; what was before a person's last word counts no more, and
    the row that is returned then says so. States stand in the third place, whether a row is such
    a word or follows on one in the last.
    """
    counting: dict[Any, tuple[Any, ...]] = {}
    for row in rows:
        before = counting.get(row[0])
        if before is None or row[-1]:
            counting[row[0]] = row
        elif _moves_on(before[2], row[2]):
            counting[row[0]] = (*row[:-1], before[-1])
    return list(counting.values())


def _bills(batch: Sequence[Recorded]) -> Rows:
    """Return the last bill of each payout; what comes behind a payment is not what was paid."""
    bills: dict[str, BillId] = {}
    paid: set[str] = set()
    for recorded in batch:
        event, payout = recorded.event, _payout_in(recorded)
        if not isinstance(event, NAMES_A_BILL) or payout in paid:
            continue
        if event.bill is not None:
            bills[payout] = event.bill
        if _state(event) == "confirmed":
            paid.add(payout)
    return list(bills.items())


def _attempts(batch: Sequence[Recorded]) -> Rows:
    asked = (_payout_in(r) for r in batch if isinstance(r.event, facts.PayoutAttempted))
    return list(Counter(asked).items())


def _contradictions(batch: Sequence[Recorded]) -> Rows:
    """Return how often each payout was contradicted, since it was weighed where it was."""
    rows: dict[str, tuple[str, bool, int]] = {}
    for recorded in batch:
        payout = _payout_in(recorded)
        _, weighed, total = rows.get(payout, (payout, False, 0))
        if isinstance(recorded.event, facts.PayoutContradicted):
            rows[payout] = (payout, weighed, total + 1)
        elif weighs(recorded):
            rows[payout] = (payout, True, 0)
    return list(rows.values())


def _moves(batch: Sequence[Recorded]) -> Rows:
    moved = (
        (
            _payout_in(r),
            r.seq,
            state,
            _code(r.event),
            r.recorded_at,
            _is_of_a_person(r.event),
        )
        for r in batch
        if r.event is not None and (state := _state(r.event)) is not None
    )
    return _what_counts_of_each(moved)


class Payouts:
    """The projection: applies facts to ``payouts``."""

    name: ClassVar[str] = "payouts"
    handles: ClassVar[frozenset[str]] = frozenset(kind.__name__ for kind in STATES) | {
        "PayoutRequested",
        "PayoutContradicted",
        "PayoutResolved",
    }
    tables: ClassVar[tuple[str, ...]] = ("payouts",)

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor."""
        for name, rows in (
            ("begin_payouts", _begun(batch)),
            ("count_attempts", _attempts(batch)),
            ("name_bills", _bills(batch)),
            ("count_contradictions", _contradictions(batch)),
            ("move_payouts", _moves(batch)),
        ):
            if rows:
                await connection.execute(SQL[name], *columns(rows))


async def payout(reads: Reads, payout: PayoutId) -> Payout | None:
    """Return how ``payout`` stands, None when there is no such payout."""
    row = await reads.fetchrow(SQL["payout"], payout)
    return None if row is None else msgspec.convert(dict(row), Payout)


async def listed(
    reads: Reads,
    *,
    in_doubt: bool = False,
    disputed: bool = False,
    state: str | None = None,
    limit: int,
) -> list[Payout]:
    """Return at most ``limit`` payouts, those a person must look at first, then the oldest.

    Only open ones that are ``in_doubt``: unknown or contradicted; only ``disputed`` ones, that is
    contradicted, ended or not; only those in ``state``.
    """
    rows = await reads.fetch(SQL["listed"], in_doubt, disputed, state, limit)
    return [msgspec.convert(dict(row), Payout) for row in rows]


async def contradicted(reads: Reads) -> int:
    """Return how many payouts something disagrees with that no person has weighed."""
    return int((await reads.fetchrow(SQL["contradicted"]))["total"])


async def counts(reads: Reads) -> dict[str, int]:
    """Return how many payouts are in each state."""
    return {row["state"]: row["total"] for row in await reads.fetch(SQL["counts"])}
