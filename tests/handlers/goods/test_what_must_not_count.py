"""Money leaves for Darnitsa's goods only, and for all of them: the sets that others got wrong."""

import pytest

from handlers.goods.explaining import explain
from handlers.goods.matching import Match, match
from handlers.goods.products import Products, load_products
from tests.handlers.goods.lines import BRANDS, LOOK_ALIKES, NO_GOODS, OTHER_MAKERS

#: What the predecessor refused wrongly.
REFUSED_BEFORE = (
    "ЦИТРАМОН-Д №10", "Каптопрес-Дарни", "Анальгін (Дарниця)", 'Анальгін "Дарниця"',
    "CAPTOPRES-DARNYTSIA", "Дарфен 200",
)  # fmt: skip
MAKERS_WORDS = (
    "Дарниця", "дарница", "Дарниці", "Дарницю", "Дарницею", "DARNITSA", "DARNYTSIA", "DARNITSIA",
    "DARNITSYA", "Дарнuця", "ДАРНИЧЯ", "ДАРНИЦА", "ДАРНИЦ9",
)  # fmt: skip


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


@pytest.mark.parametrize("name", OTHER_MAKERS + LOOK_ALIKES + NO_GOODS)
def test_what_only_looks_like_ours_is_never_counted(name: str, products: Products) -> None:
    """Other makers, bare generics, shops, streets, bread, people: in either case, with a pack."""
    for printed in (name, name.lower(), name.upper(), f"{name} №10", f"13204 {name}"):
        assert match(printed, products) is not Match.DARNITSA, printed


@pytest.mark.parametrize("name", REFUSED_BEFORE)
def test_what_the_predecessor_refused_counts(name: str, products: Products) -> None:
    """A short suffix, a cut name, brackets, quotes, another transliteration, a brand."""
    assert match(name, products) is Match.DARNITSA


@pytest.mark.parametrize(
    "name",
    [
        "ЦИТРАМОН-Д", "Цитрамон Д №10", "Цитрамон-Д табл.", "ЦИТРАМОН-Д-№10", "Цитрамон -Д, №10",
        "Натрію хлорид-Дарниця 5 м. туба", "Натрію хлорид 10 м. Дарниця", "Кетолонг в/м. Дарниця",
        "ЦИТРАМОН-Д. №6",
    ],
)  # fmt: skip
def test_short_words_take_no_bonus_from_our_own(name: str, products: Products) -> None:
    """What keeps «д/» and «м.» out leaves the suffix and the metres in."""
    assert match(name, products) is Match.DARNITSA


@pytest.mark.parametrize("name", BRANDS)
def test_a_brand_counts_without_the_makers_word(name: str, products: Products) -> None:
    """And is told from its neighbours: each is one product of the list."""
    told = explain(f"{name} №10", products)
    assert (told.verdict, told.sku is not None) == ("DARNITSA", True)


@pytest.mark.parametrize("word", MAKERS_WORDS)
def test_the_makers_word_counts_however_it_is_spelled(word: str, products: Products) -> None:
    """Cases, Russian, four transliterations, letters read as others: behind any dash."""
    for dash in ("-", "–", " - ", " "):
        assert match(f"Каптопрес{dash}{word} №20", products) is Match.DARNITSA
