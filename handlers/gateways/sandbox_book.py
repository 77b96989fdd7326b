"""The sandbox bank's own book: what really happened, whatever it told anybody.

It lies in one SQLite file and outlives the process, as a bank's book does. A bank knows the
phones it tops up: the file holds them in clear, and belongs beside made-up phones only.
"""

import secrets
import sqlite3
from datetime import datetime
from pathlib import Path

from msgspec import Struct, convert

from eventstore import sql
from eventstore.identity import BillId, Kopecks

QUERIES = sql.load(Path(__file__).with_suffix(".sql"))

#: Bill ids are ten random digits: a book that was thrown away never names an old bill again.
_BILL_IDS = range(10**9, 10**10)


class Bill(Struct, frozen=True, kw_only=True):
    """Somebody asked for a top-up."""

    bill: BillId
    #: the shop's own id for it, here a payout id
    comment: str
    phone: str
    amount_kopecks: Kopecks


class Booking(Bill, frozen=True, kw_only=True):
    """Money moved, or would have."""

    booked_at: datetime


class Book:
    """Bills, bookings and callbacks owed; what a call changed outlives the process at once.

    Nothing waits for the disk: the bank shares its process with what pays, and a power cut in a
    demo costs nobody money.
    """

    def __init__(self, path: Path) -> None:
        """Open the book at ``path``, a new one if there is none."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("write_ahead", "leave_the_disk_its_time"):
            self._connection.execute(QUERIES[pragma])
        for table in ("create_bills", "create_bookings", "create_callbacks"):
            self._connection.execute(QUERIES[table])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add_bill(self, *, comment: str, phone: str, amount: Kopecks) -> Bill:
        """Keep a new bill and return it."""
        number = _BILL_IDS.start + secrets.randbelow(len(_BILL_IDS))
        bill = Bill(bill=BillId(str(number)), comment=comment, phone=phone, amount_kopecks=amount)
        self._run("add_bill", bill=bill.bill, comment=comment, phone=phone, amount_kopecks=amount)
        return bill

    def find_bill(self, bill: str) -> Bill | None:
        """Return the bill with this id."""
        row = self._run("find_bill", bill=bill).fetchone()
        return None if row is None else convert(dict(row), Bill)

    def bills(self, *, comment: str | None = None) -> list[Bill]:
        """Return every bill, or those with this comment, oldest first."""
        return [convert(dict(row), Bill) for row in self._run("list_bills", comment=comment)]

    def add_booking(self, bill: BillId, *, at: datetime) -> None:
        """Top up what ``bill`` asks for, once more if it was done before."""
        self._run("add_booking", bill=bill, booked_at=at.isoformat())

    def bookings(self, *, comment: str | None = None) -> list[Booking]:
        """Return every top-up, or those with this comment, oldest first."""
        return [convert(dict(row), Booking) for row in self._run("list_bookings", comment=comment)]

    def owe_callback(self, body: bytes) -> int:
        """Promise to deliver ``body`` and return the number of the promise."""
        number = self._run("owe_callback", body=body).lastrowid
        assert number is not None, "an insert has a row"
        return number

    def callbacks_owed(self) -> list[tuple[int, bytes]]:
        """Return promises not kept yet, oldest first."""
        return [(row["number"], row["body"]) for row in self._run("list_callbacks")]

    def settle_callback(self, number: int) -> None:
        """Note that the shop has heard it."""
        self._run("settle_callback", number=number)

    def _run(self, query: str, **values: object) -> sqlite3.Cursor:
        return self._connection.execute(QUERIES[query], values)
