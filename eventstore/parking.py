"""Work set aside after too many failed tries, and what an operator can do about it.

Only the item's own stream waits behind it. Each act of an operator is itself a fact.
"""

from datetime import datetime

import msgspec

from eventstore.catalogue import WorkRetried, WorkSkipped
from eventstore.codec import Metadata
from eventstore.errors import EventStoreError
from eventstore.identity import StreamName, outcome_event_id, work_stream
from eventstore.pool import Connection
from eventstore.reasons import checked_reason
from eventstore.store import NO_STREAM, QUERIES, Append, Context, EventStore


class NotParked(EventStoreError):
    """The named item is not parked: look at `work parked` for those that are."""


class ParkedWork(msgspec.Struct, frozen=True, kw_only=True):
    """An item that waits for an operator; later facts of its stream wait behind it."""

    handler: str
    seq: int
    stream: StreamName
    attempts: int
    parked_at: datetime
    last_error: str | None


async def parked_work(store: EventStore) -> list[ParkedWork]:
    """Return what waits for an operator, oldest first."""
    rows = await store.pool.fetch(QUERIES["parked_work"])
    return [msgspec.convert(dict(row), type=ParkedWork) for row in rows]


async def retry_parked(store: EventStore, *, handler: str, seq: int, reason: str) -> None:
    """Let a parked item start over; the act and its reason become a fact.

    Raises ``NotParked``, ``ReasonTooPersonal``.
    """
    event = WorkRetried(handler=handler, seq=seq, reason=checked_reason(reason))
    await _decide_parked(store, event, "retry_parked_work")


async def skip_parked(store: EventStore, *, handler: str, seq: int, reason: str) -> None:
    """Give up a parked item so that its stream goes on; the act and its reason become a fact.

    Raises ``NotParked``, ``ReasonTooPersonal``.
    """
    event = WorkSkipped(handler=handler, seq=seq, reason=checked_reason(reason))
    await _decide_parked(store, event, "skip_parked_work")


async def _decide_parked(store: EventStore, event: WorkRetried | WorkSkipped, query: str) -> None:
    stream = work_stream(event.handler, event.seq)
    cause = await store.pool.fetchrow(QUERIES["read_cause"], event.seq)
    if cause is None:
        raise NotParked(f"there is no fact with seq {event.seq}")
    metadata = msgspec.json.decode(cause["metadata"], type=Metadata)
    earlier = len(await store.read_stream(stream))
    fact = (outcome_event_id(cause["event_id"], event.handler, earlier, 0), event)

    async def settle(connection: Connection) -> None:
        if await connection.fetchval(QUERIES["lock_parked_work"], event.handler, event.seq) is None:
            raise NotParked(f"{event.handler} has no parked item {event.seq}; see `work parked`")
        await connection.execute(QUERIES[query], event.handler, event.seq)

    await store.append_with(
        Append(stream=stream, expected=NO_STREAM + earlier, events=[fact]),
        context=Context(
            correlation_id=metadata.correlation_id,
            causation_id=cause["event_id"],
            actor="operator",
        ),
        also=settle,
    )
