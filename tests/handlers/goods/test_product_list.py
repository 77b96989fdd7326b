"""The list is what its facts say, on the day of purchase."""

from datetime import date, timedelta

import pytest

from eventstore.catalogue import Product, ProductRetired
from eventstore.errors import LogUnavailable
from eventstore.identity import PRODUCTS_STREAM, Sku
from eventstore.pool import Pool
from eventstore.store import EventStore
from handlers.goods.matching import Match, match
from handlers.goods.product_list import ListChanged, built_in, folded, product_list, tell, told_list
from handlers.goods.products import ProductList, load_products, products_on
from tests.handlers.goods.listing import a_list, a_product, imported
from tests.story import a_store, facts, given

TODAY = date(2026, 11, 27)
CITRAMON = a_product("Цитрамон-Дарниця табл. №10")
PRINTED = "ЦИТРАМОН-ДАРНИЦЯ ТАБЛ №10"


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


def retired(sku: str, last_day: date = TODAY) -> ProductRetired:
    """Return the fact that ends a product."""
    return ProductRetired(sku=Sku(sku), last_day=last_day, reason="a test")


def earns(listed: ProductList, printed: str, day: date = TODAY) -> bool:
    """Tell whether a line counts when bought on ``day``."""
    return match(printed, products_on(listed, day)) is Match.DARNITSA


async def test_without_facts_the_list_is_the_one_that_ships(store: EventStore) -> None:
    """Cited by the hash of its files, as in every decision so far."""
    listed = await product_list(store)
    assert products_on(listed, TODAY) is products_on(built_in(), TODAY)
    assert listed.sha256 == load_products().sha256


async def test_what_was_imported_counts_in_every_process(store: EventStore) -> None:
    """The stream is read anew; the same facts are folded once."""
    await given(store, PRODUCTS_STREAM, imported(a_product("Новоскрипт", brand=True)))
    listed = await product_list(store)
    assert earns(listed, "Новоскрипт табл. №10")
    assert not earns(built_in(), "Новоскрипт табл. №10")
    assert await product_list(store) is listed


async def test_a_list_of_a_newer_release_is_not_guessed(store: EventStore) -> None:
    """Deciding waits for the release that can read it."""
    await given(store, PRODUCTS_STREAM, imported(CITRAMON))
    await store.pool.execute("ALTER TABLE events DISABLE TRIGGER USER")
    await store.pool.execute("UPDATE events SET type = 'ProductsMerged'")
    with pytest.raises(LogUnavailable, match="newer release"):
        await product_list(store)


async def test_of_two_who_change_the_list_at_once_one_is_told(store: EventStore) -> None:
    """What was looked at is no more so: nothing is overwritten unseen."""
    seen = await told_list(store)
    await tell(store, imported(CITRAMON), behind=seen)
    with pytest.raises(ListChanged, match="run the command again"):
        await tell(store, retired("REG-001"), behind=seen)
    assert await facts(store, PRODUCTS_STREAM) == [imported(CITRAMON)]


def test_a_product_takes_the_place_of_its_sku() -> None:
    """What the later fact leaves out is gone."""
    first, second = a_product("Цитрамон-Дарниця", aliases=["Цитрик"]), a_product("Капто-Дарниця")
    listed = folded([imported(first), imported(second)], onto=built_in())
    assert listed.product(first.sku) == second
    assert not earns(listed, "Цитрик-Дарниця")


def test_the_registers_entry_gives_way_to_a_product_of_its_name() -> None:
    """Else the product's dates would mean nothing; longer and shorter names stay."""
    listed = a_list(CITRAMON, a_product("Дарфен® Ультракап 200 капс. №10", "DRN-2"))
    gone = {p.name_uk for p in built_in().products} - {p.name_uk for p in listed.products}
    assert gone == {"ЦИТРАМОН-ДАРНИЦЯ", "ДАРФЕН® УЛЬТРАКАП 200"}


def test_a_retired_product_earns_until_its_last_day() -> None:
    """After it no person has to look: it is known, and refused."""
    listed = folded([imported(CITRAMON), retired(CITRAMON.sku)], onto=built_in())
    assert earns(listed, PRINTED, TODAY)
    assert match(PRINTED, products_on(listed, TODAY + timedelta(days=1))) is Match.OTHER
    assert earns(listed, "ЦИТРАМОН ЕКСТРА №10", TODAY + timedelta(days=1))


def test_a_product_of_the_register_can_be_retired_too() -> None:
    """By its provisional code; a code that no release knows any more harms nothing."""
    listed = folded([retired("REG-209"), retired("REG-999")], onto=built_in())
    assert not earns(listed, PRINTED, TODAY + timedelta(days=1))


def test_an_import_lets_a_retired_product_earn_again() -> None:
    """The later fact is the whole product."""
    story = [imported(CITRAMON), retired(CITRAMON.sku), imported(CITRAMON)]
    assert earns(folded(story, onto=built_in()), PRINTED, TODAY + timedelta(days=9))


@pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (3, True), (4, False)])
def test_a_product_earns_from_its_first_day_to_its_last(days: int, counts: bool) -> None:
    """Both are days of purchase in Kyiv."""
    until = TODAY + timedelta(days=3)
    listed = a_list(a_product("Цитрамон-Дарниця", active_from=TODAY, active_until=until))
    assert earns(listed, PRINTED, TODAY + timedelta(days=days)) is counts


@pytest.mark.parametrize(
    ("printed", "counts"),
    [("ДАРФЕН ГЕЛЬ 5% 30 Г", False), ("ДАРФЕН ЕКСПРЕС №10", True), ("ДАРФЕН №10", True)],
)
def test_a_retired_form_does_not_earn_by_its_shorter_name(printed: str, counts: bool) -> None:
    """Nor does it take the others with it."""
    listed = folded([retired("REG-042")], onto=built_in())
    assert earns(listed, printed, TODAY + timedelta(days=1)) is counts


def test_one_pack_of_several_that_earns_is_enough_where_the_line_does_not_tell() -> None:
    """A line that does tell is taken at its word."""
    packs = [a_product(f"Цитрамон-Дарниця №{n}", f"DRN-{n}") for n in (6, 10)]
    listed = folded([imported(*packs), retired("DRN-6")], onto=built_in())
    later = TODAY + timedelta(days=1)
    assert earns(listed, "Цитрамон-Дарниця табл", later)
    assert earns(listed, "Цитрамон-Дарниця N10", later)
    assert not earns(listed, "Цитрамон-Дарниця N6", later)


def test_a_worn_name_of_a_retired_product_is_for_a_person() -> None:
    """It may be another product, which earns."""
    after = products_on(folded([retired("REG-209")], onto=built_in()), date.max)
    assert match("ЦИТРXМОН-ДАРНИЦЯ", after) is Match.UNCERTAIN


def test_aliases_count_like_names() -> None:
    """With the maker's word; without it only those of a brand."""
    goods = (
        a_product("Аскорутин-Дарниця", "A", aliases=["Аскорут"]),
        a_product("Дарсіл", "B", brand=True, aliases=["Карсілін"]),
    )
    found = {
        name: match(name, products_on(a_list(*goods), TODAY))
        for name in ("АСКОРУТ-ДАРНИЦЯ №10", "АСКОРУТ №10", "КАРСІЛІН №80")
    }
    assert list(found.values()) == [Match.DARNITSA, Match.UNCERTAIN, Match.DARNITSA]


def test_a_name_that_others_use_is_no_brand_whoever_says_so() -> None:
    """Its longer forms may be."""
    goods = products_on(
        a_list(a_product("Німесулід", brand=True, aliases=["Німесулід Екстра"])), TODAY
    )
    found = [match(name, goods) for name in ("НІМЕСУЛІД №10", "НІМЕСУЛІД ЕКСТРА №10")]
    assert found == [Match.UNCERTAIN, Match.DARNITSA]


def test_the_hash_is_of_what_the_list_says() -> None:
    """Another day, alias or prefix is another list; the same content by another way is not."""
    one = a_product("Цитрамон-Дарниця")
    hashes = {
        a_list(one).sha256,
        a_list(a_product("Цитрамон-Дарниця", prescription=False)).sha256,
        a_list(a_product("Цитрамон-Дарниця", active_until=TODAY)).sha256,
        folded([imported(one, maker_prefixes=["4820099"])], onto=built_in()).sha256,
        built_in().sha256,
    }
    assert len(hashes) == 5
    assert folded([imported(one), imported(one)], onto=built_in()) == a_list(one)


def test_every_day_cites_the_whole_list() -> None:
    """A decision's citation says what was known, not only what earned on its day."""
    listed = a_list(a_product("Цитрамон-Дарниця", active_from=TODAY))
    before, after = products_on(listed, TODAY - timedelta(days=1)), products_on(listed, TODAY)
    assert before.sha256 == after.sha256 == listed.sha256
    assert before.lapsed == {"DRN-1"}


def test_days_between_two_changes_share_one_folding() -> None:
    """Thousands of receipts are decided by a vocabulary that is built once."""
    goods: list[Product] = [a_product("Цитрамон-Дарниця", active_from=TODAY)]
    listed = a_list(*goods)
    days = [products_on(listed, TODAY + timedelta(days=n)) for n in range(100)]
    assert all(each is days[0] for each in days)
    assert products_on(listed, TODAY - timedelta(days=1)) is not days[0]
