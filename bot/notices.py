"""Facts become words: what a shopper should hear of is told once, whatever crashes.

What is said is decided from all that is known by now, not from the fact alone: of a reading, a
decision and a payout within one second the shopper sees the last. It is recorded as
``ShopperNotified`` under an id that follows from the fact, and sent under a ``random_id`` that
follows from its place and its very words: a crash between the two neither doubles it nor takes
what was said before it for what is to be said by now. Only who owns the bot runs this.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct

from bot.answers import Answers
from bot.concerns import Concern, concerned
from bot.messenger import Messenger, NotNow, Sent
from bot.turns import Turns
from bot.words.notice import Notice, Rendered, rendered
from bot.words.texts import Texts
from eventstore.catalogue import Locale, PayoutsHeld, ShopperAsked, ShopperNotified
from eventstore.chats import NOTICE, NOTICES, Chat, ShopperNow, chat_of, last_forgetting, now_of
from eventstore.cluster import sight_now
from eventstore.errors import WrongExpectedVersion
from eventstore.holding import is_restored, standing_holds
from eventstore.identity import (
    PAYOUTS_SWITCH,
    EventId,
    ReceiptId,
    ShopperId,
    sha256_of,
    shopper_stream,
)
from eventstore.store import NO_STREAM, Append, EventStore, Recorded, now_utc
from eventstore.vault import KeyDestroyed, Vault
from eventstore.worklist import ATTEMPTS_MAX, Work

log = structlog.get_logger()

#: Telegram lets one message change about once a second.
EDIT_SECONDS_MIN = 1.0
#: An edited message rings no phone: what comes later than this is a message of its own.
EDIT_SECONDS_MAX = 900.0
#: Of all workers one person keeps so many: one speaks, one is next.
TURNS_MAX = 2
#: When the others look again.
TURN_SECONDS = 0.3
#: A person must compare statements after a restore; that takes a while.
SILENCED_SECONDS = 60.0


class Notices:
    """Says what facts call for; a handler of the log's work."""

    name = NOTICES
    #: An edit and a message in its place, both without an answer, behind as much of the same
    #: person's, and the database.
    time_limit_seconds = 90.0

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Vault,
        answers: Answers,
        messenger: Messenger,
        texts: dict[Locale, Texts],
        sandbox: bool,
        staff: frozenset[ShopperId],
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Say by ``messenger`` what ``answers`` decides, in the words of ``texts``.

        ``sandbox``: money does not move, and each message about it says so. ``staff`` hear
        of what a person must look at.
        """
        self._store = store
        self._vault = vault
        self._answers = answers
        self._messenger = messenger
        self._texts = texts
        self._sandbox = sandbox
        self._staff = staff
        self._clock = clock
        self._turns = Turns()

    async def handle(self, work: Work) -> None:
        """Tell everybody whom the fact concerns, or come back when that is possible."""
        # That payouts are held is told all the same: it is why a person must act.
        if not isinstance(work.event.event, PayoutsHeld) and await self._is_silenced():
            return await work.retry_later(SILENCED_SECONDS)
        told = [self._tell_in_turn(work, each) for each in await self._concerned(work.event)]
        outcomes = await asyncio.gather(*told, return_exceptions=True)
        waits = [outcome for outcome in outcomes if isinstance(outcome, NotNow)]
        for outcome in outcomes:
            if outcome is not None and outcome not in waits:
                raise outcome
        if waits:
            longest = max(waits, key=lambda later: later.seconds)
            log.info("notice.waits", why=str(longest))
            return await work.retry_later(longest.seconds)
        return await work.finish()

    async def _tell_in_turn(self, work: Work, concern: Concern) -> None:
        """Tell one of them, after what the same person is being told; raises ``NotNow``."""
        if self._turns.wanted_by(concern.shopper) >= TURNS_MAX:
            raise NotNow(TURN_SECONDS, "the same person is being told something else")
        async with self._turns.of(concern.shopper):
            await self._tell(work, concern)

    async def _is_silenced(self) -> bool:
        """Tell whether this database may not know what was said already: it was restored."""
        sight = await sight_now(self._store)
        if sight.seen is not None and not sight.at_home:
            return True
        if sight.released:
            return False  # nothing holds, so no restore does
        switch = await self._store.read_stream(PAYOUTS_SWITCH)
        return is_restored(standing_holds([fact.event for fact in switch]))

    async def _concerned(self, fact: Recorded) -> list[Concern]:
        return await concerned(self._store, fact, staff=self._staff)

    async def _tell(self, work: Work, concern: Concern) -> None:
        """Say and record what the fact calls for, unless that was done; raises ``NotNow``."""
        event_id, _ = work.fact(work.event.event, ordinal=_ordinal_of(concern))
        own, told = await self._own_and_told(concern, event_id)
        if any(fact.event_id == event_id for fact in told):
            return
        listener = await self._listener(concern, own)
        notice = listener and await self._answers.to(work.event, concern, own=own)
        if not listener or not notice:
            return
        before, place_told = _pressed_under(work.event), str(event_id)
        # What Telegram never takes may not silence all that is to be said in that chat.
        last = concern.receipt is None and work.attempt >= ATTEMPTS_MAX
        if concern.receipt is not None:
            if told and _says_so(told[-1].event, notice):
                return
            before = self._message_to_edit(told)
            place_told = f"{concern.stream}/{len(told)}"
        with suppress(KeyDestroyed):  # forgotten a moment ago
            said = await self._say(listener, notice, before=before, place=place_told, last=last)
            notified = _notified(listener, notice, said, receipt=concern.receipt)
            await self._record(work, event_id, concern, notified, told=told)
            log.info("notice.told", key=notice.key, outcome=notified.outcome)

    async def _own_and_told(
        self, concern: Concern, event_id: EventId
    ) -> tuple[list[Recorded], list[Recorded]]:
        """Return the shopper's own facts, and what they were told: about the receipt all, in one
        look; besides, in a chat that may be long, only what has ``event_id``.
        """
        own = shopper_stream(concern.shopper)
        if concern.receipt is None:
            return await self._store.read_stream(own), await self._store.read_events([event_id])
        there = await self._store.read_streams([own, concern.stream])
        told = [fact for fact in there if fact.stream == concern.stream]
        return [fact for fact in there if fact.stream == own], told

    def _message_to_edit(self, told: list[Recorded]) -> int | None:
        """Return the message that shows how a receipt stands, None to begin a new one.

        Raises ``NotNow`` when it changed a moment ago.
        """
        if not told:
            return None
        since = self._seconds_since(told[-1])
        if since < EDIT_SECONDS_MIN:
            raise NotNow(EDIT_SECONDS_MIN - max(since, 0.0), "the message changed a moment ago")
        shown = [fact for fact in told if fact.event.outcome in ("sent", "edited", "unchanged")]
        if not shown or self._seconds_since(shown[-1]) >= EDIT_SECONDS_MAX:
            return None
        message: int | None = shown[-1].event.message
        return message

    def _seconds_since(self, fact: Recorded) -> float:
        return (self._clock() - fact.recorded_at).total_seconds()

    async def _say(
        self, listener: "_Listener", notice: Notice, *, before: int | None, place: str, last: bool
    ) -> "_Said":
        """Say ``notice`` in the message ``before``, or else in one that has this ``place``."""
        words = rendered(notice, self._texts[listener.now.locale], sandbox=self._sandbox)
        sealed = await self._sealed(listener, words)
        sent = None
        if before is not None:
            sent = await self._messenger.edit(listener.chat, before, words)
        if sent is None:
            name = random_id_of(place, words)
            sent = await self._messenger.send(listener.chat, words, random_id=name, last=last)
        return _Said(sent=sent, text_sealed=sealed)

    async def _record(
        self,
        work: Work,
        event_id: EventId,
        concern: Concern,
        notified: ShopperNotified,
        *,
        told: list[Recorded],
    ) -> None:
        """Record what was said, right behind what was ``told`` unless more stands there."""
        if concern.receipt is not None:  # the end of a chat was not looked for
            end = told[-1].version if told else NO_STREAM
            behind = Append(stream=concern.stream, expected=end, events=[(event_id, notified)])
            with suppress(WrongExpectedVersion):
                await self._store.append(behind, context=work.context)
                return
        await self._store.append_last(concern.stream, event_id, notified, context=work.context)

    async def _sealed(self, listener: "_Listener", words: Rendered) -> str:
        content, beside = msgspec.json.encode(words), listener.now.chat_sealed
        if beside is None:
            return await self._vault.seal(listener.shopper, NOTICE, content)
        return await self._vault.seal_beside(beside, listener.shopper, NOTICE, content)

    async def _listener(self, concern: Concern, own: list[Recorded]) -> "_Listener | None":
        """Return whom to speak to, None for who is gone or has no chat with us.

        Who was forgotten since and came back is told nothing of what was before.
        """
        shopper = concern.shopper
        end, now = last_forgetting(own), now_of([fact.event for fact in own])
        if end is not None and concern.begun < end.position:
            return None
        if now.chat_sealed is None:
            there = now.consented and not self._messenger.needs_chat
            return _Listener(shopper=shopper, now=now, chat=None) if there else None
        with suppress(KeyDestroyed):
            chat = await chat_of(self._vault, shopper, now.chat_sealed)
            return _Listener(shopper=shopper, now=now, chat=chat)
        return None


class _Listener(Struct, frozen=True, kw_only=True):
    """Somebody to speak to."""

    shopper: ShopperId
    now: ShopperNow
    #: None where nothing is sent, only recorded
    chat: Chat | None


class _Said(Struct, frozen=True, kw_only=True):
    """What was said, and what became of it."""

    sent: Sent
    text_sealed: str


def _ordinal_of(concern: Concern) -> int:
    """Return which telling of one fact it is: 0 to its shopper; to staff, whoever else is, theirs.

    Their place in a list would not do: others join it and leave it before a retry.
    """
    if not concern.as_staff:
        return 0
    return int.from_bytes(bytes.fromhex(sha256_of(concern.shopper.encode()))[:8], "big") or 1


def _notified(
    listener: _Listener, notice: Notice, said: _Said, *, receipt: ReceiptId | None
) -> ShopperNotified:
    return ShopperNotified(
        shopper=listener.shopper,
        key=notice.key,
        parameters=notice.parameters,
        locale=listener.now.locale,
        text_sealed=said.text_sealed,
        outcome=said.sent.outcome,
        message=said.sent.message,
        receipt=receipt,
    )


def random_id_of(place: str, words: Rendered) -> int:
    """Return the number by which Telegram knows a message again: 64 bits, signed, not zero.

    ``place`` is what it answers, or which one it is about a receipt, whatever fact asked for it:
    of two facts that ask for the same words one was cut off, and Telegram shows them once. Other
    words are another message: after a cut the final answer is not lost in the place of "reading".
    """
    name = sha256_of(place.encode() + b"\x00" + words.text.encode())
    return int.from_bytes(bytes.fromhex(name)[:8], "big", signed=True) or 1


def _pressed_under(fact: Recorded) -> int | None:
    """Return the message that a press asks to be changed, None where nothing is."""
    asked = fact.event
    seen = isinstance(asked, ShopperAsked) and asked.about == "acknowledged"
    return asked.message if seen else None


def _says_so(last: ShopperNotified, notice: Notice) -> bool:
    return (last.key, last.parameters) == (notice.key, notice.parameters)
