"""The ledger as an examiner follows it: the tree grows, streams count on, checkpoints fit."""

import re
from collections.abc import Callable, Sequence

from eventstore.proving.checkpoints import TILE_LEVEL
from eventstore.proving.merkle import CompactRange
from eventstore.proving.notes import (
    Checkpoint,
    ForeignNote,
    NoteMalformed,
    VerifierKey,
    WrongSignature,
    checkpoint_of,
)
from eventstore.proving.verdicts import Fault, Finding, Kind, Report

#: Streams whose last version is remembered, twice: about 20 MB, whatever the ledger's length.
STREAMS_MAX = 50_000
#: What follows the signed text of a checkpoint as we make it: one signature.
_SIGNED_ONCE = re.compile(r"\n— [^\n]+\n")


class Versions:
    """The versions of streams, each of which counts 0, 1, 2, … along the ledger.

    Only streams seen lately are remembered, so that memory stays flat.
    """

    def __init__(self, *, unsure: Callable[[str, int], None] = lambda _stream, _version: None):
        """Tell ``unsure`` of each version that is believed because its stream was forgotten."""
        self._unsure = unsure
        self._recent: dict[str, int] = {}
        self._earlier: dict[str, int] = {}
        self._nothing_forgotten = True

    def follow(self, stream: str, version: int) -> int | None:
        """Go on to a fact; return the stream's last version (-1 for none) if it does not follow.

        A stream that is not remembered any more is believed.
        """
        last = self._recent.get(stream)
        if last is None:
            last = self._earlier.get(stream)
            if len(self._recent) >= STREAMS_MAX:
                self._nothing_forgotten = self._nothing_forgotten and not self._earlier
                self._earlier, self._recent = self._recent, {}
            if last is None:
                last = -1
                if version > 0 and not self._nothing_forgotten:
                    self._unsure(stream, version)
                    last = version - 1
        self._recent[stream] = version
        return None if version == last + 1 else last


def out_of_line(stream: str, version: int, last: int, seq: int, *, later: bool) -> Fault:
    """Return the fault of a version that does not follow ``last``, -1 for none.

    ``later`` tells whether the version that should stand here stands behind it.
    """
    before = f"version {last}" if last >= 0 else "nothing"
    kind = Kind.REORDERED if later or version <= last else Kind.MISSING
    what = f"seq {seq} is version {version} of {stream}, but before it comes {before}"
    return Fault(kind, what, first_seq=seq)


class Chain:
    """How far the ledger was followed, and how far it is proved."""

    def __init__(self, keys: Sequence[VerifierKey], *, pinned: bool) -> None:
        """Believe ``keys``, which the caller ``pinned`` or which came with what they prove."""
        self._keys = {key.name: key for key in keys}
        self._pinned = pinned
        self._expected: list[Checkpoint] = []
        #: names of the keys whose checkpoints were met, in that order
        self.signers: list[str] = []
        self.range = CompactRange()
        #: facts that a signed root proves
        self.signed = 0
        self.checkpoints = 0
        self._met = -1

    def expect(self, *notes: str) -> None:
        """Expect the roots of ``notes``, which come from elsewhere, on the way.

        Raises ``Fault`` when one of them is not signed by one of the keys.
        """
        opened = [self.opened(note) for note in notes]
        self._expected = sorted([*self._expected, *opened], key=lambda each: each.size)

    def opened_once(self, note: str, *, line: int | None = None) -> Checkpoint:
        """Return the checkpoint of ``note``, in which every byte must be signed or signature."""
        checkpoint = self.opened(note, line=line)
        if not _SIGNED_ONCE.fullmatch(note.removeprefix(checkpoint.text())):
            what = f"the checkpoint of {checkpoint.size} facts has lines that nobody signed"
            raise Fault(Kind.WRONG_SIGNATURE, what, line=line)
        return checkpoint

    def opened(self, note: str, *, line: int | None = None) -> Checkpoint:
        """Return the checkpoint of ``note``; raises ``Fault`` unless one of the keys signed it."""
        try:
            origin = checkpoint_of(note).origin
            if origin not in self._keys:
                known = ", ".join(self._keys) or "no key at all"
                raise ForeignNote(f"a checkpoint is of {origin}; believed is {known}")
            return self._keys[origin].opened(note)
        except ForeignNote as foreign:
            raise Fault(Kind.FOREIGN_CHECKPOINT, str(foreign), line=line) from foreign
        except (WrongSignature, NoteMalformed) as wrong:
            raise Fault(Kind.WRONG_SIGNATURE, str(wrong), line=line) from wrong

    def grow(self, leaves: Sequence[bytes]) -> list[bytes]:
        """Go on behind ``leaves`` and return the tiles they completed.

        Raises ``Fault`` if an expected root is not there.
        """
        tiles: list[bytes] = []
        begin, end = self.range.size, self.range.size + len(leaves)
        while self._expected and self._expected[0].size <= end:
            expected = self._expected.pop(0)
            tiles += self._grow(leaves[self.range.size - begin : expected.size - begin])
            self.fits(expected)
        return tiles + self._grow(leaves[self.range.size - begin :])

    def _grow(self, leaves: Sequence[bytes]) -> list[bytes]:
        self.range, tiles = self.range.grown_with_subtrees(leaves, TILE_LEVEL)
        return tiles

    def fits(self, checkpoint: Checkpoint, *, line: int | None = None) -> None:
        """Raise ``Fault`` unless the tree has the checkpoint's root; its size is the tree's."""
        if self.range.root() != checkpoint.root:
            begin, end = self.signed + 1, checkpoint.size
            what = (
                f"the root signed by {checkpoint.origin} for {end} facts does not fit:"
                f" something was changed in seq {begin} to {end}"
            )
            raise Fault(Kind.CHANGED, what, first_seq=begin, last_seq=end, line=line)
        self.signed = checkpoint.size

    def meet(self, note: str, *, line: int | None = None) -> Checkpoint:
        """Go past a checkpoint that stands here; raises ``Fault`` unless it belongs and fits."""
        checkpoint = self.opened_once(note, line=line)
        size, here = checkpoint.size, self.range.size
        if size == self._met:
            what = f"the checkpoint of {size} facts stands here twice"
            raise Fault(Kind.ADDED, what, line=line)
        if size != here:
            what = f"the checkpoint of {size} facts stands behind seq {here}"
            raise Fault(Kind.REORDERED, what, line=line)
        self.fits(checkpoint, line=line)
        self.checkpoints += 1
        self._met = size
        if checkpoint.origin not in self.signers:
            self.signers.append(checkpoint.origin)
        return checkpoint

    def finish(self) -> None:
        """Raise ``Fault`` if an expected checkpoint lies behind the end, or nothing is proved."""
        size = self.range.size
        if self._expected:
            signed = self._expected[-1].size
            what = f"{signed} facts are signed, but it ends behind seq {size}"
            raise Fault(Kind.TRUNCATED, what, first_seq=size + 1, last_seq=signed)
        if self._pinned and size and not self.signed:
            raise Fault(Kind.UNSIGNED, f"none of {size} facts is signed by the pinned key")

    def report(self, subject: str, finding: Finding | None) -> Report:
        """Return how far this came."""
        return Report(
            subject=subject,
            finding=finding,
            events=self.range.size,
            signed=self.signed,
            checkpoints=self.checkpoints,
            root=self.range.root().hex(),
            signers=self.signers,
            pinned=self._pinned,
        )
