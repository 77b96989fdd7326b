"""Which goods a receipt shows, how much of each, and whether they may earn."""

from datetime import date

import pytest
from msgspec import structs

from eventstore.catalogue import Item, Sold
from eventstore.identity import Sku
from handlers.goods.barcodes import match_item
from handlers.goods.matching import Match, match
from handlers.goods.product_list import built_in
from handlers.goods.products import products_on
from handlers.goods.sold import needs_prescription, sku_of
from handlers.rules import Judgement, judge
from tests.handlers.goods.listing import LISTED_CODE, a_list, a_product, scanned
from tests.handlers.readings import reading_of, sold

DAY = date(2026, 11, 27)
CITRAMON = a_product("Цитрамон-Дарниця", "C", barcodes=[LISTED_CODE], prescription=False)
CAPTOPRES = a_product("Каптопрес-Дарниця", "K", prescription=True)
GOODS = products_on(a_list(CITRAMON, CAPTOPRES), DAY)

OTC = sold("Цитрамон-Дарниця №10", 3650)
RX = sold("Каптопрес-Дарниця №20", 3650)
BARE = sold("Анальгін табл.", 0)
OTHER = sold("Шампунь дитячий", 0)


def named(sku: str | None) -> str | None:
    """Return the name of a product that ships."""
    product = built_in().product(Sku(sku or ""))
    return None if product is None else product.name_uk


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Цитрамон-Дарниця табл. №10", "ЦИТРАМОН-ДАРНИЦЯ"),
        ("ЦИТРАМОН-Д №10", "ЦИТРАМОН-ДАРНИЦЯ"),
        ("ЦИТРАМОН ЕКСТРА №10", "ЦИТРАМОН ЕКСТРА"),
        ("ДАРФЕН №10", "ДАРФЕН®"),
        ("ДАРФЕН ГЕЛЬ 30 Г", "ДАРФЕН® ГЕЛЬ"),
        ("ДАРФЕН КІДС ФОРТЕ 100 МЛ", "ДАРФЕН® КІДС ФОРТЕ"),
        ("ДАРФЕН УЛЬТРАКАП КАПС 400 МГ", "ДАРФЕН® УЛЬТРАКАП 400"),
        ("ДАРФЕН УЛЬТРАКАП КАПС", None),
        ("ДВАЦЕ 200 ПАК №10", "ДВАЦЕ 200"),
        ("ДВАЦЕ 200 ГАРЯЧИЙ НАПІЙ №10", "ДВАЦЕ 200 ГАРЯЧИЙ НАПІЙ"),
        ("КАЛЬЦІЮ ГЛЮКОНАТ-ДАРНИЦЯ АМП", "КАЛЬЦІЮ ГЛЮКОНАТ-ДАРНИЦЯ"),
        (
            "КАЛЬЦІЮ ГЛЮКОНАТ-ДАРНИЦЯ СТАБІЛІЗОВАНИЙ",
            "КАЛЬЦІЮ ГЛЮКОНАТ - ДАРНИЦЯ (СТАБІЛІЗОВАНИЙ)",
        ),
        ("КАЛЬЦІЮ ХЛОРИД-ДАРНИЦЯ АМП", "КАЛЬЦІЮ ХЛОРИД-ДАРНИЦЯ"),
        ("Дексаметазон-4-Дарниця амп", "ДЕКСАМЕТАЗОН-4-ДАРНИЦЯ"),
        ("Дексаметазон-Дарниця 4 мг/мл", "ДЕКСАМЕТАЗОН-ДАРНИЦЯ"),
        ("CAPTOPRES-DARNYTSIA", "КАПТОПРЕС-ДАРНИЦЯ"),
        ("ЕКСІБ №10", "ЕКСІБ®"),
        ("ФЕМОТИДИН-ДАРНИЯ", "ФАМОТИДИН-ДАРНИЦЯ"),
        ("кдремалін-Дарниця гель", "АДРЕНАЛІН-ДАРНИЦЯ"),
        ("Шампунь дитячий", None),
    ],
)
def test_a_line_is_the_product_with_the_longest_name_in_it(printed: str, name: str | None) -> None:
    """Where the line does not tell two apart it is neither."""
    assert named(sku_of(sold(printed, 1), products_on(built_in(), DAY))) == name


def test_a_listed_barcode_that_both_readers_made_out_decides() -> None:
    """Which product, and whose, whatever the name; but not against another maker's."""
    for name in ("Щось інше", "Каптопрес-Дарниця", "Анальгін"):
        item = scanned(name, LISTED_CODE)
        assert match_item(item, match(name, GOODS), GOODS) is Match.DARNITSA
        assert sku_of(item, GOODS) == "C"
    rival = scanned("Цитрамон-Здоров'я", LISTED_CODE)
    assert match_item(rival, match(rival.name, GOODS), GOODS) is Match.UNCERTAIN


def test_a_listed_barcode_of_one_reader_does_not_outweigh_a_name() -> None:
    """It may be misread, or the neighbour's; where the name says nothing a person looks."""

    def item(name: str) -> Item:
        return sold(name, 1, barcode=LISTED_CODE, barcode_sources=["digits"])

    assert sku_of(item("Каптопрес-Дарниця"), GOODS) == "K"
    assert sku_of(item("Цитрамон-Дарниця"), GOODS) == "C"
    assert match_item(item("Щось інше"), Match.OTHER, GOODS) is Match.UNCERTAIN


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Цитрамон-Дарниця", Match.OTHER),
        ("Цитрамон", Match.OTHER),
        ("Щось інше", Match.OTHER),
        ("Каптопрес-Дарниця", Match.UNCERTAIN),
    ],
)
def test_the_barcode_of_a_retired_product_earns_nothing(name: str, verdict: Match) -> None:
    """Beside the name of one that earns it is a contradiction."""
    retired = structs.replace(CITRAMON, active_until=date(2026, 11, 26))
    goods = products_on(a_list(retired), DAY)
    item = scanned(name, LISTED_CODE)
    assert match_item(item, match(name, goods), goods) is verdict


def test_the_makers_prefix_does_not_bring_a_retired_product_back() -> None:
    """It tells whose it is, which is known; the listed barcode of another product does."""
    retired = structs.replace(CITRAMON, active_until=date(2026, 11, 26))
    other = structs.replace(CAPTOPRES, barcodes=["4820012345687"])
    goods = products_on(a_list(retired, other), DAY)
    by_prefix = scanned("Цитрамон-Дарниця", "4823006401024")
    assert match_item(by_prefix, Match.OTHER, goods) is Match.OTHER
    by_code = scanned("Цитрамон-Дарниця", "4820012345687")
    assert match_item(by_code, Match.OTHER, goods) is Match.DARNITSA


def test_how_much_of_each_product_was_bought_is_kept() -> None:
    """Lines of one product are one sum, an unread quantity is a pack, the unclear is left out."""
    half = structs.replace(OTC, quantity_milli=500)
    unread = structs.replace(OTC, quantity_milli=None)
    unclear = sold("ДАРФЕН УЛЬТРАКАП", 0)
    judgement = judge(reading_of(half, unread, RX, unclear, OTHER), GOODS)
    assert judgement.sold == [
        Sold(sku=Sku("C"), quantity_milli=1500),
        Sold(sku=Sku("K"), quantity_milli=1000),
    ]


def judged(*items: Item, **changes: object) -> Judgement:
    """Return what a receipt is worth where prescriptions earn nothing."""
    return judge(reading_of(*items, **changes), GOODS, prescription_earns=False)


def test_goods_on_prescription_alone_earn_nothing() -> None:
    """The law forbids to promote them; a policy may say otherwise."""
    refused = judged(RX, OTHER)
    assert (refused.decision, refused.rejection) == ("reject", "prescription_only")
    assert refused.sold == []
    worn = structs.replace(RX, confidence=0.75)  # name and maker written out: clear
    assert judged(worn, OTHER).rejection == "prescription_only"
    assert judge(reading_of(RX, OTHER), GOODS, prescription_earns=True).decision == "accept"


def test_other_goods_of_ours_beside_them_earn() -> None:
    """Only what earned is named and counted."""
    judgement = judged(RX, OTC, total_kopecks=7300)
    assert (judgement.decision, judgement.darnitsa_items) == ("accept", [OTC.name])
    assert judgement.sold == [Sold(sku=Sku("C"), quantity_milli=1000)]


@pytest.mark.parametrize(
    ("items", "changes", "reason"),
    [
        ([RX, BARE], {}, "maker_uncertain"),
        ([structs.replace(RX, confidence=0.6)], {}, "low_confidence"),
        ([RX, structs.replace(OTHER, confidence=0.5)], {}, "low_confidence"),
        ([RX], {"confidence": 0.5}, "low_confidence"),
        ([RX], {"total_kopecks": 9900, "sources": {}}, "low_confidence"),
    ],
)
def test_nobody_is_refused_for_a_prescription_on_a_doubtful_reading(
    items: list[Item], changes: dict[str, object], reason: str
) -> None:
    """A line that may earn, or may be missing, is for a person."""
    judgement = judged(*items, **changes)
    assert (judgement.decision, judgement.reason) == ("review", reason)


def test_what_nobody_has_said_to_need_a_prescription_earns() -> None:
    """Nor what is unclear: each product that it may be must be known to need one."""
    packs = [
        a_product("Анальгін-Дарниця табл", "T", prescription=False),
        a_product("Анальгін-Дарниця амп", "A", prescription=True),
    ]
    goods = products_on(a_list(*packs), DAY)
    asked = ("Анальгін-Дарниця табл", "Анальгін-Дарниця амп", "Анальгін-Дарниця", "ЕФЕЗ")
    assert [needs_prescription(sold(name, 1), goods) for name in asked] == [
        False, True, False, False,
    ]  # fmt: skip
