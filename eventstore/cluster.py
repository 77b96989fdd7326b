"""Which database the log lives in, and whether it may have lost its newest facts.

A restored dump, a base backup brought up again and a replica that took over say so by their
identity. A disk that was put back to an older state keeps its identity: there a checkpoint
among the attachments tells of facts that are gone, also when others took their places.
"""

from functools import partial
from pathlib import Path

from msgspec import Struct

from eventstore import sql
from eventstore.attachments import AttachmentMissing, Attachments, checkpoint_key
from eventstore.doubt import persist
from eventstore.identity import CLUSTER_STREAM, PAYOUTS_SWITCH
from eventstore.pool import Connection
from eventstore.proving.notes import NoteError, checkpoint_of
from eventstore.store import EventStore

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: The folder of ``checkpoint_key``.
CHECKPOINTS = "checkpoints"
#: So many own checkpoints are compared with the copies, in one listing or two: a log that was put
#: back is found out unless it grew for 16 hours before anything that pays looked at it.
CHECKPOINTS_COMPARED = 1_000
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


async def lost_checkpoints(
    store: EventStore, attachments: Attachments, *, beyond: int
) -> list[int]:
    """Return the sizes of copied checkpoints that this database never made, in order.

    Its ledger is shorter, or it grew again with other facts. Those of at most ``beyond`` facts
    are not asked for, nor those before the last ``CHECKPOINTS_COMPARED`` of its own. Raises
    ``AttachmentsUnavailable``, ``LogUnavailable``.
    """
    question = partial(store.pool.fetchval, SQL["compared_since"], CHECKPOINTS_COMPARED)
    last, lost = checkpoint_key(max(beyond, await persist(question))), list[int]()
    while page := await attachments.keys(CHECKPOINTS, after=last):
        last = page[-1]
        sizes = [int(size) for key in page if (size := key.rpartition("/")[2]).isdecimal()]
        # Asked after the listing: a checkpoint stands in its database before it is copied.
        rows = await persist(partial(store.pool.fetch, SQL["copies_in_question"], sizes))
        for row in rows:
            if row["root"] is None or await _root_copied(attachments, row["size"]) != row["root"]:
                lost.append(row["size"])
    return lost


async def _root_copied(attachments: Attachments, size: int) -> bytes | None:
    try:
        note = await attachments.get(checkpoint_key(size))
        return checkpoint_of(note.decode(errors="replace")).root
    except (AttachmentMissing, NoteError):
        return None
