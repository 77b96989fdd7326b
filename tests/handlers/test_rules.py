"""A reading is accepted only when nothing speaks against it."""

from datetime import UTC, datetime

import pytest

from eventstore.catalogue import Item
from eventstore.identity import KYIV
from handlers.products import Products, load_products
from handlers.rules import bought_days_ago, judge
from tests.handlers.readings import NUMBERS, reading_of, sold

OURS = sold("Цитрамон-Дарниця табл. №10", 3650)
BARE = sold("Цитрамон табл. №10", 3650)
OTHER = sold("Шампунь дитячий", 3650)


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def test_a_clean_sale_of_our_item_is_accepted(products: Products) -> None:
    """The names that earned the bonus are kept as printed."""
    judgement = judge(reading_of(OURS), products)
    assert (judgement.decision, judgement.reason) == ("accept", None)
    assert judgement.darnitsa_items == ["Цитрамон-Дарниця табл. №10"]


@pytest.mark.parametrize("document", ["return", "not_fiscal", "order"])
def test_what_is_no_sale_is_rejected(document: str, products: Products) -> None:
    """A return of Цитрамон-Дарниця buys nothing."""
    judgement = judge(reading_of(OURS, document=document), products)
    assert (judgement.decision, judgement.reason) == ("reject", "not_a_sale")


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
        ({"receipt_number": None}, "no_fiscal_number"),
        ({"disagreements": ["total"]}, "sources_disagree"),
        ({"confidence": 0.5}, "low_confidence"),
        ({"sources": {"total": ["text"], **NUMBERS}}, "low_confidence"),
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


def test_numbers_that_only_the_print_says_are_for_a_person(products: Products) -> None:
    """One misread digit would make a used receipt look new; nothing else is in doubt."""
    sources = {field: ["text"] for field in NUMBERS} | {"total": ["text", "arithmetic"]}
    judgement = judge(reading_of(OURS, sources=sources), products)
    assert judgement.decision == "review"
    assert judgement.referrals == ["number_unconfirmed"]


@pytest.mark.parametrize(
    ("lines", "total", "discount", "decision"),
    [
        ([3650], 3650, 0, "accept"),
        ([3650], 3680, 0, "accept"),
        ([3650], 3700, 0, "review"),
        ([5000], 3650, 1350, "accept"),
        ([5000], 3650, 0, "review"),
        ([None], 3650, 0, "review"),
    ],
)
def test_lines_less_discounts_come_to_the_total_within_one_per_cent(
    lines: list[int | None], total: int, discount: int, decision: str, products: Products
) -> None:
    """A line without a price cannot be added up."""
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


def test_a_bare_generic_name_is_for_a_person(products: Products) -> None:
    """Several makers sell «Цитрамон»; even a perfect reading cannot tell which."""
    judgement = judge(reading_of(BARE), products)
    assert (judgement.decision, judgement.reason) == ("review", "maker_uncertain")
    assert judgement.darnitsa_items == []


def test_an_uncertain_item_beside_ours_does_not_matter(products: Products) -> None:
    """One item of ours is enough."""
    reading = reading_of(OURS, BARE, total_kopecks=7300)
    assert judge(reading, products).decision == "accept"


@pytest.mark.parametrize(
    ("confidence", "items"), [(0.3, [OTHER]), (0.55, [OTHER]), (0.9, []), (0.3, [])]
)
def test_a_poor_reading_is_never_a_confident_refusal(
    confidence: float, items: list[Item], products: Products
) -> None:
    """What was not read may have been ours."""
    reading = reading_of(*items, confidence=confidence, sources={"total": ["text"], **NUMBERS})
    judgement = judge(reading, products)
    assert (judgement.decision, judgement.reason) == ("review", "low_confidence")


def test_one_unread_line_may_have_been_ours(products: Products) -> None:
    """The page was read well, one item was not, and nothing adds up."""
    hidden = sold("Ц тр м Др", 3650, confidence=0.2)
    reading = reading_of(OTHER, hidden, sources={"total": ["qr"], **NUMBERS})
    judgement = judge(reading, products)
    assert judgement.decision == "review"
    assert "low_confidence" in judgement.referrals


def test_a_middling_reading_that_adds_up_is_a_refusal(products: Products) -> None:
    """When clear lines come to the total no item is missing."""
    reading = reading_of(OTHER, confidence=0.6)
    assert judge(reading, products).reason == "no_darnitsa_item"


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
