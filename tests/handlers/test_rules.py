"""A reading is accepted only when nothing speaks against it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec import structs

from eventstore.catalogue import Item
from eventstore.identity import KYIV
from handlers.goods.products import Products, load_products
from handlers.ports import Reading
from handlers.rules import bought_days_ago, judge
from tests.handlers.readings import NUMBERS, printed, reading_of, sold

OURS = sold("Цитрамон-Дарниця табл. №10", 3650)
BARE = sold("Цитрамон табл. №10", 3650)
OTHER = sold("Шампунь дитячий", 3650)
OUR_BARCODE, ANOTHERS = "4823006401024", "4820012345670"


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def test_a_clean_sale_of_our_item_is_accepted(products: Products) -> None:
    """The names that earned the bonus are kept as printed."""
    judgement = judge(reading_of(OURS), products)
    assert (judgement.decision, judgement.reason) == ("accept", None)
    assert judgement.darnitsa_items == ["Цитрамон-Дарниця табл. №10"]


@pytest.mark.parametrize(
    ("document", "reason"),
    [("return", "refund"), ("not_fiscal", "not_fiscal"), ("order", "order_slip")],
)
def test_what_is_no_sale_is_rejected_for_what_it_is(
    document: str, reason: str, products: Products
) -> None:
    """A return of Цитрамон-Дарниця buys nothing."""
    judgement = judge(reading_of(OURS, document=document), products)
    assert (judgement.decision, judgement.reason) == ("reject", reason)


@pytest.mark.parametrize("reading", [reading_of, printed])
def test_a_screenshot_is_for_a_person(reading: Callable[..., Reading], products: Products) -> None:
    """It may be genuine, but nobody needs the paper to make one."""
    judgement = judge(reading(OURS, document="screenshot"), products)
    assert (judgement.decision, judgement.reason) == ("review", "screenshot")
    judgement = judge(reading(OTHER, document="screenshot"), products)
    assert judgement.reason == "no_darnitsa_item"


def test_a_receipt_without_our_item_is_rejected(products: Products) -> None:
    """A good reading with other goods only."""
    judgement = judge(reading_of(OTHER), products)
    assert (judgement.decision, judgement.reason) == ("reject", "no_darnitsa_item")


def test_a_name_in_the_header_is_no_item(products: Products) -> None:
    """Only items are matched: shop, street and footer are other fields."""
    reading = reading_of(OTHER, merchant='ТОВ "АПТЕКА ДАРНИЦЯ"', address="бульв. Дарниця, 1")
    assert judge(reading, products).reason == "no_darnitsa_item"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"total_kopecks": None, "sources": NUMBERS}, "no_total"),
        ({"purchased_at": None}, "no_date"),
        ({"fiscal_number": None}, "no_fiscal_number"),
        ({"disagreements": ["total"]}, "sources_disagree"),
        ({"confidence": 0.3}, "low_confidence"),
        ({"sources": {"total": ["text"], **NUMBERS}}, "low_confidence"),
        ({"sources": {"total": ["digits"], **NUMBERS}}, "low_confidence"),
        ({"sources": NUMBERS | {"total": ["qr"], "date": ["text"]}}, "low_confidence"),
        ({"sources": NUMBERS | {"total": ["qr"], "date": []}}, "low_confidence"),
        ({"sources": NUMBERS | {"total": ["qr"], "fiscal_number": ["text"]}}, "number_unconfirmed"),
        ({"sources": NUMBERS | {"total": ["qr"], "receipt_number": []}}, "number_unconfirmed"),
    ],
)
def test_whatever_is_in_doubt_goes_to_a_person(
    changes: dict[str, object], reason: str, products: Products
) -> None:
    """Each doubt alone is enough, and is named."""
    judgement = judge(reading_of(OURS, **changes), products)
    assert (judgement.decision, judgement.reason) == ("review", reason)


def test_a_seller_that_was_not_read_keeps_nobody_waiting(products: Products) -> None:
    """The register's number says who sold, and no claim, age or good depends on the name."""
    assert judge(reading_of(OURS, merchant=None), products).decision == "accept"
    nobody = reading_of(OURS, merchant=None, fiscal_number=None)
    assert judge(nobody, products).referrals == ["no_fiscal_number"]


def test_a_middling_page_with_a_clear_line_is_accepted(products: Products) -> None:
    """Rubbish around the receipt says nothing about its line, its QR or its sums."""
    assert judge(reading_of(OURS, confidence=0.75), products).decision == "accept"


def test_a_line_of_ours_that_is_unclear_is_for_a_person(products: Products) -> None:
    """However clear the rest of the page."""
    dim = sold("Цитрамон-Дарниця", 3650, confidence=0.39)
    assert judge(reading_of(dim), products).referrals == ["low_confidence"]


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Певофлоксацин-Дарниця гель", "accept"),
        ("Певофлоксацин-Дарн", "review"),
        ("Лактунорм капс.", "accept"),
        ("Лактупорм капс.", "review"),
        ("Ефез мазь", "review"),
        ("ЦИТРАМОН-Д №10", "review"),
    ],
)
def test_the_less_a_line_says_the_clearer_it_must_be(
    name: str, decision: str, products: Products
) -> None:
    """No misreading makes up the maker beside a known name, or a long brand; a letter it may."""
    judgement = judge(reading_of(sold(name, 3650, confidence=0.75)), products)
    assert (judgement.decision, judgement.darnitsa_items) == (decision, [name])
    assert judge(reading_of(sold(name, 3650, confidence=0.9)), products).decision == "accept"


def test_one_clear_line_of_ours_is_enough(products: Products) -> None:
    """The other may be as unclear as it likes."""
    dim = sold("Валідол-Дарниця", 2000, confidence=0.3)
    assert judge(reading_of(OURS, dim), products).decision == "accept"


@pytest.mark.parametrize(
    ("lines", "total", "discount", "decision"),
    [
        ([3650], 3650, 0, "accept"),
        ([3650], 3680, 0, "accept"),
        ([3700], 3650, 0, "review"),
        ([5000], 3650, 1350, "accept"),
        ([5000], 3650, 0, "review"),
        ([3650, None], 7300, 0, "review"),
        ([3650, None], 3650, 0, "review"),
        ([None], 3650, 0, "review"),
    ],
)
def test_lines_less_discounts_come_to_the_total_within_one_per_cent(
    lines: list[int | None], total: int, discount: int, decision: str, products: Products
) -> None:
    """A line of ours without a price earns nothing by itself."""
    items = [sold("Цитрамон-Дарниця", kopecks) for kopecks in lines]
    reading = reading_of(
        *items,
        total_kopecks=total,
        discount_kopecks=discount,
        sources={"total": ["qr", "text"], **NUMBERS},
    )
    judgement = judge(reading, products)
    assert judgement.decision == decision
    assert judgement.reason in (None, "totals_disagree")


@pytest.mark.parametrize(
    ("sources", "decision"),
    [(["qr", "text"], "accept"), (["qr", "digits"], "accept"), (["qr"], "review")],
)
def test_lines_that_were_not_all_read_contradict_no_total_that_qr_and_print_say(
    sources: list[str], decision: str, products: Products
) -> None:
    """Our line costs 36.50 of 73.00; the other's price is unread. The QR alone is not enough."""
    unread = sold("Шампунь дитячий", None)
    reading = reading_of(OURS, unread, total_kopecks=7300, sources={"total": sources, **NUMBERS})
    assert judge(reading, products).decision == decision


def test_a_drawn_number_need_not_be_sure_where_the_paper_claim_is(products: Products) -> None:
    """Register, total and minute are sure: another photo of this paper meets their claim."""
    drawn = printed(OURS, receipt_number="uP2AhcoNISU")
    unsure = {**drawn.confidences, "receipt_number": 0.4}
    assert judge(structs.replace(drawn, confidences=unsure), products).decision == "accept"
    for field in ("total", "date", "fiscal_number"):
        doubted = structs.replace(drawn, confidences={**unsure, field: 0.8})
        assert judge(doubted, products).decision == "review", field


def test_without_a_number_a_person_looks(products: Products) -> None:
    """However sure register, total and minute are: only a number is the same on every photo."""
    for reading in (printed(OURS, receipt_number=None), reading_of(OURS, receipt_number=None)):
        assert judge(reading, products).referrals == ["no_fiscal_number"]


def test_a_running_number_must_be_sure(products: Products) -> None:
    """A slip makes it the number of another receipt of the same register."""
    running = printed(OURS, receipt_number="000315311 00256")
    unsure = {**running.confidences, "receipt_number": 0.8}
    judgement = judge(structs.replace(running, confidences=unsure), products)
    assert "number_unconfirmed" in judgement.referrals


def test_a_bare_generic_name_is_for_a_person(products: Products) -> None:
    """Several makers sell «Цитрамон»; even a perfect reading cannot tell which."""
    judgement = judge(reading_of(BARE), products)
    assert (judgement.decision, judgement.reason) == ("review", "maker_uncertain")
    assert judgement.darnitsa_items == []


def test_an_uncertain_item_beside_ours_does_not_matter(products: Products) -> None:
    """One item of ours is enough."""
    reading = reading_of(OURS, BARE, total_kopecks=7300)
    assert judge(reading, products).decision == "accept"


def test_anothers_barcode_makes_a_bare_name_anothers(products: Products) -> None:
    """Both readers made it out: nobody needs to look."""
    item = sold("Цитрамон табл. №10", 3650, barcode=ANOTHERS, barcode_sources=["text", "digits"])
    assert judge(reading_of(item), products).reason == "no_darnitsa_item"


def test_our_barcode_makes_a_bare_name_ours(products: Products) -> None:
    """It is kept as printed, like any other."""
    item = sold("Цитрамон табл. №10", 3650, barcode=OUR_BARCODE, barcode_sources=["digits"])
    judgement = judge(reading_of(item), products)
    assert (judgement.decision, judgement.darnitsa_items) == ("accept", ["Цитрамон табл. №10"])


@pytest.mark.parametrize(("confidence", "items"), [(0.3, [OTHER]), (0.9, []), (0.3, [])])
def test_a_poor_reading_is_never_a_confident_refusal(
    confidence: float, items: list[Item], products: Products
) -> None:
    """What was not read may have been ours."""
    reading = reading_of(*items, confidence=confidence)
    judgement = judge(reading, products)
    assert (judgement.decision, judgement.reason) == ("review", "low_confidence")


@pytest.mark.parametrize(
    ("name", "confidence", "decision"),
    [
        ("Ц тр м Др", 0.2, "review"),  # nobody can tell what it is
        ("Шампунь дитячий", 0.2, "review"),  # and whatever it seems to be
        ("Шампунь дитячий", 0.87, "reject"),
        ("Кальгтн-Лахница", 0.87, "review"),  # the maker, at a stretch
        ("Амбпохсол табл.", 0.87, "review"),  # a known name, at a stretch
        ("Молоко Ферма 0,9", 0.87, "reject"),
        ("Парацетамол Біофарма", 0.87, "reject"),  # no way to misread the maker
        ("з.096 33.91", 0.95, "review"),  # no name at all
        ("56.96 табл. в/о 190 мг жо (5х2)", 0.95, "review"),  # only what form it has
    ],
)
def test_a_badly_read_line_that_resembles_ours_is_for_a_person(
    name: str, confidence: float, decision: str, products: Products
) -> None:
    """Lines that add up show that none is missing, not what each of them is."""
    judgement = judge(reading_of(OTHER, sold(name, 3650, confidence=confidence)), products)
    assert judgement.decision == decision
    assert judgement.reason in ("low_confidence", "no_darnitsa_item", "maker_uncertain")


@pytest.mark.parametrize(
    ("costs", "total", "decision"),
    [
        ([3650], 3650, "reject"),
        ([3650], 9999, "review"),  # what cost the rest?
        ([3650], 3000, "reject"),  # a discount that was not seen
        ([3650, None], 9999, "reject"),
        ([3650], None, "review"),
    ],
)
def test_a_line_that_may_be_missing_may_have_been_ours(
    costs: list[int | None], total: int | None, decision: str, products: Products
) -> None:
    """Lines that come to less than the total leave room for one more."""
    items = [sold("Шампунь дитячий", cost) for cost in costs]
    sources = {"total": ["qr"], **NUMBERS} if total else NUMBERS
    judgement = judge(reading_of(*items, total_kopecks=total, sources=sources), products)
    assert judgement.decision == decision


@pytest.mark.parametrize(
    ("bought", "uploaded", "days"),
    [
        ("2026-11-20T23:59", "2026-11-20T22:01", 1),  # 00:01 in Kyiv: already the next day
        ("2026-11-20T00:00", "2026-11-20T21:59", 0),  # 23:59 in Kyiv
        ("2026-11-20T12:00", "2026-11-27T12:00", 7),
        ("2026-11-20T12:00", "2026-11-28T00:00", 8),
        ("2026-03-28T23:30", "2026-03-29T00:30", 1),  # the night clocks go forward
        ("2026-03-29T02:59", "2026-03-29T20:59", 0),  # 23:59 in summer time
        ("2026-10-24T23:30", "2026-10-24T21:30", 1),  # 00:30 before clocks go back
        ("2026-10-25T03:30", "2026-10-25T21:59", 0),  # an hour that comes twice
        ("2026-11-21T00:10", "2026-11-20T12:00", -1),  # printed in the future
    ],
)
def test_days_are_calendar_days_in_kyiv(bought: str, uploaded: str, days: int) -> None:
    """Receipts print local time, uploads are stored in UTC; clocks change twice a year."""
    purchased_at = datetime.fromisoformat(bought).replace(tzinfo=KYIV)
    uploaded_at = datetime.fromisoformat(uploaded).replace(tzinfo=UTC)
    assert bought_days_ago(purchased_at, uploaded_at) == days
