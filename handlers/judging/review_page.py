"""All that a reviewer needs to judge one receipt, and how a terminal shows it."""

from datetime import datetime

from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventstore.attachments import AttachmentMissing, photo_key, words_key
from eventstore.catalogue import ReceiptRead, ReceiptReferred, ReceiptUploaded
from eventstore.identity import KYIV, ReceiptId, receipt_stream
from eventstore.log import Log
from eventstore.showing import kyiv_clock, plain, uah
from eventstore.store import now_utc
from eventstore.vault import KeyDestroyed
from handlers.judging.receipt_steps import assignment_at, last_decision, readings_of
from handlers.judging.reviewing import ReviewRefused
from handlers.ports import Evidence
from handlers.read_receipt import evidence_in

#: Readings that a field might have had instead, worth showing.
_CANDIDATES_SHOWN = 3


class Field(Struct, frozen=True, kw_only=True):
    """One field as it was read, or corrected."""

    name: str
    value: str | None
    sources: list[str]
    confidence: float | None
    #: other values that were weighed, best first
    instead: list[str] = []


class Page(Struct, frozen=True, kw_only=True):
    """One receipt before a reviewer."""

    receipt: ReceiptId
    uploaded_at: datetime
    #: codes of the catalogue; empty when it does not wait
    doubts: list[str]
    in_hand_of: str | None
    until: datetime | None
    fields: list[Field]
    #: name, packs in thousandths, cost in kopecks, confidence
    items: list[tuple[str, int | None, int | None, float]]
    #: printed rows from top to bottom; empty when the shopper is forgotten
    rows: list[str]
    #: of the upright photo among the attachments
    photo_key: str


async def page_of(log: Log, receipt: ReceiptId) -> Page:
    """Return what is known of ``receipt``; raises ``ReviewRefused`` when it was never read."""
    story = await log.store.read_stream(receipt_stream(receipt))
    readings = readings_of(story)
    if not readings:
        raise ReviewRefused(f"there is no receipt {receipt!r} that was read: see `review list`")
    uploaded: ReceiptUploaded = story[0].event
    reading = readings[-1]
    evidence = await _evidence(log, uploaded, reading)
    decision, taken = last_decision(story), assignment_at(story, now_utc())
    return Page(
        receipt=receipt,
        uploaded_at=story[0].recorded_at,
        doubts=[*decision.reasons] if isinstance(decision, ReceiptReferred) else [],
        in_hand_of=None if taken is None else taken.reviewer,
        until=None if taken is None else taken.until,
        fields=_fields(reading, evidence),
        items=[
            (item.name, item.quantity_milli, item.line_total_kopecks, item.confidence)
            for item in reading.items
        ],
        rows=[row.text for row in evidence.rows],
        photo_key=photo_key(uploaded.shopper, reading.preview_sha256),
    )


async def _evidence(log: Log, uploaded: ReceiptUploaded, reading: ReceiptRead) -> Evidence:
    try:
        sealed = await log.attachments.get(words_key(uploaded.shopper, reading.words_sha256))
        return evidence_in(await log.vault.open(uploaded.shopper, "words", sealed.decode()))
    except (AttachmentMissing, KeyDestroyed):
        return Evidence(words=[])


def _fields(reading: ReceiptRead, evidence: Evidence) -> list[Field]:
    total, bought = reading.total_kopecks, reading.purchased_at
    values = {
        "document": reading.document,
        "merchant": reading.merchant,
        "total": None if total is None else uah(total),
        "date": None if bought is None else f"{bought.astimezone(KYIV):%Y-%m-%d %H:%M}",
        "fiscal_number": reading.fiscal_number,
        "receipt_number": reading.receipt_number,
    }
    weighed = {field.field: field.candidates for field in evidence.fields}
    believed = {field.field: field.value for field in evidence.fields}
    return [
        Field(
            name=name,
            value=value,
            sources=[*reading.sources.get(name, [])],
            confidence=reading.confidences.get(name),
            instead=[
                candidate.value
                for candidate in weighed.get(name, [])[:_CANDIDATES_SHOWN]
                if candidate.value not in (value, believed.get(name))
            ],
        )
        for name, value in values.items()
    ]


def print_page(page: Page, console: Console | None = None) -> None:
    """Print ``page`` for a person; words from a photo are shown, never obeyed."""
    out = console or Console(highlight=False)
    out.print(Text.assemble(("receipt ", "bold"), page.receipt))
    out.print(Text(f"  sent {page.uploaded_at.astimezone(KYIV):%Y-%m-%d %H:%M}"))
    waits = ", ".join(page.doubts) or "waits for nobody"
    out.print(Text(f"  {waits}", style="yellow" if page.doubts else "green"))
    if page.in_hand_of is not None and page.until is not None:
        until = kyiv_clock(page.until)
        out.print(Text(f"  in hand of {page.in_hand_of} until {until}"))
    out.print(_fields_table(page), _items_table(page))
    for number, row in enumerate(page.rows, start=1):
        out.print(Text(f"{number:>3}  {plain(row)}", style="dim"))


def _fields_table(page: Page) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("field", "value", "by", "sure", "or"):
        table.add_column(column)
    for field in page.fields:
        sure = "" if field.confidence is None else f"{field.confidence:.2f}"
        instead = " | ".join(map(plain, field.instead))
        cells = (field.name, plain(field.value or "—"), "+".join(field.sources), sure, instead)
        table.add_row(*map(Text, cells))
    return table


def _items_table(page: Page) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("line")
    for column in ("packs", "cost", "sure"):
        table.add_column(column, justify="right")
    for name, quantity, cost, confidence in page.items:
        packs = "—" if quantity is None else f"{quantity / 1000:g}"
        money = "—" if cost is None else f"{cost / 100:.2f}"
        table.add_row(*map(Text, (plain(name), packs, money, f"{confidence:.2f}")))
    return table
