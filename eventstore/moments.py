"""A moment of history: a seq, or a time and what was sealed by then.

Order is never by clock. A time stands for the longest beginning of the ledger in which every
fact was sealed at or before it, by the database's own clock; facts whose writers' clocks went
wrong change nothing about that.
"""

from datetime import UTC, datetime
from pathlib import Path

from eventstore import sql
from eventstore.doubt import persist
from eventstore.errors import EventStoreError
from eventstore.identity import KYIV
from eventstore.store import EventStore

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Places looked through in one short statement: some tens of milliseconds.
LOOK_EVENTS = 200_000


class MomentUnusable(EventStoreError):
    """What was given names no moment of this log."""


def parse_moment(text: str) -> int | datetime:
    """Return a seq, or a time in ISO 8601, which is Kyiv's when it names no zone.

    Raises ``MomentUnusable`` for anything else.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=KYIV)).astimezone(UTC)
    except (ValueError, OverflowError) as malformed:
        raise MomentUnusable(
            f"{text!r} is neither a seq nor a time; write 1200, or 2026-11-24T09:30 (Kyiv),"
            " or 2026-11-24T07:30:00Z"
        ) from malformed


async def seq_at(store: EventStore, moment: int | datetime) -> int:
    """Return the last seq that belongs to ``moment``, 0 when nothing does.

    Raises ``MomentUnusable`` for a seq the ledger has not reached.
    """
    head = await store.head()
    if isinstance(moment, int):
        if moment > head:
            raise MomentUnusable(f"the log ends at seq {head}; name that or a lower one")
        return moment
    for after in range(0, head, LOOK_EVENTS):
        until = min(after + LOOK_EVENTS, head)
        later = await _first_sealed_later(store, moment, after=after, until=until)
        if later is not None:
            return later - 1
    return head


async def _first_sealed_later(
    store: EventStore, moment: datetime, *, after: int, until: int
) -> int | None:
    async def attempt() -> int | None:
        found: int | None = await store.pool.fetchval(SQL["sealed_later"], after, until, moment)
        return found

    return await persist(attempt)


async def sealed_at(store: EventStore, seq: int) -> datetime | None:
    """Return when the fact with ``seq`` was sealed, None when there is none."""

    async def attempt() -> datetime | None:
        found: datetime | None = await store.pool.fetchval(SQL["sealed_at"], seq)
        return found

    return await persist(attempt)
