"""QR, text and arithmetic each have a voice; what they contradict is told."""

import pytest

from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.fuse import Fused, fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.payload import parse_payload
from tests.handlers.reading.papers import rows_of_paper

LINK = (
    "https://cabinet.tax.gov.ua/cashregs/check?id=1384600901&fn=4000096193&date=20251201&time=1612"
)
PAPER = """
ТОВ "ПРИКЛАД"
ПРРО ФН 4000096193
ЧЕК ФН 1384600901
Каптопрес-Дарниця табл. №20
2 x 48.70                            97.40 А
Бинт                                 20.00 А
СУМА                                117.40
01.12.2025 16:12:51
"""


def fused(paper: str, total: str | None = "117.40", **link: str) -> Fused:
    """Return what the paper says beside a QR with ``total``; None is no QR."""
    code = None
    if total is not None:
        text = f"{LINK}&sm={total}"
        for old, new in link.items():
            text = text.replace(old.strip("_"), new)
        code = parse_payload(text)
    rows = rows_of_paper(paper)
    return fuse(code, candidates_of(rows), items_of(rows))


def test_all_three_agree() -> None:
    """The total is confirmed by everybody, the other fields by QR and text."""
    said = fused(PAPER)
    assert said.sources == {
        "total": ["qr", "text", "arithmetic"],
        "date": ["qr", "text"],
        "fiscal_number": ["qr", "text"],
        "receipt_number": ["qr", "text"],
    }
    assert said.disagreements == []


def test_without_a_code_text_and_arithmetic_speak() -> None:
    """No field claims a QR."""
    said = fused(PAPER, None)
    assert said.total_kopecks == 11740
    assert said.sources["total"] == ["text", "arithmetic"]
    assert said.sources["date"] == ["text"]


def test_another_total_is_a_contradiction() -> None:
    """A QR of another receipt stuck over this one."""
    said = fused(PAPER, "250.00")
    assert said.total_kopecks == 25000
    assert said.disagreements == ["total"]


def test_one_misread_digit_is_no_contradiction() -> None:
    """Worn zeros are read as nines; the QR is right and stands alone."""
    said = fused(PAPER.replace("117.40", "117.49"))
    assert said.total_kopecks == 11740
    assert said.disagreements == []


def test_another_date_and_another_register_are_contradictions() -> None:
    """Three digits may be misread, not half of them."""
    paper = PAPER.replace("01.12.2025 16:12:51", "25.08.2024 09:47:00")
    assert fused(paper).disagreements == ["date"]
    paper = PAPER.replace("4000096193", "3000517482")
    assert fused(paper).disagreements == ["fiscal_number"]


def test_an_unread_year_makes_no_date_of_month_day_and_hour() -> None:
    """«2926-12-01 16:12» is not 12.01.2016; the QR's date stands uncontradicted."""
    said = fused(PAPER.replace("01.12.2025 16:12:51", "2926-12-01 16:12:51"))
    assert said.sources["date"] == ["qr"]
    assert said.disagreements == []


def costs(said: Fused) -> list[int | None]:
    """Return what each line costs."""
    return [line.line_total_kopecks for line in said.lines]


@pytest.mark.parametrize("total", [None, "117.40"])
def test_a_misread_line_is_mended_by_quantity_times_price(total: str | None) -> None:
    """2 x 48.70 is 97.40 though 97.49 was read; so says the item too."""
    said = fused(PAPER.replace("97.40", "97.49"), total)
    assert "arithmetic" in said.sources["total"]
    assert costs(said) == [9740, 2000]
    assert said.disagreements == []


def test_a_misread_price_or_quantity_is_mended_by_the_proven_cost() -> None:
    """The total proves 97.40; 48.79, 3 or 28 packs beside it are one slip."""
    for slip in ("2 x 48.79", "3 x 48.70", "28 x 48.70"):
        line = fused(PAPER.replace("2 x 48.70", slip)).lines[0]
        assert (line.quantity_milli, line.unit_price_kopecks) == (2000, 4870), slip
        assert not line.contradicts_itself


def test_a_line_that_contradicts_itself_is_told_when_no_total_proves_it() -> None:
    """Neither 97.49 nor 2 x 48.75 comes to 117.40: somebody must look."""
    said = fused(PAPER.replace("97.40", "97.49").replace("48.70", "48.75"))
    assert said.sources["total"] == ["qr", "text"]
    assert said.disagreements == ["items"]
    assert said.lines[0].contradicts_itself


def test_rounding_never_hides_a_misread_digit() -> None:
    """Cash is rounded to ten kopecks, but 97.45 beside 2 x 48.70 is a slip, not 97.40."""
    rounded = PAPER.replace("20.00", "20.03").replace("2 x 48.70", "-")
    assert "arithmetic" in fused(rounded).sources["total"]
    slip = PAPER.replace("97.40", "97.45").replace("2 x 48.70", "2 x 48.79")
    assert "arithmetic" not in fused(slip).sources["total"]


def test_two_ways_to_one_total_prove_no_line() -> None:
    """60.00 is 30.00 + 30.00 or 20.00 + 40.00: the lines stay in doubt."""
    paper = """
ТОВ "ПРИКЛАД"
Бинт
2 x 10.00                            30.00 А
Вата
2 x 20.00                            30.00 А
СУМА                                 60.00
"""
    said = fused(paper, "60.00")
    assert said.disagreements == ["items"]


def test_a_discount_of_the_whole_receipt_closes_the_sum() -> None:
    """117.40 less 17.40 is 100.00; the discount is the receipt's own."""
    above = "СУМА                                117.40"
    below = f"------\nЗНИЖКА {17.40:>30.2f}\n{above.replace('117.40', '100.00')}"
    paper = PAPER.replace(above, below)
    said = fused(paper, None)
    assert said.sources["total"] == ["text", "arithmetic"]
    assert said.discount_kopecks == 1740


def test_lines_that_were_hardly_read_are_no_witness() -> None:
    """A bank's row may look like an item that costs the whole total."""
    rows = rows_of_paper(PAPER, confidence=0.4)
    said = fuse(None, candidates_of(rows), items_of(rows))
    assert said.sources["total"] == ["text"]
