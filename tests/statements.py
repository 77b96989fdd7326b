"""Listens to what is asked of the database."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg.connection import LoggedQuery

from eventstore.pool import Pool, open_pool

#: Ours bear names, and those around a transaction; others are the driver's, about types.
_OURS = re.compile(r"-- (\w+) --|(BEGIN|COMMIT);")


@asynccontextmanager
async def overheard(url: str) -> AsyncIterator[tuple[Pool, list[str]]]:
    """Give a pool of one connection, and the name of each statement it was asked, in order."""
    names: list[str] = []

    def hear(asked: LoggedQuery) -> None:
        if found := _OURS.match(asked.query):
            names.append(found[1] or found[2])

    async with await open_pool(url, size=1, name="test") as pool:
        async with pool.acquire() as connection:  # the same one ever after
            connection.add_query_logger(hear)
        yield pool, names
