"""Who started and sent nothing is reminded a day later, by day, and never again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventstore.catalogue import ClusterSeen, PayoutsReleased, ReminderDue, ShopperForgotten
from eventstore.daytime import by_day
from eventstore.identity import (
    CLUSTER_STREAM,
    KYIV,
    PAYOUTS_SWITCH,
    ShopperId,
    reminder_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from handlers.paying.hold import Hold
from handlers.reactions import types_of
from handlers.remind_shopper import LATE_MAX, RemindShopper, due_at
from tests.handlers.people.leaving import REJECTED, Office
from tests.story import CONTEXT, facts, new_id

ANN = ShopperId("ann")


def kyiv(day: int, hour: int, minute: int = 0, *, month: int = 6) -> datetime:
    """Return a time in Kyiv in 2026, as the log keeps it."""
    return datetime(2026, month, day, hour, minute, tzinfo=KYIV).astimezone(UTC)


@pytest.mark.parametrize(
    ("started", "due"),
    [
        (kyiv(1, 12), kyiv(2, 12)),
        (kyiv(1, 9), kyiv(2, 9)),
        (kyiv(1, 20, 59), kyiv(2, 20, 59)),
        (kyiv(1, 21), kyiv(3, 9)),
        (kyiv(1, 23, 30), kyiv(3, 9)),
        (kyiv(2, 0), kyiv(3, 9)),
        (kyiv(2, 8, 59), kyiv(3, 9)),
        (kyiv(30, 22), kyiv(2, 9, month=7)),
        # the clocks go forward on 29 March at 3:00: a day later is an hour later by the clock
        (kyiv(28, 20, 30, month=3), kyiv(30, 9, month=3)),
        (kyiv(28, 8, 0, month=3), kyiv(29, 9, month=3)),
        (kyiv(27, 23, 0, month=3), kyiv(29, 9, month=3)),
        # and back on 25 October at 4:00
        (kyiv(24, 9, 30, month=10), kyiv(25, 9, month=10)),
        (kyiv(24, 21, 30, month=10), kyiv(25, 20, 30, month=10)),
    ],
)
def test_a_reminder_is_due_a_day_later_by_day(started: datetime, due: datetime) -> None:
    """From 21 to 9 o'clock in Kyiv nobody is disturbed, in summer and in winter."""
    assert due_at(started) == due
    assert due_at(started.astimezone(KYIV)) == due
    assert due - started >= timedelta(hours=24)


class Clocked(Office):
    """The office with a handler that goes by its clock."""

    async def remind(self, **time: float) -> list[object]:
        """Let time go by, and what is due be done; return Ann's reminders."""
        await self.time_passes(**time)
        await self.work_off(RemindShopper(store=self.store, clock=lambda: self.now))
        return list(await facts(self.store, reminder_stream(ANN)))

    async def look(self) -> None:
        """Let a process that pays notice what there is to notice."""
        await Hold(store=self.store, attachments=self.attachments).look()

    async def release(self) -> None:
        """Let a person let money go, and people be told things."""
        released = PayoutsReleased(reason="all is well", evidence_sha256=None)
        await self.store.append_last(PAYOUTS_SWITCH, new_id(), released, context=CONTEXT)

    async def remind_by_day(self, **time: float) -> list[object]:
        """Do the same, and let the night end first."""
        self.now = by_day(self.now + timedelta(**time))
        return await self.remind()


@pytest.fixture
async def place(pool: Pool, tmp_path: Path) -> Clocked:
    """Where people start, in a database that the log knows."""
    place = Clocked(pool=pool, folder=tmp_path / "attachments")
    await place.look()
    return place


async def waiting(place: Clocked) -> int:
    """Return how much work waits."""
    return int(await place.pool.fetchval("SELECT count(*) FROM work"))


async def test_who_sent_nothing_is_reminded_once(place: Clocked) -> None:
    """Not a moment before a day is over, and never twice; looking often is no failed try."""
    await place.start(ANN)
    for _ in range(12):
        assert await place.remind(hours=1) == []
    assert await place.pool.fetchval("SELECT attempts FROM work") == 0
    assert await place.remind_by_day(hours=24) == [ReminderDue()]
    assert await waiting(place) == 0
    assert await place.remind(days=2) == [ReminderDue()]


async def test_who_sent_a_receipt_is_not_reminded(place: Clocked) -> None:
    """Whatever became of it."""
    await place.start(await place.arrive(ANN))
    await place.send(ANN)
    assert await place.remind_by_day(hours=36) == []
    assert await waiting(place) == 0


async def test_who_is_leaving_or_gone_is_not_reminded(place: Clocked) -> None:
    """Neither before nor after their things are destroyed."""
    await place.start(ANN)
    bob = ShopperId("bob")
    await place.start(bob)
    assert isinstance(await place.forget(ANN), ShopperForgotten)
    await place.commands.request_forgetting(bob, reason="by letter")
    assert await place.remind_by_day(hours=36) == []
    assert await facts(place.store, reminder_stream(bob)) == []
    assert not await place.pool.fetchval("SELECT count(*) FROM work WHERE handler = $1",
                                         RemindShopper.name)  # fmt: skip


async def test_who_returns_is_not_reminded_again(place: Clocked) -> None:
    """Once for ever, also for a life that begins anew; who was not yet gets theirs."""
    await place.start(ANN)
    bob = ShopperId("bob")
    assert await place.remind_by_day(hours=36) == [ReminderDue()]
    await place.start(bob)
    for who in (ANN, bob):
        assert isinstance(await place.forget(who), ShopperForgotten)
        await place.start(who)
    assert [type(fact).__name__ for fact in await facts(place.store, shopper_stream(bob))] == [
        "ShopperStarted", "ForgettingRequested", "ShopperForgotten", "ShopperStarted",
    ]  # fmt: skip
    assert await place.remind_by_day(hours=20) == [ReminderDue()]
    assert await facts(place.store, reminder_stream(bob)) == [ReminderDue()]


async def test_who_was_here_before_a_new_bot_is_not_reminded(place: Clocked) -> None:
    """Their first start said it all: they sent a receipt long ago."""
    await place.start(ANN)
    await place.arrive(ANN)
    await place.read(ANN, await place.send(ANN), REJECTED)
    await place.start(ANN, access_hash=92)
    assert await place.remind_by_day(hours=36) == []
    assert await waiting(place) == 0


async def test_a_system_that_stood_still_reminds_nobody_out_of_the_blue(place: Clocked) -> None:
    """Three days late is too late; a day late is not."""
    await place.start(ANN)
    bob = ShopperId("bob")
    assert await place.remind_by_day(hours=72) == [ReminderDue()]
    await place.start(bob)
    place.now += LATE_MAX
    await place.remind_by_day(hours=48)
    assert await facts(place.store, reminder_stream(bob)) == []
    assert await waiting(place) == 0


async def test_nobody_is_reminded_while_nobody_may_be_told_anything(place: Clocked) -> None:
    """A pause of money is one of words too; afterwards it is not too late."""
    await place.start(ANN)
    await place.commands.pause_payouts(by="olena", reason="odd", wish="press/1")
    assert await place.remind_by_day(hours=36) == []
    assert await waiting(place) == 1
    await place.release()
    assert await place.remind_by_day(minutes=3) == [ReminderDue()]


async def test_a_restored_log_reminds_nobody_it_may_have_reminded(place: Clocked) -> None:
    """It waits until a person has looked, and then leaves alone who had started by then."""
    await place.start(ANN)
    moved = ClusterSeen(identity="another")
    await place.store.append_last(CLUSTER_STREAM, new_id(), moved, context=CONTEXT)
    assert await place.remind_by_day(hours=36) == []
    assert await waiting(place) == 1
    await place.look()
    await place.release()
    bob = ShopperId("bob")
    await place.start(bob)
    assert await place.remind_by_day(minutes=3) == []
    assert await waiting(place) == 0
    assert await facts(place.store, reminder_stream(bob)) == [ReminderDue()]


async def test_a_late_reminder_waits_for_the_morning_too(place: Clocked) -> None:
    """A system that comes back at night wakes nobody."""
    await place.start(ANN)
    (started,) = await place.store.read_stream(shopper_stream(ANN))
    evening = (started.recorded_at + timedelta(days=2)).astimezone(KYIV).replace(hour=23)
    place.now = evening.astimezone(UTC)
    assert await place.remind() == []
    assert await waiting(place) == 1
    place.now = by_day(place.now)
    assert await place.remind() == [ReminderDue()]


async def test_two_processes_remind_once(place: Clocked) -> None:
    """Whichever is first: the other finds it done, and parks nothing."""
    await place.start(ANN)
    place.now = by_day(place.now + timedelta(hours=36))
    await asyncio.gather(*(place.remind() for _ in range(4)))
    assert await facts(place.store, reminder_stream(ANN)) == [ReminderDue()]
    assert await waiting(place) == 0


async def test_who_sends_from_a_browser_is_not_reminded(place: Clocked) -> None:
    """They never started: nobody could write to them."""
    await place.arrive(ANN)
    assert await place.remind_by_day(hours=36) == []
    assert types_of(RemindShopper.name) == {"ShopperStarted"}
