"""What facts change in the read model of receipts: rows in memory, before they are written. Pure.

The receipts that a batch is about are taken as they stand, told every fact in the order of the
ledger, and written back whole: however many facts move a receipt, its row is written once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from eventstore import catalogue as facts
from eventstore.store import Recorded

#: The state each fact puts its receipt into; the rest only adds to the story.
STATES: dict[type[facts.Event], str] = {
    facts.ReceiptRead: "read",
    facts.ReceiptUnreadable: "unreadable",
    facts.ReceiptReferred: "review",
    facts.ReceiptRejected: "rejected",
    facts.ReceiptAccepted: "accepted",
    facts.ReceiptCorrected: "read",
    facts.ReceiptReviewed: "read",
    facts.ReceiptOverridden: "read",
    facts.PayoutReopened: "paying",
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
    "ClaimReleased",
    "AllowanceUsed",
    "ReviewAssigned",
    "PayoutRequested",
    "PayoutRefused",
    "CallbackReceived",
    "PhotoExpired",
    "PayoutContradicted",
    "PayoutResolved",
}

#: Sealed or keyed values say nothing to a reader of the story.
NOT_SHOWN = frozenset({"phone_sealed", "phone_fingerprint"})

#: Money's end is final: a callback may overtake the answer, which is recorded behind it.
FINAL = frozenset({"paid", "pay_failed"})
#: Only money's end moves a receipt on: whatever is answered late, nothing leaves by itself.
IN_DOUBT = "pay_unknown"
#: A person's wish to try again moves a receipt on from all of them.
REOPENING = frozenset({facts.PayoutReopened})


STEP_COLUMNS = (
    "receipt", "payout", "bill", "seq", "type", "at", "event_id", "stream", "version", "facts"
)  # fmt: skip


class Standing(msgspec.Struct, kw_only=True):
    """A receipt's row; fields are the columns of ``receipts.sql``, in their order."""

    receipt: str
    shopper: str
    source: str
    state: str
    #: joined by commas
    reasons: str
    #: the fact that made the state what it is
    state_seq: int
    photo_sha256: str
    preview_sha256: str | None
    words_sha256: str | None
    merchant: str | None
    total_kopecks: int | None
    purchased_at: datetime | None
    fiscal_number: str | None
    receipt_number: str | None
    qr_url: str | None
    payout: str | None
    bonus_kopecks: int | None
    bill: str | None
    #: the last fact told about it
    seq: int
    uploaded_at: datetime
    updated_at: datetime
    #: its shopper was forgotten then; what comes later is forgotten at once
    forgotten_at: datetime | None = None


def owner_of(recorded: Recorded) -> tuple[str | None, str | None, str | None]:
    """Return receipt, payout and bill as a fact names them; only a callback names a bill.

    Whose a callback is depends on what comes later, so that is found when a story is read:
    decided here it would depend on the batch.
    """
    kind, _, name = recorded.stream.partition("-")
    if kind == "receipt":
        return name, None, None
    if kind == "payout" and recorded.type != "PayoutRequested":
        return None, name, None
    if recorded.type == "CallbackReceived":
        return None, recorded.event.comment, recorded.event.bill
    return recorded.event.receipt, None, None


def named(batch: Iterable[Recorded]) -> tuple[list[str], list[str]]:
    """Return the receipts, and the payouts whose receipts, ``batch`` is about."""
    owners = [owner_of(r) for r in batch if r.type in TOLD]
    return (
        list({receipt for receipt, _, _ in owners if receipt is not None}),
        list({payout for _, payout, bill in owners if payout is not None and bill is None}),
    )


class Telling:
    """A batch being told: the receipts it is about, and the steps it adds to their stories."""

    def __init__(self, standings: Iterable[Standing]) -> None:
        """Begin with the rows of the receipts that are known already."""
        self.standings = {each.receipt: each for each in standings}
        self._by_payout = {each.payout: each for each in self.standings.values() if each.payout}
        #: rows of ``receipt_steps``, as ``STEP_COLUMNS`` names them
        self.steps: list[tuple[Any, ...]] = []

    def tell(self, recorded: Recorded) -> None:
        """Let a fact change its receipt and be a step of its story."""
        if recorded.type not in TOLD:
            return
        if recorded.type == "ReceiptUploaded":
            self._begin(recorded, recorded.event)
        receipt, payout, bill = owner_of(recorded)
        standing = None
        if receipt is not None:
            standing = self.standings.get(receipt)
        elif bill is None:
            standing = self._by_payout.get(payout or "")
        if standing is not None:
            _change(standing, recorded)
            receipt = standing.receipt
            if standing.payout:
                self._by_payout[standing.payout] = standing
        self.steps.append(
            (receipt, payout, bill, recorded.seq, recorded.type, recorded.recorded_at,
             recorded.event_id, recorded.stream, recorded.version, _shown(recorded.event))
        )  # fmt: skip

    def _begin(self, recorded: Recorded, uploaded: facts.ReceiptUploaded) -> None:
        assert recorded.seq is not None, "read models are made from what is sealed"
        self.standings[uploaded.receipt] = Standing(
            receipt=uploaded.receipt,
            shopper=uploaded.shopper,
            source=uploaded.source,
            state="uploaded",
            reasons="",
            state_seq=recorded.seq,
            photo_sha256=uploaded.photo_sha256,
            preview_sha256=None,
            words_sha256=None,
            merchant=None,
            total_kopecks=None,
            purchased_at=None,
            fiscal_number=None,
            receipt_number=None,
            qr_url=None,
            payout=None,
            bonus_kopecks=None,
            bill=None,
            seq=recorded.seq,
            uploaded_at=recorded.recorded_at,
            updated_at=recorded.recorded_at,
        )


def _change(standing: Standing, recorded: Recorded) -> None:
    assert recorded.seq is not None, "read models are made from what is sealed"
    event = recorded.event
    kind = type(event)
    if kind in CHANGES:
        CHANGES[kind](standing, event)
    state = _state(event)
    if state is not None and (
        _moves_on(standing.state, state) or kind in REOPENING or _is_shown_paid(event)
    ):
        standing.state = state
        standing.state_seq = recorded.seq
        standing.reasons = ",".join(_reasons(event))
    standing.seq = recorded.seq
    standing.updated_at = recorded.recorded_at


def _moves_on(before: str, after: str) -> bool:
    return after in FINAL if before == IN_DOUBT else before not in FINAL


def _is_shown_paid(event: facts.Event | None) -> bool:
    """Tell whether a person showed that money moved: that counts after a failure too."""
    return isinstance(event, facts.PayoutResolved) and event.outcome == "paid"


def _corrected(standing: Standing, event: facts.ReceiptCorrected) -> None:
    standing.merchant = event.merchant or standing.merchant
    if event.total_kopecks is not None:
        standing.total_kopecks = event.total_kopecks
    standing.purchased_at = event.purchased_at or standing.purchased_at
    standing.fiscal_number = event.fiscal_number or standing.fiscal_number
    standing.receipt_number = event.receipt_number or standing.receipt_number


def _read(standing: Standing, event: facts.ReceiptRead) -> None:
    standing.merchant = event.merchant
    standing.total_kopecks = event.total_kopecks
    standing.purchased_at = event.purchased_at
    standing.fiscal_number = event.fiscal_number
    standing.receipt_number = event.receipt_number
    standing.qr_url = event.qr_url
    standing.words_sha256 = event.words_sha256
    standing.preview_sha256 = event.preview_sha256


def _unreadable(standing: Standing, event: facts.ReceiptUnreadable) -> None:
    standing.preview_sha256 = event.preview_sha256


def _expired(standing: Standing, _event: facts.PhotoExpired) -> None:
    standing.preview_sha256 = None
    standing.words_sha256 = None


def _owed(standing: Standing, event: facts.PayoutRequested) -> None:
    standing.payout = event.payout
    standing.bonus_kopecks = event.amount_kopecks


def _billed(
    standing: Standing,
    event: facts.PayoutSubmitted | facts.PayoutConfirmed | facts.PayoutResolved,
) -> None:
    if standing.state != "paid":  # what comes behind a payment is not what was paid
        standing.bill = event.bill or standing.bill


#: What some facts change besides the state.
CHANGES: Mapping[type[facts.Event], Callable[[Standing, Any], None]] = {
    facts.ReceiptRead: _read,
    facts.ReceiptCorrected: _corrected,
    facts.ReceiptUnreadable: _unreadable,
    facts.PhotoExpired: _expired,
    facts.PayoutRequested: _owed,
    facts.PayoutSubmitted: _billed,
    facts.PayoutConfirmed: _billed,
    facts.PayoutResolved: _billed,
}


def _state(event: Any) -> str | None:
    """Return the state a fact puts its receipt into, None for no change."""
    kind = type(event)  # asked for by each fact: isinstance on a struct is slow
    if kind is facts.PayoutSubmitted and event.step == "create":
        return "bill_created"
    if kind is facts.PayoutResolved:
        return "paid" if event.outcome == "paid" else "pay_failed"
    if kind is facts.PayoutFailed and event.cause == "withdrawn":
        return None  # the receipt's own fact tells what became of it
    return STATES.get(kind)


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


def _shown(event: facts.Event) -> str:
    """Return the fields of a fact as JSON, without what is sealed."""
    if NOT_SHOWN.isdisjoint(event.__struct_fields__):
        return msgspec.json.encode(event).decode()
    fields: dict[str, Any] = msgspec.to_builtins(event)
    shown = {name: value for name, value in fields.items() if name not in NOT_SHOWN}
    return msgspec.json.encode(shown).decode()


def columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return ``rows`` as the parallel arrays that a statement for a whole batch takes."""
    return [list(column) for column in zip(*rows, strict=True)]
