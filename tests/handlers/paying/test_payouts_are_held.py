"""A database that may not know what was paid pays nothing until a person says so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from eventstore.attachments import Attachments, AttachmentsUnavailable, checkpoint_key
from eventstore.catalogue import (
    ClusterSeen,
    Event,
    PayoutConfirmed,
    PayoutsHeld,
    PayoutsReleased,
)
from eventstore.cluster import sight_now
from eventstore.identity import CLUSTER_STREAM, PAYOUTS_SWITCH
from eventstore.ledger import seal_until_rest
from eventstore.migrate import migrate, roll_back
from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from handlers.paying.hold import HELD_SECONDS, LOOK_GOOD_SECONDS, LOOK_SECONDS, Hold, is_held
from tests.handlers.gateways.paying import Shop, a_shop
from tests.story import CONTEXT, a_fact, append_of, facts, given

RESTORED = PayoutsHeld(cause="restored", checkpoint_size=None)
RELEASED = PayoutsReleased(reason="checked", evidence_sha256=None)


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


class Fickle:
    """An attachment store that lists its keys only while ``answers``."""

    def __init__(self, real: Attachments) -> None:
        self._real = real
        self.answers = True
        #: each is done once, before the next listing
        self.before: list[Callable[[], Awaitable[None]]] = []

    async def put(self, key: str, content: bytes) -> None:
        """Keep as the real one does."""
        await self._real.put(key, content)

    async def get(self, key: str) -> bytes:
        """Give as the real one does."""
        return await self._real.get(key)

    async def delete(self, key: str) -> None:
        """Forget as the real one does."""
        await self._real.delete(key)

    async def keys(self, folder: str, *, after: str = "") -> list[str]:
        """List as the real one does, or do not answer."""
        if not self.answers:
            raise AttachmentsUnavailable(folder, "silent")
        while self.before:
            await self.before.pop()()
        return await self._real.keys(folder, after=after)


async def move_elsewhere(shop: Shop) -> None:
    """Let the log have lived in another database until now."""
    seen = await shop.store.read_stream(CLUSTER_STREAM)
    elsewhere = ClusterSeen(identity="another")
    append = append_of(CLUSTER_STREAM, elsewhere, expected=len(seen) - 1)
    await shop.store.append(append, context=CONTEXT)


async def release(shop: Shop) -> None:
    """Let a person let money go again."""
    switch = await shop.store.read_stream(PAYOUTS_SWITCH)
    append = append_of(PAYOUTS_SWITCH, RELEASED, expected=len(switch) - 1)
    await shop.store.append(append, context=CONTEXT)


async def sign(shop: Shop, *, size: int) -> None:
    """Let a checkpoint of ``size`` facts lie among the attachments."""
    await shop.attachments.put(checkpoint_key(size), b"a signed root")


async def checkpoint(shop: Shop) -> int:
    """Sign the ledger as it is and copy that to the attachments; return its size."""
    checkpoints = Checkpoints(pool=shop.pool, vault=shop.vault, attachments=shop.attachments)
    await seal_until_rest(shop.pool)
    made = await checkpoints.make()
    await checkpoints.copy()
    assert made is not None
    return made.size


async def switch(shop: Shop) -> list[Event]:
    """Return what stands in the switch."""
    return list(await facts(shop.store, PAYOUTS_SWITCH))


async def test_the_first_database_of_a_log_is_no_restore(shop: Shop) -> None:
    """It is noted where the log lives, once, and money goes."""
    requested, _ = await shop.owe()
    await shop.hold().look()
    await shop.hold().look()
    identity = (await sight_now(shop.store)).identity
    assert await facts(shop.store, CLUSTER_STREAM) == [ClusterSeen(identity=identity)]
    assert await switch(shop) == []
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


async def test_many_that_start_in_a_restored_database_notice_it_once(shop: Shop) -> None:
    """Eight at the same moment record one hold and one new home, and all of them see it held."""
    await move_elsewhere(shop)
    seen = await asyncio.gather(*(shop.hold().look() for _ in range(8)))
    identity = (await sight_now(shop.store)).identity
    assert [each.held for each in seen] == [RESTORED] * 8
    assert await switch(shop) == [RESTORED]
    assert (await facts(shop.store, CLUSTER_STREAM))[1:] == [ClusterSeen(identity=identity)]
    assert await is_held(shop.store)


async def test_a_held_payout_waits_and_writes_nothing(shop: Shop) -> None:
    """However often it is looked at again; once a person let it go, it is paid."""
    await move_elsewhere(shop)
    requested, _ = await shop.owe()
    for _ in range(3):
        await shop.work_off(shop.payer())
        assert HELD_SECONDS - 5 < await shop.due_in_seconds() <= HELD_SECONDS
        await shop.time_passes()
    assert await shop.history(requested) == []
    assert shop.bank.bills() == []
    assert await shop.pool.fetchval("SELECT attempts FROM work") == 0

    await release(shop)
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert not await is_held(shop.store)


async def test_a_takeover_after_the_last_look_lets_nothing_leave(shop: Shop) -> None:
    """The attempt is recorded only in the database that was looked at, and it becomes a fact."""
    requested, _ = await shop.owe()
    payer = shop.payer()
    await shop.work_off(payer)  # it has looked, and looks again in a minute only
    await shop.bank.callbacks_settled()
    paid = len(shop.bank.bookings())
    second, _ = await shop.owe()
    await move_elsewhere(shop)
    await shop.work_off(payer)

    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert await shop.history(second) == []
    assert len(shop.bank.bookings()) == paid
    assert await switch(shop) == [RESTORED]


async def test_a_disk_that_was_put_back_is_noticed_by_its_checkpoints(shop: Shop) -> None:
    """One of more facts than there are holds money, once; a newer one holds it again."""
    await given(shop.store, "s", a_fact())
    await checkpoint(shop)
    await shop.hold().look()
    assert await switch(shop) == []

    for size in (500, 700):
        await sign(shop, size=size)
        await shop.hold().look()
        await shop.hold().look()
        assert await is_held(shop.store)
        await release(shop)
        await shop.hold().look()
        assert not await is_held(shop.store)
    held = [event for event in await switch(shop) if isinstance(event, PayoutsHeld)]
    assert [(each.cause, each.checkpoint_size) for each in held] == [
        ("checkpoint_ahead", 500),
        ("checkpoint_ahead", 700),
    ]


async def test_a_running_payer_notices_it_within_a_minute(shop: Shop) -> None:
    """It looks at the attachments again before the first payment after that time."""
    payer = shop.payer()
    await shop.owe()
    await shop.work_off(payer)
    await sign(shop, size=10**6)
    second, _ = await shop.owe()
    shop.now += timedelta(seconds=LOOK_SECONDS)
    await shop.work_off(payer)
    assert await shop.history(second) == []
    assert await is_held(shop.store)


async def test_a_checkpoint_that_is_made_meanwhile_is_not_ahead(shop: Shop) -> None:
    """The ledger grew and was signed between the two reads: that is no loss."""

    async def grow() -> None:
        await given(shop.store, "growing", *(a_fact(str(number)) for number in range(9)))
        await checkpoint(shop)

    fickle = Fickle(shop.attachments)
    fickle.before.append(grow)
    await Hold(store=shop.store, attachments=fickle, clock=shop.clock).look()
    assert not fickle.before
    assert await switch(shop) == []


async def test_while_the_attachments_were_never_seen_nothing_leaves(shop: Shop) -> None:
    """A start does not fail for it and no hold is recorded: money goes when the store is back."""
    shop.attachments = fickle = Fickle(shop.attachments)
    fickle.answers = False
    requested, _ = await shop.owe()
    await shop.work_off(shop.payer())
    assert await shop.history(requested) == []
    assert await switch(shop) == []

    fickle.answers = True
    await shop.time_passes()
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)


@pytest.mark.parametrize(
    ("seconds", "leaves"), [(LOOK_GOOD_SECONDS, True), (LOOK_GOOD_SECONDS + 1, False)]
)
async def test_a_short_silence_of_the_attachments_holds_nobodys_bonus(
    shop: Shop, seconds: float, leaves: bool
) -> None:
    """A look is good for ten minutes, and not for ever."""
    shop.attachments = fickle = Fickle(shop.attachments)
    payer = shop.payer()
    await shop.owe()
    await shop.work_off(payer)
    fickle.answers = False
    shop.now += timedelta(seconds=seconds)
    second, _ = await shop.owe()
    await shop.work_off(payer)
    assert bool(await shop.history(second)) == leaves


async def test_an_alarm_tells_once_that_a_silent_store_holds_money(shop: Shop) -> None:
    """Not for a short silence; a store that came back and is silent again alarms again."""
    shop.attachments = fickle = Fickle(shop.attachments)
    hold = shop.hold()
    alarms = []
    with capture_logs() as lines:
        for answers, seconds in (
            (True, 0), (False, 60), (False, LOOK_GOOD_SECONDS), (False, 60),
            (True, 60), (False, LOOK_GOOD_SECONDS + 1),
        ):  # fmt: skip
            fickle.answers = answers
            shop.now += timedelta(seconds=seconds)
            await hold.look()
            assert hold.attachments_silent != answers
            alarms.append([line["event"] for line in lines if line["log_level"] == "error"])
    assert [len(told) for told in alarms] == [0, 0, 1, 1, 1, 2]
    assert {*alarms[-1]} == {"payouts.held_by_silent_attachments"}


async def test_a_database_emptied_under_a_running_process_is_noticed(
    shop: Shop, database_url: str
) -> None:
    """The tables were made anew and know of no home: the process remembers where it was."""
    hold = shop.hold()
    await hold.look()
    await asyncio.to_thread(roll_back, database_url)
    await asyncio.to_thread(migrate, database_url)
    await hold.look()
    assert await switch(shop) == [RESTORED]
