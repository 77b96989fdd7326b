"""Whatever the paper says about Darnitsa beside its goods is not sold."""

import pytest

from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.sold import Zone
from tests.handlers.reading.papers import rows_of_paper

HEAD = """
ТОВ "ПРИКЛАД"
Аптека №7
М.КИЇВ, вул. Прикладна, 1
ФН 3001234567
Касир Зразок З.
"""
GOODS = """
Бинт стерильний 5 м                    20.00 А
Вата гігієнічна 100 г                  30.00 А
"""
FOOT = """
СУМА                                   50.00
КАРТКА                                 50.00
01.12.2025 16:12:51
ФІСКАЛЬНИЙ ЧЕК
"""
ABOVE = [
    "Аптека Дарниця",
    'ТОВ "Дарниця Фармацевтична фабрика"',
    "М. КИЇВ, ДАРНИЦЬКИЙ Р-Н, вул. Тиха, 3",
    "Дарницьке шосе, 5",
    "Бульвар Дарниця, 1",
    "пл. Дарницька",
    "ст. м. Дарниця",
    "вокзал Дарниця",
    "ТРЦ Дарниця",
    "Ринок Дарниця",
    "Касир Дарницька О.",
    "Провізор Дарниця О.",
    "www.darnitsa.ua",
]
BELOW = [
    "Купуйте продукцію Дарниця",
    "Акція Дарниця -10%",
    "Бонуси за препарати Дарниця",
    "ДАРНИЦЯ: знижка на Цитрамон-Дарниця",
    "Дякуємо! Ваша Дарниця",
    "darnitsa.ua",
    "Гаряча лінія Дарниця 0 800 303 100",
]


def paper(*, above: str = "", between: str = "", before_total: str = "", below: str = "") -> str:
    """Return a receipt of two items with rows put in."""
    first, second = GOODS.strip("\n").splitlines()
    rows = [HEAD.strip("\n"), above, first, between, second, before_total, FOOT.strip("\n"), below]
    return "\n".join(row for row in rows if row)


def names(text: str) -> list[str]:
    """Return the names of the items of a receipt."""
    return [line.name for line in zone(text).lines]


def zone(text: str) -> Zone:
    """Return the items of a receipt."""
    return items_of(rows_of_paper(text))


@pytest.mark.parametrize("row", ABOVE)
def test_nothing_above_the_goods_is_sold(row: str) -> None:
    """Shops, streets, districts, stations and cashiers may all be called Дарниця."""
    assert names(paper(above=row)) == ["Бинт стерильний 5 м", "Вата гігієнічна 100 г"]


@pytest.mark.parametrize("row", ["АПТЕКА Д4РНИЦЯ", "ЗАТ Дарниця", "Дарниця"])
def test_an_unknown_row_above_the_goods_is_no_name(row: str) -> None:
    """Centred and short rows are headers, though no word of theirs is known."""
    assert names(paper(above=f"              {row}")) == [
        "Бинт стерильний 5 м",
        "Вата гігієнічна 100 г",
    ]


@pytest.mark.parametrize("row", BELOW)
@pytest.mark.parametrize("where", ["between", "before_total", "below"])
def test_adverts_are_never_sold(row: str, where: str) -> None:
    """An offer has no price of its own, wherever the register prints it."""
    assert names(paper(**{where: row})) == ["Бинт стерильний 5 м", "Вата гігієнічна 100 г"]


def test_adverts_are_no_part_of_a_name_that_stands_below_its_price() -> None:
    """Where names follow their prices an advert follows the last name."""
    text = """
ЧЕК № 45
20.00 X 1 = 20.00 В
БИНТ СТЕРИЛЬНИЙ
30.00 X 1 = 30.00 В
ВАТА
Купуйте продукцію Дарниця
ВСЬОГО:                  50.00 грн
"""
    assert names(text) == ["БИНТ СТЕРИЛЬНИЙ", "ВАТА"]


@pytest.mark.parametrize(
    "rows",
    [
        "СТОРНО\nЦитрамон-Дарниця №10              -36.50 А",
        "Цитрамон-Дарниця №10              -36.50 А",
        "СТОРНО                             36.50 А",
        "АНУЛЬОВАНО",
        "СТОРНО\nЦитрамон-Дарниця №10               36.50 А",
    ],
)
def test_a_cancelled_item_is_not_sold(rows: str) -> None:
    """The item taken back is the one that is repeated, else the one above."""
    text = paper(between="Цитрамон-Дарниця №10               36.50 А\n" + rows)
    assert names(text) == ["Бинт стерильний 5 м", "Вата гігієнічна 100 г"]


def test_the_item_that_is_taken_back_need_not_be_the_last() -> None:
    """The cashier scans on before the shopper changes their mind."""
    text = paper(
        above="Цитрамон-Дарниця №10               36.50 А",
        before_total="СТОРНО\nЦитрамон-Дарниця №10              -36.50 А",
    )
    assert names(text) == ["Бинт стерильний 5 м", "Вата гігієнічна 100 г"]


@pytest.mark.parametrize("word", ["ЗАОКРУГЛЕННЯ", "ЗАОКРУГ ЛЕННЯ", "Округлення"])
def test_rounding_is_no_item(word: str) -> None:
    """Cash is brought to ten kopecks below the goods."""
    assert len(zone(paper(before_total=f"{word}                       -0.02")).lines) == 2


def test_a_total_whose_word_was_lost_is_no_item() -> None:
    """A bare sum that all items come to is their total."""
    text = paper().replace("СУМА", "    ")
    assert names(text) == ["Бинт стерильний 5 м", "Вата гігієнічна 100 г"]


@pytest.mark.parametrize(
    ("mark", "document"),
    [
        ("ФІСКАЛЬНИЙ ЧЕК", "sale"),
        ("ФІСХАЛЬНИЙ ЧЕК", "sale"),
        ("ВИДАТКОВИЙ ЧЕК", "return"),
        ("ФІСКАЛЬНИЙ ЧЕК ПОВЕРНЕННЯ", "return"),
        ("ЧЕК АНУЛЬОВАНО", "return"),
        ("НЕФІСКАЛЬНИЙ ЧЕК", "not_fiscal"),
        ("МЕФІСКАЛЬНИЙ ЧЕК", "not_fiscal"),
        ("НЕ Є ФІСКАЛЬНИМ ЧЕКОМ", "not_fiscal"),
        ("СЛУЖБОВИЙ ЧЕК", "not_fiscal"),
        ("ТЕСТОВИЙ НЕФІСКАЛЬНИЙ ДОКУМЕНТ", "not_fiscal"),
        ("Z-ЗВІТ", "not_fiscal"),
        ("ТОВАРНИЙ ЧЕК", "not_fiscal"),
        ("Дякуємо", "unknown"),
    ],
)
def test_a_document_is_what_its_mark_says(mark: str, document: str) -> None:
    """A slip of the reader makes no sale of a slip, and no slip of a sale."""
    text = paper().replace("ФІСКАЛЬНИЙ ЧЕК", mark)
    assert candidates_of(rows_of_paper(text)).document == document


@pytest.mark.parametrize("mark", ["ЗАМОВЛЕННЯ № 12", "БРОНЮВАННЯ 57409", "Заказ № 8"])
def test_an_order_is_no_sale_though_it_says_not_fiscal_below(mark: str) -> None:
    """An order names itself at the top, and no register has signed it."""
    rows = f"ТОВ «ПРИКЛАД»\n{mark}\nЦитрамон-Дарниця №10   30.00\nСУМА 30.00\nНЕФІСКАЛЬНИЙ ЧЕК"
    assert candidates_of(rows_of_paper(rows)).document == "order"


def test_a_slip_below_a_sale_does_not_unmake_it() -> None:
    """On one strip a talon may follow the receipt."""
    text = paper(below="ТОВ «ПРИКЛАД»\nВидача на дату\nНЕФІСКАЛЬНИЙ ЧЕК")
    assert candidates_of(rows_of_paper(text)).document == "sale"


@pytest.mark.parametrize("mark", ["СТОРНО                             36.50 А", "СТОРНО"])
def test_what_is_sold_again_below_a_mark_is_an_item(mark: str) -> None:
    """The cashier takes a pack back and scans another: the mark's own line ends with it."""
    sold = "Цитрамон-Дарниця №10               36.50 А"
    again = "Цитрамон-Дарниця №20               70.00 А" if mark == "СТОРНО" else sold
    assert names(paper(between=f"{sold}\n{mark}\n{again}"))[1:-1] == [again.split("  ")[0]]
