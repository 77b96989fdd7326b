"""A statement is understood as a whole or not at all, and what is wrong is named by its line."""

from datetime import datetime

import pytest

from eventstore.identity import KYIV, BillId, Kopecks
from handlers.paying.statements import (
    FAULTS_MAX,
    STATEMENT_BYTES_MAX,
    STATEMENT_LINES_MAX,
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
    return "\n".join((header, *rows, "")).encode()


@pytest.mark.parametrize(
    "content",
    [
        file(ROW),
        b"\xef\xbb\xbf" + file(ROW, ""),
        file(ROW).replace(b";", b","),
        file(ROW).replace(b";", b"\t").replace(b"\n", b"\r\n"),
        file(ROW, header="BILL ID;Comment;contract_number;AMOUNT;Status;Time"),
        file("x;" + ROW, header="payee;" + HEADER),
        file(ROW + ";uah", header=HEADER + ";CURRENCY"),
        file(ROW + ";980", header=HEADER + ";currency"),
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
        ("700;p;380671234567;1.00;ok;0001-01-01", "line 3: time '0001-01-01' is not understood"),
        ("700;p;380671234567;1.00;ok;9999-12-31T23:59-12:00", "line 3: time is not understood"),
        ("700;p;380671234567;1.00;ok;22.11.2206 10:00", "line 3: time is not understood"),
        ("700;p;38067123;1.00;ok;2026-11-22", "line 3: contractNumber is not understood"),
        ("700;p", "line 3: contractNumber is not understood"),
        (ROW + ";50", "line 3: it has 7 cells, the header has 6"),
        (ROW + ";", "line 3: it has 7 cells, the header has 6"),
        ("700;p;0671234567;380671234567;ok;2026-11-22", "line 3: amount is not understood"),
        ("700;p;0671234567;1.00;tel 067 123 45 67;x", "line 3: status is not understood"),
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
        (file(ROW + ";FAIL", header=HEADER + ";Status"), "line 1: more than one column status"),
        (file(ROW + ";USD", header=HEADER + ";currency"), "line 2: currency 'USD' is not"),
        (file(ROW, header=HEADER + ";currency"), "line 2: currency '' is not understood"),
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
    """A screenful, and how many more there are, uncollected; empty rows are passed over."""
    with pytest.raises(StatementUnusable) as refused:
        read_statement(file(*[";;;;;"] * 3, *["x"] * (FAULTS_MAX + 2)))
    assert len(refused.value.faults) == FAULTS_MAX
    assert str(refused.value).endswith("and 2 more")


@pytest.mark.parametrize("header", [HEADER, "billId;comment;contractNumber;status;time;amount"])
def test_a_file_that_was_cut_off_is_refused(header: str) -> None:
    """Wherever in its last line: the rest of an amount, or whole lines, may be missing."""
    cells = dict(zip(HEADER.split(";"), ROW.split(";"), strict=True))
    row = ";".join(cells[name] for name in header.split(";"))
    whole = file(row, row, header=header)
    assert len(read_statement(whole)) == 2
    for cut in range(1, len(row) + 1):
        with pytest.raises(StatementUnusable):
            read_statement(whole[:-cut])


def test_a_file_with_too_many_lines_is_refused() -> None:
    """What they become takes more memory than the file; a small process must hold it."""
    content = file(*["x"] * (STATEMENT_LINES_MAX + 1))
    with pytest.raises(StatementUnusable, match=f"more than {STATEMENT_LINES_MAX} lines"):
        read_statement(content)
