"""A printed line is Darnitsa's only when nothing else can be meant."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from eventstore.identity import sha256_of
from handlers.goods.letters import LOOK_ALIKES, fold
from handlers.goods.matching import Match, match, may_hide_ours
from handlers.goods.products import (
    PREFIXES_FILE,
    PRODUCTS_FILE,
    Products,
    load_products,
)
from tests.handlers.goods.lines import LISTED, REGISTERED

#: Made under the same bare name by others too: never enough alone.
AMBIGUOUS = {"НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН®", "ЦЕЛІСТА®"}


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def test_the_list_is_known_by_the_hash_of_its_bytes(products: Products) -> None:
    """Every acceptance names the list it was made with: names, then prefixes."""
    content = PRODUCTS_FILE.read_bytes() + PREFIXES_FILE.read_bytes()
    assert products.sha256 == sha256_of(content)


def test_prefixes_are_data(products: Products, tmp_path: Path) -> None:
    """Whoever adds one changes the name of the list."""
    file = tmp_path / "prefixes.tsv"
    file.write_text("prefix\tmaker\tevidence\n4820099\tДАРНИЦЯ\ttold by marketing\n")
    other = load_products(prefixes=file)
    assert (products.prefixes, other.prefixes) == (("4823006",), ("4820099",))
    assert products.sha256 != other.sha256


def test_every_name_of_the_list_is_recognised(products: Products) -> None:
    """All 219 trade names count, but for the four that others make under the same word."""
    assert len(LISTED) == 219
    missed = {name for name in LISTED if match(name, products) is not Match.DARNITSA}
    assert missed == AMBIGUOUS


def test_no_look_alike_of_the_register_is_accepted(products: Products) -> None:
    """426 names of other makers that begin like ours: some may be asked about, none counts."""
    assert len(REGISTERED) == 426
    accepted = [name for name in REGISTERED if match(name, products) is Match.DARNITSA]
    assert accepted == []


def slipped(name: str) -> Iterator[str]:
    """Yield ``name`` with each letter in turn read as each of its look-alikes."""
    folded = fold(name)
    for place, letter in enumerate(folded):
        for other in LOOK_ALIKES.get(letter, ""):
            yield f"{folded[:place]}{other}{folded[place + 1 :]}"


def test_no_slip_turns_a_look_alike_into_ours(products: Products) -> None:
    """Each of the 426, with each letter in turn read as each letter that looks like it."""
    slips = [slip for name in REGISTERED for slip in slipped(name)]
    assert len(slips) > 30_000
    assert [slip for slip in slips if match(slip, products) is Match.DARNITSA] == []


def test_no_slip_loses_a_name_of_the_list(products: Products) -> None:
    """One slip leaves most names certain and none unseen; shorter than six letters it may."""
    listed = [name for name in LISTED if len(fold(name).strip()) >= 7]
    found = [match(slip, products) for name in listed for slip in slipped(name)]
    assert Match.OTHER not in found
    assert found.count(Match.DARNITSA) > 0.94 * len(found)


def test_two_slips_rarely_lose_a_name_of_the_list(products: Products) -> None:
    """A person looks where the name is no longer certain."""
    chance = Random(20261124)
    twice = [
        chance.choice([*slipped(once)])
        for name in LISTED
        for once in chance.sample([*slipped(name)], 6)
    ]
    found = [match(slip, products) for slip in twice]
    assert found.count(Match.OTHER) < 0.02 * len(found)
    assert found.count(Match.DARNITSA) > 0.6 * len(found)


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
        "ЦИТРАМОНДАРНИЦЯТАБЛ№10",  # run together
        "АналгінДарниця500мг Анальгін",
        "Анальгін500мг Дарниця",
        "ЦИТРАМОН-ДАР НИЦЯ №10",  # torn by a stray blank
        "КАПТО ПРЕС-ДАРНИЦЯ",
        "ЦИТРАМОН-ДАРПИЦЛ №10",  # two letters read as their look-alikes
        "ЦNТРАМ0Н-ДАРНNЦЯ",
        "КАПТОПРЕС-ДАРПИ",  # cut, and one look-alike
        "ЛАКТУПОРМ капс. №10",  # a long brand with one look-alike
        "ТІАРА ДУО №14",
        "Ерідез-Дармиця таблетки по 5 мг КІЙ",  # «№10» misread is not «Київ»
        "ФАМОТИДИН-ДАРНИЯ ТАБЛ",  # a letter of the maker lost beside a clear name
        "Фамотидин тебл. 6 дерниця",
        "М 25/21865/11 Ефез мазь",  # behind a code
        "ЛАКТУ НОРМ капс.",  # a long brand torn
        "ЦИТРЯМОН-ДОМ6 ТАБЛ",  # «-Д №6»
        "193722 ЦИТРАМОН-ДN10 ТАБЛ.",
    ],
)
def test_our_goods_are_recognised_as_they_are_printed(name: str, products: Products) -> None:
    """Dashes, brackets, cut names, other languages and worn letters do not hide the maker."""
    assert match(name, products) is Match.DARNITSA


@pytest.mark.parametrize(
    "name",
    [
        "Аптека Дарниця Цитрамон табл. №10",
        "Цитрамон табл. №10",
        "НІМЕСУЛІД",
        "Антиструмин-Дарница",
        "Цитрамон Варниця",
        "Цитрамон Гарниця",
        "Бублики-Дарниця",
        "Цитрамон-Дарниця Здоров'я",  # two makers
        "Хліб Дарниця",
        "ЦИТРАМОН-ДАРНИЦЬ",  # a letter that looks like no other
        "ДАРФЕП 200",  # a short brand with a look-alike
        "ЛАКТУПОРН капс. №10",  # a long one with two
        "ФЕМООТИДИН-ДАРНИЯ",  # neither is clear
        "Гель Ефез",
        "ЕФ ЕЗ мазь",  # a short one torn
        "Д АРФЕН 20 мг",  # a lone letter is no part of a name
    ],
)
def test_what_may_be_ours_is_for_a_person(name: str, products: Products) -> None:
    """A bare generic name, an unknown one with the maker, a near-name of the maker."""
    assert match(name, products) is Match.UNCERTAIN


@pytest.mark.parametrize(
    "name",
    [
        "ЦИТРАМОН-Ф", "Хліб Дарницький", "Шампунь дитячий", "АНАЛЬГІН-ЗДОРОВ'Я",
        "Вода Моршинська", "Молоко Яготинське", "Гліцерин 25 г", "Пентальгін", "Троксевазин",
    ],
)  # fmt: skip
def test_what_is_surely_not_ours_bothers_nobody(name: str, products: Products) -> None:
    """Another maker's name or the district's adjective needs no person."""
    assert match(name, products) is Match.OTHER


@pytest.mark.parametrize("name", ["Кальгтн-Лахница", "Амбпохсол табл.", "ЦИТР МОН", "ЛАКТXНXРМ"])
def test_what_a_bad_line_hides_is_suspected(name: str, products: Products) -> None:
    """Three letters of ten may be wrong."""
    assert may_hide_ours(name, products)


@pytest.mark.parametrize(
    "name",
    ["Шампунь дитячий", "Молоко Ферма 0,9", "Вода Моршинська Н/Газ", "Хліб білий", "№10", ""],
)
def test_ordinary_goods_hide_nothing(name: str, products: Products) -> None:
    """However badly their line was read; else every receipt would need a person."""
    assert not may_hide_ours(name, products)


def test_a_receipt_is_matched_in_milliseconds(products: Products) -> None:
    """Thirty lines of other goods, the slowest kind, hardly add to a second of reading."""
    lines = [f"Шампунь дитячий Бебі {number} мл лаванда" for number in range(30)]
    begun = time.process_time()
    for line in lines:
        match(line, products)
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize(
    "name",
    [
        "кдремалін-Дарниця гель 1 5 48 г",  # a worn name tied to the maker
        "ХЛОРИД-ДАРНИЦЯ КРЕМ 1 Х ТУБА 15",  # the first word of two was lost
        "ДІОКСИЗОЛЬ КРЕМ 1 % ТУБА 15 Г ДАРНИЦ Ш/К",  # a cut maker before a label's remains
        "Дексаметазон-4 -Йарниця табл. в/о",  # its first letter a look-alike
    ],
)
def test_a_worn_name_or_maker_is_proven_by_the_other(name: str, products: Products) -> None:
    """A dash to the maker's own word, or a name read clearly, leaves no doubt."""
    assert match(name, products) is Match.DARNITSA


@pytest.mark.parametrize(
    "name",
    [
        "СЕПТЕФРИЛ ТАБЛ. 100 МГ ТЕЗА",
        "Калію йодид-125-Борщаг івський ХФЗ",
        "Азитроміцин табл. 5 мг №10 (Борщагів",
        "РАНІТИДИН КРЕМ ТУБА (КИТ ВМЕДПРЕПЯРЯТ)",
        "Парацетамол Б. Браун 10 мг/мл",
    ],
)
def test_a_worn_torn_or_cut_other_maker_is_still_another(name: str, products: Products) -> None:
    """Then nobody needs to look at a name that several makers share."""
    assert match(name, products) is Match.OTHER
