"""The QR of a fiscal receipt, in every form that was seen; nothing is fetched."""

from datetime import datetime

import pytest

from eventstore.identity import KYIV
from handlers.reading.payload import best_of, parse_payload

LINK = "https://cabinet.tax.gov.ua/cashregs/check?"


@pytest.mark.parametrize(
    ("payload", "total", "moment", "fiscal_number", "number"),
    [
        (
            f"{LINK}id=1384600901&fn=4000096193&date=20251201&time=161251&sm=46.50",
            4650, "2025-12-01T16:12", "4000096193", "1384600901",
        ),
        (
            f"{LINK}date=20251201&time=16:12&id=AbC1dEfGhIj&sm=780&fn=4001000000&mac=ab12",
            78000, "2025-12-01T16:12", "4001000000", "AbC1dEfGhIj",
        ),
        (
            "HTTP://CABINET.TAX.GOV.UA/cashregs/check/?sum=0780.5&fn=3000000001&id=0000322741"
            "&date=20211212&time=1130",
            78050, "2021-12-12T11:30", "3000000001", "0000322741",
        ),
        (f"{LINK}id=133104756&fn=4000096193&date=20211212", None, None, "4000096193", "133104756"),
        (f"{LINK}fn=4000096193&id=301083.2.3414", None, None, "4000096193", "301083.2.3414"),
        (
            "https://cabinet.tax.gov.ua/cabinet/faces/checkxml?fn=3000000001&dt=20220310"
            "&tm=091544&fd=118&sm=9253",
            9253, "2022-03-10T09:15", "3000000001", "118",
        ),
        (
            "ABoAA/+VUAAAAABUAC69hAAl=;0000003990;0307231352;3000762597;0000322741",
            3990, "2023-07-03T13:52", "3000762597", "0000322741",
        ),
        (
            "FN3000943945 N151867 =14899.00  2.06.2022 12:54:02 MAC=ABoAAANqAAAAABUADT0=",
            1489900, "2022-06-02T12:54", "3000943945", "151867",
        ),
    ],
)  # fmt: skip
def test_each_form_gives_its_fields(
    payload: str, total: int | None, moment: str | None, fiscal_number: str, number: str
) -> None:
    """Any order of parameters, any case of the host, parts missing."""
    code = parse_payload(payload)
    assert code is not None
    at = None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=KYIV)
    assert (code.total_kopecks, code.purchased_at) == (total, at)
    assert (code.fiscal_number, code.receipt_number) == (fiscal_number, number)


def test_a_vendors_link_is_a_fiscal_code_without_fields() -> None:
    """It is shown to a person and never opened by us."""
    code = parse_payload("https://check.checkbox.ua/0f8fad5b-d9cb-469f-a165-70867728950e")
    assert code is not None
    assert (code.facts, code.url) == (0, code.text)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "https://example.com/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua.example.com/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua/login?id=1&fn=4000096193",
        "http://[broken/cashregs/check?id=1",
        "WIFI:S:cafe;T:WPA;P:12345678;;",
        f"{LINK}fn=4000096193&id=1&sm=" + "9" * 2000,
    ],
)
def test_anything_else_is_not_ours(payload: str) -> None:
    """Adverts, loyalty cards, look-alike hosts, endless text."""
    assert parse_payload(payload) is None


def test_impossible_fields_are_left_out() -> None:
    """The thirteenth month, a short register number, a sum with a minus."""
    code = parse_payload(f"{LINK}id=7&fn=400009619&date=20251301&time=1612&sm=-5.00")
    assert code is not None
    assert (code.purchased_at, code.fiscal_number, code.total_kopecks) == (None, None, None)


def test_our_code_is_chosen_among_several() -> None:
    """A loyalty code beside it is no matter; two receipts on one photo are."""
    ours = f"{LINK}id=7&fn=4000096193&date=20251201&time=1612&sm=5.00"
    other = ours.replace("id=7", "id=8")
    advert = "https://example.com/bonus"
    chosen = best_of([advert, "https://check.checkbox.ua/abc", ours])
    assert chosen is not None
    assert chosen.receipt_number == "7"
    assert best_of([ours, other]) is None
    assert best_of([advert]) is None
