"""Drawn receipts are what their labels say: else the reader is measured against a lie."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from eventstore.identity import KYIV, receipt_number_key
from handlers.reading.meaning.payload import parse_payload
from tests.receipts import labels, making
from tests.receipts.camera import Level
from tests.receipts.fonts import FACES
from tests.receipts.goods import HALVES, OURS, ean13, goods_of
from tests.receipts.lines import Line
from tests.receipts.making import LEVELS, REGISTERS, styled
from tests.receipts.payloads import Code, payload_of
from tests.receipts.sales import ELIGIBLE, Sale

ROOT = Path(__file__).parents[2]
SALES = 400


@dataclass(frozen=True)
class Printed:
    """A sale, its rows of paper and its QR."""

    sale: Sale
    lines: list[Line]
    comma: bool
    code: Code | None

    @property
    def text(self) -> str:
        """All rows."""
        return "\n".join(line.text for line in self.lines)

    def row(self, what: str) -> str:
        """Return the rows that show ``what``."""
        return " ".join(line.text for line in self.lines if what in line.shows)


@cache
def printed() -> tuple[Printed, ...]:
    """Return sales of every kind in every layout, without drawing them."""
    return tuple(_printed(number) for number in range(SALES))


def _printed(number: int) -> Printed:
    chance = Random(number)
    register = REGISTERS[number % len(REGISTERS)]
    sale, style = styled(register, HALVES[number % 2], chance)
    code = payload_of(sale, chance)
    lines = register.layout(sale, style, chance, [Line(qr=code.text)])
    return Printed(sale, lines, style.comma, code)


def fiscal() -> Iterator[Printed]:
    """Yield what the tax service knows of."""
    return (each for each in printed() if each.sale.document in ("sale", "return"))


def test_the_total_stands_on_the_paper() -> None:
    """The row that shows the total ends with the total of the label."""
    for each in printed():
        total = f"{each.sale.total_kopecks // 100}.{each.sale.total_kopecks % 100:02d}"
        shown = each.row("total").replace(",", ".")
        assert re.search(rf"(?<![\d.]){re.escape(total)}(?!\d)", shown), (shown, total)


def test_lines_less_discounts_come_to_the_total() -> None:
    """Quantity times price, less discounts, rounded to ten kopecks in cash, is the total."""
    for each in printed():
        kept = [line for line in each.sale.bought if not line.voided]
        lines = sum(line.gross_kopecks - line.discount_kopecks for line in kept)
        net = lines - each.sale.discount_kopecks
        assert abs(net - each.sale.total_kopecks) <= (5 if each.sale.cash else 0)
        assert each.sale.total_kopecks > 0


def test_numbers_and_date_stand_on_fiscal_paper() -> None:
    """Fiscal number, receipt number and date are printed where the label says they are."""
    for each in fiscal():
        at = each.sale.at.astimezone(KYIV)
        assert each.sale.fiscal_number in each.row("fiscal_number")
        words = re.findall(r"[\w.-]+", each.row("receipt_number"))
        keys = {receipt_number_key(word) for word in words}
        assert receipt_number_key(each.sale.receipt_number) in keys
        shown = re.sub(r"\D", "", each.row("date"))
        assert f"{at:%H%M}" in shown
        assert f"{at.day}{at:%m}" in shown or f"{at:%Y%m%d}" in shown


def test_no_fiscal_number_stands_on_other_paper() -> None:
    """What is no fiscal receipt carries no fiscal number to be read."""
    others = [each for each in printed() if each.sale.document not in ("sale", "return")]
    assert others
    assert not [each for each in others if each.sale.fiscal_number in each.text]


def test_rows_fit_the_roll() -> None:
    """No row is wider than the paper: the drawer would squeeze its letters."""
    for register in REGISTERS:
        chance = Random(5)
        sale, style = styled(register, "known", chance)
        for line in register.layout(sale, style, chance, []):
            assert len(line.text) * line.wide <= style.columns, (register.name, line.text)


def test_the_code_says_what_the_paper_says() -> None:
    """A fiscal QR in any of its forms tells the sale's own total, date and numbers."""
    for each in fiscal():
        assert each.code is not None
        read = parse_payload(each.code.text)
        assert read is not None
        told = {
            "total": read.total_kopecks == each.sale.total_kopecks,
            "date": read.purchased_at == each.sale.at.replace(second=0),
            "fiscal_number": read.fiscal_number == each.sale.fiscal_number,
            "receipt_number": receipt_number_key(read.receipt_number or "")
            == receipt_number_key(each.sale.receipt_number),
        }
        assert all(told[what] for what in each.code.tells), each.code.text


def test_an_eligible_sale_shows_whose_it_is() -> None:
    """The name of an eligible good says «Дарни…», is a brand, or has Darnitsa's barcode beside."""
    for each in printed():
        if each.sale.kind in ELIGIBLE:
            ours = [line for line in each.sale.kept if line.good.kind in OURS]
            assert ours
            assert all(
                "дарни" in line.name.lower()
                or line.good.kind in ("brand", "suffix")
                or (line.good.kind == "barcoded" and f"{line.good.ean}" in each.text)
                for line in ours
            ), [line.name for line in ours]


def test_nothing_else_in_the_items_is_ours() -> None:
    """Items of a sale that is not eligible never carry the maker's word, a brand or its barcode."""
    plain = {"other_maker", "bare", "ordinary", "traps", "grocery"}
    for each in printed():
        if each.sale.kind in plain:
            for line in each.sale.kept:
                assert line.good.kind in ("other_maker", "bare", "ordinary", "grocery")
                assert not re.search(r"дарниц[яаіюе]", line.name.lower())
                assert not line.good.ean.startswith("4823006")


def test_halves_share_no_medicine() -> None:
    """What is tuned on one half is reported on names that half does not know."""
    known, unseen = (
        {good.stem.split("-")[0].split()[0] for kind, goods in goods_of(half).items()
         if kind in ("darnitsa", "brand", "bare") for good in goods}
        for half in HALVES
    )  # fmt: skip
    assert min(len(known), len(unseen)) > 40
    assert not known & unseen


def test_barcodes_have_their_check_digit() -> None:
    """The last digit of an EAN-13 follows from the others: 4006381333931 is a known one."""
    assert ean13("4006381", 33393) == "4006381333931"


@pytest.mark.parametrize("level", LEVELS)
def test_a_seed_gives_the_same_photo(level: Level) -> None:
    """A failure can be drawn again on any machine: bytes and label follow from the seed."""
    once = making.make(seed=4, number=2, half="known", level=level)
    again = making.make(seed=4, number=2, half="known", level=level)
    other = making.make(seed=5, number=2, half="known", level=level)
    assert once == again
    assert once.jpeg != other.jpeg
    assert max(Image.open(BytesIO(once.jpeg)).size) >= 1000


def test_labels_survive_their_file(tmp_path: Path) -> None:
    """What is written beside photos is what is read back, hand-made lines included."""
    label = making.make(seed=4, number=0, half="known").label
    labels.write([label], tmp_path)
    assert labels.read(tmp_path) == [label]
    (tmp_path / "labels.jsonl").write_text(
        '{"file": "a.jpg", "doc_type": "fiscal", "darnitsa_item": true, "qr": null, '
        '"purchased_at": "2019-01-21T10:33"}\n'
    )
    (read,) = labels.read(tmp_path)
    assert (read.may_be_accepted, read.purchased_at, read.qr_whole) == (
        True, "2019-01-21T10:33", None,
    )  # fmt: skip


def test_every_kind_and_layout_is_drawn() -> None:
    """A run of some hundred receipts meets every kind of sale, eligible more often than not."""
    kinds = Counter[str](each.sale.kind for each in printed())
    assert len(kinds) == 15
    assert 0.45 < sum(kinds[kind] for kind in ELIGIBLE) / SALES < 0.65
    assert len({register.name for register in REGISTERS}) >= 8


def test_make_eval_installs_every_font() -> None:
    """The fonts that are drawn with are the packages that the Makefile names."""
    wanted = {face.package for face in FACES} - {"fonts-dejavu-core"}
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    named = re.search(r"^TO_EVAL := (.+)$", makefile, re.MULTILINE)
    assert named is not None
    assert set(named[1].split()) == wanted
