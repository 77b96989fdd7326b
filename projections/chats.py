"""Chats: what each shopper did and was told, as one conversation in the order of the ledger.

An edit replaces what its message said; the line stays where it was. What was said stands here
sealed, and whoever shows it opens it. Built like ``receipts``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from msgspec.structs import astuple

from eventstore import catalogue as facts
from eventstore import sql
from eventstore.identity import ReceiptId, Sha256, ShopperId
from eventstore.store import Recorded
from projections.forgetting import forgettings
from projections.receipt_rows import columns
from projections.receipts import Reads, Writes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Lines of a conversation that are shown: nobody scrolls further, and each costs an opening.
LINES_MAX = 200

#: What a shopper does in their chat, and what is said in it. What was declined shows by its notice.
DONE = frozenset({
    "ShopperStarted",
    "LanguageChosen",
    "ConsentGiven",
    "PhoneShared",
    "ShopperAsked",
    "ReceiptUploaded",
    "ForgettingRequested",
})  # fmt: skip
SAID = "ShopperNotified"
#: Outcomes after which there is a message that may be edited.
STANDS = frozenset({"sent", "edited", "unchanged"})


class Line(msgspec.Struct, kw_only=True):
    """A row of ``chat_lines``; fields are the columns of ``chats.sql``, in their order."""

    shopper: str
    #: of the fact that made it
    seq: int
    #: of the last fact told about it
    told_seq: int
    type: str
    about: str = ""
    receipt: str | None = None
    message: int | None = None
    text_sealed: str | None = None
    outcome: str | None = None
    edits: int = 0
    at: datetime
    edited_at: datetime | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a conversation."""

    seq: int
    #: type of the fact that made it: "ShopperNotified" was said to them, all else they did
    type: str
    #: a ``catalogue.Question``, a ``catalogue.Locale``, or the key of the text that was said
    about: str
    receipt: ReceiptId | None
    message: int | None
    #: of the shopper, field "notice": the newest text of this message
    text_sealed: str | None
    #: as in ``ShopperNotified``; None for what they did
    outcome: str | None
    edits: int
    at: datetime
    edited_at: datetime | None
    #: of the receipt, as soon as there is one
    preview_sha256: Sha256 | None


class Chats:
    """The projection: applies facts to ``chat_lines``."""

    name: ClassVar[str] = "chats"
    handles: ClassVar[frozenset[str]] = DONE | {SAID, "ShopperForgotten"}
    tables: ClassVar[tuple[str, ...]] = ("chat_lines",)

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor."""
        said = {(e.shopper, e.message) for e in map(_notice_in, batch) if e and e.message}
        known = await connection.fetch(SQL["said"], *(columns(sorted(said)) or ([], [])))
        telling = _Telling(Line(**row) for row in known)
        for fact in batch:
            telling.tell(fact)
        if gone := [(shopper, seq) for shopper, seq, _ in forgettings(batch)]:
            await connection.execute(SQL["forget"], *columns(gone))
        if rows := [astuple(line) for line in telling.changed()]:
            await connection.execute(SQL["keep_lines"], *columns(rows))


class _Telling:
    """A batch being told: the lines it makes and those it edits."""

    def __init__(self, known: Iterable[Line]) -> None:
        self._said = {(line.shopper, line.message): line for line in known}
        self._changed: dict[tuple[str, int], Line] = {}

    def changed(self) -> list[Line]:
        """Return the lines to be written."""
        return list(self._changed.values())

    def tell(self, fact: Recorded) -> None:
        """Let a fact make a line, edit one, or end a conversation."""
        event, shopper = fact.event, _shopper_of(fact)
        if isinstance(event, facts.ShopperForgotten):
            self._said = {key: line for key, line in self._said.items() if key[0] != shopper}
            self._changed = {key: line for key, line in self._changed.items() if key[0] != shopper}
        elif isinstance(event, facts.ShopperNotified):
            self._say(fact, event)
        else:
            self._add(_line(fact, shopper, **_done(event)))

    def _say(self, fact: Recorded, event: facts.ShopperNotified) -> None:
        line = self._said.get((event.shopper, event.message))
        if line is None or event.outcome not in ("edited", "unchanged"):
            self._add(
                _line(
                    fact,
                    event.shopper,
                    about=event.key,
                    receipt=event.receipt,
                    message=event.message,
                    text_sealed=event.text_sealed,
                    outcome=event.outcome,
                )
            )
        elif event.outcome == "edited":
            line.about, line.text_sealed, line.outcome = event.key, event.text_sealed, "edited"
            line.edits, line.edited_at = line.edits + 1, fact.recorded_at
            line.told_seq = fact.seq or 0
            self._changed[line.shopper, line.seq] = line

    def _add(self, line: Line) -> None:
        self._changed[line.shopper, line.seq] = line
        if line.message is not None and line.outcome in STANDS:
            self._said[line.shopper, line.message] = line


def _notice_in(fact: Recorded) -> facts.ShopperNotified | None:
    """Return what a fact says was said, None for any other fact."""
    return fact.event if isinstance(fact.event, facts.ShopperNotified) else None


def _shopper_of(fact: Recorded) -> str:
    """Return whose conversation a fact belongs to: it says so, or its stream does."""
    return str(getattr(fact.event, "shopper", "")) or fact.stream.partition("-")[2]


def _line(fact: Recorded, shopper: str, **fields: Any) -> Line:
    seq = fact.seq or 0
    return Line(
        shopper=shopper, seq=seq, told_seq=seq, type=fact.type, at=fact.recorded_at, **fields
    )


def _done(event: object) -> dict[str, Any]:
    """Return what a line says of something a shopper did."""
    if isinstance(event, facts.ShopperAsked):
        return {"about": event.about, "receipt": event.receipt, "message": event.message}
    if isinstance(event, facts.LanguageChosen):
        return {"about": event.locale}
    if isinstance(event, facts.ReceiptUploaded):
        return {"receipt": event.receipt}
    return {}


async def conversation(reads: Reads, shopper: ShopperId, *, limit: int = LINES_MAX) -> list[Said]:
    """Return the newest lines of ``shopper``, the earliest of them first."""
    rows = await reads.fetch(SQL["conversation"], shopper, min(limit, LINES_MAX))
    return [msgspec.convert(dict(row), Said) for row in reversed(rows)]


async def said_about(reads: Reads, receipt: ReceiptId, *, limit: int = LINES_MAX) -> list[Said]:
    """Return what its shopper was told about ``receipt``, in order."""
    rows = await reads.fetch(SQL["said_about"], receipt, min(limit, LINES_MAX))
    return [msgspec.convert(dict(row), Said) for row in reversed(rows)]


async def newest_said(reads: Reads, shopper: ShopperId) -> int:
    """Return the seq of the last fact told in the conversation of ``shopper``, 0 for none."""
    return int((await reads.fetchrow(SQL["newest_said"], shopper))["seq"])
