"""A payout's history decides alone what may leave next."""

from collections.abc import Sequence
from typing import Literal

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
    PayoutResolved,
    PayoutStep,
    PayoutSubmitted,
)
from eventstore.identity import Sha256
from handlers.paying.payout_steps import (
    Answer,
    Doubt,
    GiveUp,
    Rest,
    Send,
    facts_of,
    may_try_again,
    next_step,
    owed,
)
from handlers.paying.replay_payout import why_not
from handlers.ports import Billed, OutcomeUnknown, Refused
from tests.handlers.gateways.paying import BILL, OTHER_BILL, REQUESTED


def tried(step: PayoutStep, attempt: int = 1) -> PayoutAttempted:
    """Return an attempt at ``step``."""
    return PayoutAttempted(step=step, attempt=attempt)


def done(step: PayoutStep) -> PayoutSubmitted:
    """Return Portmone's ok to ``step``."""
    return PayoutSubmitted(step=step, bill=BILL)


def refused(
    step: PayoutStep, kind: Literal["not_sent", "transient", "final"], code: str = "c"
) -> PayoutRefused:
    """Return a step that surely did not happen."""
    return PayoutRefused(step=step, kind=kind, code=code)


def unknown(step: PayoutStep) -> PayoutOutcomeUnknown:
    """Return a step that nobody knows about."""
    return PayoutOutcomeUnknown(step=step, cause="timeout")


CREATED = [REQUESTED, tried("create"), done("create")]
CONTRADICTED = PayoutContradicted(bill=BILL, about="amount")
FAILED_BY_HAND = PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("e"))
PAID_BY_HAND = PayoutResolved(outcome="paid", bill=BILL, evidence_sha256=Sha256("e"))
REOPENED = PayoutReopened(phone_sealed="newer", phone_fingerprint="g", reason="the phone was wrong")


@pytest.mark.parametrize(
    ("history", "step"),
    [
        ([REQUESTED], Send(step="create", attempt=1)),
        (CREATED, Send(step="pay", attempt=1, bill=BILL)),
        (
            [REQUESTED, tried("create"), refused("create", "not_sent")],
            Send(step="create", attempt=2),
        ),
        (
            [*CREATED, tried("pay"), refused("pay", "transient")],
            Send(step="pay", attempt=2, bill=BILL),
        ),
    ],
)
def test_a_request_leaves_only_when_the_last_surely_ended(
    history: Sequence[Event], step: Send
) -> None:
    """Nothing asked yet, the step before done, or the last try known to be without effect."""
    assert next_step(history, pays=True) == step


@pytest.mark.parametrize("step", ["create", "pay"])
def test_an_attempt_without_an_answer_is_a_doubt_and_is_not_repeated(step: PayoutStep) -> None:
    """A worker was lost between the attempt and its answer: the request may have left."""
    before = CREATED if step == "pay" else [REQUESTED]
    assert next_step([*before, tried(step)], pays=True) == Doubt(step=step)


@pytest.mark.parametrize(
    "history",
    [
        [*CREATED, tried("pay"), done("pay")],
        [REQUESTED, tried("create"), unknown("create")],
        [*CREATED, tried("pay"), unknown("pay")],
        [REQUESTED, tried("create"), unknown("create"), done("create")],
        [REQUESTED, tried("create"), unknown("create"), refused("create", "not_sent")],
        [*CREATED, CONTRADICTED],
        [REQUESTED, PayoutConfirmed(bill=BILL)],
        [REQUESTED, tried("create"), PayoutConfirmed(bill=BILL)],
        [REQUESTED, tried("create"), PayoutConfirmed(bill=BILL), done("create")],
        [*CREATED, PayoutFailed(cause="callback", code="c")],
        [*CREATED, tried("pay"), refused("pay", "not_sent"), PayoutConfirmed(bill=BILL)],
    ],
)
def test_a_payout_in_doubt_or_at_its_end_rests(history: Sequence[Event]) -> None:
    """After a doubt, a contradiction or a final fact nothing leaves by itself any more."""
    assert next_step(history, pays=True) == Rest()


def test_with_the_pay_step_off_a_created_bill_rests() -> None:
    """Nobody is told "paid": a callback or a person moves it on."""
    assert next_step(CREATED, pays=False) == Rest()


@pytest.mark.parametrize("step", ["create", "pay"])
@pytest.mark.parametrize(("kind", "cause"), [("not_sent", "not_sent"), ("transient", "refused")])
def test_three_tries_are_all(
    step: PayoutStep,
    kind: Literal["not_sent", "transient"],
    cause: Literal["not_sent", "refused"],
) -> None:
    """The third refusal in a row ends the payout, and says whether anything ever left."""
    history: list[Event] = [*CREATED] if step == "pay" else [REQUESTED]
    for attempt in (1, 2, 3):
        following = next_step(history, pays=True)
        assert isinstance(following, Send)
        assert following.attempt == attempt
        again = may_try_again(Refused(kind=kind, code="c"), following)
        assert again == (attempt < 3)
        history += [tried(step, attempt), refused(step, kind)]
    assert next_step(history, pays=True) == GiveUp(cause=cause, code="c")


def test_a_final_no_is_not_asked_twice() -> None:
    """Portmone's no ends the payout at once."""
    history = [REQUESTED, tried("create"), refused("create", "final", "150")]
    assert next_step(history, pays=True) == GiveUp(cause="refused", code="150")


def test_only_what_surely_had_no_effect_may_be_tried_again() -> None:
    """An ok, a doubt or a final no is never followed by the same request."""
    send = Send(step="create", attempt=1)
    answers = (Billed(bill=BILL), OutcomeUnknown(cause="timeout"), Refused(kind="final", code="c"))
    assert not any(may_try_again(answer, send) for answer in answers)


def test_an_answer_becomes_its_fact() -> None:
    """Ok, no and unknown are kept as they were heard."""
    answers: dict[Answer, Event] = {
        Billed(bill=BILL): done("pay"),
        Refused(kind="final", code="c"): refused("pay", "final"),
        OutcomeUnknown(cause="timeout"): unknown("pay"),
    }
    for answer, fact in answers.items():
        assert facts_of(answer, step="pay", history=CREATED) == [fact]


def test_an_answer_after_the_end_is_kept_and_flagged_if_it_disagrees() -> None:
    """The callback was faster: an ok still names its bill, a no or another bill needs a person."""
    confirmed = [REQUESTED, tried("create"), PayoutConfirmed(bill=BILL)]
    no = Refused(kind="final", code="c")
    assert facts_of(Billed(bill=BILL), step="create", history=confirmed) == [done("create")]
    assert facts_of(Billed(bill=OTHER_BILL), step="create", history=confirmed) == [
        PayoutSubmitted(step="create", bill=OTHER_BILL),
        PayoutContradicted(bill=OTHER_BILL, about="bill"),
    ]
    assert facts_of(no, step="create", history=confirmed) == [
        refused("create", "final"),
        PayoutContradicted(bill=BILL, about="status"),
    ]


def test_an_ok_to_pay_after_a_failure_needs_a_person() -> None:
    """The shopper was told no and the bank says that it paid; a mere bill moves no money."""
    paying = [*CREATED, tried("pay"), PayoutFailed(cause="callback", code="c")]
    assert facts_of(Billed(bill=BILL), step="pay", history=paying) == [
        done("pay"),
        PayoutContradicted(bill=BILL, about="status"),
    ]
    creating = [REQUESTED, tried("create"), PayoutFailed(cause="callback", code="c")]
    assert facts_of(Billed(bill=BILL), step="create", history=creating) == [done("create")]


def test_a_missing_answer_after_the_end_says_nothing_new() -> None:
    """What a callback settled is not put in doubt again by a time-out."""
    confirmed = [REQUESTED, tried("create"), PayoutConfirmed(bill=BILL)]
    assert facts_of(OutcomeUnknown(cause="timeout"), step="create", history=confirmed) == []


#: Created, refused by the pay step, ended, and opened anew.
AGAIN = [
    *CREATED,
    tried("pay"),
    refused("pay", "final"),
    PayoutFailed(cause="refused", code="c"),
    REOPENED,
]


def test_a_reopened_payout_begins_from_its_first_step() -> None:
    """Neither the old bill nor the old tries count; the newest phone and the old amount do."""
    assert next_step(AGAIN, pays=True) == Send(step="create", attempt=1)
    unsure = [REQUESTED, tried("create"), unknown("create"), CONTRADICTED]
    again = [*unsure, FAILED_BY_HAND, REOPENED]
    assert next_step(again, pays=True) == Send(step="create", attempt=1)
    bonus = owed(AGAIN)
    assert (bonus.phone_sealed, bonus.amount_kopecks, bonus.openings) == ("newer", 100, 2)
    assert bonus.phones == {"f", "g"}


@pytest.mark.parametrize(
    ("since", "step"),
    [
        ([tried("create")], Doubt(step="create")),
        ([tried("create"), unknown("create")], Rest()),
        ([CONTRADICTED], Rest()),
        ([PayoutConfirmed(bill=BILL)], Rest()),
        ([tried("create"), refused("create", "final")], GiveUp(cause="refused", code="c")),
        (
            [tried("create"), PayoutSubmitted(step="create", bill=OTHER_BILL)],
            Send(step="pay", attempt=1, bill=OTHER_BILL),
        ),
        (
            [
                tried("create"),
                PayoutSubmitted(step="create", bill=OTHER_BILL),
                tried("pay"),
                refused("pay", "transient"),
            ],
            Send(step="pay", attempt=2, bill=OTHER_BILL),
        ),
    ],
)
def test_what_follows_a_reopening_decides_alone(
    since: list[Event], step: Send | Doubt | GiveUp | Rest
) -> None:
    """A doubt, an end or a bill of this time; the late ok for the old bill ends it too."""
    assert next_step([*AGAIN, *since], pays=True) == step


@pytest.mark.parametrize(
    ("answer", "step", "facts"),
    [
        (
            Billed(bill=BILL),
            "create",
            [done("create"), PayoutContradicted(bill=BILL, about="bill")],
        ),
        (Billed(bill=BILL), "pay", [done("pay"), PayoutContradicted(bill=BILL, about="status")]),
        (Refused(kind="not_sent", code="too_late"), "create", []),
        (OutcomeUnknown(cause="timeout"), "create", []),
    ],
)
def test_an_answer_from_before_the_reopening_lets_nothing_more_leave(
    answer: Answer, step: PayoutStep, facts: list[Event]
) -> None:
    """A no was known; a yes is kept and stops what a person had tried again."""
    trying = [*AGAIN, tried("create")]
    assert facts_of(answer, step=step, history=trying, outdated=True) == facts
    if facts:
        created = PayoutSubmitted(step="create", bill=OTHER_BILL)
        assert next_step([*trying, *facts, created], pays=True) == Rest()


@pytest.mark.parametrize(
    ("ending", "allowed"),
    [
        ([PayoutFailed(cause="refused", code="c")], True),
        ([PayoutFailed(cause="not_sent", code="c")], True),
        ([PayoutFailed(cause="unsupported_operator", code="none")], True),
        ([unknown("create"), FAILED_BY_HAND], True),
        ([CONTRADICTED, FAILED_BY_HAND], True),
        ([], False),
        ([unknown("create")], False),
        ([PayoutFailed(cause="callback", code="c")], False),
        ([PayoutFailed(cause="withdrawn", code="c")], False),
        ([PayoutConfirmed(bill=BILL)], False),
        ([PAID_BY_HAND], False),
        ([PayoutFailed(cause="refused", code="c"), CONTRADICTED], False),
        ([FAILED_BY_HAND, CONTRADICTED], False),
        ([unknown("create"), PayoutFailed(cause="refused", code="c")], False),
        ([CONTRADICTED, PayoutFailed(cause="not_sent", code="c")], False),
        ([PayoutFailed(cause="refused", code="c"), REOPENED], False),
        ([PayoutFailed(cause="refused", code="c"), REOPENED, PAID_BY_HAND], False),
        ([PAID_BY_HAND, REOPENED, PayoutFailed(cause="refused", code="c")], False),
    ],
)
def test_only_what_surely_moved_no_money_is_tried_again(ending: list[Event], allowed: bool) -> None:
    """A callback's no, a withdrawal, a doubt nobody settled: what is said then names why not."""
    assert (why_not([*CREATED, *ending]) is None) == allowed
