"""Connections to the log's database, with the time-outs that keep one process's trouble
from becoming everybody's.
"""

from typing import TYPE_CHECKING

import asyncpg

from eventstore.troubles import unusable

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = (
        asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    )
else:  # the classes take a type parameter only in the type checker's eyes
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

#: A statement of ours takes milliseconds; one that takes this long is stuck.
STATEMENT_TIMEOUT_MS = 15_000
#: Waiting longer for a row means its holder died; the caller tries again.
LOCK_TIMEOUT_MS = 5_000
#: Nothing of ours keeps a transaction open across anything slow.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
#: A connection whose peer is gone stays silent: the client stops waiting a little later than
#: a living server would have stopped the statement.
ANSWER_SECONDS = STATEMENT_TIMEOUT_MS / 1000 + 3
#: A database that does not answer a connect in this time is down for now.
CONNECT_SECONDS = 10.0

SESSION_SETTINGS = {
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
}


async def _keep_session(_connection: Connection) -> None:
    """Spare the round trip that would reset what no statement of ours may change.

    Settings are changed with SET LOCAL only, and locks end with their transaction; asyncpg
    itself ends an open transaction and drops listeners before it asks us.
    """


async def open_pool(url: str, *, size: int, name: str) -> Pool:
    """Open at most ``size`` connections to ``url``, shown to operators as ``cashbot/<name>``.

    Raises ``DatabaseUnusable`` if nobody answers there.
    """
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            reset=_keep_session,
            server_settings={**SESSION_SETTINGS, "application_name": f"cashbot/{name}"},
        )
    except OSError as away:  # a time-out is one too
        raise unusable(url, away) from away


async def open_connection(url: str, *, name: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection outside any pool, for LISTEN."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=CONNECT_SECONDS,
        server_settings={**SESSION_SETTINGS, "application_name": f"cashbot/{name}"},
    )
