"""How a receipt's facts are told on its page: stages, times, what was read. No I/O here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from eventstore.catalogue import Box, ReceiptCorrected, ReceiptRead
from eventstore.corrections import readings_in
from eventstore.identity import ReceiptId
from projections.receipts import Receipt, Step

#: State in which nothing more happens by itself or by a person -> with what the key of the
#: notice begins that says so.
LAST_WORDS = {
    "paid": "receipt.paid",
    "rejected": "receipt.rejected",
    "unreadable": "receipt.unreadable",
    "pay_failed": "receipt.not_paid",
}
FINAL = frozenset(LAST_WORDS)

#: State -> how it feels: the colour of its badge.
TONES = {
    "uploaded": "busy",
    "read": "busy",
    "accepted": "busy",
    "paying": "busy",
    "paid": "good",
    "rejected": "bad",
    "unreadable": "bad",
    "pay_failed": "bad",
    "review": "wait",
    "pay_unknown": "wait",
    "bill_created": "wait",
}

#: Stage -> the facts that end it.
STAGES: tuple[tuple[str, frozenset[str]], ...] = (
    ("uploaded", frozenset({"ReceiptUploaded"})),
    ("read", frozenset({"ReceiptRead", "ReceiptUnreadable"})),
    ("decided", frozenset({"ReceiptAccepted", "ReceiptRejected", "ReceiptReferred"})),
    (
        "paid",
        frozenset({"PayoutConfirmed", "PayoutFailed", "PayoutOutcomeUnknown", "PayoutResolved"}),
    ),
)

#: What is printed, by a reader or by a person.
SAYS_WHAT_IS_PRINTED = {"ReceiptRead": ReceiptRead, "ReceiptCorrected": ReceiptCorrected}

#: Fact -> its fields worth seeing at once.
NOTED = {
    "ReceiptRead": ("reader",),
    "ReceiptUnreadable": ("reason",),
    "ReceiptRejected": ("reason",),
    "ReceiptReferred": ("reasons",),
    "ClaimTaken": ("stream",),
    "PayoutAttempted": ("step", "attempt"),
    "PayoutSubmitted": ("step", "bill"),
    "PayoutRefused": ("step", "kind", "code"),
    "PayoutOutcomeUnknown": ("step", "cause"),
    "CallbackReceived": ("status", "bill"),
    "PayoutConfirmed": ("bill",),
    "PayoutFailed": ("cause", "code"),
    "PayoutContradicted": ("about",),
    "PayoutResolved": ("outcome", "bill"),
}

#: Comes long after all is over, and takes no part in how long that took.
EXPIRED = "PhotoExpired"

#: Above the first a word was read surely, below the second hardly.
SURE, UNSURE = 0.8, 0.5


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One word of the words attachment."""

    text: str
    place: Box
    confidence: float


class _Words(msgspec.Struct, frozen=True):
    words: list[Word]


def words_in(content: bytes) -> list[Word]:
    """Return the words of an opened words attachment; old ones are a bare list of them."""
    if content.lstrip().startswith(b"["):
        return msgspec.json.decode(content, type=list[Word])
    return msgspec.json.decode(content, type=_Words).words


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four big steps."""

    name: str
    #: done, now, wait (for somebody), bad (ended here) or later
    look: str
    at: datetime | None
    #: since the stage before, in milliseconds
    took: int | None


class Note(msgspec.Struct, frozen=True):
    """One detail of a fact worth seeing at once: a code or an id."""

    field: str
    value: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as told in the story."""

    step: Step
    #: since the fact before, in milliseconds
    gap: int
    notes: list[Note]
    facts: str


class SoldItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the receipt as the page shows it."""

    number: int
    name: str
    quantity_milli: int | None
    line_total_kopecks: int | None
    confidence: float
    place: Box | None
    darnitsa: bool


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page of a receipt tells, without the words on its photo."""

    receipt: Receipt
    tone: str
    final: bool
    stages: list[Stage]
    lines: list[Line]
    reading: ReceiptRead | None
    #: the photo was kept for its 90 days
    expired: bool
    items: list[SoldItem]
    #: the receipt that has the bonus already
    used_by: ReceiptId | None
    #: from the photo's arrival to the last fact, in milliseconds
    total: int


def tell(receipt: Receipt, steps: Sequence[Step], *, holder: Sequence[Step] = ()) -> Story:
    """Return the story of ``receipt`` from its facts in ledger order.

    ``holder``: the facts of the receipt that has the bonus for the same paper.
    """
    reading = _reading(steps)
    told = [step for step in steps if step.type != EXPIRED]
    return Story(
        receipt=receipt,
        tone=TONES[receipt.state],
        final=receipt.state in FINAL,
        stages=_stages(receipt.state, steps),
        lines=_lines(steps),
        reading=reading,
        expired=len(told) < len(steps),
        items=[] if reading is None else _items(reading, _granted([*steps, *holder])),
        used_by=used_by(steps),
        total=milliseconds(told[0].at, told[-1].at) if told else 0,
    )


def milliseconds(earlier: datetime, later: datetime) -> int:
    """Return the time between, never negative: two writers' clocks may disagree a little."""
    return max(0, round((later - earlier).total_seconds() * 1000))


def confidence_look(confidence: float) -> str:
    """Return sure, fair or unsure."""
    return "sure" if confidence >= SURE else "fair" if confidence >= UNSURE else "unsure"


def _stages(state: str, steps: Sequence[Step]) -> list[Stage]:
    stages: list[Stage] = []
    before: datetime | None = None
    for name, kinds in STAGES:
        ended = [step for step in steps if step.type in kinds]
        at = ended[-1].at if ended else None
        took = milliseconds(before, at) if before is not None and at is not None else None
        look = _look(name, at, state, waits=bool(stages) and stages[-1].look == "done")
        stages.append(Stage(name=name, look=look, at=at, took=took))
        before = at or before
    return stages


def _look(name: str, at: datetime | None, state: str, *, waits: bool) -> str:
    """Return how a stage looks; ``waits``: the one before is done and this one is not."""
    stopped = {
        ("read", "unreadable"): "bad",
        ("decided", "rejected"): "bad",
        ("decided", "review"): "wait",
        ("paid", "pay_failed"): "bad",
        ("paid", "pay_unknown"): "wait",
        ("paid", "bill_created"): "wait",
    }
    if (name, state) in stopped:
        return stopped[name, state]
    if at is not None:
        return "done"
    return "now" if waits else "later"


def _lines(steps: Sequence[Step]) -> list[Line]:
    lines: list[Line] = []
    for step in steps:
        counts = lines and step.type != EXPIRED
        gap = milliseconds(lines[-1].step.at, step.at) if counts else 0
        facts = msgspec.json.format(msgspec.json.encode(step.facts), indent=2).decode()
        lines.append(Line(step=step, gap=gap, notes=_notes(step), facts=facts))
    return lines


def _notes(step: Step) -> list[Note]:
    """Return the details of a fact worth seeing at once; a list gives one per element."""
    fields = {**step.facts, "stream": step.stream}
    notes: list[Note] = []
    for name in NOTED.get(step.type, ()):
        found = fields.get(name)
        values = found if isinstance(found, list) else [found]
        notes += [Note(name, str(value)) for value in values if value is not None]
    return notes


def used_by(steps: Sequence[Step]) -> ReceiptId | None:
    """Return the receipt that has the bonus already, None when there is none."""
    for step in steps:
        if step.type == "ReceiptRejected" and step.facts.get("used_by"):
            return ReceiptId(step.facts["used_by"])
    return None


def _reading(steps: Sequence[Step]) -> ReceiptRead | None:
    """Return what was read, as people corrected it since; None once the shopper is forgotten."""
    told = (
        msgspec.convert(step.facts, SAYS_WHAT_IS_PRINTED[step.type])
        for step in steps
        if step.type in SAYS_WHAT_IS_PRINTED and step.facts
    )
    readings = list(readings_in(told))
    return readings[-1] if readings else None


def _granted(steps: Sequence[Step]) -> frozenset[str]:
    """Return the names of what earned the bonus; photos differ in upper and lower case."""
    names: set[str] = set()
    for step in steps:
        if step.type == "ReceiptAccepted":
            names.update(name.casefold() for name in step.facts.get("darnitsa_items", []))
    return frozenset(names)


def _items(reading: ReceiptRead, granted: frozenset[str]) -> list[SoldItem]:
    return [
        SoldItem(
            number=number,
            name=item.name,
            quantity_milli=item.quantity_milli,
            line_total_kopecks=item.line_total_kopecks,
            confidence=item.confidence,
            place=item.place,
            darnitsa=item.name.casefold() in granted,
        )
        for number, item in enumerate(reading.items, start=1)
    ]


def told_as_data(story: Story) -> dict[str, Any]:
    """Return the story for ``.json`` and for live news."""
    receipt = story.receipt
    return {
        "receipt": receipt.receipt,
        "seq": receipt.seq,
        "state": receipt.state,
        "final": story.final,
        "reasons": receipt.reasons,
        "payout": receipt.payout,
        "bill": receipt.bill,
        "bonus_kopecks": receipt.bonus_kopecks,
        "milliseconds": story.total,
        "stages": [msgspec.to_builtins(stage) for stage in story.stages],
        "reading": msgspec.to_builtins(story.reading),
        "steps": [msgspec.to_builtins(line.step) for line in story.lines],
    }
