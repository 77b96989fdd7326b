"""Finding receipts by what staff know of them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from eventstore import sql
from eventstore.identity import (
    KYIV,
    BillId,
    Kopecks,
    PayoutId,
    ShopperId,
    receipt_number_key,
)
from projections.receipts import Reads, Receipt

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Every state a receipt can be in, in the order of its life.
RECEIPT_STATES = (
    "uploaded", "read", "unreadable", "review", "rejected", "accepted",
    "paying", "bill_created", "pay_unknown", "paid", "pay_failed",
)  # fmt: skip
#: A name of a seller is shorter; a longer pattern only costs time.
PATTERN_CHARACTERS_MAX = 100
#: Letters that print and readers of print take for each other, Cyrillic and Latin.
_ALIKE = (
    "аa", "вb", "еe", "з3", "іi", "кk", "мm", "нh", "оo0", "рp", "сc", "тt", "уy", "хx",
    "'’ʼ`", "\"«»“”„",
)  # fmt: skip


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the receipts that are looked for; None: anything."""

    state: str | None = None
    #: code of the catalogue
    reason: str | None = None
    #: any of these; of one who was forgotten nothing is found
    shoppers: Sequence[ShopperId] | None = None
    #: first and last Kyiv day of upload
    since: date | None = None
    until: date | None = None
    fiscal_number: str | None = None
    #: as the paper or the QR has it
    receipt_number: str | None = None
    bill: BillId | None = None
    payout: PayoutId | None = None
    #: a part of the seller's name
    merchant: str | None = None
    total_kopecks: Kopecks | None = None
    #: an id or number of any kind, or a part of the seller's name
    anything: str | None = None


async def find(reads: Reads, wanted: Wanted, *, limit: int) -> list[Receipt]:
    """Return the newest receipts that are as ``wanted``."""
    rows = await reads.fetch(
        SQL["find"],
        limit,
        wanted.state,
        wanted.reason,
        None if wanted.shoppers is None else list(wanted.shoppers),
        _start_of(wanted.since),
        _start_of(wanted.until, days_later=1),
        wanted.fiscal_number,
        wanted.receipt_number,
        _key(wanted.receipt_number),
        wanted.bill,
        wanted.payout,
        _pattern(wanted.merchant),
        wanted.total_kopecks,
        wanted.anything,
        _key(wanted.anything),
        _pattern(wanted.anything),
    )
    return [msgspec.convert(dict(row), Receipt) for row in rows]


async def shoppers_with_phone(reads: Reads, fingerprint: str) -> list[ShopperId]:
    """Return who shared the phone with that fingerprint, without those forgotten since."""
    rows = await reads.fetch(SQL["sharers"], fingerprint)
    return [ShopperId(row["stream"].partition("-")[2]) for row in rows]


def _start_of(day: date | None, *, days_later: int = 0) -> datetime | None:
    """Return when a Kyiv day begins."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days_later), datetime.min.time(), KYIV)


def _key(number: str | None) -> str | None:
    return None if number is None else receipt_number_key(number)


def _pattern(text: str | None) -> str | None:
    """Return a regular expression for ``text`` anywhere, in any case and either alphabet.

    Each letter is spelled out in all its forms: what a database folds depends on its locale.
    """
    if text is None:
        return None
    return "".join(map(_forms, text.casefold()[:PATTERN_CHARACTERS_MAX]))


def _forms(letter: str) -> str:
    forms = next((alike for alike in _ALIKE if letter in alike), letter)
    every = dict.fromkeys(forms + "".join(form.upper() for form in forms))
    return f"[{''.join(map(re.escape, every))}]" if len(every) > 1 else re.escape(letter)
