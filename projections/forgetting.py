"""What a forgotten shopper's receipts still show: money and outcome, nothing of what was bought."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from eventstore import sql
from eventstore.catalogue import ShopperForgotten
from eventstore.identity import ShopperId, StreamName, shopper_stream
from eventstore.store import Recorded

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Rows = Sequence[Sequence[Any]]


class Fetches(Protocol):
    """A connection that can be asked."""

    async def fetch(self, query: str, /, *args: Any) -> list[Any]:
        """Return the rows of ``query``."""


class Sender(NamedTuple):
    """Whose receipt a fact is about."""

    shopper: ShopperId
    #: between the photo and that fact: a worker was late, and nothing may be held
    forgotten: bool


def forgettings(batch: Sequence[Recorded]) -> Rows:
    """Return shopper, seq and time of each forgetting in ``batch``."""
    return [
        (r.stream.partition("-")[2], r.seq, r.recorded_at)
        for r in batch
        if isinstance(r.event, ShopperForgotten)
    ]


async def senders(connection: Fetches, told: Iterable[Recorded]) -> dict[StreamName, Sender]:
    """Return by receipt's stream who sent it, for the last of the facts ``told`` in each.

    Asked of the log, not of another read model: each stands where it stands, and the log as of
    a fact is the same in every replay.
    """
    last = {fact.stream: fact.seq or 0 for fact in told}
    if not last:
        return {}
    uploads = await connection.fetch(SQL["uploads"], list(last))
    streams = {shopper_stream(row["shopper"]) for row in uploads}
    gone = await connection.fetch(SQL["forgettings_in"], list(streams))
    return {
        row["stream"]: Sender(
            shopper=row["shopper"],
            forgotten=any(
                each["stream"] == shopper_stream(row["shopper"])
                and row["seq"] < each["seq"] < last[row["stream"]]
                for each in gone
            ),
        )
        for row in uploads
    }
