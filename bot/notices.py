"""Facts become words: what a shopper should hear of is told once, whatever crashes.

What is said is decided from all that is known by now, not from the fact alone: of a reading, a
decision and a payout within one second the shopper sees the last. It is recorded as
``ShopperNotified`` under an id that follows from the fact, and sent under a ``random_id`` that
follows from that id: a crash between the two neither loses nor doubles it. Only the process that
owns the bot runs this.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog
from msgspec import Struct

from bot.answers import Answers
from bot.concerns import Concern, concerned
from bot.messenger import Messenger, NotNow, Sent
from bot.notice import Notice, Rendered, rendered
from bot.texts import Texts
from bot.turns import Turns
from eventstore.catalogue import Locale, ShopperNotified
from eventstore.chats import NOTICE, NOTICES, Chat, ShopperNow, chat_of, now_of
from eventstore.cluster import sight_now
from eventstore.holding import is_restored, standing_holds
from eventstore.identity import PAYOUTS_SWITCH, EventId, ShopperId, shopper_stream
from eventstore.store import EventStore, Recorded, now_utc
from eventstore.vault import KeyDestroyed, Vault
from eventstore.worklist import Work

log = structlog.get_logger()

#: Telegram lets one message change about once a second.
EDIT_SECONDS_MIN = 1.0
#: An edited message rings no phone: what comes later than this is a message of its own.
EDIT_SECONDS_MAX = 900.0
#: A person must compare statements after a restore; that takes a while.
SILENCED_SECONDS = 60.0


class Notices:
    """Says what facts call for; a handler of the log's work."""

    name = NOTICES
    #: One request to Telegram, and its answer or none.
    time_limit_seconds = 60.0

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
        if await self._is_silenced():
            return await work.retry_later(SILENCED_SECONDS)
        try:
            for place, concern in enumerate(await self._concerned(work.event)):
                async with self._turns.of(concern.shopper):
                    await self._tell(work, place, concern)
        except NotNow as later:
            log.info("notice.waits", why=str(later))
            return await work.retry_later(later.seconds)
        return await work.finish()

    async def _is_silenced(self) -> bool:
        """Tell whether this database may not know what was said already: it was restored."""
        switch = await self._store.read_stream(PAYOUTS_SWITCH)
        if is_restored(standing_holds([fact.event for fact in switch])):
            return True
        sight = await sight_now(self._store)
        return sight.seen is not None and not sight.at_home

    async def _concerned(self, fact: Recorded) -> list[Concern]:
        return await concerned(self._store, fact, staff=self._staff)

    async def _tell(self, work: Work, place: int, concern: Concern) -> None:
        """Say and record what the fact calls for, unless that was done; raises ``NotNow``."""
        event_id, _ = work.fact(work.event.event, ordinal=place)
        if await self._store.read_events([event_id]):
            return
        listener = await self._listener(concern.shopper)
        notice = listener and await self._answers.to(work.event, concern)
        if not listener or not notice:
            return
        before = None
        if concern.receipt is not None:
            told = await self._store.read_stream(concern.stream)
            if told and _says_so(told[-1].event, notice):
                return
            before = self._message_to_edit(told)
        with suppress(KeyDestroyed):  # forgotten a moment ago
            await self._say(work, event_id, listener, concern, notice, before=before)

    def _message_to_edit(self, told: list[Recorded]) -> int | None:
        """Return the message that shows how a receipt stands, None to begin a new one.

        Raises ``NotNow`` when it changed a moment ago.
        """
        if not told:
            return None
        since = (self._clock() - told[-1].recorded_at).total_seconds()
        if since < EDIT_SECONDS_MIN:
            raise NotNow(EDIT_SECONDS_MIN - max(since, 0.0), "the message changed a moment ago")
        return _message_of(told) if since < EDIT_SECONDS_MAX else None

    async def _say(
        self,
        work: Work,
        event_id: EventId,
        listener: "_Listener",
        concern: Concern,
        notice: Notice,
        *,
        before: int | None,
    ) -> None:
        locale = listener.now.locale
        words = rendered(notice, self._texts[locale], sandbox=self._sandbox)
        sealed = await self._sealed(listener, words)
        sent = await self._edited(listener, before, words) if before is not None else None
        if sent is None:
            random_id = random_id_of(event_id)
            sent = await self._messenger.send(listener.chat, words, random_id=random_id)
        notified = ShopperNotified(
            shopper=listener.shopper,
            key=notice.key,
            parameters=notice.parameters,
            locale=locale,
            text_sealed=sealed,
            outcome=sent.outcome,
            message=sent.message,
            receipt=concern.receipt,
        )
        await self._store.append_last(concern.stream, event_id, notified, context=work.context)
        log.info("notice.told", key=notice.key, outcome=sent.outcome)

    async def _edited(self, listener: "_Listener", message: int, words: Rendered) -> Sent | None:
        return await self._messenger.edit(listener.chat, message, words)

    async def _sealed(self, listener: "_Listener", words: Rendered) -> str:
        content, beside = msgspec.json.encode(words), listener.now.chat_sealed
        if beside is None:
            return await self._vault.seal(listener.shopper, NOTICE, content)
        return await self._vault.seal_beside(beside, listener.shopper, NOTICE, content)

    async def _listener(self, shopper: ShopperId) -> "_Listener | None":
        """Return whom to speak to, None for who is gone or has no chat with us."""
        facts = await self._store.read_stream(shopper_stream(shopper))
        now = now_of([fact.event for fact in facts])
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


def random_id_of(event_id: EventId) -> int:
    """Return the number by which Telegram knows a message again: 64 bits, signed, not zero."""
    return int.from_bytes(event_id.bytes[:8], "big", signed=True) or 1


def _says_so(last: ShopperNotified, notice: Notice) -> bool:
    return (last.key, last.parameters) == (notice.key, notice.parameters)


def _message_of(told: list[Recorded]) -> int | None:
    """Return the newest message about a receipt that can be edited, if any."""
    there = [fact.event for fact in told if fact.event.outcome in ("sent", "edited", "unchanged")]
    return there[-1].message if there else None
