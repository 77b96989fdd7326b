"""A person sees first what only a person can settle; a payout that begins anew is open again."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutReopened,
    PayoutRequested,
    PayoutResolved,
    PayoutSubmitted,
)
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    payout_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from projections.payouts import Payouts, contradicted, listed, payout
from projections.payouts_cli import PAYOUT_STATES
from projections.projector import Projector
from tests.processes import cashbot, environment
from tests.story import CONTEXT, a_store, append_of, given

BILL, NEW_BILL = BillId("1"), BillId("2")
TRIED = PayoutAttempted(step="create", attempt=1)
CREATED = PayoutSubmitted(step="create", bill=BILL)
UNKNOWN = PayoutOutcomeUnknown(step="create", cause="timeout")
ODD = PayoutContradicted(bill=BILL, about="amount")
REFUSED = PayoutFailed(cause="refused", code="150")
REOPENED = PayoutReopened(phone_sealed="", phone_fingerprint="", reason="r")

LIVES: dict[str, list[Event]] = {
    "p1": [TRIED, CREATED],
    "p2": [TRIED, CREATED, PayoutConfirmed(bill=BILL), ODD],
    "p3": [TRIED, UNKNOWN],
    "p4": [],
    "p5": [TRIED, CREATED, ODD],
    "p6": [TRIED, REFUSED],
}


def requested(name: str) -> PayoutRequested:
    """Return the request of payout ``name``."""
    return PayoutRequested(
        payout=PayoutId(name),
        receipt=ReceiptId(f"r-{name}"),
        shopper=ShopperId("s"),
        amount_kopecks=Kopecks(100),
        phone_sealed="SEALED-PHONE",
        phone_fingerprint="PHONE-FINGERPRINT",
    )


async def project(pool: Pool, lives: dict[str, list[Event]]) -> None:
    """Let payouts have these lives, oldest first, and be shown."""
    for name, events in lives.items():
        await given(a_store(pool), payout_stream(PayoutId(name)), requested(name), *events)
    await catch_up(pool)


async def catch_up(pool: Pool) -> None:
    """Let the read model show all that is sealed."""
    projector = Projector(store=a_store(pool), projection=Payouts())
    await projector.start()
    while await projector.step():
        pass


async def names(pool: Pool, *, in_doubt: bool = False, state: str | None = None) -> Sequence[str]:
    """Return the payouts that are listed."""
    found = await listed(pool, in_doubt=in_doubt, state=state, limit=50)
    return [each.payout for each in found]


async def test_what_a_person_must_look_at_comes_first_then_the_oldest(pool: Pool) -> None:
    """Unknown and contradicted ones; a doubt about an end that stands is told, and is no doubt."""
    await project(pool, LIVES)
    assert await names(pool) == ["p3", "p5", "p1", "p2", "p4", "p6"]
    assert await names(pool, in_doubt=True) == ["p3", "p5"]
    assert await names(pool, state="billed") == ["p5", "p1"]
    assert await names(pool, in_doubt=True, state="billed") == ["p5"]
    assert len(await listed(pool, limit=2)) == 2
    assert await contradicted(pool) == 2
    assert {each.payout for each in await listed(pool, disputed=True, limit=9)} == {"p2", "p5"}


async def test_an_end_that_something_disagrees_with_hides_no_open_doubt(pool: Pool) -> None:
    """However many and old such ends are, what is still open and in doubt stands before them."""
    ended = [TRIED, CREATED, PayoutConfirmed(bill=BILL), ODD]
    await project(pool, {"old": ended, "older": ended, "new": [TRIED, UNKNOWN]})
    assert [each.payout for each in await listed(pool, limit=1)] == ["new"]


async def test_the_command_tells_age_bill_and_code_and_no_phone(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """As a table or as JSON; a state that does not exist is answered with those that do."""
    await project(pool, LIVES)
    env = environment(DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
    status, out, _ = await cashbot("payouts", "list", "--unknown", "--json", env=env)
    told = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(each["payout"], each["state"], each["code"]) for each in told] == [
        ("p3", "unknown", "timeout"),
        ("p5", "billed", None),
    ]
    assert 0 <= told[0]["age_seconds"] < 300
    status, out, talk = await cashbot("payouts", "list", "--limit", "3", env=env)
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["p3", "p5", "p1"]
    assert "1.00 UAH" in out
    assert "PHONE" not in out
    assert talk == "the first 3; more with --limit\n"
    status, out, talk = await cashbot("payouts", "list", "--state", "lost", env=env)
    assert (status, out) == (2, "")
    assert all(state in talk for state in PAYOUT_STATES)


@pytest.mark.parametrize("cut", range(1, 9))
async def test_a_reopened_payout_is_shown_open_whatever_the_batches(pool: Pool, cut: int) -> None:
    """Cut anywhere, the batches give the same rows; what follows a reopening ends it again."""
    life: list[Event] = [TRIED, CREATED, REFUSED, REOPENED, TRIED, REFUSED, REOPENED]
    life += [PayoutSubmitted(step="create", bill=NEW_BILL)]
    store, stream = a_store(pool), payout_stream(PayoutId("p"))
    projector = Projector(store=store, projection=Payouts())
    await projector.start()
    whole = [requested("p"), *life]
    for events in (whole[:cut], whole[cut:]):
        if events:
            before = len(await store.read_stream(stream))
            await append(pool, stream, events, before=before)
        await projector.step()
    shown = await payout(pool, PayoutId("p"))
    assert shown is not None
    assert (shown.state, shown.code, shown.bill, shown.attempts) == ("billed", None, "2", 2)


@pytest.mark.parametrize("cut", range(1, 8))
async def test_what_a_person_weighed_is_contradicted_no_more_whatever_the_batches(
    pool: Pool, cut: int
) -> None:
    """Failed, contradicted twice, shown to be paid, and contradicted once again since."""
    shown = PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=Sha256("00"), reason="r")
    life: list[Event] = [requested("p"), TRIED, CREATED, REFUSED, ODD, ODD, shown, ODD]
    store, stream = a_store(pool), payout_stream(PayoutId("p"))
    projector = Projector(store=store, projection=Payouts())
    await projector.start()
    for events in (life[:cut], life[cut:]):
        await append(pool, stream, events, before=len(await store.read_stream(stream)))
        await projector.step()
    row = await payout(pool, PayoutId("p"))
    assert row is not None
    assert (row.state, row.code, row.bill, row.contradictions) == ("confirmed", None, BILL, 1)


async def append(pool: Pool, stream: str, events: Sequence[Event], *, before: int) -> None:
    """Add ``events`` behind the ``before`` facts of ``stream``, sealed."""
    await a_store(pool).append(append_of(stream, *events, expected=before - 1), context=CONTEXT)
    await seal_until_rest(pool)


async def test_a_payout_that_begins_anew_is_open_and_can_end_again(pool: Pool) -> None:
    """From its end to open, to paid; an answer from before comes too late to matter."""
    await project(pool, {"p": [TRIED, REFUSED, REOPENED]})
    stream = payout_stream(PayoutId("p"))
    assert await names(pool, state="requested") == ["p"]
    await append(pool, stream, [PayoutConfirmed(bill=NEW_BILL), UNKNOWN], before=4)
    await catch_up(pool)
    assert await names(pool, state="confirmed") == ["p"]
