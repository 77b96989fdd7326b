"""A printed barcode says who made what stands beside it, if it can be believed."""

from typing import Literal

import pytest

from eventstore.catalogue import Item
from handlers.goods.barcodes import match_item
from handlers.goods.matching import Match, match
from handlers.goods.products import Products, load_products
from tests.handlers.readings import sold

OURS, OURS_MISREAD, ANOTHERS = "4823006401024", "4823006401025", "4820012345670"
SHOPS_OWN, BOOK = "2000000000008", "9780201379624"
OURS_NAMED, BARE, STRANGE = "Цитрамон-Дарниця №10", "Цитрамон табл. №10", "Щось інше №10"
UNKNOWN, RIVAL = "Антиструмин-Дарница", "Цитрамон-Здоров'я №10"
BRAND, NEAR_BRAND = "Лактунорм капс. №10", "Карсил №80"


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def item_of(name: str, code: str, *readers: Literal["text", "digits"]) -> Item:
    """Return an item whose barcode these readers made out."""
    return sold(name, 3650, barcode=code, barcode_sources=list(readers))


def said_of(item: Item, products: Products) -> Match:
    """Return what name and barcode say together."""
    return match_item(item, match(item.name, products), products)


@pytest.mark.parametrize("name", [BARE, OURS_NAMED, BRAND])
def test_our_barcode_beside_a_known_name_is_the_makers_word(name: str, products: Products) -> None:
    """One reader is enough: a misread barcode would hardly begin like ours beside such a name."""
    assert said_of(item_of(name, OURS, "digits"), products) is Match.DARNITSA


def test_our_barcode_alone_needs_both_readers(products: Products) -> None:
    """What cannot be read may be anything; the barcode says whose it is."""
    assert said_of(item_of(STRANGE, OURS, "digits"), products) is Match.UNCERTAIN
    assert said_of(item_of(STRANGE, OURS), products) is Match.UNCERTAIN
    assert said_of(item_of(STRANGE, OURS, "text", "digits"), products) is Match.DARNITSA
    assert said_of(item_of(UNKNOWN, OURS, "text", "digits"), products) is Match.DARNITSA


def test_our_barcode_beside_another_makers_name_is_for_a_person(products: Products) -> None:
    """It may belong to the line above."""
    assert said_of(item_of(RIVAL, OURS, "text", "digits"), products) is Match.UNCERTAIN


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        (BARE, Match.OTHER),
        (STRANGE, Match.OTHER),
        (NEAR_BRAND, Match.OTHER),
        (OURS_NAMED, Match.UNCERTAIN),
        (BRAND, Match.UNCERTAIN),
        ("Цитрамон-Д №10", Match.UNCERTAIN),
        (UNKNOWN, Match.UNCERTAIN),
    ],
)
def test_anothers_barcode_settles_a_bare_name_and_doubts_ours(
    name: str, verdict: Match, products: Products
) -> None:
    """Against a name of ours it is a contradiction."""
    assert said_of(item_of(name, ANOTHERS, "text", "digits"), products) is verdict


@pytest.mark.parametrize("code", [ANOTHERS, OURS_MISREAD, SHOPS_OWN, BOOK, "4823006", ""])
@pytest.mark.parametrize("name", [BARE, STRANGE, OURS_NAMED])
def test_what_one_reader_or_no_maker_says_changes_nothing(
    name: str, code: str, products: Products
) -> None:
    """A misread digit, a shop's own number, a book's: the name stands."""
    assert said_of(item_of(name, code, "text"), products) is match(name, products)


@pytest.mark.parametrize("code", [OURS_MISREAD, SHOPS_OWN, BOOK])
def test_no_readers_make_a_barcode_of_what_is_none(code: str, products: Products) -> None:
    """A wrong check digit, or nobody's company."""
    sure = item_of(BARE, code, "text", "digits")
    assert said_of(sure, products) is Match.UNCERTAIN
