"""What is committed while facts are being sealed is left for the next seal."""

import asyncio

from eventstore.ledger import SEAL_EVENTS_MAX, seal_until_rest
from eventstore.pool import Pool
from eventstore.store import QUERIES
from tests.story import CONTEXT, a_fact, a_store, append_of, ledger, until

SEALING_WAITS = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock' AND query LIKE '%seal($1)%' AND pid <> pg_backend_pid())"
)


async def test_a_fact_committed_in_the_midst_of_a_seal_is_not_lost(pool: Pool) -> None:
    """An earlier position that becomes visible between looking and taking is sealed next."""
    store = a_store(pool)
    async with pool.acquire() as slow, slow.transaction():
        await slow.execute(
            "SELECT append_events(ARRAY['slow'], ARRAY[0::bigint], ARRAY[gen_random_uuid()],"
            ' ARRAY[\'ClaimTaken\'], ARRAY[\'{"receipt":"r"}\'], ARRAY[\'{"correlation_id":"c",'
            '"causation_id":null,"actor":"a","schema":1}\'], ARRAY[sha256(\'\')],'
            " ARRAY[now()])"
        )
        await store.append(append_of("fast", a_fact()), context=CONTEXT)
        await slow.execute("LOCK TABLE unsealed IN SHARE MODE")  # looking is free, taking waits
        sealing = asyncio.create_task(pool.fetchval(QUERIES["seal"], SEAL_EVENTS_MAX))
        await until(SEALING_WAITS, pool)
    assert await sealing == 1
    assert await seal_until_rest(pool) == 1
    assert [fact.stream for fact in await ledger(store)] == ["fast", "slow"]
