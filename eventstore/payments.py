"""What the log knows about payouts across their streams: by phone, and by time.

An edge or a statement may name a phone and a day where it does not name a payout.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from eventstore import sql
from eventstore.catalogue import CallbackReceived, PayoutResolved
from eventstore.doubt import persist
from eventstore.identity import Kopecks, ReceiptId, ShopperId, StreamName
from eventstore.store import EventStore, Recorded

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Whatever a statement brings about is correlated by this and the file's hash.
STATEMENT = "statement-"
#: Enough to say that there are many; each is a stream to be read.
OWED_ABOVE_MAX = 1_000


def weighs(fact: Recorded) -> bool:
    """Tell whether a person ended a payout by hand: what contradicted it before is settled then.

    A statement that ends one settles no contradiction: of two bills that were paid it may name
    each in a line of its own.
    """
    by_hand = not fact.metadata.correlation_id.startswith(STATEMENT)
    return isinstance(fact.event, PayoutResolved) and by_hand


async def payouts_to(store: EventStore, phone_fingerprint: str) -> list[list[Recorded]]:
    """Return the streams of the payouts that phone was to get, or is to get by now."""
    rows = await persist(partial(store.pool.fetch, SQL["payouts_to"], phone_fingerprint))
    return await _told(store, [StreamName(row["stream"]) for row in rows])


class Owed(NamedTuple):
    """A bonus that was owed on a phone."""

    phone: str
    shopper: ShopperId
    receipt: ReceiptId
    #: None before the seal
    seq: int | None


async def owed_to(store: EventStore, phones: Sequence[str]) -> list[Owed]:
    """Return all bonuses that were owed on the phones with these fingerprints, in order."""
    rows = await persist(partial(store.pool.fetch, SQL["owed_to"], list(phones)))
    return [Owed(**row) for row in rows]


async def payouts_asked(store: EventStore, since: datetime, until: datetime) -> list[StreamName]:
    """Return the streams of the payouts for which something was asked in that time."""
    rows = await persist(partial(store.pool.fetch, SQL["payouts_asked"], since, until))
    return [StreamName(row["stream"]) for row in rows]


async def owed_above(store: EventStore, kopecks: Kopecks) -> list[StreamName]:
    """Return the streams of open payouts of more than ``kopecks``, the oldest, so many that a
    person must act.
    """
    query = partial(store.pool.fetch, SQL["owed_above"], kopecks, OWED_ABOVE_MAX)
    return [StreamName(row["stream"]) for row in await persist(query)]


async def callbacks_unmatched(store: EventStore) -> list[Recorded]:
    """Return the callbacks that fitted no payout and whose bill is nobody's yet, in order."""
    rows = await persist(partial(store.pool.fetch, SQL["callbacks_unmatched"]))
    facts = await store.read_streams([StreamName(row["stream"]) for row in rows])
    heard = [fact for fact in facts if isinstance(fact.event, CallbackReceived)]
    return sorted(heard, key=lambda fact: fact.position)


async def _told(store: EventStore, streams: Sequence[StreamName]) -> list[list[Recorded]]:
    facts = await store.read_streams(streams)
    return [list(told) for _, told in groupby(facts, key=lambda fact: fact.stream)]
