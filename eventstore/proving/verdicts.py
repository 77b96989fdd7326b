"""What an examination of the log can end with: one kind of verdict, one exit code each."""

from enum import Enum

from msgspec import Struct

from eventstore.errors import EventStoreError


class Kind(Enum):
    """A verdict: its exit code, what it means, and what to do about it."""

    OK = (0, "everything fits", "nothing")
    CHANGED = (
        10,
        "content, hash or root do not fit each other",
        "compare the named facts with another export or a backup; keep both as evidence",
    )
    MISSING = (
        11,
        "a fact or a checkpoint is gone from the middle",
        "look for the named facts in another export or a backup; keep both as evidence",
    )
    REORDERED = (
        12,
        "facts stand in another order than they were sealed in",
        "compare the order with another export or a backup; keep both as evidence",
    )
    TRUNCATED = (
        13,
        "the end is gone",
        "export or download it again; if that does not help, compare with a backup",
    )
    WRONG_SIGNATURE = (
        14,
        "a checkpoint and its signature do not fit",
        "somebody changed the checkpoint: get it again from whoever published it",
    )
    FOREIGN_CHECKPOINT = (
        15,
        "another log's, or signed with another key",
        "check whose key you pinned (`events key` of that log) and whose file this is",
    )
    ADDED = (
        16,
        "something stands here that was never sealed, or stands twice",
        "compare with another export or a backup; keep both as evidence",
    )
    MALFORMED = (
        17,
        "this is no export and no proof of cashbot",
        "check the path; make files with `events export` and `events proof`",
    )
    UNSIGNED = (
        18,
        "no checkpoint by the pinned key covers any fact",
        "get an export with checkpoints, or one that is signed by the key you pinned",
    )

    def __init__(self, exit_code: int, meaning: str, advice: str) -> None:
        self.exit_code = exit_code
        self.meaning = meaning
        self.advice = advice

    @property
    def label(self) -> str:
        """The kind's name as people and scripts read it: "wrong signature"."""
        return self.name.lower().replace("_", " ")


class Finding(Struct, frozen=True, kw_only=True):
    """The first thing that does not fit."""

    kind: Kind
    #: one sentence: what is wrong, and where
    what: str
    #: of the first fact it concerns, None when no fact does
    first_seq: int | None = None
    #: of the last one that may be concerned: a root tells only of an interval
    last_seq: int | None = None
    #: of the file, from 1; None in a database
    line: int | None = None


class Fault(EventStoreError):
    """Something does not fit; ``finding`` says what."""

    def __init__(
        self,
        kind: Kind,
        what: str,
        *,
        first_seq: int | None = None,
        last_seq: int | None = None,
        line: int | None = None,
    ) -> None:
        self.finding = Finding(
            kind=kind,
            what=what,
            first_seq=first_seq,
            last_seq=first_seq if last_seq is None else last_seq,
            line=line,
        )
        super().__init__(what)


class Report(Struct, frozen=True, kw_only=True):
    """What was examined and how it ended."""

    #: "log", "export" or "proof"
    subject: str
    #: None when everything fits
    finding: Finding | None
    #: how many facts were examined before the end or the fault
    events: int
    #: so many of them, from the first, a signed root proves
    signed: int
    #: checkpoints examined
    checkpoints: int
    #: hex, over the facts that were examined
    root: str
    #: names of the keys that signed
    signers: list[str]
    #: whether the caller named the keys, so that they did not come with what they prove
    pinned: bool

    @property
    def kind(self) -> Kind:
        """The verdict."""
        return self.finding.kind if self.finding else Kind.OK

    @property
    def unsigned(self) -> int:
        """Facts behind the newest checkpoint: in order, and not proved yet."""
        return self.events - self.signed
