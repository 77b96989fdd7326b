"""What each fact changes in the read model of receipts, as rows for ``receipts.sql``. Pure.

A batch is folded before it goes to the database: of several facts that move one receipt only
the one that counts is left, so that a statement touches each row once.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Any

import msgspec

from eventstore import catalogue as facts
from eventstore.identity import StreamName
from eventstore.store import Recorded

#: The state each fact puts its receipt into; the rest only adds to the story.
STATES: dict[type[facts.Event], str] = {
    facts.ReceiptRead: "read",
    facts.ReceiptUnreadable: "unreadable",
    facts.ReceiptReferred: "review",
    facts.ReceiptRejected: "rejected",
    facts.ReceiptAccepted: "accepted",
    facts.PayoutAttempted: "paying",
    facts.PayoutSubmitted: "paying",
    facts.PayoutOutcomeUnknown: "pay_unknown",
    facts.PayoutConfirmed: "paid",
    facts.PayoutFailed: "pay_failed",
}

#: Every fact that belongs into a receipt's story.
TOLD = frozenset(kind.__name__ for kind in STATES) | {
    "ReceiptUploaded",
    "ClaimTaken",
    "AllowanceUsed",
    "PayoutRequested",
    "PayoutRefused",
    "CallbackReceived",
    "PayoutContradicted",
    "PayoutResolved",
}

#: Sealed or keyed values say nothing to a reader of the story.
NOT_SHOWN = frozenset({"phone_sealed", "phone_fingerprint"})

#: A row has the parameters of its statement, in their order.
Rows = Sequence[Sequence[Any]]

#: Money's end: no later fact moves a receipt on.
FINAL = frozenset({"paid", "pay_failed"})


def last_of_each(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Return the last of the rows that begin with the same thing."""
    return list({row[0]: row for row in rows}.values())


def first_end_of_each(rows: Iterable[tuple[Any, ...]], *, ends: Set[str]) -> Rows:
    """Return of the rows that begin with the same thing the first with a state in ``ends``.

    Where there is none, the last one. States stand in the third place.
    """
    counting: dict[Any, tuple[Any, ...]] = {}
    for row in rows:
        if row[0] not in counting or counting[row[0]][2] not in ends:
            counting[row[0]] = row
    return list(counting.values())


def _id_in(stream: StreamName) -> str:
    """Return the id behind the kind in a stream's name."""
    return stream.partition("-")[2]


def _state(event: facts.Event) -> str | None:
    """Return the state a fact puts its receipt into, None for no change."""
    if isinstance(event, facts.PayoutSubmitted) and event.step == "create":
        return "bill_created"
    if isinstance(event, facts.PayoutResolved):
        return "paid" if event.outcome == "paid" else "pay_failed"
    return STATES.get(type(event))


def _reasons(event: facts.Event) -> list[str]:
    """Return the codes that say why a receipt is in its new state."""
    match event:
        case facts.ReceiptReferred(reasons=reasons):
            return list(reasons)
        case facts.ReceiptUnreadable(reason=reason) | facts.ReceiptRejected(reason=reason):
            return [reason]
        case facts.PayoutOutcomeUnknown(cause=cause) | facts.PayoutFailed(cause=cause):
            return [cause]
        case facts.PayoutResolved(outcome="failed"):
            return ["statement"]
    return []


def _owner(recorded: Recorded) -> tuple[str | None, str | None, str | None]:
    """Return receipt, payout and bill as a fact names them; only a callback names a bill."""
    match recorded.event:
        case facts.ClaimTaken(receipt=receipt) | facts.AllowanceUsed(receipt=receipt):
            return receipt, None, None
        case facts.PayoutRequested(receipt=receipt):
            return receipt, None, None
        case facts.CallbackReceived(bill=bill, comment=comment):
            return None, comment, bill
    if recorded.stream.startswith("receipt-"):
        return _id_in(recorded.stream), None, None
    return None, _id_in(recorded.stream), None


def _shown(event: facts.Event) -> str:
    """Return the fields of a fact as JSON, without what is sealed."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    shown = {name: value for name, value in fields.items() if name not in NOT_SHOWN}
    return msgspec.json.encode(shown).decode()


def begun(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``begin_receipts``."""
    return [
        (e.receipt, e.shopper, e.photo_sha256, e.source, r.seq, r.recorded_at)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptUploaded)
    ]


def readings(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``keep_readings``."""
    return last_of_each(
        (_id_in(r.stream), e.merchant, e.total_kopecks, e.purchased_at, e.fiscal_number,
         e.receipt_number, e.qr_url, e.words_sha256, e.preview_sha256)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptRead)
    )  # fmt: skip


def previews(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``keep_previews``."""
    return last_of_each(
        (_id_in(r.stream), e.preview_sha256)
        for r in batch
        if isinstance(e := r.event, facts.ReceiptUnreadable)
    )


def payouts(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``name_payouts``."""
    return last_of_each(
        (e.receipt, e.payout, e.amount_kopecks)
        for r in batch
        if isinstance(e := r.event, facts.PayoutRequested)
    )


def bills(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``name_bills``."""
    return last_of_each(
        (_id_in(r.stream), e.bill)
        for r in batch
        if isinstance(e := r.event, facts.PayoutSubmitted | facts.PayoutResolved) and e.bill
    )


def moves(batch: Sequence[Recorded], *, by_payout: bool) -> Rows:
    """Return the rows of ``move_receipts`` or ``move_receipts_of_payouts``, one per receipt.

    The first final state counts, else the newest one.
    """
    moved = []
    for r in batch:
        if r.event is not None and (state := _state(r.event)) is not None:
            receipt, payout, _ = _owner(r)
            if (owner := payout if by_payout else receipt) is not None:
                moved.append((owner, r.seq, state, ",".join(_reasons(r.event))))
    return first_end_of_each(moved, ends=FINAL)


def steps(batch: Sequence[Recorded]) -> Rows:
    """Return the rows of ``tell_steps``."""
    return [
        (*_owner(r), r.seq, r.type, r.recorded_at, r.event_id, r.stream, r.version,
         _shown(r.event))
        for r in batch
        if r.event is not None and r.type in TOLD
    ]  # fmt: skip


def ends(told: Rows, *, by_payout: bool) -> Rows:
    """Return the rows of ``end_stories`` or ``end_stories_of_payouts``: the last step of each."""
    owned = (
        (payout if by_payout else receipt, seq, at)
        for receipt, payout, bill, seq, _, at, *_ in told
        if bill is None
    )
    return last_of_each(row for row in owned if row[0] is not None)
