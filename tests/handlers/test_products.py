"""A printed line is Darnitsa's only when nothing else can be meant."""

import csv
from pathlib import Path

import pytest

from eventstore.identity import sha256_of
from handlers.products import PRODUCTS_FILE, Match, Products, load_products, match

LOOK_ALIKES = Path(__file__).with_name("look_alike_names.tsv")
#: Made under the same bare name by others too: never enough alone.
AMBIGUOUS = {"НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН®", "ЦЕЛІСТА®"}


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def names(path: Path, column: str) -> list[str]:
    """Return one column of a tab-separated file."""
    with path.open(encoding="utf-8") as file:
        return [row[column] for row in csv.DictReader(file, delimiter="\t")]


def test_the_list_is_known_by_the_hash_of_its_bytes(products: Products) -> None:
    """Every acceptance names the list it was made with."""
    assert products.sha256 == sha256_of(PRODUCTS_FILE.read_bytes())


def test_every_name_of_the_list_is_recognised(products: Products) -> None:
    """All 219 trade names count, but for the four that others make under the same word."""
    listed = names(PRODUCTS_FILE, "name_uk")
    assert len(listed) == 219
    missed = {name for name in listed if match(name, products) is not Match.DARNITSA}
    assert missed == AMBIGUOUS


def test_no_look_alike_of_the_register_is_accepted(products: Products) -> None:
    """426 names of other makers that begin like ours: some may be asked about, none counts."""
    others = names(LOOK_ALIKES, "name")
    assert len(others) == 426
    accepted = [name for name in others if match(name, products) is Match.DARNITSA]
    assert accepted == []


@pytest.mark.parametrize(
    "name",
    [
        "ЦИТРАМОН-Д №10",
        "193722 ЦИТРАМОН-Д N6 ТАБЛ.",
        "Каптопрес-Дарни",
        "Анальгін (Дарниця)",
        'Анальгін "Дарниця"',
        "CAPTOPRES-DARNYTSIA",
        "IU 13204 KAPTOPRES-DARNITSIA TABL. 25 MG IU20",
        "Дарфен 200",
        "Цитрамон – Дарниця №6",
        "Цитрамон - Дарниця №6",
        "ВАЛІДОЛ-ДАРНИЦЯ табл. 60 мг №10 конт. чар. уп.",
        "Анальгін таблетки по 0.5 г, 10 шт. - Дарниця",
        "Анальгин-Дарница таблетки по 500 мг №10",
        "Дарниця Цитрамон",
        "Корвалол-Дарниця кр. 25 мл",
        "Кетолонг-Дарниця р-н д/ін. 30мг/мл №10",
        "Цитрамoн-Дaрниця табл",  # Latin o and a
        "Цитрамон-Дарнuця №10",  # Latin u for и is one slip
        "ЦИТРАМОН-ДАРНИЦ9 №10",
        "Лактунорм капс. №10",
        "Ф-гель туба 30 г",
        "Цитрамон Екстра табл. №10",
    ],
)
def test_our_goods_are_recognised_as_they_are_printed(name: str, products: Products) -> None:
    """Dashes, brackets, cut names, other languages and worn letters do not hide the maker."""
    assert match(name, products) is Match.DARNITSA


@pytest.mark.parametrize(
    "name",
    [
        "ЦИТРАМОН В", "ЦИТРАМОН-М", "ЦИТРАМОН-Ф", "Цитрамон-Здоров'я", "Цитрамон Лубнифарм",
        "АНАЛЬГІН-ЗДОРОВ'Я", "Анальгін Монфарм табл. №10", "ВАЛІДОЛ-ЛУБНИФАРМ",
        "Корвалол Фармак 25 мл", "АСКОФЕН-ЕКСТРА", "ІБУПРОФЕН-ТЕВА", "ДИКЛОФЕНАК-БІОЛІК",
        "ПАРАЦЕТАМОЛ-НОВОФАРМ", "ЛОРАТАДИН-СТОМА", "АМЛОДИПІН-КВ", "РИБОКСИН-БХФЗ",
        "ФЛУКОНАЗОЛ-КР", "КЛОФЕЛІН-ЗН", "КАПТОПРИЛ", "АРТЕДЖА®-Д ГЕЛЬ", "КЛІОН-Д 100",
        "ТРИГАН-Д", "ДАРЗАЛЕКС®", "ДАРІЛІЯ", "ДАРСТІН", "ДАРРОУ РОЗЧИН", "ДАРУНАВІР КРКА",
        "Аптека Дарниця", 'ТОВ "Аптека Дарниця"', "Магазин Дарниця", "Бульвар Дарниця",
        "ДАРНИЦЬКИЙ Р-Н", "Дарницьке шосе", "Хліб Дарницький", "касир Дарницька О.",
        "Варниця солона", "Чорниця екстракт", "Левомеколь мазь 40 г", "НІМЕСУЛІД табл. №10",
        "ЕТАМБУТОЛ", "МІРАМІСТИН 0.01%", "Цитрамон табл. №10", "ДИКЛО-Ф гель",
        "Аскорбинка табл. зі смаком лимону №10(12) Киї", "Цитрамон-Дарниця Здоров'я", "", "№10",
    ],
)  # fmt: skip
def test_what_only_looks_like_ours_is_never_counted(name: str, products: Products) -> None:
    """Other makers, shops, streets, bread, berries, bare generic names and their like."""
    assert match(name, products) is not Match.DARNITSA


@pytest.mark.parametrize(
    "name",
    [
        "Аптека Дарниця Цитрамон табл. №10",
        "Цитрамон табл. №10",
        "НІМЕСУЛІД",
        "Антиструмин-Дарница",
        "Цитрамон Варниця",
    ],
)
def test_what_may_be_ours_is_for_a_person(name: str, products: Products) -> None:
    """A bare generic name, an unknown one with the maker, a near-name of the maker."""
    assert match(name, products) is Match.UNCERTAIN


@pytest.mark.parametrize(
    "name", ["ЦИТРАМОН-Ф", "Хліб Дарницький", "Шампунь дитячий", "АНАЛЬГІН-ЗДОРОВ'Я"]
)
def test_what_is_surely_not_ours_bothers_nobody(name: str, products: Products) -> None:
    """Another maker's name or the district's adjective needs no person."""
    assert match(name, products) is Match.OTHER
