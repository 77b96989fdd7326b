"""The QR of a fiscal receipt, in every form that was seen; nothing is fetched."""

from datetime import datetime
from itertools import permutations
from urllib.parse import urlencode

import pytest

from eventstore.identity import KYIV
from handlers.reading.meaning.payload import are_contradictory, best_of, parse_payload

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
        (
            "fn 3000943945 n 0151867 =780,5 12.6.2022 9:54 MAC=ABoAA+Nq/AAABUADT0A==",
            78050, "2022-06-12T09:54", "3000943945", "0151867",
        ),
        (
            "https://cabinet.tax.gov.ua:443/CashRegs/Check/?ID=_5eAP3VrXi8&FN=4000962466"
            "&DATE=20250618&TIME=13%3A47%3A05&SM=100.47#top",
            10047, "2025-06-18T13:47", "4000962466", "_5eAP3VrXi8",
        ),
        (
            "https://cabinet.tax.gov.ua/cabinet/faces/checkxml?fn=3000000001&dt=20220310"
            "&tm=091544&fd=118&sm=92.53",
            9253, "2022-03-10T09:15", "3000000001", "118",
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
    ("said", "kopecks"),
    [
        ("437.40", 43740), ("780", 78000), ("0780.00", 78000), ("780.5", 78050), ("780,50", 78050),
        ("0000000103.98", 10398), ("0.00", 0), ("10000000.00", 1_000_000_000),
        ("10000000.01", None), ("999999999999", None), ("9" * 500, None), ("-5.00", None),
        ("+5.00", None), ("5.005", None), ("1e5", None), ("5.", None), (".50", None), ("", None),
        ("0x10", None), ("٧٨٠", None), ("780\x00", None), ("7 80", None), ("780.5.0", None),
    ],
)  # fmt: skip
def test_a_sum_is_a_plain_number_of_hryvnias(said: str, kopecks: int | None) -> None:
    """Padded or with one decimal; anything else is no sum, and nothing else is lost by it."""
    code = parse_payload(LINK + urlencode({"fn": "4000096193", "id": "7", "sm": said}))
    assert code is not None
    assert (code.total_kopecks, code.receipt_number) == (kopecks, "7")


@pytest.mark.parametrize(
    ("day", "time", "moment"),
    [
        ("20251201", "1612", "2025-12-01T16:12"), ("20251201", "161251", "2025-12-01T16:12"),
        ("20251201", "16:12", "2025-12-01T16:12"), ("20251201", "16:12:51", "2025-12-01T16:12"),
        ("20251201", "0000", "2025-12-01T00:00"), ("20251201", "2400", None),
        ("20251201", "1660", None), ("20251201", "16:1251", None), ("20251201", "1", None),
        ("20251201", "", None), ("", "1612", None), ("20250229", "1612", None),
        ("20240229", "1612", "2024-02-29T16:12"), ("20251301", "1612", None),
        ("00000000", "0000", None), ("19991231", "1612", None), ("99991231", "2359", None),
        ("٢٠٢٥١٢٠١", "1612", None), ("2025-12-01", "1612", None), ("251201", "1612", None),
    ],
)  # fmt: skip
def test_a_moment_is_a_day_and_a_minute_that_were(day: str, time: str, moment: str | None) -> None:
    """In Kyiv; half a moment is none."""
    code = parse_payload(LINK + urlencode({"fn": "4000096193", "date": day, "time": time}))
    assert code is not None
    expected = None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=KYIV)
    assert code.purchased_at == expected


@pytest.mark.parametrize("number", ["45", "0000322741", "1384600901", "301083.2.3414", "-bC1_Efg"])
def test_a_receipt_number_is_kept_as_it_is_said(number: str) -> None:
    """Short or long, of letters or with points: it is compared elsewhere."""
    code = parse_payload(LINK + urlencode({"fn": "4000096193", "id": number}))
    assert code is not None
    assert code.receipt_number == number


@pytest.mark.parametrize(
    "number",
    ["0", "000", "..", "_", "1 2", "<b>", "1/2", "7\x00", "٧", "9" * 41],
)
def test_what_is_no_number_claims_no_receipt(number: str) -> None:
    """A claim on receipt 0 would take it from everybody else."""
    code = parse_payload(LINK + urlencode({"fn": "4000096193", "id": number}))
    assert code is not None
    assert code.receipt_number is None


def test_parameters_stand_in_any_order() -> None:
    """All 120 of them say the same."""
    parts = ["id=7", "fn=4000096193", "date=20251201", "time=1612", "sm=5.00"]
    codes = {
        (code.total_kopecks, code.purchased_at, code.fiscal_number, code.receipt_number)
        for order in permutations(parts)
        if (code := parse_payload(LINK + "&".join(order))) is not None
    }
    assert codes == {(500, datetime(2025, 12, 1, 16, 12, tzinfo=KYIV), "4000096193", "7")}


@pytest.mark.parametrize("again", ["sm=9.00", "sum=9.00", "SM=9.00", "sm="])
def test_a_field_said_twice_in_two_ways_is_not_said(again: str) -> None:
    """Which of them the tax service would take is not ours to guess; the rest stays."""
    code = parse_payload(f"{LINK}fn=4000096193&id=7&sm=5.00&{again}")
    assert code is not None
    assert (code.total_kopecks, code.receipt_number, code.facts) == (None, "7", 2)
    twice = parse_payload(f"{LINK}fn=4000096193&id=7&sm=5.00&sm=5.00")
    assert twice is not None
    assert twice.total_kopecks == 500


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "https://example.com/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua.example.com/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua/login?id=1&fn=4000096193",
        "http://[broken/cashregs/check?id=1",
        "https://cabinet.tax.gov.ua@example.com/cashregs/check?id=1&fn=4000096193",
        "https://shop:secret@cabinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua\\@example.com/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua:8443/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua:99999/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua./cashregs/check?id=1&fn=4000096193",
        "https://саbinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://cabinet-tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://example.com/?u=https://cabinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua/cashregs/check/../../x?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua/cashregs/check?sm=5.00&date=20251201&time=1612",
        "https://cabinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193" + "&a=1" * 30,
        "https://cabi\nnet.tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://cabinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193\x00",
        "ftp://cabinet.tax.gov.ua/cashregs/check?id=1&fn=4000096193",
        "https://check.checkbox.ua.example.com/0f8fad5b-d9cb-469f-a165-70867728950e",
        "https://check.checkbox.ua/",
        "https://check.checkbox.ua/promo",
        "ABoAAAVUAAAAABUAC69hAAl=;0000003990;0307231352;3000762597",
        "ABoAAAVUAAAAABUAC69hAAl=;0000003990;0307231352;3000762597;0000322741;more",
        "FN3000943945 N151867 =14899.00  2.06.2022",
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


OURS = f"{LINK}id=7&fn=4000096193&date=20251201&time=1612&sm=5.00"


def test_our_code_is_chosen_among_several() -> None:
    """An advert or a vendor's link beside it is no matter, nor is a second print of it."""
    advert, vendor = "https://example.com/bonus", "https://check.checkbox.ua/0f8fad5b-d9cb"
    padded = OURS.replace("id=7", "id=0007").replace("&sm=5.00", "")
    for payloads in permutations([advert, vendor, OURS, padded]):
        chosen = best_of(list(payloads))
        assert chosen is not None
        assert (chosen.text, chosen.facts) == (OURS, 4)
        assert not are_contradictory(list(payloads))
    assert best_of([advert]) is None
    assert best_of([]) is None


@pytest.mark.parametrize(
    "other",
    [
        OURS.replace("id=7", "id=8"),
        OURS.replace("fn=4000096193", "fn=4000096194"),
        OURS.replace("sm=5.00", "sm=500.00"),
        OURS.replace("date=20251201", "date=20251202"),
        f"{LINK}id=8",
        "ABoAAAVUAAAAABUAC69hAAl=;0000000500;0112251612;4000096193;0000000008",
    ],
)
def test_codes_that_contradict_each_other_count_as_none(other: str) -> None:
    """Two receipts side by side, or a sticker over one: a person must look."""
    for payloads in ([OURS, other], [other, "https://example.com/bonus", OURS]):
        assert best_of(payloads) is None
        assert are_contradictory(payloads)


def test_the_links_of_two_receipts_of_a_vendor_count_as_none() -> None:
    """They carry no field by which to choose."""
    links = [f"https://check.checkbox.ua/0f8fad5b-d9cb-{end}" for end in ("469f", "470a")]
    assert best_of(links) is None
    assert best_of([links[0], links[0]]) is not None


def test_the_same_receipt_in_two_forms_is_one_receipt() -> None:
    """The fuller form is taken."""
    old = "ABoAAAVUAAAAABUAC69hAAl=;0000000500;0112251612;4000096193;0000000007"
    chosen = best_of([f"{LINK}id=7&fn=4000096193", old])
    assert chosen is not None
    assert chosen.text == old
