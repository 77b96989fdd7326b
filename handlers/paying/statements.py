"""Portmone's statement, as a file: what it must look like, and what its lines say. Pure.

Portmone documents no format, so this is ours, with the names of its own API: a table in UTF-8,
columns apart by ``;`` or ``,`` or a tab, with a header that names at least ``billId``,
``comment`` (our payout id), ``contractNumber`` (the phone), ``amount`` (UAH), ``status`` and
``time``. Case, spaces and ``_`` in names do not matter. Of further columns only ``currency`` is
looked at: it must say UAH. The last line ends like all others, else the file may be cut off.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct

from eventstore.errors import EventStoreError
from eventstore.identity import KYIV, BillId, Kopecks, is_hryvnia
from handlers.paying.phones import PhoneRefused, normalise

COLUMNS = ("billId", "comment", "contractNumber", "amount", "status", "time")
#: Not asked for; where it stands, each line must name ours.
CURRENCY = "currency"
#: Ten thousand bonuses a day for a week, and room: twice as many lines take 440 MB at the peak.
STATEMENT_BYTES_MAX = 32 * 1024 * 1024
STATEMENT_LINES_MAX = 100_000
#: Faults named at once: a wrong file is wrong in every line.
FAULTS_MAX = 20
#: A cell with more of them may be somebody's phone, in whichever column it stands.
QUOTED_DIGITS_MAX = 8

Status = Literal["paid", "failed", "open"]
STATUSES: Mapping[str, Status] = {
    "ok": "paid", "paid": "paid", "payed": "paid",
    "fail": "failed", "failed": "failed", "rejected": "failed",
    "created": "open",
}  # fmt: skip
#: As spreadsheets and banks write them; without an offset it is Kyiv's time.
TIMES = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")
#: Of the campaign, as on receipts; another year is a slip, and the first and last have no room
#: for a zone.
YEARS = range(2016, 2100)

_BILL = re.compile(r"[0-9A-Za-z_-]{1,64}")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")

Value = TypeVar("Value")


class StatementUnusable(EventStoreError):
    """The file cannot be understood as a whole; ``faults`` names the first lines that are wrong."""

    def __init__(self, faults: list[str], *, more: int = 0) -> None:
        self.faults = faults
        told = [*faults, *([f"and {more} more"] if more else [])]
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
        raise _too_long(STATEMENT_BYTES_MAX, "bytes")
    rows = _rows(content)
    number, header = next(rows, (1, []))
    places = _places(number, header)
    if not content.endswith((b"\n", b"\r")):
        raise StatementUnusable(
            ["its last line has no end: the file may be cut off; if it is whole, end that line"]
        )
    lines: list[Line] = []
    faults: list[str] = []
    more = 0
    for count, (number, row) in enumerate(rows, start=1):
        if count > STATEMENT_LINES_MAX:
            raise _too_long(STATEMENT_LINES_MAX, "lines")
        try:
            lines.append(_line(number, _cells(row, places, columns=len(header))))
        except ValueError as fault:
            if len(faults) < FAULTS_MAX:
                faults.append(f"line {number}: {fault}")
            else:
                more += 1
    if faults:
        raise StatementUnusable(faults, more=more)
    return lines


def _too_long(most: int, what: str) -> StatementUnusable:
    """Say what may go: a statement in parts would let money go after the first of them."""
    return StatementUnusable(
        [f"it has more than {most} {what}: leave out what is older than the backup"]
    )


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with the number of the line on which each ends."""
    file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        delimiter = max(";,\t", key=file.readline().count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise StatementUnusable(["it is not UTF-8: save it as UTF-8"]) from error
    except csv.Error as error:
        raise StatementUnusable([f"line {reader.line_num}: {error}"]) from error


def _places(number: int, header: Sequence[str]) -> dict[str, int]:
    """Return where in a row each column of ours stands."""
    plain = [_plain(name) for name in header]
    if missing := [name for name in COLUMNS if _plain(name) not in plain]:
        raise StatementUnusable([f"line {number}: no column {', '.join(missing)}"])
    known = [*COLUMNS, CURRENCY]
    if twice := [name for name in known if plain.count(_plain(name)) > 1]:
        raise StatementUnusable([f"line {number}: more than one column {', '.join(twice)}"])
    return {name: plain.index(_plain(name)) for name in known if _plain(name) in plain}


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold()


def _cells(row: Sequence[str], places: Mapping[str, int], *, columns: int) -> dict[str, str]:
    """Return the cells of our columns; ValueError if a comma inside a cell shifted them."""
    if len(row) > columns:
        raise ValueError(f"it has {len(row)} cells, the header has {columns}")
    return {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}


def _line(number: int, cells: Mapping[str, str]) -> Line:
    """Return a row understood; ValueError says what is wrong with it, without quoting a phone."""
    if CURRENCY in cells:
        _understood(cells, CURRENCY, _currency)
    return Line(
        number=number,
        bill=_understood(cells, "billId", _bill),
        comment=cells["comment"] or None,
        phone=_understood(cells, "contractNumber", _phone, quoted=False),
        amount_kopecks=_understood(cells, "amount", _amount),
        status=_understood(cells, "status", lambda text: STATUSES.get(text.casefold())),
        at=_understood(cells, "time", moment_in),
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
        digits = sum(character.isdigit() for character in cells[name])
        what = f" {cells[name][:40]!r}" if quoted and digits <= QUOTED_DIGITS_MAX else ""
        raise ValueError(f"{name}{what} is not understood")
    return value


def _currency(text: str) -> str | None:
    return text if is_hryvnia(text) else None


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


def moment_in(text: str) -> datetime | None:
    """Return the moment that ``text`` writes, None for what is none of the campaign's years."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moments = (_as_written(text, written) for written in TIMES)
        found = next((each for each in moments if each is not None), None)
        if found is None:
            return None
        moment = found
    if moment.year not in YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=KYIV)


def _as_written(text: str, written: str) -> datetime | None:
    try:
        return datetime.strptime(text, written).replace(tzinfo=KYIV)
    except ValueError:
        return None
