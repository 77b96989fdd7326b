"""An export for analysts: a row per fact, with the checkpoint that stands behind it."""

from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from eventstore.proving.exported import FORMAT, End, EventLine, line_of
from eventstore.proving.notes import VerifierKey

SCHEMA = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("stream", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("data", pa.string(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
        pa.field("recorded_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("leaf_hash", pa.binary(32), nullable=False),
        # the signed note over all facts up to this one
        pa.field("checkpoint", pa.string()),
    ]
)
#: Rows in a group: some megabytes, and enough for columns to compress well.
GROUP_ROWS = 16_384


class ParquetWriter:
    """Columns as in an export of lines; header and end are in the file's metadata."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = pq.ParquetWriter(file, SCHEMA, compression="zstd")
        self._rows: list[tuple[EventLine, str | None]] = []

    def begin(self, keys: Sequence[VerifierKey]) -> None:
        """Note format and signers."""
        signers = " ".join(str(key) for key in keys)
        self._writer.add_key_value_metadata({"cashbot_export": str(FORMAT), "keys": signers})

    def add(self, events: list[EventLine], note: str | None) -> None:
        """Add rows; ``note`` goes to the last of them."""
        self._rows += [(event, None) for event in events]
        if note is not None:
            self._rows[-1] = (self._rows[-1][0], note)
        if len(self._rows) >= GROUP_ROWS:
            self._write()

    def finish(self, end: End) -> None:
        """Write what is left, and what all of it is."""
        self._write()
        self._writer.add_key_value_metadata({"end": line_of(end).decode().strip()})
        self._writer.close()

    def _write(self) -> None:
        events = [event for event, _ in self._rows]
        columns: dict[str, list[object]] = {
            name: [getattr(event, name) for event in events] for name in SCHEMA.names[:-1]
        }
        columns["event_id"] = [str(event.event_id) for event in events]
        columns["leaf_hash"] = [bytes.fromhex(event.leaf_hash) for event in events]
        columns["checkpoint"] = [note for _, note in self._rows]
        self._writer.write_table(pa.table(columns, schema=SCHEMA))
        self._rows = []
