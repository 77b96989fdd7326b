"""Answers of the database that never came: ask again until one does.

Whatever is run here must be repeatable; appends are, by their event ids.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog

from eventstore.errors import LogUnavailable

log = structlog.get_logger()

Result = TypeVar("Result")

#: Tries when the database is away or an outcome is in doubt: about 3 s, then the caller is told.
TRIES_MAX = 7
#: No new try after this, however long each one took: the caller has work to give back.
DOUBT_SECONDS_MAX = 30.0
#: First pause between tries; doubled each time, with jitter.
FIRST_PAUSE_SECONDS = 0.05

#: The connection or the server went away, or a rival's outcome is still open: the same call
#: again finds out what happened, because ids make appends repeatable.
IN_DOUBT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,  # disk, memory, connections: somebody may make room
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a failover is under way
    asyncpg.ObjectNotInPrerequisiteStateError,  # the same, asked for its place in the WAL
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,  # the schema changed under a prepared statement
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    OSError,
    TimeoutError,
)


def jittered(seconds: float) -> float:
    """Return ``seconds`` times 0.5 to 1.5, so that processes do not come back in step."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing


async def persist(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Run ``attempt`` until the database gives a sure answer; it must be repeatable.

    A unique violation is a rival that committed while we wrote: the next round sees its rows
    and names the conflict. Raises ``LogUnavailable`` after ``TRIES_MAX`` tries or
    ``DOUBT_SECONDS_MAX``.
    """
    deadline = asyncio.get_running_loop().time() + DOUBT_SECONDS_MAX
    for number in range(TRIES_MAX):
        if asyncio.get_running_loop().time() > deadline:
            break
        try:
            return await attempt()
        except asyncpg.UniqueViolationError:
            continue
        except IN_DOUBT as trouble:
            log.warning("log.in_doubt", tries=number + 1, error=type(trouble).__name__)
            await asyncio.sleep(jittered(FIRST_PAUSE_SECONDS * 2**number))
    raise LogUnavailable("the database does not answer; check DATABASE_URL and try again")
