"""What people do to receipts: take one in hand, correct it, settle it, override a decision.

Each act is a fact in the receipt's stream at an expected version, so of two people one acts and
the other is told who was first. Deciding follows from the fact, as it does from a reading.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

from msgspec import Struct

from eventstore.catalogue import (
    ClaimReleased,
    Event,
    PayoutAttempted,
    PayoutFailed,
    PayoutReopened,
    PayoutRequested,
    ReceiptCorrected,
    ReceiptOverridden,
    ReceiptReferred,
    ReceiptRejected,
    ReceiptReviewed,
    ReceiptUploaded,
    ReferralReason,
    ReviewAssigned,
)
from eventstore.claims import lacking_of
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import (
    EventId,
    ReceiptId,
    payout_of,
    payout_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.people import Leaving, join_in
from eventstore.pool import Connection
from eventstore.reasons import checked_reason
from eventstore.showing import kyiv_clock
from eventstore.store import Append, Context, EventStore, Recorded, now_utc
from handlers.judging.circumstances import holders_in, streams_of
from handlers.judging.receipt_steps import (
    assignment_at,
    is_granted,
    last_assignment,
    last_decision,
    open_ask,
    readings_of,
)
from handlers.judging.review_items import check_correction
from handlers.people.standing import left_since
from handlers.people.under_way import given_up
from handlers.rules import RULES
from handlers.wishes import CommandError

#: R73 leaves a day; in hand for five minutes a receipt is safe from colleagues and not lost.
ASSIGNMENT = timedelta(minutes=5)
#: Rounds of losing the end of a claim's stream to acceptances.
RACES_MAX = 50
#: A name among colleagues, as short as it is said.
_NAME = re.compile(r"[\w.@-]{1,64}")

#: What an approval needs, as a person is asked for it.
_TO_TYPE: dict[ReferralReason, str] = {
    "no_fiscal_number": "the register's number (--fiscal-number)",
    "no_total": "the total (--total)",
    "no_date": "the time of purchase (--date)",
}

Verdict = Literal["approve", "reject"]


class ReviewRefused(CommandError):
    """A person's act on a receipt cannot be; the message says why and what to do."""


class _Raced(ReviewRefused):
    """Another fact came first."""

    def __init__(self, receipt: ReceiptId) -> None:
        super().__init__(f"somebody was faster: look at {receipt} again (`review show {receipt}`)")


class Reviews:
    """A person's acts on receipts."""

    def __init__(self, *, store: EventStore, clock: Callable[[], datetime] = now_utc) -> None:
        """Act on the receipts of ``store``, by ``clock``."""
        self._store = store
        self._clock = clock

    async def take(self, receipt: ReceiptId, reviewer: str) -> ReviewAssigned:
        """Take a referred receipt in hand for ``ASSIGNMENT``; taken again, it lasts longer.

        Raises ``ReviewRefused``: unknown, not waiting, or in a colleague's hand.
        """
        name = _checked_name(reviewer)
        story = await self._waiting(receipt)
        taken = assignment_at(story, self._clock())
        if taken is not None and taken.reviewer != name:
            raise _in_hand(receipt, taken)
        assigned = ReviewAssigned(reviewer=name, until=self._clock() + ASSIGNMENT)
        await self._add(story, assigned, actor=name)
        return assigned

    async def correct(self, receipt: ReceiptId, correction: ReceiptCorrected) -> None:
        """Say what is printed; the receipt is judged again by that.

        Raises ``ReviewRefused``, ``CorrectionRefused`` for what no register prints and what a QR
        contradicts, ``ReasonTooPersonal``.
        """
        checked_reason(correction.reason)
        story = await self._in_hand_of(receipt, correction.reviewer)
        check_correction(correction, readings_of(story)[0])
        await self._add(story, correction, actor=correction.reviewer)

    async def settle(
        self, receipt: ReceiptId, verdict: Verdict, *, reviewer: str, reason: str
    ) -> None:
        """Approve or reject a referred receipt that ``reviewer`` has in hand.

        An approved one is accepted if nobody else holds its claims and the policy's age and
        daily limit allow it. Raises ``ReviewRefused``, ``ReasonTooPersonal``.
        """
        story = await self._in_hand_of(receipt, reviewer)
        if verdict == "approve":
            _check_claimable(story)
        reviewed = ReceiptReviewed(
            verdict=verdict, reviewer=reviewer, reason=checked_reason(reason)
        )
        await self._add(story, reviewed, actor=reviewer)

    async def override(
        self, receipt: ReceiptId, verdict: Verdict, *, operator: str, reason: str
    ) -> None:
        """Have a receipt decided otherwise, whatever limits say; claims still bind.

        A granted one is withdrawn, see ``withdraw``. Raises ``ReviewRefused``,
        contradicts, ``ReasonTooPersonal``.
        """
        story = await self._decided(receipt)
        if verdict == "reject" and is_granted(story):
            return await self.withdraw(receipt, operator=operator, reason=reason)
        if verdict == "approve":
            if is_granted(story):
                raise ReviewRefused(f"{receipt} is accepted already; see `payouts list`")
            _check_claimable(story)
        overridden = ReceiptOverridden(
            verdict=verdict, operator=_checked_name(operator), reason=checked_reason(reason)
        )
        return await self._add(story, overridden, actor=operator)

    async def withdraw(self, receipt: ReceiptId, *, operator: str, reason: str) -> None:
        """Take bonus and claims from an accepted receipt as long as no payout was attempted.

        All of it in one append: the payout ends where nothing was asked for, or nothing happens.
        Raises ``ReviewRefused``, ``ReasonTooPersonal``.
        """
        name, why = _checked_name(operator), checked_reason(reason)
        for _ in range(RACES_MAX):  # the stream of a register's looks is a busy one
            with suppress(_Raced):
                return await self._withdraw(receipt, operator=name, reason=why)
        raise LogUnavailable(f"the claims of {receipt} change without pause; try again")

    async def _withdraw(self, receipt: ReceiptId, *, operator: str, reason: str) -> None:
        story = await self._decided(receipt)
        if not is_granted(story):
            raise ReviewRefused(f"{receipt} holds no claim: it is not accepted")
        payout = await self._store.read_stream(payout_stream(payout_of(receipt)))
        attempted = any(isinstance(fact.event, PayoutAttempted) for fact in payout)
        if attempted or not isinstance(payout[-1].event, PayoutRequested | PayoutReopened):
            raise ReviewRefused(
                f"the payout of {receipt} was attempted or has ended: its claims stay, see"
                " `payouts list` for what became of the money"
            )
        rejected = ReceiptRejected(reason="withdrawn", rules=RULES)
        overridden = ReceiptOverridden(verdict="reject", operator=operator, reason=reason)
        failed = PayoutFailed(cause="withdrawn", code="none")
        released = ClaimReleased(receipt=receipt, reason=reason)
        appends = [_behind(story, overridden, rejected), _behind(payout, failed)]
        appends += [_behind(facts, released) for facts in await self._held(story, receipt)]
        await self._append(receipt, *appends, actor=operator)

    async def _held(self, story: Sequence[Recorded], receipt: ReceiptId) -> list[list[Recorded]]:
        """Return the facts of each claim that ``receipt`` holds, and of its day's allowance."""
        streams = streams_of(story[0], readings_of(story))
        held = [await self._store.read_stream(streams.day)]
        for stream in (*streams.claims, *streams.former, *streams.looks):
            facts = await self._store.read_stream(stream)
            if receipt in holders_in([fact.event for fact in facts]):
                held.append(facts)
        return held

    async def _decided(self, receipt: ReceiptId) -> list[Recorded]:
        story = await self._story(receipt)
        waits = last_decision(story) is None or open_ask(story) is not None
        if waits and not await given_up(self._store, story):
            raise ReviewRefused(f"{receipt} is not decided yet: is a worker running?")
        return story

    async def _waiting(self, receipt: ReceiptId) -> list[Recorded]:
        story = await self._decided(receipt)
        if not isinstance(last_decision(story), ReceiptReferred):
            raise ReviewRefused(f"{receipt} waits for nobody: see `receipts explain {receipt}`")
        return story

    async def _in_hand_of(self, receipt: ReceiptId, reviewer: str) -> list[Recorded]:
        """Return the story if ``reviewer`` took the receipt last: nobody else did since."""
        name = _checked_name(reviewer)
        story = await self._waiting(receipt)
        last = last_assignment(story)
        if last is None or last.reviewer != name:
            if last is not None and self._clock() < last.until:
                raise _in_hand(receipt, last)
            raise ReviewRefused(f"take it first: `review take {receipt} --reviewer {name}`")
        return story

    async def _story(self, receipt: ReceiptId) -> list[Recorded]:
        story = await self._store.read_stream(receipt_stream(receipt))
        if not story:
            raise ReviewRefused(f"there is no receipt {receipt!r}: see `receipts list`")
        if any(fact.event is None for fact in story):
            raise ReviewRefused(f"only a newer release can read {receipt}: use that")
        return story

    async def _add(self, story: Sequence[Recorded], event: Event, *, actor: str) -> None:
        await self._append(story[0].event.receipt, _behind(story, event), actor=actor)

    async def _append(self, receipt: ReceiptId, *appends: Append, actor: str) -> None:
        """Append before any forgetting of the shopper, or not at all."""
        story = await self._store.read_stream(receipt_stream(receipt))
        uploaded: ReceiptUploaded = story[0].event
        told = await self._store.read_stream(shopper_stream(uploaded.shopper))
        gone = ReviewRefused(f"the shopper of {receipt} left: nothing is decided for them any more")
        if left_since(told, story[0]):
            raise gone

        async def in_time(connection: Connection) -> None:
            await join_in(connection, uploaded.shopper, seen=len(told) - 1)

        context = Context(correlation_id=receipt, causation_id=None, actor=f"person:{actor}")
        try:
            await self._store.append_with(*appends, context=context, also=in_time)
        except WrongExpectedVersion as late:
            raise _Raced(receipt) from late
        except Leaving as leaving:
            raise gone from leaving


def _behind(facts: Sequence[Recorded], *events: Event) -> Append:
    fresh: list[tuple[EventId, Struct]] = [(EventId(uuid4()), event) for event in events]
    return Append(stream=facts[0].stream, expected=facts[-1].version, events=fresh)


def _check_claimable(story: Sequence[Recorded]) -> None:
    """Raise unless something would keep the paper from being paid for again."""
    readings = readings_of(story)
    if not readings:
        raise ReviewRefused("it was never read: ask for another photo of the paper")
    if lacking := lacking_of(readings[-1]):
        raise ReviewRefused(
            f"type {' and '.join(_TO_TYPE[reason] for reason in lacking)} first (`review correct`);"
            " without it nothing would keep this paper from being paid for again: if the photo does"
            " not show it, reject and ask for another"
        )


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ReviewRefused("a name is 1 to 64 letters, digits, dots or dashes: say who you are")
    return name


def _in_hand(receipt: ReceiptId, taken: ReviewAssigned) -> ReviewRefused:
    return ReviewRefused(f"{taken.reviewer} has {receipt} in hand until {kyiv_clock(taken.until)}")
