"""The lineage of a receipt: every fact behind it, with its proof, and nothing that is sealed."""

import io

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from eventstore.catalogue import (
    EVENTS,
    AllowanceUsed,
    BillIssued,
    ClaimTaken,
    ConsentGiven,
    PayoutContradicted,
    PhoneShared,
    ReceiptRejected,
)
from eventstore.claims import allowance_of, claims_of
from eventstore.identity import (
    BillId,
    EventId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    payout_of,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import Append, Context, EventStore
from projections.explain import OTHER, STAGES, Explanation, explain
from projections.lineage import NothingRecorded, receipt_named
from projections.projector import Projector
from projections.receipts import Receipts
from projections.telling import tree_of
from tests.story import CONTEXT, a_store, append_of, given, ledger, new_id, stream
from tests.web.stories import (
    accepted,
    called_back,
    read,
    requested,
    tell_payment,
    tell_rejection,
    tell_upload,
    uploaded,
)

R1 = ReceiptId("r1")
PAYOUT = payout_of(R1)
CONSENT = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")
PHONE = PhoneShared(phone_sealed="SEALED-PHONE", phone_fingerprint="PHONE-FINGERPRINT")
ELSEWHERE = {  # other lives: of the database, of stuck work, what is said, being forgotten
    "BookingOrphaned", "BudgetExhausted", "BudgetUsed", "ClusterSeen", "ContactDeclined",
    "ForgettingRequested", "InvitationUsed", "LanguageChosen", "PayoutsHeld", "PayoutsReleased",
    "PhotoDeclined", "ProductRetired", "ProductsImported", "ReminderDue", "ShopperAsked",
    "ShopperForgotten", "ShopperNotified", "ShopperStarted", "StaffInvited", "StaffSignedIn",
    "StaffSignedOut", "VaultRotated", "WorkRetried", "WorkSkipped",
}  # fmt: skip


@pytest.fixture
async def store(pool: Pool) -> EventStore:
    """A log in which receipt r1 was paid, from consent to callback, as handlers write it."""
    store = a_store(pool)
    await store.append(append_of("shopper-somebody", CONSENT, PHONE), context=CONTEXT)
    await tell_upload(store, "r1")
    cause = new_id()
    reading = Append(stream=stream("receipt-r1"), expected=0, events=[(cause, read())])
    await store.append(reading, context=CONTEXT)
    await accept(store, cause)
    await tell_payment(store, PAYOUT, "700")
    await store.append(append_of("bill-700", BillIssued(payout=PAYOUT)), context=CONTEXT)
    await tell_rejection(store, "r2", "already_used")
    await seal_until_rest(pool)
    return store


async def accept(store: EventStore, cause: EventId) -> None:
    """Record the acceptance of r1 with what is claimed, because of ``cause``."""
    upload = (await store.read_stream(stream("receipt-r1")))[0]
    fiscal, paper = claims_of(read())
    day = allowance_of(uploaded("r1"), upload.recorded_at)
    assert fiscal is not None
    assert paper is not None
    await store.append(
        append_of(fiscal, ClaimTaken(receipt=R1)),
        append_of(paper, ClaimTaken(receipt=R1)),
        append_of(day, AllowanceUsed(receipt=R1)),
        append_of(f"payout-{PAYOUT}", requested("r1")),
        append_of("receipt-r1", accepted(), expected=1),
        context=Context(correlation_id="a-story", causation_id=cause, actor="handler:decide"),
    )


async def project(store: EventStore) -> None:
    """Let the read model of receipts catch up."""
    projector = Projector(store=store, projection=Receipts())
    await projector.start()
    while await projector.step():
        pass


def on_a_screen(explanation: Explanation, *, columns: int = 80) -> str:
    """Return what a terminal of so many columns shows."""
    console = Console(file=io.StringIO(), width=columns, highlight=False)
    console.print(tree_of(explanation))
    shown = console.file
    assert isinstance(shown, io.StringIO)
    return shown.getvalue()


async def test_every_fact_of_a_paid_receipt_is_told_with_its_proof(
    store: EventStore, database_url: str
) -> None:
    """Consent, photo, words, claims, payout, bill and callback, and none of another receipt."""
    await project(store)
    explanation = await explain(store, database_url, R1)
    told = {each.event_id: each for stage in explanation.stages.values() for each in stage}
    log = [fact for fact in await ledger(store) if fact.stream != "receipt-r2"]
    assert list(explanation.stages) == list(STAGES)
    assert set(told) == {fact.event_id for fact in log}
    for fact in log:
        each = told[fact.event_id]
        assert (each.seq, each.leaf_hash) == (fact.seq, fact.leaf_hash.hex())
        assert (each.recorded_at, each.actor) == (fact.recorded_at, fact.metadata.actor)


async def test_each_fact_names_its_cause(store: EventStore, database_url: str) -> None:
    """The decision and its claims came from the reading."""
    explanation = await explain(store, database_url, R1)
    (reading,) = explanation.stages["reading"]
    for each in (*explanation.stages["decision"], *explanation.stages["payout"]):
        assert each.because is not None
        assert (each.because.seq, each.because.type) == (reading.seq, "ReceiptRead")
    assert reading.because is None


async def test_the_money_adds_up_or_says_that_it_does_not(
    store: EventStore, database_url: str
) -> None:
    """Lines less discount, the total as printed, and what the bonus was given for."""
    explanation = await explain(store, database_url, R1)
    sums, bonus = explanation.arithmetic, explanation.bonus
    assert sums is not None
    assert bonus is not None
    assert [line.line_total_kopecks for line in sums.lines] == [7300, 2400]
    assert [line.earned for line in sums.lines] == [True, False]
    assert (sums.net_kopecks, sums.total_kopecks) == (9700, 123_450)
    assert (bonus.amount_kopecks, bonus.rules, bonus.items) == (
        100,
        "test/1",
        ["Цитрамон-Дарниця табл. №10"],
    )
    assert explanation.receipt.state == "paid"


async def test_a_discount_is_part_of_the_sum(pool: Pool, database_url: str) -> None:
    """Two lines less what the whole receipt took off are what was paid."""
    store, off = a_store(pool), Kopecks(700)
    reading = replace(read(), discount_kopecks=off, total_kopecks=Kopecks(9000))
    await given(store, "receipt-r1", uploaded("r1"), reading)
    explanation = await explain(store, database_url, R1)
    assert explanation.arithmetic is not None
    assert explanation.arithmetic.net_kopecks == 9000
    shown = on_a_screen(explanation)
    assert "-7.00" in shown
    assert "lines less discount" not in shown


@pytest.mark.parametrize("name", ["r1", str(PAYOUT), "700"])
async def test_a_receipt_is_found_by_its_payout_and_bill_too(store: EventStore, name: str) -> None:
    """An auditor holds whichever number the bank gave."""
    assert await receipt_named(store, name) == "r1"


@pytest.mark.parametrize(
    "name", ["r9", "", "701", "receipt-r1", "\x00", "\udcff", "'; DROP TABLE events"]
)
async def test_an_unknown_name_is_said(store: EventStore, name: str) -> None:
    """Neither a receipt, nor a payout, nor a bill."""
    with pytest.raises(NothingRecorded):
        await receipt_named(store, name)


async def test_a_refusal_is_explained_as_far_as_it_went(
    store: EventStore, database_url: str
) -> None:
    """No payout, no bonus, and the reason."""
    explanation = await explain(store, database_url, ReceiptId("r2"))
    assert "payout" not in explanation.stages
    assert explanation.bonus is None
    (decision,) = explanation.stages["decision"]
    assert decision.facts["reason"] == "already_used"
    assert "already_used" in on_a_screen(explanation)


async def test_nothing_sealed_is_told(store: EventStore, database_url: str) -> None:
    """Neither the phone's cipher text nor its fingerprint, for programs or for people."""
    explanation = await explain(store, database_url, R1)
    for shown in (msgspec.json.encode(explanation).decode(), on_a_screen(explanation)):
        assert "SEALED-PHONE" not in shown
        assert "PHONE-FINGERPRINT" not in shown
        assert "PhoneShared" in shown


async def test_a_callback_that_changed_nothing_is_told_too(
    store: EventStore, database_url: str
) -> None:
    """Delivered again in another wording: it caused no fact, but it fits the bill."""
    again = append_of("callback-again", called_back("700", comment="again"))
    await store.append(again, context=CONTEXT)
    await seal_until_rest(store.pool)
    await project(store)
    explanation = await explain(store, database_url, R1)
    streams = [each.stream for each in explanation.stages["callback"]]
    assert streams == ["callback-700", "callback-again"]


async def test_a_callback_is_found_without_the_read_model(
    store: EventStore, database_url: str
) -> None:
    """What it caused names it; here nothing was projected at all."""
    cause, end = new_id(), PayoutContradicted(bill=BillId("700"), about="amount")
    heard = Append(
        stream=stream("callback-odd"), expected=-1, events=[(cause, called_back("else"))]
    )
    await store.append(heard, context=CONTEXT)
    because = Context(correlation_id="a-story", causation_id=cause, actor="handler:apply_callback")
    await store.append(append_of(f"payout-{PAYOUT}", end, expected=5), context=because)
    explanation = await explain(store, database_url, R1)
    (told,) = explanation.stages["callback"]
    assert told.stream == "callback-odd"
    assert explanation.stages["end"][-1].because is not None
    assert explanation.stages["end"][-1].because.event_id == cause


async def test_a_bill_of_another_payout_is_not_ours(store: EventStore, database_url: str) -> None:
    """A contradiction names a bill; whose it is says the bill's own stream."""
    other = PayoutId("somebody-else")
    await store.append(append_of("bill-900", BillIssued(payout=other)), context=CONTEXT)
    odd = PayoutContradicted(bill=BillId("900"), about="bill")
    await store.append(append_of(f"payout-{PAYOUT}", odd, expected=5), context=CONTEXT)
    explanation = await explain(store, database_url, R1)
    assert "bill-900" not in {each.stream for each in explanation.stages["attempts"]}


async def test_claims_of_others_are_not_told(store: EventStore, database_url: str) -> None:
    """Two photos of one paper: the claim is explained where it was granted."""
    await tell_upload(store, "r3")
    again = [read(), ReceiptRejected(reason="already_used", used_by=R1, rules="test/1")]
    await store.append(append_of("receipt-r3", *again, expected=0), context=CONTEXT)
    explanation = await explain(store, database_url, ReceiptId("r3"))
    assert [each.type for each in explanation.stages["decision"]] == ["ReceiptRejected"]


async def test_facts_that_are_not_sealed_yet_are_sealed_first(
    pool: Pool, database_url: str
) -> None:
    """A fact has no place in history before; whoever asks need not wait for a sealer."""
    store = a_store(pool)
    await tell_upload(store, "r1")
    explanation = await explain(store, database_url, R1)
    assert explanation.stages["photo"][0].seq == 1


@pytest.mark.parametrize("columns", [80, 120])
async def test_the_tree_fits_a_terminal(store: EventStore, database_url: str, columns: int) -> None:
    """Whole hashes on lines of their own, and no line wider than the screen."""
    explanation = await explain(store, database_url, R1)
    shown = on_a_screen(explanation, columns=columns)
    assert max(map(len, shown.splitlines())) <= columns
    for stage in explanation.stages.values():
        for each in stage:
            assert f"leaf {each.leaf_hash}" in shown
            assert f"event {each.event_id}" in shown
    assert "because of #4 ReceiptRead" in shown
    assert "to the phone shared in #2" in shown
    assert "1234.50" in shown


async def test_words_of_a_photo_cannot_steer_a_terminal(pool: Pool, database_url: str) -> None:
    """Control sequences, markup and turned-around text are shown, not obeyed."""
    store = a_store(pool)
    nasty = "\x1b[2Jгра [red]x[/red] \u202etxt"
    item = replace(read().items[0], name=nasty)
    await given(store, "receipt-r1", uploaded("r1"), replace(read(), merchant=nasty, items=[item]))
    shown = on_a_screen(await explain(store, database_url, R1), columns=120)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.count("[red]x[/red]") == 2


def test_every_fact_of_a_receipt_has_its_stage() -> None:
    """A new fact is told in its place, or is listed as one of other lives."""
    staged = {kind.__name__ for kinds in STAGES.values() for kind in kinds}
    assert staged | ELSEWHERE == set(EVENTS)
    assert not staged & ELSEWHERE
    assert OTHER not in STAGES
