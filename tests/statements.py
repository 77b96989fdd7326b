"""Listens to what is asked of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from eventstore.pool import Pool, open_pool


@asynccontextmanager
async def overheard(url: str) -> AsyncIterator[tuple[Pool, list[str]]]:
    """Give a pool of one connection, and each statement that went through it, in order."""
    said: list[str] = []
    async with await open_pool(url, size=1, name="test") as pool:
        async with pool.acquire() as connection:  # the same one ever after
            connection.add_query_logger(lambda record: said.append(record.query))
        yield pool, said
