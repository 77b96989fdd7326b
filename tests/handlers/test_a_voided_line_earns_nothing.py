"""What the cashier took back was not bought, however the register prints that."""

import pytest

from eventstore.catalogue import Item
from handlers.goods.products import Products, load_products
from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.fuse import fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.payload import parse_payload
from handlers.rules import Judgement, judge
from tests.factories import a_reading
from tests.handlers.reading.papers import rows_of_paper
from tests.handlers.reading.test_only_goods_are_items import FOOT, HEAD
from tests.handlers.readings import NUMBERS, reading_of, sold

TAX_LINK = (
    "https://cabinet.tax.gov.ua/cashregs/check?id=1384600901&fn=3001234567&date=20251201"
    "&time=1612&sm={total}"
)
BANDAGE = "Бинт стерильний 5 м                    20.00 А"
WOOL = "Вата гігієнічна 100 г                  30.00 А"
OURS = "Цитрамон-Дарниця №10               36.50 А"
#: One-line items, bare and with the multiplier above (domain.md, L5).
LAYOUTS = {
    "bare": (BANDAGE, WOOL, OURS),
    "multiplied": (f"1 X 20.00\n{BANDAGE}", f"1 X 30.00\n{WOOL}", f"1 X 36.50\n{OURS}"),
}
#: How the register takes OURS back.
VOIDS = [
    "СТОРНО 1 X 36.50\nЦитрамон-Дарниця №10               -36.50 А",
    "СТОРНО 1 X 36.50\nЦитрамон-Дарниця №10                36.50 А",
    "СТОРНО 1 X 36.50\nЦитрамон-Дарниця №10  -36.50",
    "СТОРНО 1 X 36.50 = -36.50\nЦитрамон-Дарниця №10",
    "СТОРНО                              36.50\nЦитрамон-Дарниця №10               -36.50 А",
    "СТОРНО\nЦитрамон-Дарниця №10  -36.50",
    "СТОРНО\n1 X 36.50\nЦитрамон-Дарниця №10               -36.50 А",
    "1 X -36.50\nЦитрамон-Дарниця №10               -36.50 А",
    "Знижка: -36.50",
]


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def judged(*parts: str, total: str, products: Products) -> Judgement:
    """Return what rows of a paper with a QR are worth."""
    rows = rows_of_paper("\n".join((HEAD.strip("\n"), *parts, FOOT.strip("\n"))), confidence=0.97)
    fused = fuse(parse_payload(TAX_LINK.format(total=total)), candidates_of(rows), items_of(rows))
    reading = a_reading(
        items=[
            Item(
                name=line.name,
                quantity_milli=line.quantity_milli,
                unit_price_kopecks=line.unit_price_kopecks,
                line_total_kopecks=line.line_total_kopecks,
                confidence=line.trust,
                place=None,
            )
            for line in fused.lines
        ],
        discount_kopecks=fused.discount_kopecks,
        total_kopecks=fused.total_kopecks,
        purchased_at=fused.purchased_at,
        fiscal_number=fused.fiscal_number,
        receipt_number=fused.receipt_number,
        sources=fused.sources,
        confidences=fused.confidences,
        disagreements=fused.disagreements,
    )
    return judge(reading, products)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_line_that_stands_is_paid_for(layout: str, products: Products) -> None:
    """The same paper before anything is taken back."""
    bandage, wool, ours = LAYOUTS[layout]
    said = judged(bandage, ours, wool, total="86.50", products=products)
    assert (said.decision, said.darnitsa_items) == ("accept", ["Цитрамон-Дарниця №10"])


@pytest.mark.parametrize("void", VOIDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_taken_back_is_never_paid_for(layout: str, void: str, products: Products) -> None:
    """At once, at the end or later: QR and print agree on a total that has nothing of ours."""
    bandage, wool, ours = LAYOUTS[layout]
    for parts in ((bandage, ours, void, wool), (bandage, wool, ours, void),
                  (bandage, ours, wool, void)):  # fmt: skip
        assert judged(*parts, total="50.00", products=products).decision != "accept", parts


@pytest.mark.parametrize("void", VOIDS[:6])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_name_below_a_mark_is_no_other_goods(
    layout: str, void: str, products: Products
) -> None:
    """Once ours is taken back the paper has none, which is clear to the rules."""
    bandage, wool, ours = LAYOUTS[layout]
    said = judged(bandage, ours, void, wool, total="50.00", products=products)
    assert (said.decision, said.rejection) == ("reject", "no_darnitsa_item")


@pytest.mark.parametrize(
    "costs", [{"Цитрамон-Дарниця": -3650}, {"Цитрамон-Дарниця": 0}, {"Цитрамон-Дарниця": None},
              {"Цитрамон-Дарниця": 3650, "Цитрнон Дрн": -3650},
              {"Цитрамон-Дарниця": 3650, "Валідол-Дарниця": -3650}],
)  # fmt: skip
@pytest.mark.parametrize("total", ["arithmetic", "text"])
def test_lines_below_nothing_and_lines_of_ours_for_nothing_are_for_a_person(
    costs: dict[str, int | None], total: str, products: Products
) -> None:
    """Whether all adds up or QR and print say the total: what was taken back may be ours."""
    items = [sold(name, cost) for name, cost in ({"Бинт стерильний": 5000} | costs).items()]
    reading = reading_of(
        *items,
        total_kopecks=5000 + sum(cost or 0 for cost in costs.values()),
        sources={"total": ["qr", total], **NUMBERS},
    )
    judgement = judge(reading, products)
    assert (judgement.decision, judgement.referrals) == ("review", ["totals_disagree"])
