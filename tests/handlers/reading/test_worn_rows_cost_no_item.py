"""A worn row neither loses an item nor becomes one."""

import pytest

from handlers.reading.meaning.amounts import digits_mended, second_mended, sums_of
from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.fuse import fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.kinds import Kind, kind_of
from tests.handlers.reading.papers import rows_of_paper

GOODS = """
Цитрамон-Дарниця табл. №10                 36.50 В
Вата гігієнічна 100 г                      32.19 В
"""


def costs(paper: str, **second: str) -> list[tuple[str, int | None]]:
    """Return the items of a paper, each with what it costs after its own discount."""
    zone = items_of(rows_of_paper(paper, second=second))
    return [(line.name, line.line_total_kopecks) for line in zone.lines]


@pytest.mark.parametrize("word", ["ста", "CYM18", "", "сУМе ДО сСПЛети:"])
def test_a_sum_that_all_items_come_to_is_no_item(word: str) -> None:
    """A total whose word was lost ends the goods; VAT below it is none either."""
    paper = f"{GOODS}{word:<43}68.69\nпов вх                                      4.82"
    assert len(costs(paper)) == 2


def test_goods_of_one_price_are_two_items() -> None:
    """Two packs of one price each are sold, though the second «comes to» the first."""
    paper = """
Цитрамон-Дарниця табл. №10                 36.50 В
Аспірин табл. №10                          36.50 В
СУМА                                       73.00
"""
    assert len(costs(paper)) == 2


@pytest.mark.parametrize("total", ["УМА 332.65", "СУМЕ 332.65", "СЧМЯ 332.65"])
def test_the_word_of_the_total_may_have_a_slip(total: str) -> None:
    """It stands alone beside its figures; what has more words is goods."""
    assert kind_of(total) is Kind.TOTAL


@pytest.mark.parametrize("goods", ["СУМКА 10.00", "ГУМА ЖУВАЛЬНА 10.00", "СИР 10.00"])
def test_goods_with_a_word_like_the_total_are_goods(goods: str) -> None:
    """One slip is forgiven, not two, and not beside another word."""
    assert kind_of(goods) is Kind.PRICED


@pytest.mark.parametrize(
    "label", ["Ш/Кк: 4823006557181", "ЯРТИКУА: 11172", "ук 4823966ь891146", "Код УКТ3ЕД: 3004"]
)
def test_a_code_with_a_slip_in_its_label_is_no_name(label: str) -> None:
    """It would be read as the end of the name above it."""
    assert kind_of(label) is Kind.META


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("Кветіапін-Дарниця р-н", Kind.TEXT),
        ("Налбуфін р-н д/ін. 4 мг/мл", Kind.TEXT),
        ("Мезим форте табл. п/о тов т.їв", Kind.TEXT),
        ("Дарницький р-н", Kind.HEADER),
        ("йїКасир:Дарницька О. П.", Kind.HEADER),
        ("ТОВ Аптека №7", Kind.HEADER),
        ("Центральна районна аптека №56", Kind.HEADER),
    ],
)
def test_a_solution_is_no_district(row: str, kind: Kind) -> None:
    """«р-н» is short for both; an adjective before it tells the district."""
    assert kind_of(row) is kind


def test_a_lost_sign_takes_no_cost() -> None:
    """«0.500 37.65 = 18.82»: what stands behind the price of one is the cost."""
    paper = """
Преднікарб крем 1 %
9.588 37.65 з 18.82 Б
СУМА                                  18.82
"""
    zone = items_of(rows_of_paper(paper, second={"9.588": "0.500 37.65 = 18.82 5"}))
    assert 1882 in zone.lines[0].voices


def test_a_sum_behind_another_is_the_cost() -> None:
    """The other reader's lost cost does not turn it into the price of one."""
    paper = """
Левомеколь мазь 40 г туба
1х 7,99 (а)                          т.ва
СУМА                                  7.09
"""
    zone = items_of(rows_of_paper(paper, second={"1х": "1 7.09[A] 7.09"}))
    assert zone.lines[0].voices.count(709) == 2


def test_a_part_of_a_pack_is_no_cost() -> None:
    """«0.25 * 82.31» without its sign has two sums, and yet the cost follows below."""
    paper = """
1 8.25 82.31
Шприц 5 мл 3-комп. стерильний          20.58 В
СУМА                                   20.58
"""
    zone = items_of(rows_of_paper(paper, second={"1 8.25": "1 0.25 * 82.31"}))
    assert [line.cost_kopecks for line in zone.lines] == [2058]


def test_a_price_above_is_known_behind_a_barcode() -> None:
    """«2 X 337.65» precedes the name whose cost follows, also when a code precedes both."""
    paper = """
Штрих код 4823006350599
2 Х 337.65
Преднізолон-Дарниця мазь 2 %
                                       675.30 В
Штрих код 3838989910396
Називін спрей
                                        79.23 В
СУМА                                   754.53
"""
    assert costs(paper) == [("Преднізолон-Дарниця мазь 2 %", 67530), ("Називін спрей", 7923)]


def test_a_discount_may_lose_its_sign_or_its_word() -> None:
    """A minus is read as a point, and between two sums nothing but a reduction is taken off."""
    paper = """
Аскорбінка табл.                           338.99 В
ЗНИЖКА:                                    «56,85
Всього                                     288.14
Зимяка                                     -10.00
До сплати                                  278.14
"""
    zone = items_of(rows_of_paper(paper, second={"ЗНИЖКА": "3HMKKA: .50.85"}))
    assert (zone.lines[0].line_total_kopecks, zone.summary_discount_kopecks) == (28814, 1000)


@pytest.mark.parametrize(("rounding", "proven"), [("-0.02", True), ("-0.01", False)])
def test_a_printed_rounding_proves_the_total(rounding: str, proven: bool) -> None:
    """By exactly so much the lines may miss it, though a figure in them was misread."""
    paper = f"""
Вата гігієнічна
2 x 32.16 = 64.38
Шприц 5 мл                                82.34 Б
ЗАОКРУГЛЕННЯ                              {rounding}
СУМА                                     146.70
"""
    rows = rows_of_paper(paper)
    fused = fuse(None, candidates_of(rows), items_of(rows))
    assert ("arithmetic" in fused.sources["total"]) is proven


def test_an_item_whose_name_was_lost_is_seen() -> None:
    """Nobody may conclude that it is not ours."""
    paper = """
1.600 х 152.81 = 152.81 Б
Називін спрей наз.
1.000 х 79.23 = 79.23 Б
СУМА                                 232.04
"""
    zone = items_of(rows_of_paper(paper))
    assert all(line.name for line in zone.lines)


def test_a_name_without_its_torn_beginning_is_found() -> None:
    """What reaches the right edge is not centred: the name of the first item."""
    paper = """
              Диклофенак капс. №20 "Дарниця"
1.000 х 152.81                  = 152.81 Б
СУМА                              152.81
"""
    assert "Дарниця" in costs(paper)[0][0]


def test_a_share_is_no_price() -> None:
    """«2 % 25» read as «2 7, 25» is none when the other reader saw no sum there."""
    paper = """
СПІРОНОЛАКТОН МАЗЬ                     2 7, 25
Г (ДАРНИЦЯ)                              68.78 В
СУМА                                     68.78
"""
    zone = items_of(rows_of_paper(paper, second={"СПІРОНОЛАКТОН": "MA3b 2 % 25"}))
    assert [line.cost_kopecks for line in zone.lines] == [6878]


def test_stars_are_no_name() -> None:
    """A drawn line is read as one long word of a few letters."""
    drawn = rows_of_paper("никиюнюнюнюиннюнююююююююююю", confidence=0.05)
    rows = [*drawn, *rows_of_paper(f"{GOODS}СУМА                 68.69")]
    assert items_of(rows).lines[0].name.startswith("Цитрамон")


def test_a_vat_letter_does_not_hide_a_three() -> None:
    """«72.4ЗА» is 72.43 with the letter А; «77.77.8» is 77.77 with a letter."""
    assert [one.kopecks for one in sums_of(digits_mended("72.4ЗА"))] == [7243]
    assert [one.kopecks for one in sums_of(digits_mended("БАЛЬЗАМ 4 Г 69.325"))] == [6932]
    assert {second_mended(read) for read in ("77.77.8", "77.77.B")} == {"77.77 B"}


def test_a_misread_quantity_of_a_proven_cost_is_not_told() -> None:
    """The total proves what the line cost; «1.480 x 93.37» then says nothing of the line."""
    paper = """
Цитрамон-Дарниця табл. №10
1.480 x 93.37 = 93.37 В
Вата гігієнічна                          32.19 В
СУМА                                    125.56
"""
    rows = rows_of_paper(paper)
    line = fuse(None, candidates_of(rows), items_of(rows)).lines[0]
    assert (line.cost_kopecks, line.quantity_milli, line.trust) == (9337, None, line.confidence)


def test_a_pack_read_as_a_price_leaves_its_name_to_the_row_below() -> None:
    """«№10» became 1.10; the figures below have no name of their own."""
    paper = """
Касовий чек
АРТ.№ 2009 Цитрамон-Дарниця табл.  1.10
2.000      x      36.50 =                73.00 Б
СУМА ДО СПЛАТИ:                          73.00
"""
    (line,) = items_of(rows_of_paper(paper)).lines
    assert line.name.startswith("Цитрамон-Дарниця")
    assert (line.quantity_milli, line.cost_kopecks) == (2000, 7300)


@pytest.mark.parametrize(
    ("row", "drawn"),
    [
        ("№000%00 %0 %00 % 0 0 0 009", True),
        ("------===----", True),
        ("ЕПЗ 5332ХХХХХХХХ5555", False),
        ("0 800 000 000", False),
        ("11.11.2011 11:11:11", False),
    ],
)
def test_a_drawn_line_read_as_signs_is_a_line(row: str, drawn: bool) -> None:
    """Few signs again and again, many of them no letters: stars in worn print."""
    assert (kind_of(row) is Kind.RULE) == drawn
