"""PayoutRequested -> what Portmone answered.

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
    BillIssued,
    PayoutAttempted,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRequested,
    PayoutStep,
)
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import (
    EventId,
    bill_stream,
    bookings_stream,
    outcome_event_id,
    payout_bookings_stream,
    payout_stream,
)
from eventstore.store import NO_STREAM, Append, EventStore, Recorded, now_utc
from eventstore.worklist import Work
from handlers.hold import HELD_SECONDS, Hold, PayoutsOnHold
from handlers.keeping import TimeLeft, to_the_end, within
from handlers.payout_steps import (
    NEWER_RELEASE_SECONDS,
    Answer,
    Doubt,
    GiveUp,
    Rest,
    Send,
    facts_of,
    may_try_again,
    next_step,
    understood,
)
from handlers.ports import Billed, OutcomeUnknown, PayoutGateway, Refused

log = structlog.get_logger()

#: Pauses before the second and third try: a restart, then a short maintenance, may pass.
TRY_AGAIN_SECONDS = (10.0, 600.0)
#: A request leaves at once after its attempt was recorded, or not at all: a process that was
#: paused in between must not send what others may have called lost by then.
SEND_SECONDS_MAX = 20.0
#: A younger attempt may still be under way in a process we cannot see: it may leave late, then
#: waits a gateway's 15 s, and its answer needs some time to reach the log.
ANSWER_SECONDS_MAX = 60.0


class Opens(Protocol):
    """Opens what was sealed for a person."""

    async def open(self, owner: str, field: str, sealed: str) -> bytes:
        """Return the plain bytes."""


class _Sent(Struct, frozen=True, kw_only=True):
    """A request that may leave, and the fact that lets it."""

    requested: PayoutRequested
    send: Send
    attempt_id: EventId
    attempted_at: datetime

    @property
    def step(self) -> PayoutStep:
        """The step that is taken."""
        return self.send.step

    def told(self, answer: Answer) -> dict[str, str | None]:
        """Return what a log line says about ``answer``; a phone is not among it."""
        return {
            "payout": self.requested.payout,
            "step": self.step,
            "bill": answer.bill if isinstance(answer, Billed) else self.send.bill,
            "answer": repr(answer),
        }


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

    async def handle(self, work: Work) -> None:
        """Take the payout as far as it goes now; safe to repeat after a kill at any line."""
        await self._hold.look_if_due()
        try:
            await self._take(work, work.event.event)
        except PayoutsOnHold as held:
            log.info("payout.held", payout=work.event.event.payout, why=held.why)
            await self._hold.look_if_due()  # what was noticed just now becomes a fact
            await work.retry_later(HELD_SECONDS)

    async def _take(self, work: Work, requested: PayoutRequested) -> None:
        while True:  # ends: a step that was taken is not taken again
            records = await self._store.read_stream(payout_stream(requested.payout))
            history = understood(records)
            if history is None:
                return await work.retry_later(NEWER_RELEASE_SECONDS)
            step = next_step(history, pays=self._gateway.pays)
            if not isinstance(step, Send):
                return await self._settle(work, records[-1], step)
            if (lost := await self._lost(requested, records)) is not None:
                return await work.finish(_after(records[-1], work.fact(lost, ordinal=2)))
            if work.stopping():
                return await work.retry_later(0)
            answer = await self._send(work, requested, step, last=records[-1])
            if may_try_again(answer, step):
                return await work.retry_later(TRY_AGAIN_SECONDS[step.attempt - 1])

    async def _lost(
        self, requested: PayoutRequested, records: Sequence[Recorded]
    ) -> PayoutContradicted | None:
        """Return what a booking that the log has lost means before anything was asked for.

        It names this payout, or this phone got the money and it was told after the bonus was
        owed: what was told before, the decision has weighed.
        """
        if any(isinstance(record.event, PayoutAttempted) for record in records):
            return None
        named = payout_bookings_stream(requested.payout)
        phone = bookings_stream(requested.phone_fingerprint)
        for told in await self._store.read_streams([named, phone]):
            if told.stream == named or told.position > records[0].position:
                return PayoutContradicted(bill=told.event.bill, about="bill")
        return None

    async def _settle(self, work: Work, last: Recorded, step: Doubt | GiveUp | Rest) -> None:
        match step:
            case Rest():
                await work.finish()
            case GiveUp(cause=cause, code=code):
                failed = PayoutFailed(cause=cause, code=code)
                await work.finish(_after(last, work.fact(failed, ordinal=0)))
            case Doubt(step=step_in_doubt):
                await self._doubt(work, last, step_in_doubt)
            case _:
                assert_never(step)

    async def _doubt(self, work: Work, last: Recorded, step: PayoutStep) -> None:
        """Call an attempt lost once nobody can be at it any more."""
        settled_at = last.recorded_at + timedelta(seconds=ANSWER_SECONDS_MAX)
        seconds_left = (settled_at - self._clock()).total_seconds()
        if seconds_left > 0:
            return await work.retry_later(min(seconds_left, ANSWER_SECONDS_MAX))
        lost = PayoutOutcomeUnknown(step=step, cause="worker_lost")
        return await work.finish(_after(last, work.fact(lost, ordinal=1)))

    async def _send(
        self, work: Work, requested: PayoutRequested, send: Send, *, last: Recorded
    ) -> Answer:
        """Send one request, if this call is the one that may, and record its answer.

        The id is new for each call: an append that finds its facts stored already returns them,
        and under a repeatable id a second worker would take that for its own permission. Raises
        ``WrongExpectedVersion`` when anything else has happened to the payout, and
        ``PayoutsOnHold``.
        """
        phone = await self._vault.open(requested.shopper, "phone", requested.phone_sealed)
        sent = _Sent(
            requested=requested,
            send=send,
            attempt_id=EventId(uuid4()),
            attempted_at=self._clock(),
        )
        attempted = PayoutAttempted(step=send.step, attempt=send.attempt)
        attempt = _after(last, (sent.attempt_id, attempted))
        await work.append_unless(self._hold.check, attempt)
        answer = await self._ask(work, sent, phone.decode())
        await to_the_end(self._record(work, sent, answer))
        return answer

    async def _ask(self, work: Work, sent: _Sent, phone: str) -> Answer:
        if (held_back := self._held_back(work, sent)) is not None:
            return held_back
        payout, bill = sent.requested.payout, sent.send.bill
        if bill is not None:
            return await self._gateway.pay_bill(payout=payout, bill=bill)
        return await self._gateway.create_bill(
            payout=payout, phone=phone, amount=sent.requested.amount_kopecks
        )

    def _held_back(self, work: Work, sent: _Sent) -> Refused | None:
        """Return why nothing may leave though the attempt stands, None when it may.

        A clock that was set back a lot counts as late too: nobody knows how long it was.
        """
        waited = (self._clock() - sent.attempted_at).total_seconds()
        if abs(waited) > SEND_SECONDS_MAX:
            return Refused(kind="not_sent", code="too_late")
        return Refused(kind="not_sent", code="stopping") if work.stopping() else None

    async def _record(self, work: Work, sent: _Sent, answer: Answer) -> None:
        """Append what was answered behind whatever has happened meanwhile, a callback say.

        Whatever the database's trouble is, the answer is offered again as long as ``TimeLeft``
        allows; one that cannot be kept is told to the operator. Raises ``LogUnavailable`` then.
        """
        kept = False
        try:
            await self._offer(work, sent, answer)
            kept = True
        finally:
            if not kept:
                log.error("payout.answer_lost", **sent.told(answer))

    async def _offer(self, work: Work, sent: _Sent, answer: Answer) -> None:
        left = TimeLeft(work.stopping)
        while (seconds := left.round_seconds()) > 0:
            try:
                return await within(seconds, self._append_answer(work, sent, answer))
            except WrongExpectedVersion as race:
                if isinstance(answer, Billed) and race.stream == bill_stream(answer.bill):
                    log.error("payout.bill_taken", **sent.told(answer))
                    answer = OutcomeUnknown(cause="bill_of_another_payout")
            except Exception as trouble:  # none of them may cost the answer
                error = type(trouble).__name__
                log.warning("payout.answer_waits", error=error, **sent.told(answer))
            await left.pause()
        raise LogUnavailable("an answer of Portmone stands only in the log lines: see there")

    async def _append_answer(self, work: Work, sent: _Sent, answer: Answer) -> None:
        await work.append(*await self._appends(sent, answer))

    async def _appends(self, sent: _Sent, answer: Answer) -> list[Append]:
        """Return what ``answer`` adds now, nothing when it stands there already."""
        records = await self._store.read_stream(payout_stream(sent.requested.payout))
        history = [recorded.event for recorded in records if recorded.event is not None]
        told = [
            (outcome_event_id(sent.attempt_id, self.name, ordinal, 0), event)
            for ordinal, event in enumerate(facts_of(answer, step=sent.step, history=history))
        ]
        if not told or told[0][0] in {recorded.event_id for recorded in records}:
            return []
        appends = [_after(records[-1], *told)]
        if isinstance(answer, Billed) and sent.step == "create":
            issued = BillIssued(payout=sent.requested.payout)
            issued_id = outcome_event_id(sent.attempt_id, "bill", 0, 0)
            bill = bill_stream(answer.bill)
            appends.append(Append(stream=bill, expected=NO_STREAM, events=[(issued_id, issued)]))
        return appends


def _after(last: Recorded, *facts: tuple[EventId, Struct]) -> Append:
    return Append(stream=last.stream, expected=last.version, events=list(facts))
