"""What trouble of one append, or of the database, costs the others."""

import asyncio

from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.errors import WrongExpectedVersion
from eventstore.pool import Pool, open_pool
from eventstore.store import Appended, EventStore
from tests.eventstore.test_appends_share_transactions import (
    TRANSACTIONS,
    WRITERS,
    outcome,
    outcomes,
)
from tests.story import CONTEXT, a_fact, a_store, append_of, facts, until


async def test_one_late_append_does_not_part_the_others(pool: Pool) -> None:
    """A stale version is told to its sender; all the others still share one transaction."""
    store = a_store(pool)
    await store.append(append_of("old", a_fact()), context=CONTEXT)
    sent = [append_of(f"s{number}", a_fact()) for number in range(WRITERS)]

    told = await outcomes(store, *sent[:5], append_of("old", a_fact("stale")), *sent[5:])

    assert isinstance(told[5], WrongExpectedVersion)
    assert await pool.fetchval(TRANSACTIONS) == 3


async def test_a_caller_that_gives_up_aboard_leaves_nobody_waiting(pool: Pool) -> None:
    """Cancelled while the shared transaction is under way: the others are told theirs."""
    store = a_store(pool)
    tasks = [
        asyncio.create_task(outcome(store, append_of(f"s{number}", a_fact())))
        for number in range(WRITERS)
    ]
    while not store._appender._tasks:
        await asyncio.sleep(0)
    tasks[7].cancel()
    async with asyncio.timeout(5):
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [at for at, each in enumerate(told) if not isinstance(each, Appended)] == [7]


async def test_a_fact_whose_caller_gave_up_is_announced_to_the_sealer(pool: Pool) -> None:
    """Stored by a shared transaction, it is sealed at once and not at somebody's next poll."""
    stored_when_told: list[int] = []
    store = EventStore(
        pool=pool, codec=Codec(EVENTS), appended=lambda: stored_when_told.append(told())
    )
    stored = 0

    def told() -> int:
        return stored

    first = asyncio.create_task(store.append(append_of("a", a_fact()), context=CONTEXT))
    await asyncio.sleep(0)
    second = asyncio.create_task(store.append(append_of("b", a_fact()), context=CONTEXT))
    await first
    second.cancel()  # aboard already
    await asyncio.gather(second, return_exceptions=True)
    stored = 1
    await until("SELECT count(*) = 2 FROM events", pool)
    while store._appender._tasks:
        await asyncio.sleep(0)

    assert 1 in stored_when_told


async def test_what_its_caller_gave_up_before_it_left_is_not_stored(database_url: str) -> None:
    """A passenger that waits for a connection can still get off."""
    async with await open_pool(database_url, size=1, name="test") as pool:
        store = EventStore(pool=pool, codec=Codec(EVENTS), appended=lambda: None)
        async with pool.acquire():
            tasks = [
                asyncio.create_task(store.append(append_of(name, a_fact()), context=CONTEXT))
                for name in "abc"
            ]
            while store._appender._waiting or not store._appender._tasks:
                await asyncio.sleep(0)  # until "b" and "c" are aboard, and wait for us
            tasks[1].cancel()
            await asyncio.gather(tasks[1], return_exceptions=True)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await facts(store, "c") == [a_fact()]
        assert await facts(store, "b") == []
