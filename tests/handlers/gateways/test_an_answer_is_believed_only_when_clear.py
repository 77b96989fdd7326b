"""An answer that is not clearly yes or no is no answer, whoever wrote it."""

import pytest

from eventstore.identity import BillId, Kopecks
from handlers.gateways.answers import Declined, Done, parse_answer, to_hryvnias, to_kopecks

BOMB = (
    b'<!DOCTYPE rsp [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    b'<rsp status="ok"><bill><billId>&c;</billId></bill></rsp>'
)
OUTSIDE = (
    b'<!DOCTYPE rsp [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    b'<rsp status="ok"><bill><billId>&a;</billId></bill></rsp>'
)


def test_ok_carries_its_bill_and_what_it_echoes() -> None:
    """Bill, amount, phone and currency come out as they were written."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rsp status="ok"><bill><billId> 12345 </billId>'
        '<payee id="1">Приклад</payee><contractNumber>380670000001</contractNumber>'
        "<amount>1.00</amount><currency>UAH</currency></bill></rsp>"
    )
    assert parse_answer(body.encode()) == Done(
        bill=BillId("12345"), amount="1.00", phone="380670000001", currency="UAH"
    )


@pytest.mark.parametrize("described", [True, False])
def test_fail_carries_its_code(described: bool) -> None:
    """The code is kept; a missing description shows that version 2 is not in force."""
    words = "<error_description>x</error_description>" if described else ""
    body = f'<rsp status="fail"><error code="123">x</error>{words}</rsp>'
    assert parse_answer(body.encode()) == Declined(code="123", described=described)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        b"<html>maintenance</html>",
        b'<rsp status="ok"><bill><billId>123',
        b'<rsp status="ok"/>',
        b'<rsp status="ok"><bill><billId></billId></bill></rsp>',
        b'<rsp status="ok"><bill><billId>1 2</billId></bill></rsp>',
        b'<rsp status="ok"><bill><billId>' + b"1" * 65 + b"</billId></bill></rsp>",
        b'<rsp status="maybe"><bill><billId>1</billId></bill></rsp>',
        b"<rsp><bill><billId>1</billId></bill></rsp>",
        b'<rsp status="fail"/>',
        b'<rsp status="fail"><error>no code</error></rsp>',
        b'<?xml version="1.0" encoding="x-unheard-of"?><rsp status="ok"/>',
        b'<?xml version="1.0" encoding="utf-7"?><rsp status="ok"/>',
        b"<a>" * 20_000,
        b"<a>" * 9_000 + b"</a>" * 9_000,
        BOMB,
        OUTSIDE,
    ],
)
def test_what_is_neither_yes_nor_no_says_nothing(body: bytes) -> None:
    """Broken, hostile, truncated or foreign text is not taken for an answer, and raises nothing."""
    assert parse_answer(body) is None


@pytest.mark.parametrize(
    ("written", "kopecks"),
    [("1.00", 100), ("1", 100), ("0.5", 50), ("12.34", 1234), ("1,00", None), ("-1", None)],
)
def test_amounts_are_hryvnias_with_a_point(written: str, kopecks: int | None) -> None:
    """A comma, a sign or anything else is not an amount."""
    assert to_kopecks(written) == kopecks


def test_an_amount_is_written_with_two_decimals() -> None:
    """Five kopecks are 0.05, never 0.5."""
    assert [to_hryvnias(Kopecks(each)) for each in (5, 100, 1234)] == ["0.05", "1.00", "12.34"]
