"""What a line of Portmone's statement adds to the log, and what it must not."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.catalogue import (
    BookingOrphaned,
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutReopened,
    PayoutResolved,
    PayoutSubmitted,
    ReceiptReferred,
)
from eventstore.identity import (
    KYIV,
    BillId,
    Kopecks,
    ReceiptId,
    Sha256,
    bookings_stream,
    payout_bookings_stream,
    payout_of,
    payout_stream,
    receipt_stream,
)
from eventstore.pool import Pool
from handlers.apply_callback import conclude
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.findings import Finding
from handlers.paying.payout_steps import Rest, next_step
from handlers.paying.reconcile import Reconciliation, settled_by
from handlers.paying.statements import Line, Status, read_statement
from tests.factories import a_reading, read_receipt
from tests.handlers.gateways.paying import BILL, OTHER_BILL, REQUESTED, Shop, a_shop, heard
from tests.handlers.judging.deciding import decide
from tests.handlers.paying.statement_files import statement
from tests.story import CONTEXT, append_of, facts

EVIDENCE = Sha256("e" * 64)
TRIED = PayoutAttempted(step="create", attempt=1)
CREATED: list[Event] = [REQUESTED, TRIED, PayoutSubmitted(step="create", bill=BILL)]
SENT = [*CREATED, PayoutAttempted(step="pay", attempt=1), PayoutSubmitted(step="pay", bill=BILL)]
LOST = [REQUESTED, TRIED, PayoutOutcomeUnknown(step="create", cause="timeout")]
PAID = [*SENT, PayoutConfirmed(bill=BILL)]
FAILED = [*SENT, PayoutFailed(cause="callback", code="1")]
PAID_HERE = PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=EVIDENCE)
FAILED_HERE = PayoutResolved(outcome="failed", bill=BILL, evidence_sha256=EVIDENCE)


def line(status: Status = "paid", *, bill: BillId = BILL, amount: int = 100) -> Line:
    """Return a line about ``REQUESTED``."""
    return Line(
        number=2,
        bill=bill,
        comment=REQUESTED.payout,
        phone="380670000001",
        amount_kopecks=Kopecks(amount),
        status=status,
        at=datetime(2026, 11, 22, tzinfo=KYIV),
    )


def differs(about: str, bill: BillId = BILL) -> PayoutContradicted:
    """Return that a person must look."""
    return PayoutContradicted(bill=bill, about=about)  # type: ignore[arg-type] # a test's word


def settled(history: Sequence[Event], said: Line, *, phone: str = "f") -> Event | None:
    """Return what ``said`` adds to ``history``."""
    return settled_by(said, history, phone_fingerprint=phone, evidence=EVIDENCE)


@pytest.mark.parametrize(
    "history",
    [
        [REQUESTED],
        [REQUESTED, TRIED],
        [REQUESTED, TRIED, PayoutRefused(step="create", kind="transient", code="c")],
        CREATED,
        SENT,
        LOST,
    ],
)
def test_money_that_moved_ends_whatever_is_open(history: list[Event]) -> None:
    """However far the log had come: nothing leaves any more, and a late callback agrees."""
    assert settled(history, line()) == PAID_HERE
    ended = [*history, PAID_HERE]
    assert next_step(ended, pays=True) == Rest()
    assert conclude(heard(), ended) is None
    assert settled(ended, line()) is None


@pytest.mark.parametrize(
    ("history", "ends"),
    [
        ([REQUESTED], False),
        ([REQUESTED, TRIED], False),
        (CREATED, False),
        (SENT, True),
        (LOST, True),
    ],
)
def test_a_bill_that_came_to_nothing_ends_only_what_waits(history: list[Event], ends: bool) -> None:
    """What would leave by itself may leave: no money moved. What hangs in doubt is settled."""
    assert settled(history, line("failed")) == (FAILED_HERE if ends else None)
    assert settled([*SENT], line("failed", bill=OTHER_BILL)) is None


def test_a_bill_that_came_to_nothing_ends_no_reopened_payout_that_may_have_another() -> None:
    """It may be the lost one of the first time, and money may move for the second."""
    by_hand = PayoutResolved(outcome="failed", bill=None, evidence_sha256=EVIDENCE)
    again = PayoutReopened(phone_sealed="sealed", phone_fingerprint="f", reason="again")
    lost_twice = [*LOST, by_hand, again, *LOST[1:]]
    assert settled(lost_twice, line("failed")) is None
    sent = [*LOST, by_hand, again, *SENT[1:]]
    assert settled(sent, line("failed")) == FAILED_HERE
    late = [PayoutSubmitted(step="create", bill=OTHER_BILL), differs("bill", OTHER_BILL)]
    assert settled([*sent, *late], line("failed", bill=OTHER_BILL)) is None


@pytest.mark.parametrize(
    ("history", "said", "added"),
    [
        (PAID, line(), None),
        (FAILED, line("failed"), None),
        (PAID, line("failed", bill=OTHER_BILL), None),
        (PAID, line("open"), None),
        ([REQUESTED], line("open"), None),
        (FAILED, line(), differs("status")),
        (PAID, line("failed"), differs("status")),
        (PAID, line(bill=OTHER_BILL), differs("bill", OTHER_BILL)),
        ([*CREATED, PAID_HERE], line(bill=OTHER_BILL), differs("bill", OTHER_BILL)),
        (SENT, line(bill=OTHER_BILL), differs("bill", OTHER_BILL)),
        ([REQUESTED], line(amount=200), differs("amount")),
        (PAID, line(amount=200), differs("amount")),
    ],
)
def test_what_disagrees_goes_to_a_person_once(
    history: list[Event], said: Line, added: Event | None
) -> None:
    """An end stays an end; the same disagreement again adds nothing."""
    assert settled(history, said) == added
    if added is not None:
        assert settled([*history, added], said) is None


def test_the_own_bill_paid_besides_the_one_a_statement_named_is_told() -> None:
    """One of the two is money too much; that the other came to nothing was told as ever."""
    other = PayoutResolved(outcome="paid", bill=OTHER_BILL, evidence_sha256=EVIDENCE)
    assert conclude(heard(bill=BILL), [*SENT, other]) == differs("bill")
    assert conclude(heard(bill=OTHER_BILL), [*LOST, other]) is None


def test_money_for_another_phone_stops_the_payout() -> None:
    """It ends nothing, and nothing leaves by itself any more."""
    assert settled([REQUESTED], line(), phone="another") == differs("phone")
    assert next_step([REQUESTED, differs("phone")], pays=True) == Rest()


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def reconcile(
    shop: Shop, content: bytes, *, applies: bool = True, evidence: Sha256 = EVIDENCE
) -> list[Finding]:
    """Compare ``content`` with the log."""
    statement = Reconciliation(
        store=shop.store, vault=shop.vault, evidence=evidence, applies=applies
    )
    return [finding async for finding in statement.findings(read_statement(content))]


async def test_a_statement_applied_twice_adds_nothing(shop: Shop) -> None:
    """Matched by bill or by echoed id, ours or only theirs: each line counts once."""
    paid, _ = await shop.owe()
    lost, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
    await shop.work_off(shop.payer())
    await shop.bank.callbacks_settled()
    await shop.apply_callbacks()
    unknown_here = ("900;;0671112233;1.00;ok;2026-11-22", "901;;0671112233;1.00;ok;2026-11-22")
    content = statement(shop.bank.bookings(), *unknown_here, "902;;0671112233;1.00;fail;2026-11-22")

    planned = await reconcile(shop, content, applies=False)
    assert await shop.outcome(lost) is None
    applied = await reconcile(shop, content)
    again = await reconcile(shop, content)

    assert planned == applied
    whats = [finding.what for finding in applied]
    assert whats == ["matched", "resolved", "only_theirs", "only_theirs", "unknown_unpaid"]
    assert all(finding.fact is None for finding in again)
    assert isinstance(await shop.outcome(paid), PayoutConfirmed)
    assert isinstance(await shop.outcome(lost), PayoutResolved)
    phone_fingerprint = await shop.vault.fingerprint("380671112233")
    orphans = await facts(shop.store, bookings_stream(phone_fingerprint))
    assert [event.bill for event in orphans if isinstance(event, BookingOrphaned)] == ["900", "901"]


async def test_money_that_moved_counts_before_a_bill_that_failed(shop: Shop) -> None:
    """Whichever line comes first: the payout was tried twice, and is paid."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop", callback="lost"), phone=phone, step="create")
    await shop.work_off(shop.payer())
    rows = (f"{bill};{requested.payout};{phone};1.00;{status};2026-11-22"
            for bill, status in (("900", "fail"), ("901", "ok")))  # fmt: skip
    await reconcile(shop, statement([], *rows))
    paid = PayoutResolved(outcome="paid", bill=BillId("901"), evidence_sha256=EVIDENCE)
    assert (await shop.history(requested))[-1] == paid


async def test_what_a_statement_does_not_name_stays_as_it_is(shop: Shop) -> None:
    """It may be late: an attempt without an answer keeps its doubt."""
    requested, _ = await shop.owe()
    stream = payout_stream(requested.payout)
    await shop.store.append(append_of(stream, TRIED, expected=0), context=CONTEXT)
    await reconcile(shop, statement([]))
    assert await shop.history(requested) == [TRIED]


async def test_a_booking_that_names_a_receipts_payout_keeps_it_from_being_paid(
    shop: Shop,
) -> None:
    """Only the upload outlived the restore; the phone that got the money was lost with the rest."""
    uploaded = await read_receipt(shop.store, shop.vault, a_reading(), shopper="ann", receipt="r")
    payout = payout_of(uploaded.receipt)
    content = statement([], f"900;{payout};0671112233;1.00;ok;2026-11-22")
    for added in (True, False):
        (finding,) = await reconcile(shop, content)
        assert (finding.what, finding.fact is not None) == ("only_theirs", added)
    await decide(shop.store)
    await shop.settle()
    assert shop.bank.bookings() == []
    referred = (await facts(shop.store, receipt_stream(uploaded.receipt)))[-1]
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["paid_before_restore"]


@pytest.mark.parametrize("told_first", [True, False])
async def test_a_booking_that_names_a_payout_stops_it(shop: Shop, told_first: bool) -> None:
    """Whatever the decision knew of it: the payer looks again before anything leaves."""
    paid, _ = await shop.owe()
    owed = replace(paid, payout=payout_of(ReceiptId("r")), receipt=ReceiptId("r"))
    orphaned = BookingOrphaned(
        bill=OTHER_BILL,
        comment=owed.payout,
        amount_kopecks=Kopecks(100),
        evidence_sha256=EVIDENCE,
    )
    told = append_of(payout_bookings_stream(owed.payout), orphaned)
    request = append_of(payout_stream(owed.payout), owed)
    for append in (told, request) if told_first else (request, told):
        await shop.store.append(append, context=CONTEXT)
    await shop.settle()
    assert await shop.history(owed) == [differs("bill", OTHER_BILL)]
    assert [booking.comment for booking in shop.bank.bookings()] == [paid.payout]


async def test_words_of_others_are_not_kept(shop: Shop) -> None:
    """A comment that is no payout id may be anything, a name too."""
    await reconcile(shop, statement([], "900;for Olena;0671112233;1.00;ok;2026-11-22"))
    phone_fingerprint = await shop.vault.fingerprint("380671112233")
    (orphan,) = await facts(shop.store, bookings_stream(phone_fingerprint))
    assert isinstance(orphan, BookingOrphaned)
    assert orphan.comment is None
