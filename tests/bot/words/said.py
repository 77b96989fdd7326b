"""Everything the bot can say, as one long conversation: a list of what happened and the notice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from bot.words import telling, telling_receipts, telling_staff
from bot.words.notice import Notice
from eventstore import catalogue as facts
from eventstore.identity import (
    BillId,
    EventId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    StreamName,
)
from eventstore.policy import OPERATORS, Policy
from projections.receipt_rows import STATES

Said = tuple[str, Notice]

PHONE = "380671234567"
RECEIPT = ReceiptId("1f0c2d3e-4b5a-4697-8877-665544332211")
PAYOUT = PayoutId("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")
BILL = BillId("1234567890")
AT = datetime(2026, 11, 27, 12, 5, tzinfo=UTC)
POLICY = Policy(rules="2026-11-27.1")
#: As the read model of receipts knows them.
PAST_STATES = ("uploaded", "bill_created", *dict.fromkeys(STATES.values()))
CONTACT_REASONS = get_args(facts.ContactDeclined.__annotations__["reason"])
CAUSES = get_args(facts.PayoutFailed.__annotations__["cause"])


def now(*, consented: bool = True, phone: str = PHONE, pays: bool = True) -> telling.Now:
    """Return a shopper's circumstances."""
    return telling.Now(
        consented=consented,
        phone=phone,
        pays=pays,
        policy=POLICY,
        privacy_url="https://bonus.example.com/privacy",
        support="@darnitsa_bonus_support",
    )


NEWCOMER, CONSENTED, READY = now(consented=False, phone=""), now(phone=""), now()

UPLOADED = facts.ReceiptUploaded(
    receipt=RECEIPT,
    shopper=ShopperId("s"),
    photo_sha256=Sha256("0" * 64),
    photo_bytes=1,
    source="telegram",
)
READ = facts.ReceiptRead(
    document="sale",
    merchant=None,
    address=None,
    items=[],
    discount_kopecks=Kopecks(0),
    total_kopecks=None,
    purchased_at=None,
    fiscal_number=None,
    receipt_number=None,
    qr_url=None,
    sources={},
    confidence=0.9,
    words_sha256=Sha256("1" * 64),
    preview_sha256=Sha256("2" * 64),
    reader="test",
    seconds=1.0,
)
REFERRED = facts.ReceiptReferred(reasons=["no_total"], rules="r")
ACCEPTED = facts.ReceiptAccepted(
    darnitsa_items=["ЦИТРАМОН-ДАРНИЦЯ"],
    amount_kopecks=Kopecks(100),
    rules="r",
    products=Sha256("3" * 64),
)
REQUESTED = facts.PayoutRequested(
    payout=PAYOUT,
    receipt=RECEIPT,
    shopper=ShopperId("s"),
    amount_kopecks=Kopecks(100),
    phone_sealed="sealed",
    phone_fingerprint="f",
)
REOPENED = facts.PayoutReopened(phone_sealed="sealed", phone_fingerprint="f", reason="again")
CREATED = facts.PayoutSubmitted(step="create", bill=BILL)
CONFIRMED = facts.PayoutConfirmed(bill=BILL)
UNKNOWN = facts.PayoutOutcomeUnknown(step="create", cause="timeout")
DISPROVED = facts.PayoutResolved(outcome="failed", bill=BILL, evidence_sha256=Sha256("4" * 64))

SEEN = facts.ShopperNotified(
    shopper=ShopperId("s"),
    key="alert.callback_unmatched",
    parameters={"bill": BILL},
    locale="uk",
    text_sealed="sealed",
    outcome="sent",
    message=1,
)

Story = tuple[list[facts.Event], list[facts.Event]]


def attempted(step: facts.PayoutStep = "create") -> facts.PayoutAttempted:
    """Return that a request is about to leave."""
    return facts.PayoutAttempted(step=step, attempt=1)


def rejected(reason: facts.RejectionReason) -> facts.ReceiptRejected:
    """Return that the rules refuse a receipt."""
    return facts.ReceiptRejected(reason=reason, rules="r")


def failed(cause: str) -> facts.PayoutFailed:
    """Return that a payout ended without money."""
    return facts.PayoutFailed(cause=cause, code="c")  # type: ignore[arg-type]  # a literal


def stories() -> Iterator[tuple[str, Story]]:
    """Yield a receipt in every state, named."""
    yield "reading", ([UPLOADED], [])
    yield "checking", ([UPLOADED, READ], [])
    yield "review", ([UPLOADED, READ, REFERRED], [])
    for unreadable in get_args(facts.UnreadableReason):
        yield (
            f"unreadable {unreadable}",
            ([UPLOADED, facts.ReceiptUnreadable(reason=unreadable)], []),
        )
    for refusal in get_args(facts.RejectionReason):
        yield f"rejected {refusal}", ([UPLOADED, READ, rejected(refusal)], [])
    accepted = [UPLOADED, READ, ACCEPTED]
    yield "paying", (accepted, [REQUESTED, attempted()])
    yield "bill", (accepted, [REQUESTED, attempted(), CREATED])
    yield "unknown", (accepted, [REQUESTED, attempted(), UNKNOWN])
    yield "paid", (accepted, [REQUESTED, attempted(), CREATED, CONFIRMED])
    for cause in CAUSES:
        if cause != "withdrawn":
            yield f"not paid {cause}", (accepted, [REQUESTED, attempted(), failed(cause)])
    yield "not paid by statement", (accepted, [REQUESTED, attempted(), UNKNOWN, DISPROVED])


def conversation() -> Iterator[Said]:
    """Yield everything a shopper can be told."""
    yield from _welcomes()
    yield from _phones()
    for reason in get_args(facts.PhotoRefusal):
        declined = facts.PhotoDeclined(reason=reason, message=1)
        yield f"photo declined: {reason}", telling.photo_declined(declined, READY)
    for name, (story, payout) in stories():
        told = telling_receipts.about_receipt(story, payout, held=False, phone=PHONE)
        yield f"receipt: {name}", told
    accepted: list[facts.Event] = [UPLOADED, READ, ACCEPTED]
    yield "receipt: held", telling_receipts.about_receipt(accepted, [REQUESTED], held=True)
    for name, (story, payout) in stories():
        yield f"why: {name}", telling_receipts.why(story, payout, held=False, policy=POLICY)
    yield from _histories()
    yield from _questions()


def _welcomes() -> Iterator[Said]:
    yield "/start", telling.answer_to("start", NEWCOMER)
    yield "/start while bills rest", telling.answer_to("start", now(consented=False, pays=False))
    yield "a photo before consent", telling.answer_to("consent_needed", NEWCOMER)
    yield "agree", telling.agreed(CONSENTED)
    yield "/start without a phone", telling.answer_to("start", CONSENTED)
    yield "a photo before the phone", telling.answer_to("phone_needed", CONSENTED)
    yield "/start when all is ready", telling.answer_to("start", READY)
    yield "agree when a phone is there", telling.agreed(READY)
    for name, circumstances in (("newcomer", NEWCOMER), ("no phone", CONSENTED), ("ready", READY)):
        yield f"language chosen: {name}", telling.language_chosen(circumstances)
        yield f"reminder: {name}", telling.reminder(circumstances)
        yield f"/change_phone: {name}", telling.answer_to("change_phone", circumstances)
        yield f"not understood: {name}", telling.answer_to("not_understood", circumstances)


def _phones() -> Iterator[Said]:
    for operator in (*(one.name for one in OPERATORS), "tri_mob"):
        yield f"phone shared: {operator}", telling.phone_saved(PHONE, operator)
    yield "the same phone again", telling.answer_to("phone_kept", READY)
    for reason in CONTACT_REASONS:
        declined = facts.ContactDeclined(reason=reason, message=1)
        yield f"phone declined: {reason}", telling.contact_declined(declined)


def _histories() -> Iterator[Said]:
    yield "/history of nothing", telling_receipts.history([], total=0)
    yield "/history before the list is there", telling_receipts.history([], total=1)
    for total in (1, 3, len(PAST_STATES)):
        past = [
            telling_receipts.Past(receipt=RECEIPT, uploaded_at=AT, state=state)
            for state in PAST_STATES[:total]
        ]
        yield f"/history of {total}", telling_receipts.history(past, total=total)
    later = [
        telling_receipts.Past(receipt=RECEIPT, uploaded_at=AT, state=state)
        for state in PAST_STATES[5:]
    ]
    yield "/history of others", telling_receipts.history(later[:5], total=21)
    yield "/history of the rest", telling_receipts.history(later[5:], total=111)


def _questions() -> Iterator[Said]:
    yield "again", telling.how_to_photograph()
    yield "/help", telling.answer_to("help", READY)
    yield "/language", telling.answer_to("language", READY)
    yield "/privacy", telling.answer_to("privacy", READY)
    yield "/support", telling.answer_to("support", READY)
    yield "/delete_me", telling.answer_to("delete_me", READY)
    for name, circumstances in (("newcomer", NEWCOMER), ("no phone", CONSENTED), ("ready", READY)):
        yield f"thought better of it: {name}", telling.answer_to("delete_me_not", circumstances)
    yield "delete", telling.forgetting_begun()
    yield "anything while leaving", telling.answer_to("leaving", READY)


def staff_room() -> Iterator[Said]:
    """Yield everything staff can be told."""
    for held in ("", *get_args(facts.PayoutsHeld.__annotations__["cause"])):
        figures = telling_staff.Figures(
            held=held,
            in_review=12,
            payouts_unknown=1,
            budget_left_kopecks=Kopecks(987_600),
            work_parked=0,
        )
        yield f"/status {held}".strip(), telling_staff.status(figures)
    yield "/pause_payouts", telling_staff.payouts_paused(already=False)
    yield "/pause_payouts again", telling_staff.payouts_paused(already=True)
    link = "https://bonus.example.com/console/enter#secret"
    yield "/console", telling_staff.invitation(link, AT)
    yield "/console that comes too late", telling_staff.invitation_over()
    yield "/console without an address", telling_staff.console_missing()
    yield "seen", telling_staff.acknowledged(SEEN)
    event_id = EventId(UUID("12345678-1234-4234-8234-123456789abc"))
    for name, fact, stream in _alerts():
        told = telling_staff.alert(fact, stream=StreamName(stream), event_id=event_id)
        yield f"alert: {name}", told


def _alerts() -> Iterator[tuple[str, telling_staff.Alert, str]]:
    for about in get_args(facts.PayoutContradicted.__annotations__["about"]):
        contradicted = facts.PayoutContradicted(bill=BILL, about=about)
        yield f"contradicted {about}", contradicted, f"payout-{PAYOUT}"
    yield "unmatched", facts.CallbackUnmatched(bill=BILL), "callback-0123456789abcdef"
    spent = facts.BudgetExhausted(
        budget_kopecks=Kopecks(1_000_000), used_kopecks=Kopecks(1_000_000)
    )
    yield "budget", spent, "budget-2026-11-27"
    for cause in get_args(facts.PayoutsHeld.__annotations__["cause"]):
        held = facts.PayoutsHeld(cause=cause, checkpoint_size=None, reason="стрибок <виплат>")
        yield f"held {cause}", held, "system-payouts"
    lost = facts.BookingOrphaned(
        bill=BILL, comment=None, amount_kopecks=Kopecks(100), evidence_sha256=Sha256("5" * 64)
    )
    yield "orphaned", lost, "bookings-0123456789abcdef0123456789abcdef"
