"""What Portmone answered reaches the log, whatever stands in the way: it is said only once."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from msgspec import Struct

from eventstore.catalogue import PayoutStep
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import EventId, PayoutId, outcome_event_id, payout_stream
from eventstore.store import Append, EventStore, Recorded
from eventstore.worklist import Work
from handlers.paying.alerts import tell_contradictions
from handlers.paying.bills import issued, owner_of
from handlers.paying.keeping import TimeLeft, within
from handlers.paying.payout_steps import Answer, Owed, Send, facts_of, opened_at
from handlers.ports import Billed, OutcomeUnknown

log = structlog.get_logger()


class Sent(Struct, frozen=True, kw_only=True):
    """A request that may leave, and the fact that lets it."""

    owed: Owed
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
            "payout": self.owed.payout,
            "step": self.step,
            "bill": answer.bill if isinstance(answer, Billed) else self.send.bill,
            "answer": repr(answer),
        }


class Answers:
    """Keeps answers for the handler called ``handler``."""

    def __init__(self, *, store: EventStore, handler: str) -> None:
        """Append to ``store``."""
        self._store = store
        self._handler = handler

    async def record(self, work: Work, sent: Sent, answer: Answer) -> None:
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

    async def _offer(self, work: Work, sent: Sent, answer: Answer) -> None:
        left = TimeLeft(work.stopping)
        while (seconds := left.round_seconds()) > 0:
            try:
                return await within(seconds, self._append(work, sent, answer))
            except WrongExpectedVersion as race:
                log.info("payout.answer_overtaken", by=race.stream, **sent.told(answer))
            except Exception as trouble:  # none of them may cost the answer
                error = type(trouble).__name__
                log.warning("payout.answer_waits", error=error, **sent.told(answer))
            await left.pause()
        raise LogUnavailable("an answer of Portmone stands only in the log lines: see there")

    async def _append(self, work: Work, sent: Sent, answer: Answer) -> None:
        appends = await self._appends(sent, answer)
        await work.append(*appends)
        tell_contradictions(sent.owed.payout, [fact for each in appends for _, fact in each.events])

    async def _appends(self, sent: Sent, answer: Answer) -> list[Append]:
        """Return what ``answer`` adds now, nothing when it stands there already."""
        payout, owner = sent.owed.payout, await self._owner(sent, answer)
        if owner not in (None, payout):
            log.error("payout.bill_taken", **sent.told(answer))
            answer = OutcomeUnknown(cause="bill_of_another_payout")
        records = await self._store.read_stream(payout_stream(payout))
        history = [recorded.event for recorded in records if recorded.event is not None]
        outdated = _is_outdated(sent, records)
        if outdated:
            log.warning("payout.answer_outdated", **sent.told(answer))
        facts = facts_of(answer, step=sent.step, history=history, outdated=outdated)
        told = [
            (outcome_event_id(sent.attempt_id, self._handler, ordinal, 0), event)
            for ordinal, event in enumerate(facts)
        ]
        if not told or told[0][0] in {recorded.event_id for recorded in records}:
            return []
        appends = [after(records[-1], *told)]
        if isinstance(answer, Billed) and sent.step == "create" and owner is None:
            issued_id = outcome_event_id(sent.attempt_id, "bill", 0, 0)
            appends.append(issued(answer.bill, payout, issued_id))
        return appends

    async def _owner(self, sent: Sent, answer: Answer) -> PayoutId | None:
        """Return whose a new bill is by now: a person or a callback may have named it first."""
        if isinstance(answer, Billed) and sent.step == "create":
            return await owner_of(self._store, answer.bill)
        return None


def _is_outdated(sent: Sent, records: Sequence[Recorded]) -> bool:
    """Tell whether the payout was reopened since the request left."""
    begun = opened_at([record.event for record in records])
    return sent.attempt_id in {record.event_id for record in records[:begun]}


def after(last: Recorded, *facts: tuple[EventId, Struct]) -> Append:
    """Return the append of ``facts`` behind ``last``."""
    return Append(stream=last.stream, expected=last.version, events=list(facts))
