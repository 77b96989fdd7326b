"""Facts as stored text and back.

The text written here is the text that is stored, hashed, exported and proved: it is never
re-encoded. What is read may be older than the code: old shapes are upcast on read, types this
code does not know are kept and given as None.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from struct import Struct
from typing import Any

import msgspec

from eventstore.errors import UnknownEventType
from eventstore.identity import EventId, StreamName
from eventstore.shapes import UPCASTS, Upcast

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: The fixed parts of what a leaf hash covers, each behind its length, big-endian.
_START_AND_LENGTH = Struct(">xI").pack
_VERSION_ID_AND_LENGTH = Struct(">IqI16sI").pack
_LENGTH = Struct(">I").pack
_TIME = Struct(">Iq").pack


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about every fact."""

    #: the upload (or other wish from outside) that all this came from
    correlation_id: str
    #: the fact that led to this one
    causation_id: EventId | None
    #: "shopper", "portmone", "operator:<name>" or "handler:<name>"
    actor: str
    #: the number of the fact's shape, from 1
    schema: int = 1


class Codec:
    """Writes and reads the facts of one catalogue."""

    def __init__(
        self,
        events: Mapping[str, type[msgspec.Struct]],
        *,
        upcasts: Mapping[tuple[str, int], Upcast] | None = None,
    ) -> None:
        """Know ``events`` by type name; ``upcasts`` lead from (type, schema) to schema + 1.

        Unless named they are the catalogue's.
        """
        self._types = dict(events)
        self._decoders = {name: msgspec.json.Decoder(known) for name, known in events.items()}
        known = UPCASTS if upcasts is None else upcasts
        self._upcasts = {key: upcast for key, upcast in known.items() if key[0] in self._types}
        self._schemas = dict.fromkeys(self._types, 1)
        for name, schema in self._upcasts:
            self._schemas[name] = max(self._schemas[name], schema + 1)

    def encode(self, event: msgspec.Struct) -> tuple[str, int, str]:
        """Return type name, schema number and the text to store.

        Raises ``UnknownEventType`` for a fact that is not in the catalogue.
        """
        name = type(event).__name__
        if self._types.get(name) is not type(event):
            raise UnknownEventType(f"{name} is not in the catalogue; add it to EVENTS first")
        return name, self._schemas[name], msgspec.json.encode(event).decode()

    def decode(self, type_name: str, schema: int, data: str) -> msgspec.Struct | None:
        """Return the fact, or None when this code does not know its type or newer schema."""
        known = self._types.get(type_name)
        if known is None or schema > self._schemas[type_name]:
            return None
        if schema == self._schemas[type_name]:
            return self._decoders[type_name].decode(data)
        fields = msgspec.json.decode(data, type=dict[str, Any])
        for number in range(schema, self._schemas[type_name]):
            fields = self._upcasts[type_name, number](fields)
        return msgspec.convert(fields, type=known)


def microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970-01-01 UTC, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def leaf_hash(
    *,
    stream: StreamName,
    version: int,
    event_id: EventId,
    type_name: str,
    data: str,
    metadata: str,
    recorded_microseconds: int,
) -> bytes:
    """Return the 32-byte Merkle leaf of a stored fact.

    SHA-256 of a zero byte (RFC 6962 §2.1) and the fields in this order, each behind its
    length as 4 bytes big-endian: stream, version (8 bytes), event id (16 bytes), type, data
    and metadata (the stored bytes), time of recording (8 bytes, microseconds since 1970 UTC).
    """
    name, kind, body, about = (text.encode() for text in (stream, type_name, data, metadata))
    return hashlib.sha256(
        b"".join(
            (
                _START_AND_LENGTH(len(name)),
                name,
                _VERSION_ID_AND_LENGTH(8, version, 16, event_id.bytes, len(kind)),
                kind,
                _LENGTH(len(body)),
                body,
                _LENGTH(len(about)),
                about,
                _TIME(8, recorded_microseconds),
            )
        )
    ).digest()
