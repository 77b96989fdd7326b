"""The format of an export: lines of JSON, in one spelling only, so that every byte matters.

1. ``{"cashbot_export":1,"keys":[…]}``: the verifier keys that signed what follows
2. a line per fact, in the order of the ledger (``EventLine``)
3. directly behind the fact whose seq is its size, each checkpoint: ``{"checkpoint":"<note>"}``
4. ``{"end":{"events":…,"checkpoints":…,"root":"<hex>"}}``: without it the file was cut off

JSON is UTF-8 without spaces, fields in the order below, strings escaped no more than JSON
demands. The hash of a fact is explained at ``codec.leaf_hash``, the root in RFC 6962 §2.1.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Struct

from eventstore.codec import leaf_hash, microseconds
from eventstore.identity import EventId, StreamName

FORMAT = 1
#: What a line of each kind begins with.
EVENT_PREFIX = b'{"seq":'
CHECKPOINT_PREFIX = b'{"checkpoint":'
END_PREFIX = b'{"end":'

#: What Postgres and our hashes can hold.
Counter = Annotated[int, Meta(ge=0, le=2**63 - 1)]
#: From year 1 to year 9999, what a datetime can hold.
Microseconds = Annotated[int, Meta(ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]


class Header(Struct, frozen=True, kw_only=True):
    """The first line."""

    cashbot_export: int
    #: as ``events key`` prints them; a log that was imported has its former key first
    keys: list[str]


class EventLine(Struct, frozen=True, kw_only=True, gc=False):
    """A fact as it was stored."""

    seq: Counter
    stream: str
    version: Counter
    event_id: UUID
    type: str
    #: the stored text, as a string: never re-encoded
    data: str
    #: the stored text too
    metadata: str
    #: the writer's clock, microseconds since 1970 UTC
    recorded_at: Microseconds
    #: hex
    leaf_hash: str


class CheckpointLine(Struct, frozen=True, kw_only=True):
    """A signed root of all facts above it."""

    checkpoint: str


class End(Struct, frozen=True, kw_only=True):
    """What the whole file holds."""

    events: Counter
    checkpoints: Counter
    #: hex, over all facts
    root: str


class EndLine(Struct, frozen=True, kw_only=True):
    """The last line."""

    end: End


Other = TypeVar("Other", Header, CheckpointLine, EndLine)

_ENCODER = msgspec.json.Encoder()
_EVENTS = msgspec.json.Decoder(EventLine)


def line_of(content: Struct) -> bytes:
    """Return ``content`` as a line."""
    return _ENCODER.encode(content) + b"\n"


def lines_of(events: Sequence[EventLine]) -> bytes:
    """Return facts as lines."""
    return _ENCODER.encode_lines(events)


def events_in(lines: bytes) -> list[EventLine] | None:
    """Return the facts of ``lines``, None unless each is as an export writes it."""
    with suppress(msgspec.MsgspecError, UnicodeError):
        events = _EVENTS.decode_lines(lines)
        if _ENCODER.encode_lines(events) == lines:
            return events
    return None


def decoded(line: bytes, kind: type[Other]) -> Other | None:
    """Return what another ``line`` says, None unless it is as an export writes it."""
    with suppress(msgspec.MsgspecError, UnicodeError):
        content = msgspec.json.decode(line, type=kind)
        if line_of(content) == line:
            return content
    return None


def event_line(row: asyncpg.Record) -> EventLine:
    """Return a row of ``export_page`` or ``export_event`` as it is exported."""
    return EventLine(
        seq=row["seq"],
        stream=row["stream"],
        version=row["version"],
        event_id=row["event_id"],
        type=row["type"],
        data=row["data"],
        metadata=row["metadata"],
        recorded_at=microseconds(row["recorded_at"]),
        leaf_hash=row["leaf_hash"].hex(),
    )


def leaf_of(event: EventLine) -> bytes:
    """Return the leaf hash that the fact must have."""
    return leaf_hash(
        stream=StreamName(event.stream),
        version=event.version,
        event_id=EventId(event.event_id),
        type_name=event.type,
        data=event.data,
        metadata=event.metadata,
        recorded_microseconds=event.recorded_at,
    )
