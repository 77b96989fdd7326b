"""Nobody is forgotten while something is owed, and nobody waits for what never comes."""

from pathlib import Path

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
    PayoutReopened,
    PayoutSubmitted,
)
from eventstore.identity import receipt_stream
from eventstore.ledger import seal_until_rest
from eventstore.parking import skip_parked
from eventstore.pool import Pool
from handlers.people.under_way import Waits, payout_waits, under_way
from tests.handlers.gateways.paying import BILL, REQUESTED
from tests.handlers.people.leaving import Office
from tests.story import stream

CREATING = PayoutAttempted(step="create", attempt=1)
CREATED = PayoutSubmitted(step="create", bill=BILL)
PAYING = PayoutAttempted(step="pay", attempt=1)
PAID = PayoutSubmitted(step="pay", bill=BILL)
UNKNOWN = PayoutOutcomeUnknown(step="pay", cause="timeout")
CONFIRMED = PayoutConfirmed(bill=BILL)
FAILED = PayoutFailed(cause="refused", code="1")
NOT_SENT = PayoutRefused(step="create", kind="not_sent", code="dns")
CONTRADICTED = PayoutContradicted(bill=BILL, about="amount")
REOPENED = PayoutReopened(phone_sealed="s", phone_fingerprint="f", reason="r")


@pytest.mark.parametrize(
    ("history", "pays", "given_up", "waits"),
    [
        ([], True, False, "for_us"),
        ([], True, True, None),
        ([CREATING], True, False, "for_us"),
        ([CREATING], True, True, "for_a_person"),
        ([CREATING, NOT_SENT], True, False, "for_us"),
        ([CREATING, CREATED], True, False, "for_us"),
        ([CREATING, CREATED], False, False, None),
        ([CREATING, CREATED], True, True, "for_a_person"),
        ([CREATING, CREATED, PAYING, PAID], True, False, "for_portmone"),
        ([CREATING, CREATED, PAYING, UNKNOWN], True, False, "for_a_person"),
        ([CREATING, CREATED, CONTRADICTED], False, False, "for_a_person"),
        ([CREATING, CREATED, PAYING, UNKNOWN, CONFIRMED], True, False, None),
        ([CREATING, NOT_SENT, FAILED], True, False, None),
        ([CREATING, NOT_SENT, FAILED, REOPENED], True, False, "for_us"),
        ([CREATING, NOT_SENT, FAILED, REOPENED, CREATING, CREATED], False, False, None),
        ([CREATING, NOT_SENT, FAILED, REOPENED, CONFIRMED], True, False, None),
    ],
)
def test_a_payout_is_waited_for_until_it_is_final_or_at_rest(
    history: list[Event], pays: bool, given_up: bool, waits: Waits | None
) -> None:
    """A bill rests while the pay step is off; an unknown outcome waits for a person."""
    assert payout_waits([REQUESTED, *history], pays=pays, given_up=given_up) == waits


async def test_a_receipt_an_operator_gave_up_is_not_waited_for(pool: Pool, tmp_path: Path) -> None:
    """It will never have an outcome, and nothing is owed for it."""
    office = Office(pool=pool, folder=tmp_path)
    ann = await office.arrive()
    receipt = await office.send(ann)
    await seal_until_rest(pool)
    assert [each.receipt for each in await under_way(office.store, ann, pays=True)] == [receipt]
    (uploaded,) = await office.store.read_stream(stream(receipt_stream(receipt)))
    assert uploaded.seq is not None
    park = (
        "INSERT INTO work (handler, seq, stream, parked_at) VALUES ('read_receipt', $1, $2, now())"
    )
    await pool.execute(park, uploaded.seq, uploaded.stream)
    await skip_parked(office.store, handler="read_receipt", seq=uploaded.seq, reason="broken")
    assert not await under_way(office.store, ann, pays=True)
