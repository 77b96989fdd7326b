"""Of all facts about a receipt and its money one status message follows, and money has it."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.standing import standing_of
from bot.words.telling_receipts import about_receipt
from eventstore import catalogue as facts
from eventstore.codec import Metadata
from eventstore.identity import EventId, payout_stream, receipt_stream
from eventstore.store import Recorded
from projections.receipt_rows import Telling
from tests.bot.words import said
from tests.bot.words.histories import Fact, lives

METADATA = Metadata(correlation_id="a-story", causation_id=None, actor="test")
#: Our state -> the read model's; a payout that is not asked for yet is only accepted there.
AS_THE_READ_MODEL_HAS_IT = {
    "reading": {"uploaded"},
    "checking": {"read"},
    "review": {"review"},
    "rejected": {"rejected"},
    "unreadable": {"unreadable"},
    "paying": {"accepted", "paying", "bill_created"},
    "bill": {"bill_created"},
    "paid": {"paid"},
    "unknown": {"pay_unknown"},
    "not_paid": {"pay_failed"},
}


def streams(life: Sequence[Fact]) -> said.Story:
    """Return the facts of a history by the two streams they stand in."""
    story = [event for stream, event in life if stream == "receipt"]
    return story, [event for stream, event in life if stream == "payout"]


def state(life: Sequence[Fact]) -> str:
    """Return the state of a history's receipt."""
    return standing_of(*streams(life), held=False, pays=False).state


def as_projected(life: Sequence[Fact]) -> str:
    """Return the state that the read model of receipts gives the same history."""
    telling = Telling([])
    names = {"receipt": receipt_stream(said.RECEIPT), "payout": payout_stream(said.PAYOUT)}
    for seq, (stream, event) in enumerate(life, start=1):
        recorded = Recorded(
            seq=seq,
            position=seq,
            stream=names[stream],
            version=seq,
            event_id=EventId(UUID(int=seq)),
            type=type(event).__name__,
            data="",
            metadata=METADATA,
            leaf_hash=b"",
            recorded_at=said.AT,
            event=event,
        )
        telling.tell(recorded)
    return telling.standings[said.RECEIPT].state


@given(lives())
def test_the_status_is_that_of_the_read_model(life: list[Fact]) -> None:
    """What a shopper is told in the chat and what staff see are the same."""
    assert as_projected(life) in AS_THE_READ_MODEL_HAS_IT[state(life)]


@given(lives())
def test_what_was_paid_stays_paid(life: list[Fact]) -> None:
    """Nothing that is recorded later makes the message say less than it said."""
    states = [state(life[:length]) for length in range(1, len(life) + 1)]
    if "paid" in states:
        assert set(states[states.index("paid") :]) == {"paid"}


@given(lives(), st.data())
def test_a_stream_that_is_read_late_never_hides_money(
    life: list[Fact], data: st.DataObject
) -> None:
    """The two streams are read one after the other: however far one lags, paid is paid."""
    story, payout = streams(life)
    seen = data.draw(st.integers(1, len(story)))
    if state(life) == "paid":
        assert standing_of(story[:seen], payout, held=True, pays=True).state == "paid"
    shown = data.draw(st.integers(0, len(payout)))
    told = about_receipt(story[:seen], payout[:shown], held=False, phone=said.PHONE)
    assert told.key != "receipt.paid" or state(life) == "paid"


@given(lives(), st.data())
def test_the_order_between_the_streams_does_not_matter(
    life: list[Fact], data: st.DataObject
) -> None:
    """Each stream has its order, the ledger mixes them as it likes: the text is the same."""
    story, payout = streams(life)
    mixed: list[Fact] = []
    waiting = {"receipt": list(story), "payout": list(payout)}
    for name in data.draw(st.permutations([stream for stream, _ in life])):
        mixed.append((name, waiting[name].pop(0)))
    once, again = (about_receipt(*streams(each), held=False) for each in (life, mixed))
    assert once == again


ACCEPTED: list[facts.Event] = [said.UPLOADED, said.READ, said.ACCEPTED]


@pytest.mark.parametrize(
    ("payout", "held", "pays", "told"),
    [
        ([], False, True, "receipt.paying"),
        ([], True, True, "receipt.delayed"),
        ([said.REQUESTED], True, True, "receipt.delayed"),
        ([said.REQUESTED, said.attempted()], True, True, "receipt.paying"),
        ([said.REQUESTED, said.attempted(), said.CREATED], True, True, "receipt.delayed"),
        ([said.REQUESTED, said.attempted(), said.CREATED], False, True, "receipt.paying"),
        ([said.REQUESTED, said.attempted(), said.CREATED], False, False, "receipt.bill"),
        ([said.REQUESTED, said.attempted(), said.UNKNOWN], True, True, "receipt.unknown"),
    ],
)
def test_what_is_under_way_is_told_as_it_is(
    payout: list[facts.Event], held: bool, pays: bool, told: str
) -> None:
    """A request that left is told apart from one that is held, and a bill from a payment."""
    notice = about_receipt(ACCEPTED, payout, held=held, pays=pays)
    assert notice.key == told
    assert notice.parameters == {"bonus_kopecks": "100"}


def test_a_contradiction_before_the_end_is_a_doubt() -> None:
    """Nothing leaves by itself any more: the shopper is told that we are finding out."""
    contradicted = facts.PayoutContradicted(bill=said.BILL, about="amount")
    payout = [said.REQUESTED, said.attempted(), said.CREATED, contradicted]
    assert about_receipt(ACCEPTED, payout, held=False).key == "receipt.unknown"
    assert about_receipt(ACCEPTED, [*payout, said.CONFIRMED], held=False).key == "receipt.paid"


def test_a_withdrawn_bonus_is_told_by_the_receipts_own_facts() -> None:
    """That no money left is said with the reason; while one stream lags it is being checked."""
    word = facts.ReceiptOverridden(verdict="reject", operator="ivan", reason="a mistake")
    withdrawn = [*ACCEPTED, word, said.rejected("withdrawn")]
    payout = [said.REQUESTED, said.failed("withdrawn")]
    told = "receipt.rejected.withdrawn"
    assert about_receipt(withdrawn, payout, held=False).key == told
    assert about_receipt(withdrawn, payout[:1], held=False).key == told
    assert about_receipt(ACCEPTED, payout, held=False).key == "receipt.checking"
