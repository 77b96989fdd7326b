"""Each register prints in its own way; the same items come out."""

import pytest

from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.sold import Line
from tests.handlers.reading.papers import rows_of_paper

PROGRAM = """
          ТОВ "АПТЕКА-ПРИКЛАД"
               Аптека №7
   М.КИЇВ, ДАРНИЦЬКИЙ Р-Н, вул. Прикладна, 1
               ПН 000000000000
               Касовий чек
ПРРО  ФН 4001000000         ВН 1
ЧЕК   ФН AbC1dEfGhIj        ВН 1234 онлайн
Касир Іваненко І. І.
----------------------------------------------
АРТ.№ 2009 Цитрамон-Дарниця табл. №10 Дарниця
1.000         x          36.50 =       36.50 В
Код УКТЗЕД: 3004
АРТ.№ 2009 Аскорбинка табл. зі смаком лимону
№10(12) Киї
1.000         x          10.00 =       10.00 А
Код УКТЗЕД: 2106
----------------------------------------------
СУМА ДО СПЛАТИ:                          46.50
ІНШЕ. БЕЗГОТІВКА.2:                      46.50
- Еквайр: 00000000
- Термінал: S0000000
- ЕПЗ: 000000000XXXXXX0
- Код авторизації: 000000
- Транзакція: 000000000000
ПДВ В 7.00% 2.39
ПДВ А 20.00% 1.67
01-12-2025 16:12:51
                ФІСКАЛЬНИЙ ЧЕК
"""
LINE_DISCOUNTS = """
          Тестовий платник 4
УКРАЇНА, ВIННИЦЬКА ОБЛ., М. ВІННИЦЯ, 1а
            ІД 34554363
            ПН 123456789020
            Касовий чек
ПРРО  ФН 4000096193         ВН 2332055
ЧЕК   ФН 131372388          ВН 41 онлайн
Касир Тестовий платник 4 (Тест)
----------------------------------------------
АРТ.№ 12345 морква
1.000         x      100.00 =         100.00 A
    Дисконт:                             50.00
АРТ.№ 54321 цибуля
1.000         x      200.00 =         200.00 A
    Дисконт:                             40.00
----------------------------------------------
ДИСКОНТ:                                 90.00
СУМА ДО СПЛАТИ:                         210.00
----------------------------------------------
ПДВ A        20.00% від    210.00:       42.00
10-12-2021 22:37:05
            ФІСКАЛЬНИЙ ЧЕК
"""
THERMAL = """
              ТОВ "ПРИКЛАД"
             ТІН: 0000000000
        Аптечний пункт №3, м. Львів
            ПРРО ФН: 3001234567
==========================================
              ФІСКАЛЬНИЙ ЧЕК
==========================================
ЛНД № 118              02.12.2025 09:15:44
Каптопрес-Дарниця табл. 12,5 мг
№20 (10х2)
2 x 48.70 [В]                        97.40
  Знижка:                            -4.87
------------------------------------------
РАЗОМ:                           92.53 UAH
Готівка                         100.00 UAH
В 7%  оборот:                        92.53
В 7%  податок:                        6.05
Фіск. номер:                    1384600901
Дата:                  02.12.2025 09:15:44
              ФІСКАЛЬНИЙ ЧЕК
"""
PRICE_FIRST = """
ФН 3000000000   ІД 00000000
ЗН АА00000000   ПН 000000000000
ЧЕК № 45
КАСИР: Зразок [2]
Д/Ч: 2025-12-02 09:15:44
22.75 X 2 = 45.50 В
АНАЛЬГІН-ДАРНИЦЯ ТАБЛ. 500МГ №10
Ш/К: 4823006401024
АРТИКУЛ: 13204
ВСЬОГО:                  45.50 грн
ОБІГ В:  45.50 ПДВ 07% =      2.98
ГОТІВКОЮ:                50.00 грн
РЕШТА:                    4.50 грн
= = = = = ФІСКАЛЬНИЙ ЧЕК = = = = =
"""
WITHOUT_CHANGE = PRICE_FIRST.replace("РЕШТА:                    4.50 грн\n", "")
NUMBERED = """
ТОВ "ПРИКЛАД-МАРКЕТ"
ЧЕК № 309644
2 2 X 177.90
Пельмені домашні 800 г            355.80 А
1 Пакет                             4.50 А
СУМА                              360.30
"""
COMMAS = """
Магазин Приклад
ЧЕК № 12
Молоко 2,5% 2 x 21,50              43,00
Аптека вітамін С                   55,00
Хліб                              121,20
СУМА ДО СПЛАТИ                    219,20
ПДВ 20%                            36,53
"""


def told(line: Line) -> tuple[str, int | None, int | None, int | None]:
    """Return what a shopper would check on an item."""
    return (line.name, line.quantity_milli, line.unit_price_kopecks, line.line_total_kopecks)


def test_a_program_register_prints_the_name_then_quantity_and_price() -> None:
    """Article numbers, product codes and bank rows are no part of an item."""
    lines = items_of(rows_of_paper(PROGRAM)).lines
    assert [told(line) for line in lines] == [
        ("Цитрамон-Дарниця табл. №10 Дарниця", 1000, 3650, 3650),
        ("Аскорбинка табл. зі смаком лимону №10(12) Киї", 1000, 1000, 1000),
    ]


def test_a_line_discount_belongs_to_its_line_and_its_summary_is_not_taken_twice() -> None:
    """Lines come to 300.00, discounts to 90.00, the total is 210.00."""
    zone = items_of(rows_of_paper(LINE_DISCOUNTS))
    assert [told(line) for line in zone.lines] == [
        ("морква", 1000, 10000, 5000),
        ("цибуля", 1000, 20000, 16000),
    ]
    assert zone.summary_discount_kopecks == 9000


def test_a_wrapped_name_is_joined_and_its_pack_is_no_price() -> None:
    """«12,5 мг» is a dose, «(10х2)» a pack; the discount is taken off."""
    (line,) = items_of(rows_of_paper(THERMAL)).lines
    assert told(line) == ("Каптопрес-Дарниця табл. 12,5 мг №20 (10х2)", 2000, 4870, 9253)


def test_a_hardware_register_prints_the_price_before_the_name() -> None:
    """The barcode below the name is the item's."""
    (line,) = items_of(rows_of_paper(PRICE_FIRST)).lines
    assert told(line) == ("АНАЛЬГІН-ДАРНИЦЯ ТАБЛ. 500МГ №10", 2000, 2275, 4550)
    assert line.barcode == "4823006401024"


def test_a_multiplier_above_belongs_to_the_line_below() -> None:
    """Positions are numbered and not part of the name."""
    lines = items_of(rows_of_paper(NUMBERED)).lines
    assert [told(line) for line in lines] == [
        ("Пельмені домашні 800 г", 2000, 17790, 35580),
        ("Пакет", None, None, 450),
    ]


def test_commas_are_read_and_a_shop_word_in_an_item_is_an_item() -> None:
    """«2,5%» is no price; «Аптека вітамін С» has one and so is sold, not a shop."""
    lines = items_of(rows_of_paper(COMMAS)).lines
    assert [told(line) for line in lines] == [
        ("Молоко 2,5%", 2000, 2150, 4300),
        ("Аптека вітамін С", None, None, 5500),
        ("Хліб", None, None, 12120),
    ]


def test_a_cancelled_line_is_not_sold() -> None:
    """«СТОРНО» takes back the line above it."""
    paper = NUMBERED.replace("1 Пакет", "АНУЛЬОВАНО\n1 Пакет")
    assert [line.name for line in items_of(rows_of_paper(paper)).lines] == ["Пакет"]


def test_shops_streets_and_adverts_are_never_items() -> None:
    """What stands above the first item or below the total is not sold."""
    paper = """
ТОВ "АПТЕКА ДАРНИЦЯ"
Бульвар Дарниця, 1
ЧЕК № 7
Касир Дарницька О.
Бинт                               20.00 А
СУМА                               20.00
КАРТКА                             20.00
Купуйте продукцію Дарниця          10.00
"""
    assert [line.name for line in items_of(rows_of_paper(paper)).lines] == ["Бинт"]


def test_header_and_totals_are_told_from_each_other() -> None:
    """Cash given may exceed the total; the change does not count."""
    said = candidates_of(rows_of_paper(THERMAL))
    assert said.merchant == 'ТОВ "ПРИКЛАД"'
    assert said.document == "sale"
    assert said.totals[0].value == 9253
    assert said.moments[0].value.isoformat() == "2025-12-02T09:15:00+02:00"
    assert [one.value for one in said.fiscal_numbers] == ["3001234567"]
    assert said.receipt_numbers[0].value == "1384600901"


def test_cash_less_change_is_a_witness_of_the_total() -> None:
    """50.00 given, 4.50 back: 45.50, as the total row and the turnover taxed at 7 % say."""
    said = candidates_of(rows_of_paper(PRICE_FIRST))
    assert said.totals[0].value == 4550
    assert said.totals[0].weight > candidates_of(rows_of_paper(WITHOUT_CHANGE)).totals[0].weight
    assert said.receipt_numbers[0].value == "45"


def test_documents_that_are_no_sale_are_named() -> None:
    """Returns, service slips and orders are recognised by their own marks."""
    sale = PRICE_FIRST.replace("= = = = = ФІСКАЛЬНИЙ ЧЕК = = = = =", "{}")
    kinds = {
        mark: candidates_of(rows_of_paper(sale.format(mark))).document
        for mark in ("ФІСКАЛЬНИЙ ЧЕК", "ВИДАТКОВИЙ ЧЕК", "ЧЕК ПОВЕРНЕННЯ", "НЕФІСКАЛЬНИЙ ЧЕК")
    }
    assert kinds == {
        "ФІСКАЛЬНИЙ ЧЕК": "sale",
        "ВИДАТКОВИЙ ЧЕК": "return",
        "ЧЕК ПОВЕРНЕННЯ": "return",
        "НЕФІСКАЛЬНИЙ ЧЕК": "not_fiscal",
    }
    assert candidates_of(rows_of_paper("Замовлення № 12\nЦитрамон-Дарниця 30.00")).document == (
        "order"
    )


def test_the_rules_of_returning_goods_do_not_make_a_return() -> None:
    """A footer may speak of returns within 14 days."""
    paper = PRICE_FIRST + "Обмін та повернення товару протягом 14 днів\n"
    assert candidates_of(rows_of_paper(paper)).document == "sale"


def test_a_letter_that_looks_like_a_three_is_a_quantity() -> None:
    """«43.36 Х З» and «З х 43.36» are three packs."""
    paper = "ЧЕК № 7\nБинт\nЗ х 43.36                  130.08 А\nСУМА       130.08\n"
    (line,) = items_of(rows_of_paper(paper)).lines
    assert told(line) == ("Бинт", 3000, 4336, 13008)
    (line,) = items_of(rows_of_paper("ЧЕК № 7\n43.36 Х З = 130.08 В\nБИНТ\nСУМА 130.08\n")).lines
    assert told(line) == ("БИНТ", 3000, 4336, 13008)


@pytest.mark.parametrize(
    "printed",
    [
        "2.000      x      36.50 =            73.00 Б",
        "2.000             36.50 =            73.00 Б",
        "2.000      а      36.50 с            73.00 Б",
        "2 х 36:50                            73.00 Б",
    ],
)
def test_quantity_and_price_are_told_though_a_sign_is_misread(printed: str) -> None:
    """The «x» is small and the first to be lost; a point may look like a colon."""
    (line,) = items_of(rows_of_paper(f"ЧЕК № 7\nБинт\n{printed}\nСУМА       73.00\n")).lines
    assert told(line) == ("Бинт", 2000, 3650, 7300)


@pytest.mark.parametrize(
    "row", ["4 ВСЬОГО: 73.00 грн", "М. СУМА ДО СПЛАТИ 73.00", "і Ї РАЗОМ 73.00", "і ОБІГ В: 73.00"]
)
def test_a_total_behind_stray_marks_is_no_item(row: str) -> None:
    """The paper's edge is read as a letter or a digit before the first word."""
    paper = f"ЧЕК № 7\nБинт\n2 x 36.50          73.00 Б\n{row}\n"
    assert [line.name for line in items_of(rows_of_paper(paper)).lines] == ["Бинт"]


def test_a_name_that_only_begins_like_a_total_is_an_item() -> None:
    """A bag («сумка») is sold, whatever its position's number."""
    paper = "ЧЕК № 7\n1 Сумка                 73.00 Б\nСУМА       73.00\n"
    assert [line.name for line in items_of(rows_of_paper(paper)).lines] == ["Сумка"]


def test_a_receipt_number_is_found_whatever_became_of_its_sign() -> None:
    """«№» is the sign that is misread most."""
    for printed in ("ЧЕК № 1799936196", "ЧЕК 1799936196", "ЧЕК М, 1799936196", "ЧЕК Ф: 1799936196"):
        said = candidates_of(rows_of_paper(f"ТОВ «ПРИКЛАД»\n{printed}\n"))
        assert [one.value for one in said.receipt_numbers] == ["1799936196"], printed
