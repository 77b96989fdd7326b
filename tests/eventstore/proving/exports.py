"""An export of 10,000 facts, and words for telling what is found in it."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from eventstore.pool import open_pool
from eventstore.proving.notes import VerifierKey
from eventstore.proving.verdicts import Finding, Kind
from eventstore.proving.verify_export import verify_export
from tests.eventstore.proving.logs import a_signer, exported, grow, key_of

EVENTS = 10_000
#: Where the log was signed; what is behind the last one is not.
SIGNED = (1, 256, 1_000, 4_097, 7_777, 9_900)

#: An example takes up to 0.1 s: the whole file is read each time.
thoroughly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


seqs = st.one_of(st.integers(1, EVENTS), st.sampled_from([1, 2, 256, 257, EVENTS - 1, EVENTS]))


class Export(NamedTuple):
    """An export of a log of ``EVENTS`` facts."""

    lines: list[bytes]
    key: VerifierKey

    def __repr__(self) -> str:
        """Return few words: a failing test shows them."""
        return f"Export of {len(self.lines)} lines"

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(self.lines)

    def at(self, seq: int) -> int:
        """Return the index of the line in which ``seq`` stands."""
        return seq + sum(size < seq for size in SIGNED)

    def seq_at(self, index: int) -> int | None:
        """Return the seq that stands in the line with ``index``, None if no fact does."""
        line = json.loads(self.lines[index])
        return line.get("seq") if isinstance(line, dict) else None

    def line_with(self, offset: int) -> int:
        """Return the index of the line that has the byte at ``offset``."""
        for index, line in enumerate(self.lines):
            offset -= len(line)
            if offset < 0:
                return index
        return len(self.lines)


async def make_export(url: str, folder: Path) -> Export:
    """Fill the database at ``url`` with facts and checkpoints, and export it."""
    async with await open_pool(url, size=2, name="test") as pool:
        signer = a_signer(pool, folder)
        size = 0
        for size_then in SIGNED:
            await grow(pool, size_then - size)
            await signer.make()
            size = size_then
        await grow(pool, EVENTS - size)
        content = await exported(pool, signer)
        return Export(content.splitlines(keepends=True), await key_of(signer))


def found(content: bytes, export: Export) -> Finding | None:
    """Return what an auditor finds who pinned the key."""
    return verify_export(BytesIO(content), keys=[export.key]).finding


def verdict(content: bytes, export: Export) -> tuple[Kind, int | None]:
    """Return kind and first seq of what must be found."""
    finding = found(content, export)
    assert finding is not None
    return finding.kind, finding.first_seq


def as_line(content: Any) -> bytes:
    """Return ``content`` as an export writes it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
