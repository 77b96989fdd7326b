"""A statement is understood as a whole or not at all, and what is wrong is named by its line."""

from datetime import datetime

import pytest

from eventstore.identity import KYIV, BillId, Kopecks
from handlers.statements import (
    FAULTS_MAX,
    STATEMENT_BYTES_MAX,
    Line,
    StatementUnusable,
    read_statement,
)

HEADER = "billId;comment;contractNumber;amount;status;time"
ROW = "700;p;380671234567;1.00;PAYED;2026-11-22 17:42:10"
LINE = Line(
    number=2,
    bill=BillId("700"),
    comment="p",
    phone="380671234567",
    amount_kopecks=Kopecks(100),
    status="paid",
    at=datetime(2026, 11, 22, 17, 42, 10, tzinfo=KYIV),
)


def file(*rows: str, header: str = HEADER) -> bytes:
    """Return a statement of ``rows``."""
    return "\n".join((header, *rows)).encode()


@pytest.mark.parametrize(
    "content",
    [
        file(ROW),
        b"\xef\xbb\xbf" + file(ROW, ""),
        file(ROW).replace(b";", b","),
        file(ROW).replace(b";", b"\t").replace(b"\n", b"\r\n"),
        file(ROW, header="BILL ID;Comment;contract_number;AMOUNT;Status;Time"),
        file("x;" + ROW, header="payee;" + HEADER),
        file('700;p;"+38 (067) 123-45-67";1,00;ok;22.11.2026 17:42:10'),
        file("700;p;0671234567;1;paid;2026-11-22T15:42:10+00:00"),
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(content: bytes) -> None:
    """Delimiters, marks, quotes, other columns and spellings change nothing."""
    assert read_statement(content) == [LINE]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (";p;380671234567;1.00;ok;2026-11-22", "line 3: billId '' is not understood"),
        ("700;p;380671234567;-1;ok;2026-11-22", "line 3: amount '-1' is not understood"),
        ("700;p;380671234567;1.005;ok;2026-11-22", "line 3: amount '1.005' is not understood"),
        ("700;p;380671234567;1.00;RETURN;2026-11-22", "line 3: status 'RETURN' is not understood"),
        ("700;p;380671234567;1.00;ok;yesterday", "line 3: time 'yesterday' is not understood"),
        ("700;p;38067123;1.00;ok;2026-11-22", "line 3: contractNumber is not understood"),
        ("700;p", "line 3: contractNumber is not understood"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(row: str, fault: str) -> None:
    """Its line, the column and what stands there; a phone is never quoted."""
    with pytest.raises(StatementUnusable) as refused:
        read_statement(file(ROW, row, ROW))
    assert refused.value.faults == [fault]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "line 1: no column billId, comment, contractNumber, amount, status, time"),
        (b"billId;comment;amount;status;time\n", "line 1: no column contractNumber"),
        ("Ж".encode("cp1251"), "it is not UTF-8: save it as UTF-8"),
        (b"x" * (STATEMENT_BYTES_MAX + 1), f"more than {STATEMENT_BYTES_MAX} bytes"),
        (file('700;p;"380671234567;1.00;ok;2026'), "line 2: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_statement_is_refused(content: bytes, fault: str) -> None:
    """In one sentence that says what to mend."""
    with pytest.raises(StatementUnusable, match="mend it first") as refused:
        read_statement(content)
    assert fault in refused.value.faults[0]


def test_a_file_that_is_wrong_everywhere_names_its_first_faults() -> None:
    """A screenful, and how many more there are; empty rows are passed over."""
    with pytest.raises(StatementUnusable) as refused:
        read_statement(file(*[";;;;;"] * 3, *["x"] * (FAULTS_MAX + 2)))
    assert len(refused.value.faults) == FAULTS_MAX + 2
    assert str(refused.value).endswith("and 2 more")
