"""PayoutRequested | PayoutReopened -> what Portmone answered.

Money moves at most once per payout, however this is killed: a request leaves only from the one
call whose own PayoutAttempted, under an id nobody else has, got the next place in the payout's
stream. What is found attempted without an answer is unknown for good; only a callback or a
person moves it on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, assert_never
from uuid import uuid4

import structlog
from msgspec import Struct

from eventstore.catalogue import (
    Event,
    PayoutAttempted,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutStep,
)
from eventstore.identity import EventId
from eventstore.policy import Operator
from eventstore.store import EventStore, Recorded, now_utc
from eventstore.worklist import Work
from handlers.paying.alerts import tell_contradictions
from handlers.paying.budget import Budget, OverBudget, seconds_to_midnight
from handlers.paying.grounds import Grounds, grounds_of
from handlers.paying.hold import HELD_SECONDS, Hold, PayoutsOnHold
from handlers.paying.keeping import to_the_end
from handlers.paying.payout_answers import Answers, Sent, after
from handlers.paying.payout_steps import (
    ANSWER_SECONDS_MAX,
    NEWER_RELEASE_SECONDS,
    Answer,
    Doubt,
    GiveUp,
    Owed,
    Rest,
    Send,
    may_try_again,
    next_step,
    owed,
    understood,
    weighed,
)
from handlers.paying.phones import operator_of
from handlers.ports import PayoutGateway, Refused

log = structlog.get_logger()

#: Pauses before the second and third try: a restart, then a short maintenance, may pass.
TRY_AGAIN_SECONDS = (10.0, 600.0)
#: A request leaves at once after its attempt was recorded, or not at all: a process that was
#: paused in between must not send what others may have called lost by then.
SEND_SECONDS_MAX = 20.0
#: What ends the work on a payout has an id of its own, however often it is done.
_ORDINALS: dict[type[Event], int] = {
    PayoutFailed: 0,
    PayoutOutcomeUnknown: 1,
    PayoutContradicted: 2,
}


class Opens(Protocol):
    """Opens what was sealed for a person."""

    async def open(self, owner: str, field: str, sealed: str) -> bytes:
        """Return the plain bytes."""


class _Recipient(Struct, frozen=True, kw_only=True):
    """Who gets the money; known for the create step only."""

    #: 380XXXXXXXXX
    phone: str
    #: None: the one that is set for all
    payee_id: str | None


class PayBonus:
    """Takes each payout through the gateway's steps."""

    name = "pay_bonus"
    #: Two steps of a gateway's 15 s, and a database that is away for a minute after each.
    time_limit_seconds = 180.0

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Opens,
        gateway: PayoutGateway,
        hold: Hold,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Pay through ``gateway`` to the phones that ``vault`` opens, unless ``hold`` holds."""
        self._store = store
        self._vault = vault
        self._gateway = gateway
        self._hold = hold
        self._clock = clock
        self._answers = Answers(store=store, handler=self.name)

    async def handle(self, work: Work) -> None:
        """Take the payout as far as it goes now; safe to repeat after a kill at any line."""
        await self._hold.look_if_due()
        try:
            await self._take(work)
        except PayoutsOnHold as held:
            log.info("payout.held", stream=work.event.stream, why=held.why)
            await self._hold.look_if_due()  # what was noticed just now becomes a fact
            await work.retry_later(HELD_SECONDS)
        except OverBudget as over:
            await self._wait(work, over.budget)

    async def _take(self, work: Work) -> None:
        grounds: Grounds | None = None
        while True:  # ends: a step that was taken is not taken again
            records = await self._store.read_stream(work.event.stream)
            history = understood(records)
            if history is None:
                return await work.retry_later(NEWER_RELEASE_SECONDS)
            step = next_step(history, pays=self._gateway.pays)
            if not isinstance(step, Send):
                return await self._settle(work, records, step)
            now = self._clock()
            grounds = await grounds_of(self._store, records, before=grounds, now=now)
            answer = await self._try(work, records, step, grounds)
            if answer is None:
                return None
            if may_try_again(answer, step):
                return await work.retry_later(TRY_AGAIN_SECONDS[step.attempt - 1])

    async def _settle(
        self, work: Work, records: Sequence[Recorded], step: Doubt | GiveUp | Rest
    ) -> None:
        match step:
            case Rest():
                await work.finish()
            case GiveUp(cause=cause, code=code):
                await self._end(work, records, PayoutFailed(cause=cause, code=code))
            case Doubt(step=step_in_doubt):
                await self._doubt(work, records, step_in_doubt)
            case _:
                assert_never(step)

    async def _doubt(self, work: Work, records: Sequence[Recorded], step: PayoutStep) -> None:
        """Call an attempt lost once nobody can be at it any more."""
        settled_at = records[-1].recorded_at + timedelta(seconds=ANSWER_SECONDS_MAX)
        seconds_left = (settled_at - self._clock()).total_seconds()
        if seconds_left > 0:
            return await work.retry_later(min(seconds_left, ANSWER_SECONDS_MAX))
        return await self._end(work, records, PayoutOutcomeUnknown(step=step, cause="worker_lost"))

    async def _end(self, work: Work, records: Sequence[Recorded], fact: Event) -> None:
        """Add the fact behind which nothing leaves by itself any more."""
        bonus = owed([record.event for record in records])
        told = work.fact(fact, ordinal=_ORDINALS[type(fact)], attempt=bonus.openings - 1)
        await work.finish(after(records[-1], told))
        tell_contradictions(bonus.payout, [fact])

    async def _try(
        self, work: Work, records: Sequence[Recorded], send: Send, grounds: Grounds
    ) -> Answer | None:
        """Return the answer to ``send``; None when something stands against it and was settled.

        Raises what ``_send`` raises.
        """
        bonus = owed([record.event for record in records])
        if grounds.lost is not None:
            await self._end(work, records, grounds.lost)
            return None
        to = await self._recipient(bonus, grounds.policy.operators) if send.bill is None else None
        if to is None and send.bill is None:
            unsupported = PayoutFailed(cause="unsupported_operator", code="none")
            await self._end(work, records, unsupported)
            return None
        if work.stopping():
            await work.retry_later(0)
            return None
        sent = Sent(owed=bonus, send=send, attempt_id=EventId(uuid4()), attempted_at=self._clock())
        return await self._send(work, sent, to, grounds, records[-1])

    async def _recipient(self, bonus: Owed, operators: Sequence[Operator]) -> _Recipient | None:
        """Return who gets the money, None when nobody can be asked to give it to that phone."""
        opened = await self._vault.open(bonus.shopper, "phone", bonus.phone_sealed)
        phone = opened.decode()
        operator = operator_of(phone, operators)
        return None if operator is None else _Recipient(phone=phone, payee_id=operator.payee_id)

    async def _send(
        self, work: Work, sent: Sent, to: _Recipient | None, grounds: Grounds, last: Recorded
    ) -> Answer:
        """Send one request, if this call is the one that may, and record its answer.

        The id is new for each call: an append that finds its facts stored already returns them,
        and under a repeatable id a second worker would take that for its own permission. Raises
        ``WrongExpectedVersion`` when anything else has happened to the payout or its budget,
        ``OverBudget`` and ``PayoutsOnHold``.
        """
        payee_id = None if to is None else to.payee_id
        attempted = PayoutAttempted(step=sent.step, attempt=sent.send.attempt, payee_id=payee_id)
        attempt = after(last, (sent.attempt_id, attempted))
        await work.append_unless(self._hold.check, *grounds.counted(sent.owed), attempt)
        answer = weighed(await self._ask(work, sent, to), grounds.policy.errors)
        await to_the_end(self._answers.record(work, sent, answer))
        return answer

    async def _ask(self, work: Work, sent: Sent, to: _Recipient | None) -> Answer:
        if (held_back := self._held_back(work, sent)) is not None:
            return held_back
        payout, bill = sent.owed.payout, sent.send.bill
        if bill is not None:
            return await self._gateway.pay_bill(payout=payout, bill=bill)
        assert to is not None, "a bill is created for somebody"
        return await self._gateway.create_bill(
            payout=payout,
            phone=to.phone,
            amount=sent.owed.amount_kopecks,
            payee_id=to.payee_id,
        )

    def _held_back(self, work: Work, sent: Sent) -> Refused | None:
        """Return why nothing may leave though the attempt stands, None when it may.

        A clock that was set back a lot counts as late too: nobody knows how long it was.
        """
        waited = (self._clock() - sent.attempted_at).total_seconds()
        if abs(waited) > SEND_SECONDS_MAX:
            return Refused(kind="not_sent", code="too_late")
        return Refused(kind="not_sent", code="stopping") if work.stopping() else None

    async def _wait(self, work: Work, budget: Budget) -> None:
        """Say once that nothing is left of the day's budget, and look again when there may be."""
        told = budget.exhaust()
        seconds = min(HELD_SECONDS, seconds_to_midnight(self._clock()))
        await work.retry_later(seconds, *([told] if told else []))
        if told:
            log.error(
                "payouts.budget_exhausted",
                budget_kopecks=budget.limit_kopecks,
                used_kopecks=budget.used_kopecks,
            )
