"""Two readers of the print who agree, and surely, stand in for the QR; one never does."""

import pytest

from eventstore.catalogue import Source
from handlers.goods.products import Products, load_products
from handlers.rules import judge
from tests.handlers.readings import BOTH, PRINTED, printed, reading_of, sold

OURS = sold("Цитрамон-Дарниця табл. №10", 3650)


@pytest.fixture(scope="module")
def products() -> Products:
    """The list as it ships."""
    return load_products()


def test_paper_without_a_qr_is_accepted_when_both_readers_are_sure(products: Products) -> None:
    """Numbers, date and total each made out twice, or the total by the sums."""
    assert judge(printed(OURS), products).decision == "accept"
    by_sums = BOTH | {"total": ["text", "arithmetic"]}
    unsure = PRINTED.confidences | {"total": 0.5}
    assert judge(printed(OURS, sources=by_sums, confidences=unsure), products).decision == "accept"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("fiscal_number", "number_unconfirmed"),
        ("receipt_number", "number_unconfirmed"),
        ("date", "low_confidence"),
        ("total", "low_confidence"),
    ],
)
@pytest.mark.parametrize(
    ("sources", "confidence"),
    [
        (["text"], 0.99),
        (["digits"], 0.99),
        ([], 0.99),
        (["text", "digits"], 0.89),
        (["text", "digits"], None),
    ],
)
def test_paper_without_a_qr_is_for_a_person_while_one_field_is_unsure(
    field: str, reason: str, sources: list[Source], confidence: float | None, products: Products
) -> None:
    """One reader alone, or two that are not sure, may misread a digit and nothing shows it."""
    sure = {name: 0.99 for name in BOTH if name != field}
    sure |= {} if confidence is None else {field: confidence}
    reading = printed(OURS, sources=BOTH | {field: sources}, confidences=sure)
    judgement = judge(reading, products)
    assert (judgement.decision, judgement.referrals) == ("review", [reason])


@pytest.mark.parametrize(
    ("number", "decision"),
    [
        ("000315311 00256", "accept"),
        ("0633713 0609622", "accept"),
        ("0000123", "accept"),
        ("_5eAP3VrXi8", "accept"),
        ("GVRG4EJ59PC", "accept"),
        ("31/2155/296", "review"),
        ("0012", "review"),
        (" ", "review"),
    ],
)
def test_print_vouches_for_numbers_that_run_or_are_drawn(
    number: str, decision: str, products: Products
) -> None:
    """A number of one shift comes again; drawn signs stand beside the claim of the paper."""
    assert judge(printed(OURS, receipt_number=number), products).decision == decision
    said_by_qr = BOTH | {"receipt_number": ["qr"]}
    reading = printed(OURS, receipt_number=number, sources=said_by_qr)
    assert judge(reading, products).decision == "accept"


@pytest.mark.parametrize(("document", "decision"), [("sale", "accept"), ("unknown", "review")])
def test_paper_must_say_that_it_is_a_fiscal_receipt(
    document: str, decision: str, products: Products
) -> None:
    """Its closing mark tells it from a copy, a bill or a refund; a fiscal QR does not."""
    assert judge(printed(OURS, document=document), products).decision == decision
    assert judge(reading_of(OURS, document=document), products).decision == decision


def test_readings_of_one_reader_are_judged_as_before(products: Products) -> None:
    """What was read before there were two says nothing of how sure a field is."""
    judgement = judge(printed(OURS, confidences={}), products)
    assert judgement.referrals == ["number_unconfirmed", "low_confidence"]
