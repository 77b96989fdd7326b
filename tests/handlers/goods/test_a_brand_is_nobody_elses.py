"""A brand is paid for wherever it stands alone: a file of goods makes none of a shared name."""

from pathlib import Path

import pytest

from handlers.goods.product_files import read_products
from handlers.goods.product_list import built_in
from tests.handlers.goods.test_marketing_keeps_the_list import problems_of


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Цитрамон-Дарниця;yes;", "like that of REG-209 ЦИТРАМОН-ДАРНИЦЯ has other makers too"),
        ("Цитрамон;yes;", "like that of REG-209"),
        ("Цитрамон табл. №10;yes;", "like that of REG-209"),
        ("Санідар;yes;Анальгін", "АНАЛЬГІН-ДАРНИЦЯ has other makers too: leave brand empty"),
        ("Натрію;yes;", "НАТРІЮ АДЕНОЗИНТРИФОСФАТ-ДАРНИЦЯ has other makers too"),
        (
            "Новодар-Дарниця;yes;",
            "has the maker's word, and no name says the same without it: leave brand empty",
        ),
        ("Санідар;yes;Новодар-Дарниця", "'Новодар-Дарниця' has the maker's word"),
        ("Гель;yes;", "'Гель' begins as many goods do"),
        ("Гель;;", "'Гель' begins as many goods do"),
        ("Гель для рук Санідар;yes;", "write the product's own name first"),
        ("Табл. Дарниця;;", "'Табл. Дарниця' begins as many goods do"),
        ("Санідар;yes;спрей", "aliases: 'спрей' begins as many goods do"),
    ],
)
def test_a_word_in_a_file_makes_no_others_goods_ours(row: str, told: str) -> None:
    """What is to be done instead is said: a brand is paid for wherever it stands alone."""
    assert told in "; ".join(problems_of(f"sku;name_uk;brand;aliases\nC1;{row}\n"))


@pytest.mark.parametrize(
    "row",
    ["Новодар гель 5 %;yes;", "Лефлок;yes;Лефлок-Дарниця", "Ерідез-Дарниця;yes;Ерідез",
     "Цитрамон екстра;yes;", "Крем Санідар;yes;", "Цитрамон-Дарниця;;Цитрамон Дарн"],
)  # fmt: skip
def test_what_is_darnitsas_alone_is_taken(row: str) -> None:
    """A new brand, one that is also printed with the maker's word, a form before it."""
    content = f"sku;name_uk;brand;aliases\nC1;{row}\n".encode()
    assert len(read_products(content, listed=built_in(), path=Path("goods.csv"))) == 1
