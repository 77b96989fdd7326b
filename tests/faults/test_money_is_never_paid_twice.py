"""Drawn histories keep every promise about money, and a payer that breaks one is found out."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutResolved,
    PayoutSubmitted,
    ReceiptAccepted,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.identity import Kopecks, Sha256
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from tests.faults.money.__main__ import Tally, live_all, shortfalls
from tests.faults.money.history import History
from tests.faults.money.lane import a_lane
from tests.faults.money.plans import plans_of
from tests.faults.money.steps import (
    CallbacksArrive,
    Misbehave,
    Pause,
    Plan,
    Step,
    TimePasses,
    Upload,
    Work,
)
from tests.faults.money.verdicts import disagreement, judge, state_of
from tests.faults.money.workers import Death
from tests.handlers.gateways.paying import BILL, REQUESTED

SEED = 1
#: Few, to keep the harness alive; `make money` lives thousands.
HISTORIES = 15

ACCEPTED = ReceiptAccepted(
    darnitsa_items=[], amount_kopecks=Kopecks(100), rules="r", products=Sha256("00")
)
CREATED = PayoutSubmitted(step="create", bill=BILL)
SUBMITTED = PayoutSubmitted(step="pay", bill=BILL)
PAYING = PayoutAttempted(step="pay", attempt=1)
UNKNOWN = PayoutOutcomeUnknown(step="pay", cause="timeout")
CONFIRMED = PayoutConfirmed(bill=BILL)
FAILED = PayoutFailed(cause="callback", code="1")
RESOLVED = PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=Sha256("00"))
CONTRADICTED = PayoutContradicted(bill=BILL, about="status")

FIRST = Upload(paper=0, shopper=0, doubtful=False)


def a_plan(*steps: Step) -> Plan:
    """Return a plan in which ``steps`` happen to one paper."""
    return Plan(True, (FIRST, *steps), None)


def drawn() -> Iterator[tuple[int, Plan]]:
    """Return the first plans of the seed with their numbers."""
    return islice(enumerate(plans_of(SEED)), HISTORIES)


@pytest.mark.timeout(300)
async def test_drawn_histories_keep_every_promise(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """The first ones of a seed: money moves at most once, and nothing stands still."""
    tally = Tally(seed=SEED)
    async with a_lane(database_url, tmp_path) as lane:
        await live_all(drawn(), lane, tally)
    line = tally.line()
    assert (line["histories"], tally.wrong) == (HISTORIES, 0), tally.told()
    assert (line["paid_twice"], line["confirmed_without_booking"], line["stuck"]) == (0, 0, 0)
    assert line["payouts"] > 0
    assert line["kills"] > 0
    assert line["callbacks"] == await pool.fetchval(
        "SELECT count(*) FROM events WHERE type = 'CallbackReceived'"
    )


@pytest.mark.timeout(120)
async def test_a_payer_that_retries_what_it_does_not_know_is_found_out(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bank books, the answer is lost, a reckless payer pays again: that is counted and told."""
    lost = a_plan(Misbehave(0, "pay", Behaviour(answer="drop", callback="lost")), Work((None,)))
    tally = Tally(seed=SEED)
    async with a_lane(database_url, tmp_path) as lane:
        await live_all(iter([(3, lost)]), lane, tally, retries_unknown=True)
        assert (tally.line()["paid_twice"], tally.wrong) == (1, 1)
        told = capsys.readouterr().err
        assert "history 3 of seed 1: paper 0 was paid 2 times" in told
        assert "make money SEED=1 MONEY='--only 3'" in told

        honest = Tally(seed=SEED)
        await live_all(iter([(4, lost)]), lane, honest)
        assert (honest.line()["paid_twice"], honest.wrong) == (0, 0)
        assert honest.line()["unknown"] == 1


@pytest.mark.timeout(120)
async def test_what_never_comes_to_an_end_is_found_out(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Work that no worker can take is no waiting state with a name."""
    await pool.execute("INSERT INTO work (handler, seq, stream) VALUES ('nobody', 1, 's')")
    async with a_lane(database_url, tmp_path) as lane:
        history = History(lane, a_plan(Work((None,))), number=1)
        await history.live()
        assert (await judge(history, lane.store)).stuck


@pytest.mark.timeout(120)
async def test_a_killed_worker_is_really_killed_and_nothing_leaves_while_held(
    database_url: str, tmp_path: Path
) -> None:
    """A death before the pay request leaves it unknown; a hold keeps what is owed at home."""
    death = Death(at="request", touches=2)
    plan = a_plan(Work((death,)), TimePasses(), CallbacksArrive(late=True))
    async with a_lane(database_url, tmp_path) as lane:
        history = History(lane, plan, number=1)
        await history.live()
        verdict = await judge(history, lane.store)
        assert (verdict.kills, verdict.unknown, verdict.paid) == (1, 1, 0)
        assert (verdict.states, verdict.wrong) == ({"unknown": 1}, [])

        held = History(lane, a_plan(Pause(), Work((None,))), number=2)
        await held.live()
        verdict = await judge(held, lane.store)
        assert (verdict.paid, verdict.left_while_held) == (1, [])
        held.left_while_held = 1
        assert (await judge(held, lane.store)).wrong == ["1 top-ups left while held"]


@pytest.mark.parametrize(
    ("told", "booked", "right"),
    [
        ([CONFIRMED], 1, True),
        ([CONFIRMED], 0, False),
        ([CONFIRMED], 2, False),
        ([RESOLVED], 1, True),
        ([RESOLVED], 0, False),
        ([FAILED], 0, True),
        ([FAILED], 1, False),
        ([FAILED, CONTRADICTED], 1, True),
        ([UNKNOWN], 1, True),
        ([UNKNOWN], 0, True),
    ],
)
def test_an_end_is_held_against_the_book(told: list[Event], booked: int, right: bool) -> None:
    """What is called paid was booked once, what is called failed was not, or somebody was told."""
    assert (disagreement([REQUESTED, *told], booked) is None) == right


@pytest.mark.parametrize(
    ("story", "told", "pays", "state"),
    [
        (ReceiptRejected(reason="too_old", rules="r"), [], True, "rejected"),
        (ReceiptReferred(reasons=["no_date"], rules="r"), [], True, "review"),
        (ACCEPTED, [REQUESTED, CONFIRMED], True, "paid"),
        (ACCEPTED, [REQUESTED, FAILED], True, "failed"),
        (ACCEPTED, [REQUESTED, CREATED], False, "bill at rest"),
        (ACCEPTED, [REQUESTED, CREATED], True, None),
        (ACCEPTED, [REQUESTED, CREATED, PAYING, SUBMITTED], True, "callback awaited"),
        (ACCEPTED, [REQUESTED, CREATED, PAYING, UNKNOWN], True, "unknown"),
        (ACCEPTED, [REQUESTED, CREATED, CONTRADICTED], True, "contradicted"),
        (ACCEPTED, [REQUESTED, CREATED, PAYING], True, None),
        (ACCEPTED, [REQUESTED], True, None),
        (ACCEPTED, [], True, None),
    ],
)
def test_every_receipt_has_a_state_with_a_name(
    story: Event, told: list[Event], pays: bool, state: str | None
) -> None:
    """Ended, or waiting for somebody: what waits for a worker that is done stands still."""
    assert state_of([story], told, pays=pays) == state


def test_a_seed_is_one_run() -> None:
    """The same seed draws the same plans, another one others, and all begin with an upload."""
    first = list(islice(plans_of(SEED), 30))
    assert first == list(islice(plans_of(SEED), 30))
    assert first != list(islice(plans_of(SEED + 1), 30))
    assert {type(plan.steps[0]) for plan in first} == {Upload}


def test_a_run_that_proves_too_little_says_so() -> None:
    """Shares are promised: 60 % of histories pay, 20 % are in doubt, 20 % lose a worker."""
    enough: dict[str, int | float] = {"histories": 10, "payouts": 6, "unknown": 2, "kills": 2}
    assert shortfalls(enough) == []
    assert len(shortfalls({**enough, "payouts": 5, "kills": 1})) == 2


def test_the_last_line_has_the_promised_form() -> None:
    """Whoever reads it by a program finds each figure under its name, in this order."""
    assert list(json.loads(json.dumps(Tally(seed=7).line()))) == [
        "histories", "payouts", "unknown", "kills", "callbacks", "paid_twice",
        "confirmed_without_booking", "stuck", "seed", "seconds",
    ]  # fmt: skip
