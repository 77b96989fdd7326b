"""A read model has each fact exactly once, whatever stops or races its projector."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import ClassVar

import pytest

from eventstore.pool import Connection, Pool
from eventstore.process import in_background
from eventstore.store import Recorded
from eventstore.subscription import Listener
from projections.projector import Projector, StandBy, standings
from tests.story import (
    CONTEXT,
    a_fact,
    a_sealed_store,
    a_store,
    append_of,
    given,
    until,
)


class Seen:
    """A read model of the receipts it has seen; fails on demand."""

    name: ClassVar[str] = "seen"
    handles: ClassVar[frozenset[str]] = frozenset({"ClaimTaken"})
    tables: ClassVar[tuple[str, ...]] = ("seen",)

    def __init__(self) -> None:
        self.fail_after: int | None = None

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Note each fact; after ``fail_after`` facts, raise."""
        for number, fact in enumerate(batch):
            if number == self.fail_after:
                raise RuntimeError("a bug in the projection")
            await connection.execute(
                "INSERT INTO seen (seq, receipt) VALUES ($1, $2)", fact.seq, fact.event.receipt
            )


@pytest.fixture
async def seen(pool: Pool) -> Seen:
    """The read model with its empty table, which refuses a fact twice."""
    await pool.execute("CREATE TABLE seen (seq bigint PRIMARY KEY, receipt text)")
    return Seen()


@asynccontextmanager
async def a_projector(pool: Pool, seen: Seen) -> AsyncIterator[Projector]:
    """Give a started projector with ten facts to apply."""
    store = a_store(pool)
    await given(store, "a", *(a_fact(str(number)) for number in range(10)))
    projector = Projector(store=store, projection=seen)
    await projector.start()
    yield projector


async def test_a_batch_and_its_cursor_are_one(pool: Pool, seen: Seen) -> None:
    """A failure in the middle of a batch leaves neither rows nor a moved cursor."""
    async with a_projector(pool, seen) as projector:
        seen.fail_after = 5
        with pytest.raises(RuntimeError):
            await projector.step()
        assert await pool.fetchval("SELECT count(*) FROM seen") == 0

        seen.fail_after = None
        assert await projector.step() == 10
        assert await projector.step() == 0
    assert await pool.fetchval("SELECT count(*) FROM seen") == 10


async def test_rival_projectors_apply_each_fact_once(pool: Pool, seen: Seen) -> None:
    """Several processes run the same projection: one applies, the others stand by."""
    async with a_projector(pool, seen) as projector:
        rivals = [projector, *(Projector(store=a_store(pool), projection=seen) for _ in range(4))]
        moved = await asyncio.gather(*(rival.step() for rival in rivals))
    assert sum(moved) == 10
    assert await pool.fetchval("SELECT count(*) FROM seen") == 10


async def test_a_rebuild_gives_the_same_rows(pool: Pool, seen: Seen) -> None:
    """Emptied and replayed from zero, the table is what it was."""
    async with a_projector(pool, seen) as projector:
        await projector.step()
        before = await pool.fetch("SELECT * FROM seen ORDER BY seq")
        await pool.execute("UPDATE seen SET receipt = 'spoilt'")

        assert await projector.rebuild() == 10
    assert before == await pool.fetch("SELECT * FROM seen ORDER BY seq")


async def test_a_rebuild_waits_its_turn(pool: Pool, seen: Seen) -> None:
    """While a runner is in the middle of a batch a rebuild says so and changes nothing."""
    async with a_projector(pool, seen) as projector:
        await projector.step()
        async with pool.acquire() as runner, runner.transaction():
            await runner.execute("SELECT FROM cursors WHERE name = $1 FOR UPDATE", projector.cursor)
            with pytest.raises(StandBy):
                await projector.rebuild()
    assert await pool.fetchval("SELECT count(*) FROM seen") == 10


async def test_a_running_projector_follows_the_ledger(
    pool: Pool, database_url: str, seen: Seen
) -> None:
    """Facts appended while it runs appear in the read model, and pages are told."""
    listener = Listener(database_url, name="projector")
    async with a_sealed_store(pool) as store:
        projector = Projector(store=store, projection=seen)
        async with (
            in_background(listener.run(), projector.run(listener)),
            listener.woken_by("cashbot_projected") as told,
        ):
            await told.wait(5)
            await store.append(append_of("a", a_fact("live")), context=CONTEXT)
            await until("SELECT EXISTS (SELECT FROM seen WHERE receipt = 'live')", pool)
            assert await told.wait(5)


async def test_standings_say_how_far_each_reader_is_behind(pool: Pool, seen: Seen) -> None:
    """An operator sees the facts a reader has yet to read."""
    async with a_projector(pool, seen) as projector:
        before = {each.name: each for each in await standings(a_store(pool))}[projector.cursor]
        await projector.step()
        after = {each.name: each for each in await standings(a_store(pool))}[projector.cursor]
    assert (before.name, before.seq, before.behind) == ("projection/seen", 0, 10)
    assert (after.seq, after.behind) == (10, 0)


async def test_a_rebuild_and_a_runner_share_the_way(
    pool: Pool, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner that goes on where a rebuild stands takes nothing from it and doubles nothing."""
    monkeypatch.setattr("projections.projector.REBUILD_EVENTS_MAX", 2)
    monkeypatch.setattr("projections.projector.BATCH_EVENTS_MAX", 1)
    async with a_projector(pool, seen) as projector:
        for number in range(40):
            await given(a_store(pool), f"s{number}", a_fact(f"more-{number}"))
        runner = Projector(store=a_store(pool), projection=seen)
        passed = 0

        async def run() -> None:
            nonlocal passed
            place = "SELECT seq FROM cursors WHERE name = $1"
            while await pool.fetchval(place, projector.cursor) < 50:
                passed += await runner.step()

        async def rebuild() -> int:
            while True:
                with suppress(StandBy):  # the runner was in the middle of a batch
                    return await projector.rebuild()

        await projector.step()
        _, rebuilt = await asyncio.gather(run(), rebuild())
    assert rebuilt <= 50 <= passed + rebuilt
    assert await pool.fetchval("SELECT count(*) FROM seen") == 50
