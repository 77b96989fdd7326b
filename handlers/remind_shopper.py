"""ShopperStarted -> ReminderDue, a day later, if no receipt came: once for ever.

The fact waits as work until then, so any restart finds it again. A restored log may not know whom
it reminded: those who had started by then are left alone. What is said and how is the bot's
business.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from eventstore.catalogue import PayoutsHeld, ReminderDue, ShopperStarted
from eventstore.chats import since_forgotten
from eventstore.daytime import by_day
from eventstore.identity import PAYOUTS_SWITCH, ShopperId, reminder_stream
from eventstore.people import uploads_since
from eventstore.store import NO_STREAM, Append, EventStore, Recorded, now_utc
from eventstore.worklist import Work
from handlers.paying.hold import HELD_SECONDS, is_held
from handlers.people.standing import left_since

#: R13.
AFTER = timedelta(hours=24)
#: Who started longer ago has forgotten us: a system that stood still for a week, or was restored,
#: must not remind out of the blue.
LATE_MAX = timedelta(days=3)


def due_at(started_at: datetime) -> datetime:
    """Return when somebody who started then may be reminded: a day later, in daytime; pure."""
    return by_day(started_at.astimezone(UTC) + AFTER)


class RemindShopper:
    """Waits a day, then says that a reminder is due unless there is a reason against it."""

    name = "remind_shopper"
    #: A few short reads.
    time_limit_seconds = 10.0

    def __init__(self, *, store: EventStore, clock: Callable[[], datetime] = now_utc) -> None:
        """Read and append in ``store``."""
        self._store = store
        self._clock = clock

    async def handle(self, work: Work) -> None:
        """Give the work back until it is time, by day, and anybody may be told anything."""
        now = self._clock()
        due = due_at(work.event.recorded_at)
        moment = max(due, by_day(now))
        if moment > now:
            return await work.retry_later((moment - now).total_seconds())
        if await is_held(self._store):
            return await work.retry_later(HELD_SECONDS)
        shopper = ShopperId(work.event.stream.partition("-")[2])
        if now - due > LATE_MAX or not await self._is_wanted(shopper, work.event):
            return await work.finish()
        return await work.finish(
            Append(
                stream=reminder_stream(shopper),
                expected=NO_STREAM,
                events=[work.fact(ReminderDue(), ordinal=0)],
            )
        )

    async def _is_wanted(self, shopper: ShopperId, started: Recorded) -> bool:
        """Tell whether they were never reminded, are still here and sent nothing since.

        A later start of somebody who is here already, from a new bot, is no reason to remind.
        """
        if await self._store.read_lasts([reminder_stream(shopper)]):
            return False
        told = await self._store.read_stream(started.stream)
        if left_since(told, started) or not _is_arrival(told, started):
            return False
        if await self._was_restored_since(started):
            return False
        return await uploads_since(self._store, shopper, started.recorded_at) == 0

    async def _was_restored_since(self, started: Recorded) -> bool:
        holds = await self._store.read_stream(PAYOUTS_SWITCH)
        return any(
            isinstance(hold.event, PayoutsHeld)
            and hold.event.cause != "paused"
            and hold.recorded_at > started.recorded_at
            for hold in holds
        )


def _is_arrival(told: list[Recorded], started: Recorded) -> bool:
    """Tell whether they were not here before ``started``, or were forgotten since then."""
    before = [fact.event for fact in told if fact.version < started.version]
    return not any(isinstance(fact, ShopperStarted) for fact in since_forgotten(before))
