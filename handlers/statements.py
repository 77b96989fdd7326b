"""Portmone's statement, as a file: what it must look like, and what its lines say. Pure.

Portmone documents no format, so this is ours, with the names of its own API: a table in UTF-8,
columns apart by ``;`` or ``,`` or a tab, with a header that names at least ``billId``,
``comment`` (our payout id), ``contractNumber`` (the phone), ``amount`` (UAH), ``status`` and
``time``. Case, spaces and ``_`` in names do not matter; further columns are passed over.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct

from eventstore.errors import EventStoreError
from eventstore.identity import KYIV, BillId, Kopecks
from handlers.phones import PhoneRefused, normalise

COLUMNS = ("billId", "comment", "contractNumber", "amount", "status", "time")
#: Ten thousand bonuses a day for a week, and room.
STATEMENT_BYTES_MAX = 32 * 1024 * 1024
#: Faults named at once: a wrong file is wrong in every line.
FAULTS_MAX = 20

Status = Literal["paid", "failed", "open"]
STATUSES: Mapping[str, Status] = {
    "ok": "paid", "paid": "paid", "payed": "paid",
    "fail": "failed", "failed": "failed", "rejected": "failed",
    "created": "open",
}  # fmt: skip
#: As spreadsheets and banks write them; without an offset it is Kyiv's time.
TIMES = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")

_BILL = re.compile(r"[0-9A-Za-z_-]{1,64}")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")

Value = TypeVar("Value")


class StatementUnusable(EventStoreError):
    """The file cannot be understood as a whole; ``faults`` names each line that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        more = len(faults) - FAULTS_MAX
        told = [*faults[:FAULTS_MAX], *([f"and {more} more"] if more > 0 else [])]
        super().__init__(f"the statement was not used; mend it first: {'; '.join(told)}")


class Line(Struct, frozen=True, kw_only=True):
    """One bill as Portmone has it."""

    #: in the file, its header is 1
    number: int
    bill: BillId
    #: a payout id, if it is ours; None where nothing stands
    comment: str | None
    #: 380XXXXXXXXX
    phone: str
    amount_kopecks: Kopecks
    status: Status
    at: datetime


def read_statement(content: bytes) -> list[Line]:
    """Return the lines of a statement; raises ``StatementUnusable`` unless all are understood."""
    if len(content) > STATEMENT_BYTES_MAX:
        raise StatementUnusable([f"it has more than {STATEMENT_BYTES_MAX} bytes: cut it by time"])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StatementUnusable(["it is not UTF-8: save it as UTF-8"]) from error
    rows = _rows(text)
    number, header = next(rows, (1, []))
    places = {_plain(name): place for place, name in enumerate(header)}
    if missing := [name for name in COLUMNS if _plain(name) not in places]:
        raise StatementUnusable([f"line {number}: no column {', '.join(missing)}"])
    lines: list[Line] = []
    faults: list[str] = []
    for number, row in rows:
        try:
            lines.append(_line(number, {name: _cell(row, places, name) for name in COLUMNS}))
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
    if faults:
        raise StatementUnusable(faults)
    return lines


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with the number of the line on which each ends."""
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise StatementUnusable([f"line {reader.line_num}: {error}"]) from error


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold()


def _cell(row: list[str], places: Mapping[str, int], name: str) -> str:
    place = places[_plain(name)]
    return row[place].strip() if place < len(row) else ""


def _line(number: int, cells: Mapping[str, str]) -> Line:
    """Return a row understood; ValueError says what is wrong with it, without quoting a phone."""
    return Line(
        number=number,
        bill=_understood(cells, "billId", _bill),
        comment=cells["comment"] or None,
        phone=_understood(cells, "contractNumber", _phone, quoted=False),
        amount_kopecks=_understood(cells, "amount", _amount),
        status=_understood(cells, "status", lambda text: STATUSES.get(text.casefold())),
        at=_understood(cells, "time", _time),
    )


def _understood(
    cells: Mapping[str, str],
    name: str,
    parse: Callable[[str], Value | None],
    *,
    quoted: bool = True,
) -> Value:
    value = parse(cells[name])
    if value is None:
        what = f" {cells[name][:40]!r}" if quoted else ""
        raise ValueError(f"{name}{what} is not understood")
    return value


def _bill(text: str) -> BillId | None:
    return BillId(text) if _BILL.fullmatch(text) else None


def _phone(text: str) -> str | None:
    try:
        return normalise(text)
    except PhoneRefused:
        return None


def _amount(text: str) -> Kopecks | None:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    return Kopecks(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")))


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moments = (_as_written(text, written) for written in TIMES)
        found = next((each for each in moments if each is not None), None)
        if found is None:
            return None
        moment = found
    return moment if moment.tzinfo else moment.replace(tzinfo=KYIV)


def _as_written(text: str, written: str) -> datetime | None:
    try:
        return datetime.strptime(text, written).replace(tzinfo=KYIV)
    except ValueError:
        return None
