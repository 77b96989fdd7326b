"""Slashed zeros: a reader takes them for eights, and is no witness against the other."""

import pytest

from handlers.reading.meaning.dates import moment_votes
from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.moments import time_of, worn_day_of, worn_time_of
from handlers.reading.meaning.printed import printed_of
from handlers.reading.meaning.votes import Standing, tally
from tests.handlers.reading.papers import rows_of_paper


def fiscal_number(text: str, second: str) -> Standing[str]:
    """Return the weightiest number of one row as two readers read it."""
    return candidates_of(rows_of_paper(f"{text}\n", second={text[:4]: second})).fiscal_numbers[0]


def receipt_number(text: str, second: str) -> Standing[str]:
    """Return the weightiest number of one row as two readers read it."""
    return candidates_of(rows_of_paper(f"{text}\n", second={text[:4]: second})).receipt_numbers[0]


def test_eights_for_zeros_speak_for_the_other_digits() -> None:
    """«4888671735» is «4000671735» in print of slashed zeros."""
    said = fiscal_number("ПРРО ФН 4888671735", "NPPO OH 4000671735")
    assert (said.value, said.sources) == ("4000671735", ("text", "digits"))


def test_an_eight_that_may_be_a_zero_is_one_readers_word() -> None:
    """Both may have mistaken the same zero: «4000854073» was read so."""
    said = fiscal_number("ПРРО ФН 4888854873", "NPPO OH 4000854873")
    assert (said.value, said.sources) == ("4000854873", ("digits",))


@pytest.mark.parametrize(
    ("text", "second"), [("4000671735", "4888671735"), ("4888671735", "4000671735")]
)
def test_whoever_sees_the_zeros_is_right(text: str, second: str) -> None:
    """Either reader may be blind to the stroke through a zero, and then is to all of them."""
    said = fiscal_number(f"ПРРО ФН {text}", f"NPPO OH {second}")
    assert (said.value, said.sources) == ("4000671735", ("text", "digits"))


@pytest.mark.parametrize(
    ("text", "second"), [("4000671705", "4000671785"), ("4000671765", "4000671705")]
)
def test_an_eight_of_a_reader_who_sees_zeros_is_a_conflict(text: str, second: str) -> None:
    """Both saw the zeros of the head, so one of them misread another digit: no agreement."""
    said = fiscal_number(f"ПРРО ФН {text}", f"NPPO OH {second}")
    assert (said.value, said.sources) == (text, ("text",))
    assert said.weight < 3


def test_other_digits_that_differ_are_no_agreement() -> None:
    """A five for a six is another number: the word of one reader, the surer one's."""
    said = fiscal_number("ПРРО ФН 4000671535", "NPPO OH 4000671635")
    assert (said.value, said.sources) == ("4000671535", ("text",))


@pytest.mark.parametrize("second", ["HEK K 1492501634", "4EK N 1492501634", "1492501634"])
def test_the_reader_of_digits_is_heard_whatever_becomes_of_the_word(second: str) -> None:
    """«ЧЕК» is «HEK», «4EK» or nothing to it; the label that the first reader saw serves both."""
    assert receipt_number("ЧЕК № 14Ж2Ж81634", second).value == "1492501634"


def test_one_zero_that_differs_is_a_conflict() -> None:
    """Nothing else in the number tells whether a reader mistakes zeros."""
    assert len(receipt_number("ЧЕК № 1492581634", "4EK N 1492501634").sources) == 1


def test_the_number_is_found_behind_what_is_left_of_its_label() -> None:
    """«Фіскальний чек №» is «i 4 N» to the second reader; the number is as long as the first's."""
    said = receipt_number("Фіскальний чек № 1326910252", "i 4 N 1326910252")
    assert (said.value, said.sources) == ("1326910252", ("text", "digits"))


def test_signs_drawn_without_a_digit_are_a_number() -> None:
    """One in thirty drawn numbers has no digit; capitals amid small letters tell it from a word."""
    assert receipt_number("ЧЕК ФН jSkvJdFcZ-I ВН 67600", "").value == "jSkvJdFcZ-I"
    assert not candidates_of(rows_of_paper("ЧЕК ФН Registrator\n")).receipt_numbers


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14-18-2826 16:55", (2026, 10, 14)),
        ("97.06.2025 18:02", (2025, 6, 7)),
        ("07.66.2025 18:02", (2025, 6, 7)),
        ("38.04.2025 10:00", (2025, 4, 30)),
    ],
)
def test_zeros_are_put_back_into_an_impossible_date(text: str, day: tuple[int, int, int]) -> None:
    """As few as make it a date."""
    assert worn_day_of(text) == day


@pytest.mark.parametrize("text", ["45.06.2025", "07.33.2025", "14.10.2726", "177.06.2025 18:02"])
def test_what_no_zero_makes_a_date_is_none(text: str) -> None:
    """Other digits are not guessed."""
    assert worn_day_of(text) is None


def test_two_worn_dates_that_agree_are_read_but_not_sure() -> None:
    """Each reader mistook another zero: «97.06» and «07.66» are the seventh of June."""
    rows = rows_of_paper("від 97.06.2025 18:02\n", second={"від": "ein 07.66.2025 18:02"})
    best = tally(moment_votes(printed_of(rows)))[0]
    assert f"{best.value:%Y-%m-%d %H:%M}" == "2025-06-07 18:02"
    assert best.weight < 3


def test_a_day_whose_eight_may_be_a_zero_is_one_readers_word() -> None:
    """«18» in print of slashed zeros may be the tenth."""
    rows = rows_of_paper("18-18-2826 16:55:11\n", second={"18-18": "18-10-2026 16:55:11"})
    assert tally(moment_votes(printed_of(rows)))[0].sources == ("digits",)


@pytest.mark.parametrize(
    ("text", "time"), [("15.10.2026 88:12:05", (8, 12)), ("28.05.2026 11-87-49", (11, 7))]
)
def test_zeros_are_put_back_into_an_impossible_time(text: str, time: tuple[int, int]) -> None:
    """No clock shows 88 hours; minutes and seconds behind them are no time of their own."""
    assert time_of(text) is None
    assert worn_time_of(text) == time
