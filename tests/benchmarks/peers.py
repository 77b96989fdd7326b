"""What our appends are compared with, each in the way that serves it best."""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from eventstore.appending import Row
from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.pool import open_connection, open_pool
from eventstore.store import Append, encoded, now_utc
from tests.benchmarks.ground import warmed, writing
from tests.story import CONTEXT, a_fact, append_of

#: A table like ours in columns, indexes and checks, and nothing around it.
BARE_TABLE = "CREATE TABLE IF NOT EXISTS bare_events (LIKE events INCLUDING ALL)"
BARE_INSERT = """
    INSERT INTO bare_events (
        stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
NOTIFYING_APPEND = """
    SELECT at_position, at_version, stored_before, pg_notify('bench', at_position::text)
    FROM append_events($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def bare_insert(url: str, *, writers: int, seconds: float) -> float:
    """Insert the same row by as many connections, each with its prepared statement; per second."""
    connections = [await open_connection(url, name="bench") for _ in range(writers)]
    free = list(connections)
    row = _a_row()
    try:
        await connections[0].execute(BARE_TABLE)
        statements = {each: await each.prepare(BARE_INSERT) for each in connections}

        async def writer(stream: str, go_on: Callable[[], bool]) -> int:
            statement, version = statements[free.pop()], 0
            while not version or go_on():
                await statement.fetch(stream, version, uuid4(), *row)
                version += 1
            return version

        return await writing(writer, writers=writers, seconds=seconds)
    finally:
        for connection in connections:
            await connection.close()


async def bare_batches(url: str, *, size: int, seconds: float) -> float:
    """Insert rows ``size`` at a time by one prepared multi-row statement; rows per second."""
    connection = await open_connection(url, name="bench")
    row = _a_row()
    kinds = ("text", "bigint", "uuid", "text", "json", "json", "bytea", "timestamptz")
    arrays = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(kinds, start=1))
    columns = BARE_INSERT[BARE_INSERT.index("(") : BARE_INSERT.index(")") + 1]
    try:
        await connection.execute(BARE_TABLE)
        statement = await connection.prepare(
            f"INSERT INTO bare_events {columns} SELECT * FROM unnest({arrays})"
        )

        async def writer(stream: str, go_on: Callable[[], bool]) -> int:
            version = 0
            while not version or go_on():
                versions = list(range(version, version + size))
                ids = [uuid4() for _ in versions]
                same = [[value] * size for value in row]
                await statement.fetch([stream] * size, versions, ids, *same)
                version += size
            return version

        return await writing(writer, writers=1, seconds=seconds)
    finally:
        await connection.close()


def rows_of(append: Append) -> list[Row]:
    """Return the rows our store writes for ``append``."""
    return encoded([append], context=CONTEXT, codec=Codec(EVENTS), recorded_at=now_utc())


def _a_row() -> tuple[Any, ...]:
    """Return what follows stream, version and id in the row of our own appends."""
    (row,) = rows_of(append_of("bare", a_fact()))
    return row[3:]


async def notify_in_transaction(url: str, *, writers: int, seconds: float) -> float:
    """Append as we do, one by one, with the NOTIFY inside the transaction; per second.

    Nobody seals: the wake-up comes with the commit. Somebody listens, since a NOTIFY that
    nobody hears costs less.
    """
    listener = await open_connection(url, name="bench")
    await listener.add_listener("bench", lambda *_: None)
    async with await open_pool(url, size=writers, name="bench") as pool:
        await warmed(pool, writers)

        async def writer(stream: str, go_on: Callable[[], bool]) -> int:
            version = 0
            while not version or go_on():
                rows = rows_of(append_of(stream, a_fact(), expected=version - 1))
                async with pool.acquire() as connection:
                    await connection.fetch(NOTIFYING_APPEND, *map(list, zip(*rows, strict=True)))
                version += 1
            return version

        rate = await writing(writer, writers=writers, seconds=seconds)
        await pool.execute("DELETE FROM unsealed")
    await listener.close()
    return rate


def _datastore(url: str, *, connections: int) -> PostgresDatastore:
    """Return the pool of ``eventsourcing`` on the database ``url``."""
    parts = urlsplit(url)
    return PostgresDatastore(
        dbname=parts.path.strip("/"),
        host=parse_qs(parts.query)["host"][0],
        port="5432",
        user=parts.username or "",
        password="",
        pool_size=connections,
    )


async def eventsourcing(url: str, *, writers: int, seconds: float, size: int = 1) -> float:
    """Insert ``size`` ready-made events at a time by threads of ``eventsourcing``; per second.

    Its recorder is called with events already encoded: an application would be slower.
    """
    return await asyncio.to_thread(_eventsourcing, url, writers, seconds, size)


def _eventsourcing(url: str, writers: int, seconds: float, size: int) -> float:
    state = _a_row()[1].encode()
    counts: list[int] = []
    with closing(_datastore(url, connections=writers)) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="peer_events")
        datastore.pool.open(wait=True)
        recorder.create_table()
        started = time.perf_counter()
        deadline = started + seconds

        def write() -> None:
            originator, version = uuid4(), 0
            while not version or time.perf_counter() < deadline:
                recorder.insert_events(
                    [
                        StoredEvent(originator, version + number, "ClaimTaken", state)
                        for number in range(size)
                    ]
                )
                version += size
            counts.append(version)

        threads = [Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.perf_counter() - started)
