"""Examines an export without any database: every byte of it is looked at.

The file is read once and in pages, so that memory stays flat; it ends at the first fault.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain as chained
from itertools import islice
from typing import BinaryIO, NamedTuple

from eventstore.proving.chain import Chain, Versions
from eventstore.proving.diagnosis import Ahead, ahead, damaged, gone, out_of_order, wrong_version
from eventstore.proving.exported import (
    CHECKPOINT_PREFIX,
    END_PREFIX,
    EVENT_PREFIX,
    FORMAT,
    CheckpointLine,
    End,
    EndLine,
    EventLine,
    Header,
    decoded,
    events_in,
    leaf_of,
)
from eventstore.proving.notes import NoteError, VerifierKey
from eventstore.proving.verdicts import Fault, Kind, Report

#: Lines looked at together: about 5 ms of work.
PAGE_LINES = 1_000
#: A fact is a few kilobytes; a longer line was never exported and must not fill the memory.
LINE_BYTES_MAX = 16_000_000

#: Told how many facts were examined so far.
Progress = Callable[[int], None]


class Sealed(NamedTuple):
    """A checkpoint that fits."""

    note: str
    size: int


#: What was found good: facts in a row, or the checkpoint behind them.
Good = list[EventLine] | Sealed


class Examination:
    """One reading of an export; ``good`` gives what it found, ``report`` how it ended."""

    def __init__(
        self, file: BinaryIO, *, keys: Sequence[VerifierKey] = (), awaited: Sequence[str] = ()
    ) -> None:
        """Believe the pinned ``keys``, or without any those the file itself names.

        The file must contain the history of ``awaited``, signed notes from elsewhere.
        """
        self._lines: Iterator[bytes] = iter(partial(file.readline, LINE_BYTES_MAX), b"")
        self._line = 0
        self._pinned = keys
        self._awaited = awaited
        self._versions = Versions()
        self._chain = Chain(keys, pinned=bool(keys))
        self._next_seq = 1
        self._fault: Fault | None = None
        #: the keys that the file names
        self.keys: list[VerifierKey] = []

    def good(self) -> Iterator[Good]:
        """Give everything up to the end or to the first fault."""
        try:
            self._read_header()
            self._chain = Chain(self._pinned or self.keys, pinned=bool(self._pinned))
            self._chain.expect(*self._awaited)
            yield from self._body()
            self._chain.finish()
        except Fault as fault:
            self._fault = fault

    def report(self) -> Report:
        """Return how it ended; to be called when ``good`` is exhausted."""
        return self._chain.report("export", self._fault.finding if self._fault else None)

    def _read_header(self) -> None:
        line = next(self._lines, b"")
        self._line = 1
        if not line.endswith(b"\n"):
            raise self._cut_off()
        header = decoded(line, Header)
        if header is None or header.cashbot_export != FORMAT:
            what = f"line 1 is not the first line of an export in format {FORMAT}"
            raise Fault(Kind.MALFORMED, what, line=1)
        try:
            self.keys = [VerifierKey.parse(key) for key in header.keys]
        except NoteError as malformed:
            raise Fault(Kind.MALFORMED, f"line 1: {malformed}", line=1) from malformed
        if [str(key) for key in self.keys] != header.keys:
            raise Fault(Kind.MALFORMED, "line 1: a key has spaces around it", line=1)
        if self._pinned and (strange := [key for key in self.keys if key not in self._pinned]):
            what = f"line 1 names {strange[0].name} as a signer, which is not pinned"
            raise Fault(Kind.FOREIGN_CHECKPOINT, what, line=1)

    def _body(self) -> Iterator[Good]:
        while page := list(islice(self._lines, PAGE_LINES)):
            while page:
                count = next(
                    (at for at, line in enumerate(page) if not line.startswith(EVENT_PREFIX)),
                    len(page),
                )
                if count:
                    yield self._events(page[:count], page[count:])
                elif page[0].startswith(CHECKPOINT_PREFIX):
                    yield self._checkpoint(page[0], page[1:])
                    count = 1
                elif page[0].startswith(END_PREFIX):
                    return self._end(page[0], page[1:])
                else:
                    raise self._damaged(page[0], page[1:])
                self._line += count
                page = page[count:]
        self._line += 1
        raise self._cut_off()

    def _events(self, lines: list[bytes], behind: list[bytes]) -> list[EventLine]:
        """Examine lines of facts; ``behind`` them stand others, already read."""
        events = events_in(b"".join(lines))
        if events is not None:
            self._examine(events, behind)
            return events
        for at, line in enumerate(lines):
            one = events_in(line)
            if one is None:
                raise self._damaged(line, lines[at + 1 :] + behind)
            self._examine(one, lines[at + 1 :] + behind)
            self._line += 1
        raise AssertionError("facts that are right one by one are right together")

    def _examine(self, events: list[EventLine], behind: list[bytes]) -> None:
        leaves: list[bytes] = []
        follow = self._versions.follow
        try:
            for seq, event in enumerate(events, start=self._next_seq):
                if event.seq != seq:
                    rest = self._ahead(events[len(leaves) + 1 :], behind)
                    raise out_of_order(event.seq, self._line_of(seq), seq, rest)
                leaf = leaf_of(event)
                if leaf.hex() != event.leaf_hash:
                    what = f"seq {seq} does not have its hash: one of the two was changed"
                    raise Fault(Kind.CHANGED, what, first_seq=seq, line=self._line_of(seq))
                if (last := follow(event.stream, event.version)) is not None:
                    rest = self._ahead(events[len(leaves) + 1 :], behind)
                    raise wrong_version(event, last, self._line_of(seq), rest)
                leaves.append(leaf)
        finally:
            self._chain.grow(leaves)
        self._next_seq += len(events)

    def _line_of(self, seq: int) -> int:
        """Return the number of the line in which the fact ``seq`` of a page stands."""
        return self._line + 1 + seq - self._next_seq

    def _checkpoint(self, line: bytes, behind: list[bytes]) -> Sealed:
        content = decoded(line, CheckpointLine)
        if content is None:
            raise self._damaged(line, behind)
        size, number = self._chain.range.size, self._line + 1
        try:
            checkpoint = self._chain.meet(content.checkpoint, line=number)
        except Fault as fault:
            following = next(self._ahead([], behind), None)
            if fault.finding.kind is Kind.REORDERED and following and following.seq > size + 1:
                raise gone(size + 1, following.seq - 1, number) from fault
            raise
        return Sealed(content.checkpoint, checkpoint.size)

    def _end(self, line: bytes, behind: list[bytes]) -> None:
        self._line += 1
        content = decoded(line, EndLine)
        if content is None:
            if not line.endswith(b"\n"):
                raise self._cut_off()
            raise Fault(Kind.CHANGED, "the last line was changed", line=self._line)
        if behind or any(True for _ in self._lines):
            what = f"something stands behind the end, line {self._line}"
            raise Fault(Kind.ADDED, what, line=self._line + 1)
        self._compare(content.end)
        if [key.name for key in self.keys] != self._chain.signers:
            raise Fault(Kind.CHANGED, "line 1 does not name the keys that signed", line=1)

    def _compare(self, end: End) -> None:
        """Raise ``Fault`` unless the last line tells of what was found."""
        size, root = self._chain.range.size, self._chain.range.root().hex()
        if end.events != size and end.root == root:
            what = f"the last line tells of {end.events} facts, its root is that of all {size}"
            raise Fault(Kind.CHANGED, what, line=self._line)
        if end.events > size:
            raise gone(size + 1, end.events, self._line)
        if end.events < size:
            what = f"the last line tells of {end.events} facts, but there are {size}"
            raise Fault(Kind.ADDED, what, first_seq=end.events + 1, last_seq=size, line=self._line)
        if end.checkpoints != (found := self._chain.checkpoints):
            what = f"the last line tells of {end.checkpoints} checkpoints, but there are {found}"
            kind = Kind.MISSING if end.checkpoints > found else Kind.ADDED
            raise Fault(kind, what, line=self._line)
        if end.root != root:
            begin = self._chain.signed + 1
            what = "the root in the last line does not fit"
            if begin > size:
                raise Fault(Kind.CHANGED, f"{what}, but a signed one does", line=self._line)
            what = f"{what}: it or something in seq {begin} to {size} was changed"
            raise Fault(Kind.CHANGED, what, first_seq=begin, last_seq=size, line=self._line)

    def _cut_off(self) -> Fault:
        seq = self._next_seq
        what = f"the file ends in line {self._line}, where seq {seq} or the last line should be"
        return Fault(Kind.TRUNCATED, what, first_seq=seq, line=self._line)

    def _damaged(self, line: bytes, behind: list[bytes]) -> Fault:
        self._line += 1
        if not line.endswith(b"\n") and len(line) < LINE_BYTES_MAX:
            return self._cut_off()
        return damaged(line, self._line, self._next_seq, self._ahead([], behind))

    def _ahead(self, events: list[EventLine], behind: list[bytes]) -> Iterator[Ahead]:
        """Give the facts that follow: ``events``, then what is read already, then the rest."""
        known = (Ahead(event.seq, event.stream, event.version) for event in events)
        return chained(known, ahead(chained(behind, self._lines)))


def verify_export(
    file: BinaryIO,
    *,
    keys: Sequence[VerifierKey] = (),
    awaited: Sequence[str] = (),
    progress: Progress = lambda _: None,
) -> Report:
    """Examine an export; see ``Examination`` for ``keys`` and ``awaited``."""
    examination = Examination(file, keys=keys, awaited=awaited)
    events = 0
    for good in examination.good():
        if isinstance(good, list):
            events += len(good)
            progress(events)
    return examination.report()
