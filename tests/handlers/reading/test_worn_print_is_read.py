"""Print is worn in known ways; what it says is told, and what it does not say is not made up."""

import pytest

from handlers.reading.meaning.amounts import (
    digits_mended,
    ean13_of,
    multiplier_of,
    second_mended,
    sums_of,
    worn_price_of,
    worn_sums_of,
)
from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.moments import day_of, time_of, worn_time_of
from tests.handlers.reading.papers import rows_of_paper


def sums(text: str) -> list[int]:
    """Return the sums of a row in kopecks."""
    return [found.kopecks for found in sums_of(digits_mended(text), grouped=True)]


@pytest.mark.parametrize(
    ("printed", "kopecks"),
    [
        ("СУМА 103.98", [10398]),
        ("СУМА 103,98 ГРН", [10398]),
        ("СУМА 14 899.00 грн", [1489900]),
        ("МЕТИЛПРЕДНІЗОЛОН 4МГ N30 234.00В", [23400]),
        ("Масло 43.908", [4390]),
        ("Молоко 2,5%", []),
        ("Каптопрес 12,5 мг", []),
        ("Вода 0.33л", []),
        ("Каса 1 Н. 0. 81", []),
        ("2009 . 40", []),
    ],
)
def test_a_sum_has_two_decimals_and_a_vat_letter_is_none_of_them(
    printed: str, kopecks: list[int]
) -> None:
    """Shares, doses, packs and initials are no sums."""
    assert sums(printed) == kopecks


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ("1,758 X 7,59 13,346", "1,758 X 7,59 13,34 B"),
        ("232.418", "232.41 B"),
        ("593 808", "593 80 B"),
        ("1,62 X_20,99 34,00 6", "1,62 X 20,99 34,00 6"),
        ("- 3001049016", "3001049016"),
        ("YEK No DoLDp_Ilqe0", "YEK No DoLDp_Ilqe0"),
    ],
)
def test_the_digit_reader_takes_vat_letters_for_digits(read: str, said: str) -> None:
    """It knows no «Б»: at the end of a row it writes six, eight or five."""
    assert second_mended(read) == said


@pytest.mark.parametrize(
    ("printed", "best"),
    [
        ("КАРТКА 15 305 ГРН", 1530500),
        ("СУМА 95.3", 9530),
        ("СУМА 103'98", 10398),
        ("СУМА 36 50", 3650),
        ("СУМА 10398", 10398),
        ("CY MA 6.6 3", 663),
        ("СУМА 150 грн", 15000),
    ],
)
def test_a_worn_sum_is_taken_where_a_sum_must_stand(printed: str, best: int) -> None:
    """Kopecks are not always printed, and points are the first to be lost."""
    assert max(worn_sums_of(printed), key=lambda pair: pair[1])[0] == best


@pytest.mark.parametrize(
    ("printed", "kopecks"),
    [
        ("ЦЕЛЕБРЕКС К 200МГ 593 80 В", 59380),
        ("26:99 А", 2699),
        ("Амлодипін капс. 40 50", None),
        ("Підгузки 4-9 18", None),
        ("КРАПЕЛЬНИЦЯ ПР 21-01", None),
    ],
)
def test_packs_and_doses_are_no_worn_price(printed: str, kopecks: int | None) -> None:
    """A lost point is believed beside a VAT letter only."""
    assert worn_price_of(printed) == kopecks


@pytest.mark.parametrize(
    ("printed", "milli", "kopecks"),
    [
        ("2 x 48.70 97.40 B", 2000, 4870),
        ("0.920 X 138.35 = 127.28", 920, 13835),
        ("2. X 22.90 = 45.80", 2000, 2290),
        ("1,00 х 3,50 грн.", 1000, 350),
        ("1,000 yn x 171,07 171,07", 1000, 17107),
        ("0.250 wt = 367.35 91.84", 250, 36735),
        ("22.75 X 2 = 45.50 В", 2000, 2275),
        ("320.76 X 0.5 = 160.38 B", 500, 32076),
        ("10*77.64=", 10000, 7764),
    ],
)
def test_quantity_and_price_are_told_in_every_notation(
    printed: str, milli: int, kopecks: int
) -> None:
    """Signs, units and the order differ from register to register."""
    found = multiplier_of(printed)
    assert found is not None
    assert (found.quantity_milli, found.unit_price_kopecks) == (milli, kopecks)


@pytest.mark.parametrize("printed", ["ПЛАСТИР 5 СМ Х 5 м", "табл. №20 (10х2)", "Пакет 45х65"])
def test_sizes_and_packs_are_no_multiplication(printed: str) -> None:
    """A price has two decimals; a blister has none."""
    assert multiplier_of(printed) is None


@pytest.mark.parametrize(
    ("printed", "day", "time"),
    [
        ("12.04.2026 20:41:09", (2026, 4, 12), (20, 41)),
        ("12.04.202620:41:09", (2026, 4, 12), (20, 41)),
        ("13 04 2026 17-47-37", (2026, 4, 13), (17, 47)),
        ("10,04.2026 14:23:25", (2026, 4, 10), (14, 23)),
        ("21-01-19 10:33:26 N°0012", (2019, 1, 21), (10, 33)),
        ("5.11.2018 9:27", (2018, 11, 5), (9, 27)),
        ("2025-12-02 09:15:44", (2025, 12, 2), (9, 15)),
        ("25.05.2025 20-09-44", (2025, 5, 25), (20, 9)),
        ("#29-Чк-0001951 21.01.19", (2019, 1, 21), None),
        ("14.86.2026 10-09-25", None, (10, 9)),
        ("2926-12-01 16:12:51", None, (16, 12)),
        ("0 800 303 100", None, None),
    ],
)
def test_dates_and_times_are_told_from_each_other(
    printed: str, day: tuple[int, int, int] | None, time: tuple[int, int] | None
) -> None:
    """«10-09-25» beside a year is a time, alone it is a day."""
    assert day_of(printed) == day
    assert time_of(printed) == time


def test_a_time_without_its_signs_is_read_on_the_row_of_a_date() -> None:
    """The colon is two specks, and the first to wear off."""
    assert worn_time_of("12.04.2026 20 41.09") == (20, 41)
    assert worn_time_of("12.04.2026 204109") == (20, 41)


def test_a_barcode_needs_its_check_digit() -> None:
    """One misread digit of thirteen is always noticed."""
    assert ean13_of("Штрих-код:4823006401024") == "4823006401024"
    assert ean13_of("ШК 4 823006 401024") == "4823006401024"
    assert ean13_of("ШК 4823006401025") is None


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("ЧЕК № 000315311 00256", "000315311 00256"),
        ("0633713 0609622 17-01-2023 18:40:18", "0633713 0609622"),
        ("000151867 00013 2.06.2022 12:54:02", "000151867 00013"),
        ("ЧЕК № GVRG4EJ59PC", "GVRG4EJ59PC"),
        ("ЧЕК ФН 131372388 ВН 41 онлайн", "131372388"),
        ("ЧЕК ФН 301083.2.3414 ВН 41 офлайн", "301083.2.3414"),
        ("Фіск. номер: 1384600901", "1384600901"),
        ("Чек 309644, Z 506", "309644"),
        ("21-01-19 10:33:26 N°0012", "0012"),
        ("4EK OH 1796340066 BH 9525", "1796340066"),
    ],
)
def test_the_receipts_own_number_is_found_in_every_form(printed: str, number: str) -> None:
    """Registers of ten makers print it in ten ways."""
    said = candidates_of(rows_of_paper(f"ТОВ «ПРИКЛАД»\n{printed}\n"))
    assert said.receipt_numbers[0].value == number


@pytest.mark.parametrize(
    "other", ["ЧЕК:410986 Каса 1", "# ЧЕК N 31/2155/296", "Чек # [1050:9.1120]"]
)
def test_a_shops_number_gives_way_to_the_registers(other: str) -> None:
    """Paper carries several numbers; the pair beside the date is the fiscal one."""
    paper = f"ТОВ «ПРИКЛАД»\n{other}\n000381062 00061 5.11.2018 13:27\n"
    said = candidates_of(rows_of_paper(paper))
    assert said.receipt_numbers[0].value == "000381062 00061"


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("ФН 3000420926", "3000420926"),
        ("ЗН АТ402410465  ФН 3000466026", "3000466026"),
        ("ФН ПРРО 4000154870", "4000154870"),
        ("ФН 2659000123", "2659000123"),
        ("PH3001049016", "3001049016"),
        ("4НО 3000943945", "3000943945"),
        ("ПРРО ФН 4600510783", "4000510783"),
    ],
)
def test_the_registers_number_is_found_behind_any_label(printed: str, number: str) -> None:
    """Also old numbers, worn labels, and a head whose slashed zeros were misread."""
    said = candidates_of(rows_of_paper(f"ТОВ «ПРИКЛАД»\n{printed}\n"))
    assert said.fiscal_numbers[0].value == number


@pytest.mark.parametrize(
    "printed",
    ["ІД 3003314199", "ЗН СП0501583580", "ЧЕК ФН 3084600901 ВН 4", "Гаряча лінія 0501234567"],
)
def test_ten_digits_of_somebody_else_are_no_register(printed: str) -> None:
    """Sellers, factories, receipts and phones have numbers as long."""
    assert not candidates_of(rows_of_paper(f"ТОВ «ПРИКЛАД»\n{printed}\n")).fiscal_numbers
