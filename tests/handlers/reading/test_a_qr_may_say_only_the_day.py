"""A link without a time still says the day, and the print has the time."""

from datetime import date

from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.fuse import Fused, fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.payload import FiscalCode, parse_payload
from tests.handlers.reading.papers import rows_of_paper

LINK = "https://cabinet.tax.gov.ua/cashregs/check?id=1384600901&fn=4000096193&date=20251201"


def code(link: str = LINK) -> FiscalCode:
    """Return what a fiscal link says."""
    found = parse_payload(link)
    assert found is not None
    return found


def fused(printed: str) -> Fused:
    """Return what the link says beside one printed row."""
    rows = rows_of_paper(f"{printed}\n", second={printed[:4]: printed})
    return fuse(code(), candidates_of(rows), items_of(rows))


def test_a_link_without_a_time_says_the_day_and_no_moment() -> None:
    """Midnight would be a guess."""
    assert (code().day, code().purchased_at) == (date(2025, 12, 1), None)


def test_a_day_that_is_none_is_not_said() -> None:
    """The thirty-second of December."""
    assert code(LINK[:-8] + "20251232").day is None


def test_the_printed_moment_of_that_day_is_the_qrs_too() -> None:
    """The claim against age stands on the machine-read day."""
    said = fused("01.12.2025 16:12:51")
    assert f"{said.purchased_at:%Y-%m-%d %H:%M}" == "2025-12-01 16:12"
    assert "qr" in said.sources["date"]
    assert said.confidences["date"] >= 0.9
    assert said.disagreements == []


def test_a_printed_moment_of_another_day_contradicts_the_qr() -> None:
    """Then a person looks."""
    said = fused("11.12.2025 16:12:51")
    assert "qr" not in said.sources["date"]
    assert said.confidences["date"] < 0.9
    assert said.disagreements == ["date"]
