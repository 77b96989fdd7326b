"""Facts and their order stay as they were recorded; what is not understood is kept."""

import asyncpg
import msgspec
import pytest

from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import EventStore
from tests.story import CONTEXT, a_fact, a_store, append_of, given, ledger, stream


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE ledger SET seq = seq + 1",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "TRUNCATE events, ledger",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_history_is_append_only(pool: Pool, statement: str, role: str) -> None:
    """UPDATE, DELETE and TRUNCATE are refused, even to a session that turns triggers off."""
    store = a_store(pool)
    await given(store, "a", a_fact())
    before = await ledger(store)

    async with pool.acquire() as connection:
        await connection.execute(f"SET session_replication_role = {role}")
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await connection.execute(statement)

    assert refused.value.constraint_name == "history_is_append_only"
    assert before == await ledger(store)


class FromTheFuture(msgspec.Struct, frozen=True):
    """A fact that only newer code knows."""

    what: str


async def test_a_fact_of_an_unknown_type_is_kept_and_passed_over(pool: Pool) -> None:
    """Old code reads past a newer fact, and the fact is whole for the code that knows it."""
    newer = EventStore(
        pool=pool,
        codec=Codec({**EVENTS, "FromTheFuture": FromTheFuture}),
        appended=lambda: None,
    )
    await newer.append(
        append_of("a", a_fact("1"), FromTheFuture(what="x"), a_fact("2")), context=CONTEXT
    )
    await seal_until_rest(pool)

    seen_by_old_code = [fact.event for fact in await ledger(a_store(pool))]
    assert [a_fact("1"), None, a_fact("2")] == seen_by_old_code
    assert FromTheFuture(what="x") == (await newer.read_stream(stream("a")))[1].event


async def test_an_old_shape_is_upcast_on_read_and_stays_as_stored(pool: Pool) -> None:
    """New code sees the new shape; the stored text and its hash are those of the old one."""

    class Claim(msgspec.Struct, frozen=True):
        """The newer shape of a claim."""

        receipt: str
        why: str

    Claim.__name__ = "ClaimTaken"
    await given(a_store(pool), "a", a_fact("r"))
    before = await pool.fetchrow("SELECT data::text, leaf_hash FROM events")
    codec = Codec(
        {"ClaimTaken": Claim}, upcasts={("ClaimTaken", 1): lambda old: {**old, "why": "before"}}
    )
    upcasting = EventStore(pool=pool, codec=codec, appended=lambda: None)

    (fact,) = await upcasting.read_stream(stream("a"))

    assert Claim(receipt="r", why="before") == fact.event
    assert before == await pool.fetchrow("SELECT data::text, leaf_hash FROM events")
