"""A callback is believed once, and only about the payout it fits."""

from collections.abc import Sequence
from typing import Literal

import pytest

from eventstore.catalogue import (
    CallbackReceived,
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
)
from eventstore.identity import BillId, Sha256
from handlers.apply_callback import (
    EARLY_SECONDS_MAX,
    LOOK_SECONDS_MAX,
    Unproven,
    conclude,
    look_again_seconds,
)
from tests.handlers.gateways.paying import BILL, OTHER_BILL, REQUESTED, heard

CREATED = [
    REQUESTED,
    PayoutAttempted(step="create", attempt=1),
    PayoutSubmitted(step="create", bill=BILL),
]
PAYING = [*CREATED, PayoutAttempted(step="pay", attempt=1)]
PAID = [*PAYING, PayoutSubmitted(step="pay", bill=BILL)]
OPEN = {
    "create under way": CREATED[:2],
    "create unknown": [*CREATED[:2], PayoutOutcomeUnknown(step="create", cause="timeout")],
    "create never left": [
        *CREATED[:2],
        PayoutRefused(step="create", kind="not_sent", code="unknown_host"),
    ],
    "created, pay step off": CREATED,
    "pay under way": PAYING,
    "pay unknown": [*PAYING, PayoutOutcomeUnknown(step="pay", cause="worker_lost")],
    "pay answered": PAID,
}


@pytest.mark.parametrize("history", OPEN.values(), ids=OPEN.keys())
def test_an_ok_confirms_whatever_is_still_open(history: Sequence[Event]) -> None:
    """Portmone says that money arrived; confirming can only stop further requests."""
    assert conclude(heard("ok"), history) == PayoutConfirmed(bill=BILL)


@pytest.mark.parametrize("history", OPEN.values(), ids=OPEN.keys())
def test_a_fail_ends_whatever_is_still_open(history: Sequence[Event]) -> None:
    """Portmone says that no money arrives, and why."""
    failed = PayoutFailed(cause="callback", code="150")
    assert conclude(heard("fail", code="150"), history) == failed


@pytest.mark.parametrize("history", OPEN.values(), ids=OPEN.keys())
@pytest.mark.parametrize("status", ["ok", "fail"])
@pytest.mark.parametrize(
    ("about", "amount", "phone"), [("amount", 10_000, "f"), ("phone", 100, "another")]
)
def test_a_callback_about_other_money_changes_nothing(
    history: Sequence[Event],
    status: Literal["ok", "fail"],
    about: Literal["amount", "phone"],
    amount: int,
    phone: str,
) -> None:
    """Another amount or phone is not our payout, whatever it echoes: a person must look."""
    callback = heard(status, amount=amount, phone=phone)
    assert conclude(callback, history) == PayoutContradicted(bill=BILL, about=about)


@pytest.mark.parametrize("history", [CREATED, PAID, [REQUESTED, PayoutConfirmed(bill=BILL)]])
@pytest.mark.parametrize("status", ["ok", "fail"])
def test_a_second_bill_under_our_payout_alarms(
    history: Sequence[Event], status: Literal["ok", "fail"]
) -> None:
    """The payout has a bill; money under another one would be paid twice."""
    callback = heard(status, bill=OTHER_BILL)
    contradicted = PayoutContradicted(bill=OTHER_BILL, about="bill")
    assert conclude(callback, history) == contradicted


def test_what_portmone_leaves_out_is_no_disagreement() -> None:
    """A callback about our bill needs no amount and no phone to be believed."""
    assert conclude(heard(amount=None, phone=None), PAID) == PayoutConfirmed(bill=BILL)


@pytest.mark.parametrize("history", [*OPEN.values(), [REQUESTED, PayoutConfirmed(bill=BILL)]])
@pytest.mark.parametrize("status", ["ok", "fail"])
@pytest.mark.parametrize("field", ["amount", "phone"])
def test_what_cannot_be_used_is_a_disagreement(
    history: Sequence[Event], status: Literal["ok", "fail"], field: Literal["amount", "phone"]
) -> None:
    """A million, half a kopeck, a landline: that may be other money, whatever the bill says."""
    amount, phone = (None, "f") if field == "amount" else (100, None)
    callback = heard(status, amount=amount, phone=phone, unusable=field)
    assert conclude(callback, history) == PayoutContradicted(bill=BILL, about=field)


@pytest.mark.parametrize("status", ["ok", "fail"])
@pytest.mark.parametrize("amount", [100, None])
def test_news_of_a_payout_that_was_never_asked_for_stops_it(
    status: Literal["ok", "fail"], amount: int | None
) -> None:
    """No attempt was ever made, or the log lost it: nothing leaves before a person looked."""
    contradicted = PayoutContradicted(bill=BILL, about="bill")
    assert conclude(heard(status, amount=amount), [REQUESTED]) == contradicted


UNPROVEN: list[tuple[int | None, str | None, Literal["amount", "phone"]]] = [
    (None, None, "amount"),
    (None, "f", "amount"),
    (100, None, "phone"),
]


@pytest.mark.parametrize("way", ["create under way", "create unknown"])
@pytest.mark.parametrize("status", ["ok", "fail"])
@pytest.mark.parametrize(("amount", "phone", "lacks"), UNPROVEN)
def test_an_echo_alone_ends_nothing_while_the_bill_may_still_come(
    way: str,
    status: Literal["ok", "fail"],
    amount: int | None,
    phone: str | None,
    lacks: Literal["amount", "phone"],
) -> None:
    """Our payout id without our amount and phone is no proof; nothing leaves meanwhile."""
    callback = heard(status, amount=amount, phone=phone)
    assert conclude(callback, OPEN[way]) == Unproven(lacks=lacks)


@pytest.mark.parametrize("status", ["ok", "fail"])
@pytest.mark.parametrize(("amount", "phone", "lacks"), UNPROVEN)
def test_an_echo_alone_stops_what_would_be_sent_again(
    status: Literal["ok", "fail"],
    amount: int | None,
    phone: str | None,
    lacks: Literal["amount", "phone"],
) -> None:
    """The step surely had no effect and yet there is news of it: no third request, a person."""
    callback = heard(status, amount=amount, phone=phone)
    contradicted = PayoutContradicted(bill=BILL, about=lacks)
    assert conclude(callback, OPEN["create never left"]) == contradicted


def test_an_unproven_ok_after_a_failure_still_alarms() -> None:
    """What may contradict the end of a payout is never kept waiting."""
    failed = [*CREATED[:2], PayoutFailed(cause="callback", code="c")]
    contradicted = PayoutContradicted(bill=BILL, about="status")
    assert conclude(heard(amount=None, phone=None), failed) == contradicted


@pytest.mark.parametrize(
    ("final", "status"),
    [
        (PayoutConfirmed(bill=BILL), "ok"),
        (PayoutFailed(cause="callback", code="c"), "fail"),
        (PayoutFailed(cause="refused", code="c"), "fail"),
    ],
)
def test_the_same_news_again_changes_nothing(final: Event, status: Literal["ok", "fail"]) -> None:
    """Doubled callbacks are harmless."""
    assert conclude(heard(status), [*PAID, final]) is None


@pytest.mark.parametrize(
    ("final", "status"),
    [
        (PayoutConfirmed(bill=BILL), "fail"),
        (PayoutFailed(cause="callback", code="c"), "ok"),
        (PayoutFailed(cause="not_sent", code="c"), "ok"),
    ],
)
def test_the_first_final_outcome_stands_and_its_opposite_alarms(
    final: Event, status: Literal["ok", "fail"]
) -> None:
    """A late fail never un-pays, a late ok never hides a failure: a person must look."""
    contradicted = PayoutContradicted(bill=BILL, about="status")
    assert conclude(heard(status), [*PAID, final]) == contradicted


def test_an_early_callback_waits_a_quarter_of_an_hour_with_growing_pauses() -> None:
    """First looks come soon, later ones rarely, and then it is said that nothing fits."""
    waited, looks = 0.0, 0
    while (pause := look_again_seconds(waited)) is not None:
        assert 1.0 <= pause <= LOOK_SECONDS_MAX
        waited, looks = waited + pause, looks + 1
    assert EARLY_SECONDS_MAX <= waited <= EARLY_SECONDS_MAX + LOOK_SECONDS_MAX
    assert looks < 20


def test_a_clock_that_is_behind_only_makes_it_look_sooner() -> None:
    """Two machines disagree about the time: the callback still waits, and no longer than due."""
    assert look_again_seconds(-3600.0) == 1.0


AGAIN = [
    *PAYING,
    PayoutRefused(step="pay", kind="final", code="c"),
    PayoutFailed(cause="refused", code="c"),
    PayoutReopened(phone_sealed="newer", phone_fingerprint="g", reason="a new phone"),
]
TRYING = [*AGAIN, PayoutAttempted(step="create", attempt=1)]
TRIED = [*TRYING, PayoutSubmitted(step="create", bill=OTHER_BILL)]


@pytest.mark.parametrize("history", [AGAIN, TRYING, TRIED])
def test_the_former_bill_of_a_reopened_payout_may_still_be_paid(history: Sequence[Event]) -> None:
    """Its ok ends the payout, to the former phone as well; that it failed was known."""
    assert conclude(heard("ok"), history) == PayoutConfirmed(bill=BILL)
    assert conclude(heard("fail"), history) is None
    wrong = PayoutContradicted(bill=BILL, about="phone")
    assert conclude(heard("ok", phone="nobody's"), history) == wrong


@pytest.mark.parametrize(
    ("callback", "concluded"),
    [
        (heard("ok", bill=OTHER_BILL, phone="g"), PayoutConfirmed(bill=OTHER_BILL)),
        (
            heard("ok", bill=OTHER_BILL, phone="f"),
            PayoutContradicted(bill=OTHER_BILL, about="phone"),
        ),
    ],
)
def test_a_new_bill_of_a_reopened_payout_is_for_the_new_phone(
    callback: CallbackReceived, concluded: Event
) -> None:
    """However early its callback comes: the former bill is no other one than ours."""
    assert conclude(callback, TRYING) == concluded
    assert conclude(callback, TRIED) == concluded


def test_a_no_ends_a_reopened_payout_only_for_the_bill_of_this_time() -> None:
    """A bill of an earlier time may be one that nobody heard of: its no says nothing new."""
    no = heard("fail", bill=OTHER_BILL, phone="g", code="1")
    assert conclude(no, TRIED) == PayoutFailed(cause="callback", code="1")
    assert conclude(no, TRYING) == Unproven(lacks="bill")
    unknown = [*TRYING, PayoutOutcomeUnknown(step="create", cause="timeout")]
    third = heard("fail", bill=BillId("7"), phone="g")
    for history in (AGAIN, unknown, TRIED):
        assert conclude(third, history) is None
    late = [PayoutSubmitted(step="create", bill=BILL), PayoutContradicted(bill=BILL, about="bill")]
    assert conclude(heard("fail"), [*TRIED, *late]) is None


def test_a_bill_nobody_knows_stops_a_reopened_payout() -> None:
    """Nothing was asked for yet, or for another bill: a person must look."""
    third = BillId("7")
    contradicted = PayoutContradicted(bill=third, about="bill")
    assert conclude(heard(bill=third, phone="g"), AGAIN) == contradicted
    assert conclude(heard(bill=third, phone="g"), TRIED) == contradicted


def test_two_bills_of_one_payout_that_are_both_paid_alarm() -> None:
    """The former one was paid after all, and then the new one too."""
    paid = [*TRIED, PayoutConfirmed(bill=OTHER_BILL)]
    assert conclude(heard("ok"), paid) == PayoutContradicted(bill=BILL, about="bill")
    assert conclude(heard("fail"), paid) is None


def test_an_end_by_hand_without_a_bill_agrees_with_any() -> None:
    """The person saw money and no bill: the callback that names one says the same."""
    by_hand = PayoutResolved(outcome="paid", bill=None, evidence_sha256=Sha256("e"))
    assert conclude(heard("ok"), [*OPEN["create unknown"], by_hand]) is None
