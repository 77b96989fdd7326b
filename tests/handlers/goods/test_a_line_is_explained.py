"""Why a line counts or not is told by the very looks that decided it."""

from datetime import date, timedelta
from typing import Any

import pytest

from handlers.goods.explaining import explain, rows_of
from handlers.goods.matching import match
from handlers.goods.products import Products, load_products, products_on
from tests.handlers.goods.lines import BRANDS, NO_GOODS, OTHER_MAKERS
from tests.handlers.goods.listing import LISTED_CODE, a_list, a_product

OUR_CODE, ANOTHERS_CODE, SHOPS_CODE = "4823006401024", "4820012345670", "2000000000008"


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


@pytest.mark.parametrize(
    ("line", "verdict", "looks"),
    [
        ("Цитрамон-Дарниця №10", "DARNITSA", {"maker": "surely", "sku": "REG-209"}),
        ("Цитрамон №10", "UNCERTAIN", {"maker": "not", "sku": "REG-209"}),
        ("Цитрамон-Здоров'я", "OTHER", {"another_maker": "ЗДОРОВ'Я", "sku": None}),
        ("РИБОКСИН-БХФЗ", "OTHER", {"another_maker": "БХФЗ"}),
        ("Цитрамон №10 Киї", "OTHER", {"another_maker": "КИЇ"}),
        ("АМЛОДИПІН-КВ", "OTHER", {"another_maker": "ПИН-КВ"}),
        ("Дарфен 200", "DARNITSA", {"brand_named": "surely", "maker": "not"}),
        ("ДАРФЕП 200", "UNCERTAIN", {"brand_named": "perhaps"}),
        ("ЦИТРАМОН-Д №6", "DARNITSA", {"short_suffix": True}),
        ("Аптека Дарниця Цитрамон", "UNCERTAIN", {"places": ["АПТЕКА"]}),
        ("ФАМОТИДИН-ДАРНИЯ ТАБЛ", "DARNITSA", {"maker_one_letter_off": True}),
        ("Молоко Яготинське", "OTHER", {"known_name": None, "brand": None, "skus": ()}),
        ("", "OTHER", {"words": []}),
    ],
)
def test_each_reason_is_named(
    line: str, verdict: str, looks: dict[str, Any], products: Products
) -> None:
    """Maker, brand, another maker, place, suffix, product."""
    told = explain(line, products)
    assert told.verdict == verdict
    assert {name: getattr(told, name) for name in looks} == looks


@pytest.mark.parametrize(
    ("line", "slips"), [("ЦИТРАМОН-ДАРНИЦЯ", 0.0), ("ЦЛТРАМОН-ДАРНИЦЯ", 0.35), ("ЦИТРXМОН", 1.0)]
)
def test_slips_are_told_by_their_weight(line: str, slips: float, products: Products) -> None:
    """A look-alike weighs a third of another letter."""
    known = explain(line, products).known_name
    assert known is not None
    assert (known.name, known.slips) == ("ЦИТРАМОН", slips)


def test_what_is_explained_is_what_decides(products: Products) -> None:
    """One piece of code: no verdict differs."""
    lines = BRANDS + NO_GOODS + OTHER_MAKERS
    assert [explain(line, products).verdict for line in lines] == [
        match(line, products).name for line in lines
    ]


@pytest.mark.parametrize(
    ("code", "verdict", "whose"),
    [
        (OUR_CODE, "DARNITSA", "Darnitsa's"),
        (ANOTHERS_CODE, "OTHER", "another company's"),
        (SHOPS_CODE, "UNCERTAIN", "nobody's"),
    ],
)
def test_a_barcode_is_told_beside_the_name(
    code: str, verdict: str, whose: str, products: Products
) -> None:
    """What the name alone would be is told too."""
    told = explain("Цитрамон №10", products, barcode=code)
    assert (told.verdict, told.verdict_by_name) == (verdict, "UNCERTAIN")
    assert (told.barcode or "").startswith(whose)


@pytest.mark.parametrize(
    ("line", "code", "meaning", "sku"),
    [
        ("Цитрамон-Дарниця №10", None, "Darnitsa's, but earns nothing on that day", "DRN-1"),
        ("Цитрамон №10", None, "may be Darnitsa's, but would earn nothing on that day", "DRN-1"),
        ("ЩОСЬ ІНШЕ", LISTED_CODE, "Darnitsa's, but earns nothing on that day", "DRN-1"),
        ("Цитрамон-Здоров'я", None, "not Darnitsa's", None),
        ("Цитрамон №10", "4820099000004", "not Darnitsa's", None),
    ],
)
def test_what_earns_nothing_any_more_is_ours_all_the_same(
    line: str, code: str | None, meaning: str, sku: str | None
) -> None:
    """A retired product is no other maker's, and another maker's is no retired product."""
    yesterday = date(2026, 11, 26)
    retired = a_product("Цитрамон-Дарниця", active_until=yesterday, barcodes=[LISTED_CODE])
    after = products_on(a_list(retired), yesterday + timedelta(days=1))
    told = explain(line, after, barcode=code)
    assert (told.verdict, told.meaning, told.sku) == ("OTHER", meaning, sku)


@pytest.mark.parametrize("line", BRANDS + NO_GOODS + OTHER_MAKERS)
def test_every_explanation_has_its_words(line: str, products: Products) -> None:
    """For people, with the verdict first."""
    rows = rows_of(explain(line, products, barcode=OUR_CODE), products)
    assert rows[0][0] == "verdict"
    assert all(words for heading, words in rows if heading in ("verdict", "maker", "barcode"))
