"""What the log knows about one shopper across streams, and who comes first: a photo or a
forgetting.

An upload and a request to be forgotten stand in different streams, so no expected version
orders them. A lock in their transactions does: whatever was uploaded is committed before the
request is, and what comes after it is refused.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from eventstore import sql
from eventstore.catalogue import ReceiptUploaded
from eventstore.doubt import persist
from eventstore.errors import EventStoreError
from eventstore.identity import (
    ReceiptId,
    Sha256,
    ShopperId,
    StreamName,
    receipt_stream,
    shopper_stream,
)
from eventstore.pool import Connection
from eventstore.store import EventStore, Recorded

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Leaving(EventStoreError):
    """The shopper asked to be forgotten meanwhile: nothing is added for them."""

    def __init__(self, shopper: ShopperId) -> None:
        self.shopper = shopper
        super().__init__(f"{shopper} asked to be forgotten: read the stream again")


async def uploads_of(store: EventStore, shopper: ShopperId) -> list[ReceiptId]:
    """Return every receipt the shopper ever sent, earliest first."""
    rows = await persist(partial(store.pool.fetch, SQL["uploads_of"], shopper))
    return [ReceiptId(row["receipt"]) for row in rows]


async def uploads_since(store: EventStore, shopper: ShopperId, moment: datetime) -> int:
    """Return how many receipts the shopper sent after ``moment``, by the writers' clocks."""
    return int(await persist(partial(store.pool.fetchval, SQL["uploads_since"], shopper, moment)))


async def named_elsewhere(
    store: EventStore, uploaded: ReceiptUploaded, hashes: Sequence[Sha256]
) -> set[Sha256]:
    """Return those of ``hashes`` that other receipts of the shopper's name too, as photo, preview
    or words, and may still keep.
    """
    stream = receipt_stream(uploaded.receipt)
    arguments = uploaded.shopper, stream, list(hashes)
    rows = await persist(partial(store.pool.fetch, SQL["named_elsewhere"], *arguments))
    return {Sha256(row["sha256"]) for row in rows}


async def callbacks_about(store: EventStore, names: Sequence[str]) -> list[Recorded]:
    """Return the callbacks that name one of ``names``: phone fingerprints, bills, payout ids."""
    rows = await persist(partial(store.pool.fetch, SQL["callbacks_about"], list(names)))
    streams = dict.fromkeys(StreamName(row["stream"]) for row in rows)
    return [fact for stream in streams for fact in await store.read_stream(stream)]


async def shared_by(store: EventStore, phone_fingerprint: str) -> list[StreamName]:
    """Return the streams of all shoppers who ever shared that phone."""
    rows = await persist(partial(store.pool.fetch, SQL["shared_by"], phone_fingerprint))
    return [StreamName(row["stream"]) for row in rows]


async def join_in(connection: Connection, shopper: ShopperId, *, seen: int) -> None:
    """Let what is appended in this transaction come before any forgetting of ``shopper``.

    Raises ``Leaving`` if one was asked for behind version ``seen`` of the shopper's stream.
    """
    stream = shopper_stream(shopper)
    await connection.execute(SQL["join_in"], stream)
    if await connection.fetchval(SQL["is_leaving"], stream, seen):
        raise Leaving(shopper)


async def count_alone(connection: Connection, shopper: ShopperId, moment: datetime) -> int:
    """Return what ``uploads_since`` does, with those of this transaction.

    Until it ends no other transaction counts uploads of ``shopper``, so that of two neither
    overlooks the other.
    """
    await connection.execute(SQL["upload_alone"], shopper_stream(shopper))
    return int(await connection.fetchval(SQL["uploads_since"], shopper, moment))


async def forget_alone(connection: Connection, shopper: ShopperId) -> None:
    """Let this transaction commit only after every upload of ``shopper`` that joined in."""
    await connection.execute(SQL["forget_alone"], shopper_stream(shopper))
