"""A second, younger Postgres, and dumps that are restored into it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

from eventstore.embedded import EmbeddedPostgres
from eventstore.pool import Pool, open_pool

_NUMBERS = count(1)


@contextmanager
def a_younger_cluster(home: Path, binaries: Path) -> Iterator[EmbeddedPostgres]:
    """Give a server that was made a moment ago: its transactions have small numbers."""
    server = EmbeddedPostgres(home=home, binaries=binaries, durable=False)
    try:
        with server:
            yield server
    finally:
        server.remove()


async def dump(url: str, *, to: Path, binaries: Path) -> Path:
    """Dump the database at ``url`` as an operator does; return the file."""
    await _run(binaries / "pg_dump", "--format=custom", f"--file={to}", url)
    return to


@asynccontextmanager
async def restored(
    dumped: Path, *, into: EmbeddedPostgres, binaries: Path
) -> AsyncIterator[tuple[str, Pool]]:
    """Restore a dump into a new database; give its URL and connections to it."""
    url = into.ensure_database(f"restored_{next(_NUMBERS)}")
    await _run(binaries / "pg_restore", "--exit-on-error", f"--dbname={url}", str(dumped))
    pool = await open_pool(url, size=10, name="restored")
    try:
        yield url, pool
    finally:
        pool.terminate()


async def _run(program: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, talk = await process.communicate()
    assert process.returncode == 0, talk.decode()
