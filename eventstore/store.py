"""Append facts and read them back."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from eventstore import sql
from eventstore.appending import Appender, Row, append_rows
from eventstore.codec import Codec, Metadata, leaf_hash, microseconds
from eventstore.doubt import persist
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import EventId, StreamName
from eventstore.pool import Connection, Pool

QUERIES = sql.load(Path(__file__).with_name("queries.sql"))

#: The version of a stream that has no facts yet.
NO_STREAM = -1
#: Facts in one append; a larger one is several decisions and belongs in several appends.
APPEND_EVENTS_MAX = 1_000
#: Rounds of losing the race for the end of a stream: 32 rivals lose 31 of 32, a thousand never.
RACES_MAX = 1_000

METADATA = msgspec.json.Decoder(Metadata)

Result = TypeVar("Result")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Why facts are appended: stored in the metadata of each."""

    correlation_id: str
    causation_id: EventId | None
    actor: str


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """Facts for one stream, on condition that its last version is ``expected``."""

    stream: StreamName
    #: version of the stream's last fact, ``NO_STREAM`` when it has none
    expected: int
    events: list[tuple[EventId, msgspec.Struct]]


class Appended(NamedTuple):
    """Where a fact stands now."""

    stream: StreamName
    version: int
    event_id: EventId
    position: int
    #: an earlier call had stored it already: this call changed nothing
    stored_before: bool


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as it was stored."""

    #: its place in the ledger, None between commit and seal
    seq: int | None
    position: int
    stream: StreamName
    version: int
    event_id: EventId
    type: str
    data: str
    metadata: Metadata
    leaf_hash: bytes
    recorded_at: datetime
    #: None when this code does not know the type
    event: Any


def now_utc() -> datetime:
    """Return the writer's clock."""
    return datetime.now(UTC)


class EventStore:
    """The log of one database."""

    def __init__(
        self,
        *,
        pool: Pool,
        codec: Codec,
        appended: Callable[[], None],
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Use ``pool``; call ``appended`` after each commit so that a sealer may order it."""
        self.pool = pool
        self._appender = Appender(pool, appended=appended)
        self._codec = codec
        self._appended = appended
        self._clock = clock

    async def append(self, *appends: Append, context: Context) -> list[Appended]:
        """Append all of ``appends`` or nothing, each stream at its expected version.

        Repeating a call with the same event ids, streams and contents returns what was stored.
        Raises ``WrongExpectedVersion`` when a stream has moved on, ``EventIdReused`` when an id
        stands for other content, ``LogUnavailable`` when the database stays away.
        """
        rows = self._encoded(appends, context)

        async def attempt() -> list[Appended]:
            return _appended(rows, await self._appender.append(rows))

        try:
            return await persist(attempt)
        finally:
            self._appended()  # also for who was cut off: it may be committed

    async def append_with(
        self,
        *appends: Append,
        context: Context,
        also: Callable[[Connection], Awaitable[Result]],
    ) -> Result:
        """Append as ``append`` does and run ``also`` in the same transaction.

        ``also`` must be repeatable: after a commit of unknown outcome everything is run again.
        """
        rows = self._encoded(appends, context)

        async def attempt() -> Result:
            async with self.pool.acquire() as connection, connection.transaction():
                await append_rows(connection, rows)
                return await also(connection)

        try:
            return await persist(attempt)
        finally:
            self._appended()

    def _encoded(self, appends: Sequence[Append], context: Context) -> list[Row]:
        recorded_at = self._clock()
        return encoded(appends, context=context, codec=self._codec, recorded_at=recorded_at)

    async def append_last(
        self, stream: StreamName, event_id: EventId, event: msgspec.Struct, *, context: Context
    ) -> Appended:
        """Append one fact after whatever stands in the stream: for truths nobody may refuse."""
        for _ in range(RACES_MAX):
            known = await self.read_events([event_id])
            last = (await self.read_lasts([stream])).get(stream)
            behind = known[0].version - 1 if known else NO_STREAM
            expected = behind if known or last is None else last.version
            with suppress(WrongExpectedVersion):
                append = Append(stream=stream, expected=expected, events=[(event_id, event)])
                return (await self.append(append, context=context))[0]
        raise LogUnavailable(f"{stream} is written to without pause; try again")

    async def read_stream(self, stream: StreamName, *, after: int = NO_STREAM) -> list[Recorded]:
        """Return the facts of ``stream`` behind version ``after``, in order."""
        return await self._read("read_stream", stream, after)

    async def read_streams(self, streams: Sequence[StreamName]) -> list[Recorded]:
        """Return the facts of all ``streams``, each stream's in order."""
        return await self._read("read_streams", streams)

    async def read_lasts(self, streams: Sequence[StreamName]) -> dict[StreamName, Recorded]:
        """Return the last fact of each of ``streams`` that has any, however long they are."""
        return {last.stream: last for last in await self._read("read_lasts", streams)}

    async def read_events(self, event_ids: Sequence[EventId]) -> list[Recorded]:
        """Return the facts with ``event_ids`` as far as they exist, in the order of the log."""
        return await self._read("read_events", event_ids)

    async def read_log(self, *, after: int, limit: int) -> list[Recorded]:
        """Return at most ``limit`` facts behind seq ``after``; seq is dense."""
        return await self._read("read_log", after, limit)

    async def read_event(self, seq: int) -> Recorded | None:
        """Return the fact with ``seq``, None when the ledger does not reach so far."""
        found = await self._read("read_event", seq)
        return found[0] if found else None

    async def head(self) -> int:
        """Return the last seq, 0 when nothing is sealed yet."""

        async def attempt() -> int:
            return int(await self.pool.fetchval(QUERIES["head"]))

        return await persist(attempt)

    async def _read(self, query: str, *arguments: object) -> list[Recorded]:
        async def attempt() -> list[asyncpg.Record]:
            return list(await self.pool.fetch(QUERIES[query], *arguments))

        return [self.recorded(row) for row in await persist(attempt)]

    def recorded(self, row: asyncpg.Record | tuple[Any, ...]) -> Recorded:
        """Return a row of ``queries.sql`` as a fact."""
        # By place, not by name: every fact that is read or replayed comes through here.
        seq, position, stream, version, event_id, kind, data, about, leaf_hash, recorded_at = row
        metadata = METADATA.decode(about)
        return Recorded(
            seq=seq,
            position=position,
            stream=stream,
            version=version,
            event_id=event_id,
            type=kind,
            data=data,
            metadata=metadata,
            leaf_hash=leaf_hash,
            recorded_at=recorded_at,
            event=self._codec.decode(kind, metadata.schema, data),
        )


def encoded(
    appends: Sequence[Append], *, context: Context, codec: Codec, recorded_at: datetime
) -> list[Row]:
    """Number and encode facts, streams in name order: that is the order of locks."""
    rows = [
        _row(append, place, context, codec, recorded_at)
        for append in sorted(appends, key=lambda append: append.stream)
        for place in range(len(append.events))
    ]
    assert len(rows) <= APPEND_EVENTS_MAX, "split the append: it is several decisions"
    assert len({append.stream for append in appends}) == len(appends), "a stream twice"
    assert len({row.event_id for row in rows}) == len(rows), "an event id twice"
    return rows


def _row(append: Append, place: int, context: Context, codec: Codec, recorded_at: datetime) -> Row:
    event_id, event = append.events[place]
    version = append.expected + 1 + place
    name, schema, data = codec.encode(event)
    metadata = msgspec.json.encode(
        Metadata(
            correlation_id=context.correlation_id,
            causation_id=context.causation_id,
            actor=context.actor,
            schema=schema,
        )
    ).decode()
    leaf = leaf_hash(
        stream=append.stream,
        version=version,
        event_id=event_id,
        type_name=name,
        data=data,
        metadata=metadata,
        recorded_microseconds=microseconds(recorded_at),
    )
    return Row(append.stream, version, event_id, name, data, metadata, leaf, recorded_at)


def _appended(rows: Sequence[Row], stored: Sequence[asyncpg.Record]) -> list[Appended]:
    return [
        Appended(row.stream, at["version"], row.event_id, at["position"], at["stored_before"])
        for row, at in zip(rows, stored, strict=True)
    ]
