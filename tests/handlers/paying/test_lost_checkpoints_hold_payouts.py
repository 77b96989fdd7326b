"""A copied checkpoint that this database never made tells of facts that it has lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstore.attachments import checkpoint_key
from eventstore.catalogue import PayoutsHeld
from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.store import now_utc
from handlers.paying.hold import TOLD_MAX, is_held, switch_of
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.paying.test_payouts_are_held import checkpoint, release, sign, switch
from tests.story import a_fact, given


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def grow(shop: Shop) -> None:
    """Let three facts be recorded."""
    for _ in range(3):
        await given(shop.store, f"s-{await shop.store.head()}", a_fact())


async def lost(shop: Shop) -> list[list[int]]:
    """Return which checkpoints each hold told of."""
    holds = [event for event in await switch(shop) if isinstance(event, PayoutsHeld)]
    return [hold.checkpoints_lost for hold in holds]


async def test_a_log_that_grew_again_past_its_lost_checkpoint_is_held(shop: Shop) -> None:
    """It was put back, and others wrote and signed before a payer looked: it has enough facts."""
    await grow(shop)
    await sign(shop, size=2)
    await checkpoint(shop)
    await shop.hold().look()
    assert await is_held(shop.store)
    assert await lost(shop) == [[2]]


async def test_a_checkpoint_of_other_facts_of_the_same_number_is_noticed(shop: Shop) -> None:
    """It grew again to the very size that was signed before: the roots differ."""
    await grow(shop)
    checkpoints = Checkpoints(pool=shop.pool, vault=shop.vault, attachments=shop.attachments)
    key, size = await checkpoints.key(), await shop.store.head()
    other = key.signed(size=size, root=bytes(32), made_at=now_utc())
    await shop.attachments.put(checkpoint_key(size), other.encode())
    assert await checkpoint(shop) == size
    await shop.hold().look()
    assert await lost(shop) == [[size]]


async def test_a_copy_whose_maker_died_before_noting_it_is_ours(shop: Shop) -> None:
    """It is still to be copied, though it lies there already: the roots are the same."""
    await grow(shop)
    checkpoints = Checkpoints(pool=shop.pool, vault=shop.vault, attachments=shop.attachments)
    made, note = await checkpoints.make(), await checkpoints.latest_note()
    assert made is not None
    assert note is not None
    await shop.attachments.put(checkpoint_key(made.size), note.encode())
    await shop.hold().look()
    assert await switch(shop) == []


async def test_a_disk_that_is_put_back_twice_is_held_twice(shop: Shop) -> None:
    """The second time less was lost than the first: what was told then hides nothing now."""
    await grow(shop)
    for size in (900, 1000):
        await sign(shop, size=size)
    await shop.hold().look()
    await release(shop)
    await shop.hold().look()
    assert not await is_held(shop.store)

    await sign(shop, size=500)  # of the log that went on, and was put back to here again
    await shop.hold().look()
    assert await is_held(shop.store)
    assert await lost(shop) == [[900, 1000], [500]]


def test_a_hold_that_cannot_name_all_has_told_of_the_older_ones() -> None:
    """Else a log that lost very many would be held again and again."""
    named = list(range(10, 10 + TOLD_MAX))
    for sizes, below in ((named, 10), (named[1:], 0)):
        hold = PayoutsHeld(cause="restored", checkpoint_size=sizes[-1], checkpoints_lost=sizes)
        switch = switch_of([], [hold])
        assert switch.told == frozenset(sizes)
        assert switch.told_below == below
