"""Two readers of the same print: what both say is firm, what one says is a candidate."""

import time

import pytest

from handlers.reading.meaning.fields import candidates_of
from handlers.reading.meaning.fuse import Fused, fuse
from handlers.reading.meaning.items import items_of
from handlers.reading.meaning.payload import parse_payload
from handlers.reading.meaning.votes import Vote, confidence_of, tally
from tests.handlers.reading.papers import rows_of_paper

PAPER = """
ТОВ "ПРИКЛАД"
ПРРО ФН 4000096193
Каптопрес-Дарниця табл. №20
2 x 48.70                            97.40 А
Бинт                                 20.00 А
СУМА                                117.40
КАРТКА                              117.40
ЧЕК ФН 1384600901
01.12.2025 16:12:51
"""
#: What the digit reader makes of each row when both are right.
SECOND = {
    "ПРРО": "NPPO OH 4000096193",
    "2 x": "2 x 48.70 97.40 A",
    "Бинт": "20.00 A",
    "СУМА": "CYMA 117.40",
    "КАРТКА": "KAPTKA 117.40",
    "ЧЕК": "4EK OH 1384600901",
    "01.12": "01.12.2025 16:12:51",
}
LINK = (
    "https://cabinet.tax.gov.ua/cashregs/check"
    "?id=1384600901&fn=4000096193&date=20251201&time=1612&sm=117.40"
)


#: Digits that our reader is unsure of.
WORN, UNSURE = PAPER.replace("117.40", "111.49").replace("97.40", "91.49"), 0.6


def fused(paper: str = PAPER, *, link: str | None = None, **second: str) -> Fused:
    """Return what two readers say; ``second`` replaces readings of the digit reader."""
    said = {**SECOND, **{row.rstrip("_"): text for row, text in second.items()}}
    rows = rows_of_paper(paper, second=said, confidence=UNSURE if paper == WORN else 0.9)
    code = None if link is None else parse_payload(link)
    return fuse(code, candidates_of(rows), items_of(rows))


def test_two_readers_that_agree_are_sources_of_every_field() -> None:
    """Then the photo needs no QR."""
    said = fused()
    both = ["text", "digits"]
    assert said.sources == {
        "total": [*both, "arithmetic"],
        "date": both,
        "fiscal_number": both,
        "receipt_number": both,
    }
    assert min(said.confidences.values()) >= 0.9


def test_one_reader_alone_is_never_sure_of_a_number() -> None:
    """A misread digit would make a used receipt look new."""
    alone = fused(ПРРО="", ЧЕК="", СУМА="", КАРТКА="", **{"01.12": ""})
    assert alone.fiscal_number == "4000096193"
    assert alone.sources["fiscal_number"] == ["text"]
    for field in ("fiscal_number", "receipt_number", "date"):
        assert alone.confidences[field] < 0.9, field


@pytest.mark.parametrize(
    ("row", "other", "field"),
    [
        ("ПРРО", "NPPO OH 4000096198", "fiscal_number"),
        ("ЧЕК", "4EK OH 1384600907", "receipt_number"),
        ("01.12", "01.12.2025 16:42:51", "date"),
    ],
)
def test_readers_that_differ_leave_both_values_and_no_trust(
    row: str, other: str, field: str
) -> None:
    """The page reader's value goes first where it was sure, the other is shown beside it."""
    said = fused(**{row: other})
    (evidence,) = [one for one in said.evidence if one.field == field]
    assert said.confidences[field] < 0.8
    assert [one.sources for one in evidence.candidates] == [["text"], ["digits"]]
    assert evidence.candidates[0].weight > evidence.candidates[1].weight


@pytest.mark.parametrize("other", ["01.12.2025", "ein 01.12.2025 x"])
def test_a_time_that_one_reader_saw_is_one_readers_word(other: str) -> None:
    """The day is agreed on, the minute is not: it stands in the claim against a second payment."""
    said = fused(**{"01.12": other})
    assert said.sources["date"] == ["text"]
    assert said.confidences["date"] < 0.9


def test_the_row_of_the_total_alone_is_not_yet_sure() -> None:
    """Both readers may misread one print; a second row or the lines must agree."""
    rows = "ТОВ «ПРИКЛАД»\nСУМА   117.40\n"
    assert 0.8 < fused(rows).confidences["total"] < 0.9
    assert fused(rows + "КАРТКА  117.40\n").confidences["total"] >= 0.9


def test_rows_that_differ_take_trust_away() -> None:
    """A total that the card's row contradicts may be misread, or paid in part."""
    said = fused(PAPER.replace("КАРТКА                              117.40", "КАРТКА 171.40"))
    assert said.confidences["total"] < fused().confidences["total"]


def test_the_digit_reader_mends_what_the_page_reader_misread() -> None:
    """Worn digits of the page's reader: the other reading, the card and the lines outvote them."""
    said = fused(WORN)
    assert said.total_kopecks == 11740
    assert [line.cost_kopecks for line in said.lines] == [9740, 2000]
    assert said.disagreements == []


def test_a_torn_total_is_found_by_the_digit_reader() -> None:
    """Double height: «сто 8єЇ» for one reader, «CY MA 117.4 0» for the other."""
    paper = PAPER.replace("СУМА                                117.40", "сто 8єЇ")
    said = fused(
        paper.replace("КАРТКА                              117.40\n", ""), сто="CY MA 117.4 0"
    )
    assert said.total_kopecks == 11740
    assert "digits" in said.sources["total"]


def test_a_price_that_only_the_digit_reader_saw_is_the_items() -> None:
    """The name is the page reader's."""
    said = fused(PAPER.replace("20.00 А", "го.бб"), Бинт="20.00 A")
    assert [(line.name, line.cost_kopecks) for line in said.lines] == [
        ("Каптопрес-Дарниця табл. №20", 9740),
        ("Бинт", 2000),
    ]


def test_a_barcode_that_both_read_has_both_as_sources() -> None:
    """One of them alone may misread it and still hit the check digit."""
    paper = PAPER.replace("Бинт ", "ШК 4823006401024\nБинт ").replace(
        "Каптопрес", "ШК 5449000133724\nКаптопрес"
    )
    said = fused(paper, ШК="WK 4823006401024")
    assert [(line.barcode, line.barcode_sources) for line in said.lines] == [
        ("4823006401024", ("digits",)),
        ("4823006401024", ("text", "digits")),
    ]


def test_vat_and_change_are_witnesses_of_the_total() -> None:
    """A total whose share is the printed VAT, and which the change brings to the cash given."""
    bare = fused("СУМА 117.40\n").confidences["total"]
    assert fused("СУМА 117.40\nПДВ А 20.00%  19.57\n").confidences["total"] > bare
    assert fused("СУМА 117.40\nПДВ А 20.00%  18.57\n").confidences["total"] == bare
    assert fused("СУМА 117.40\nГОТІВКА 150.00\nРЕШТА 32.60\n").confidences["total"] > bare


def test_words_and_sums_of_neighbours_may_be_mixed_up() -> None:
    """On curled paper a row slips: the sums still tell which is total, cash and change."""
    said = fused("294.20 ГРН\nРАЗОМ: 300.00\nГотівка\nРЕШТА 5.80\nПДВ А 7% 19.25\n")
    assert said.total_kopecks == 29420


def test_print_that_is_sure_contradicts_the_qr_by_one_digit() -> None:
    """Two readers on two rows do not slip alike."""
    assert fused(link=LINK).disagreements == []
    other = fused(link=LINK.replace("117.40", "117.49"))
    assert other.total_kopecks == 11749
    assert "total" in other.disagreements
    assert other.confidences["total"] < 0.9


def test_a_banks_slip_a_minute_off_is_no_contradiction() -> None:
    """The card was charged before the register signed."""
    said = fused(link=LINK.replace("time=1612", "time=1614"))
    assert said.disagreements == []


def test_readers_that_agree_on_little_else_are_not_believed_where_they_agree() -> None:
    """Where print is bad both slip alike: the rest of the receipt tells how bad it is."""
    worn = "".join(f"Товар {n}\n1 x {n}8.88   {n}8.88 А\n" for n in range(1, 9))
    paper = PAPER.replace("СУМА ", worn + "СУМА ")
    rows = {f"1 x {n}8": f"1 x {n}0.00 {n}0.00 A" for n in range(1, 9)}
    said = fused(paper, **rows)
    assert said.sources["fiscal_number"] == ["text", "digits"]
    assert said.confidences["fiscal_number"] < 0.9 <= fused().confidences["fiscal_number"]


def test_one_reader_on_two_rows_repeats_its_slip() -> None:
    """Total and card in one font are misread alike; only the lines or the other reader tell."""
    said = fused("тест\nдва\n", тест="CYMA 1489.21", два="KAPTKA 1489.21")
    assert said.total_kopecks == 148921
    assert said.confidences["total"] < 0.9


def test_a_sum_before_a_discount_is_not_the_total() -> None:
    """The lines come to it, and yet less is to be paid."""
    text = """
ЧЕК № 7
Бинт                               100.00 А
Вата                                89.92 А
Всього                             189.92
Знижка                             -18.99
До сплати                          170.93
КАРТКА                             170.93
"""
    said = fused(text)
    assert (said.total_kopecks, said.discount_kopecks) == (17093, 1899)
    assert "arithmetic" in said.sources["total"]


def test_evidence_names_every_candidate_for_the_person_who_looks() -> None:
    """Value, sources, confidence, and what else was printed, best first."""
    said = fused(PAPER.replace("КАРТКА                              117.40", "КАРТКА 100.00"))
    (total,) = [one for one in said.evidence if one.field == "total"]
    assert (total.value, total.sources) == ("11740", said.sources["total"])
    assert total.confidence == said.confidences["total"]
    assert total.candidates[0].value == "11740"
    assert [one.field for one in said.evidence] == [
        "total",
        "date",
        "fiscal_number",
        "receipt_number",
    ]


def test_votes_of_one_row_are_one_voice() -> None:
    """Two readers of one row weigh less than two rows."""

    def vote(row: int, source: str) -> Vote[int]:
        return Vote(
            value=1, weight=2.0, source="text" if source == "text" else "digits", row=row, place="x"
        )

    (one_row,) = tally([vote(1, "text"), vote(1, "digits")])
    (two_rows,) = tally([vote(1, "text"), vote(2, "text")])
    assert 2.0 < one_row.weight < two_rows.weight
    assert (one_row.voices, two_rows.voices) == (1, 2)


def test_confidence_grows_with_evidence_and_falls_with_a_rivals() -> None:
    """From nothing to nearly sure, never to certain."""
    shares = [confidence_of(weight) for weight in (0.0, 1.0, 2.0, 4.0, 8.0, 100.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] < 1.0
    assert confidence_of(4.0) >= 0.9 > confidence_of(4.0, rival=2.0)


def test_sums_that_chance_could_make_prove_nothing() -> None:
    """Ten lines with two voices each reach a thousand sums: one of them is any total."""
    lines = "".join(
        f"Товар {name}\n{n} x {n}.1{n}   {n * n + n}.7{n}\n"
        for n, name in enumerate("абвгдеєжзи", start=1)
    )
    said = fused(f"ЧЕК № 1\n{lines}СУМА   400.05\n")
    assert "arithmetic" not in said.sources["total"]


def test_a_long_receipt_is_understood_at_once() -> None:
    """Sixty rows take some milliseconds; a tenth of a second would be a second a receipt."""
    goods = "".join(f"Товар номер {n} табл. №10\n2 x 48.70       97.40 А\n" for n in range(25))
    rows = rows_of_paper(PAPER.replace("Бинт ", goods + "Бинт "), second=SECOND)
    spent = []
    for _ in range(5):
        started = time.process_time()
        fuse(None, candidates_of(rows), items_of(rows))
        spent.append(time.process_time() - started)
    assert min(spent) < 0.1
