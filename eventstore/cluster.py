"""Which database the log lives in, and whether it may have lost its newest facts.

A restored dump, a base backup brought up again and a replica that took over say so by their
identity. A disk that was put back to an older state keeps its identity: there a checkpoint
among the attachments tells of facts that are gone.
"""

from pathlib import Path

from msgspec import Struct

from eventstore import sql
from eventstore.attachments import Attachments, checkpoint_key
from eventstore.doubt import persist
from eventstore.identity import CLUSTER_STREAM, PAYOUTS_SWITCH
from eventstore.pool import Connection
from eventstore.store import EventStore

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: The folder of ``checkpoint_key``.
CHECKPOINTS = "checkpoints"
#: The one fact of the switch after which money may go.
RELEASED = "PayoutsReleased"


class Sight(Struct, frozen=True, kw_only=True):
    """What the database in use says about itself."""

    #: system identifier, timeline, oid of the database and of the table ``events``
    identity: str
    #: the identity that the log knows, None when it knows none
    seen: str | None
    #: whether the switch lets money go
    released: bool

    @property
    def at_home(self) -> bool:
        """Whether this is the database that the log knows."""
        return self.identity == self.seen


async def sight(connection: Connection) -> Sight:
    """Return how it looks from ``connection``: to be acted upon in the same transaction."""
    row = await connection.fetchrow(SQL["sight"], CLUSTER_STREAM, PAYOUTS_SWITCH)
    assert row is not None, "a select without FROM has one row"
    released = row["switch"] in (None, RELEASED)
    return Sight(identity=row["identity"], seen=row["seen"], released=released)


async def sight_now(store: EventStore) -> Sight:
    """Return how it looks from any connection; raises ``LogUnavailable``."""

    async def attempt() -> Sight:
        async with store.pool.acquire() as connection:
            return await sight(connection)

    return await persist(attempt)


async def checkpoint_ahead(
    store: EventStore, attachments: Attachments, *, beyond: int
) -> int | None:
    """Return the size of the newest checkpoint that tells of more facts than there are.

    Those of at most ``beyond`` facts are known already. None when there is no such checkpoint;
    raises ``AttachmentsUnavailable``, ``LogUnavailable``.
    """
    last, newest = checkpoint_key(max(beyond, await store.head())), 0
    while page := await attachments.keys(CHECKPOINTS, after=last):
        sizes = [int(size) for key in page if (size := key.rpartition("/")[2]).isdecimal()]
        last, newest = page[-1], max([newest, *sizes])
    # The head is read again: whatever was signed while we looked lies below it by now.
    return newest if newest > await store.head() else None
