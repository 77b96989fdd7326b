"""Geometry: frames go there and back, boxes lie level, rows are joined along the paper."""

from collections.abc import Sequence
from math import radians, sin, tan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.pixels.boxes import Frame, TextBox, levelled
from handlers.reading.pixels.lines import lines_of
from handlers.reading.pixels.upright import angle_of, column_of

_PLACES = st.floats(-4000.0, 4000.0)
_SIDES = st.floats(2.0, 2000.0)
FRAMES = st.builds(Frame, st.floats(0.05, 8.0), st.floats(-360.0, 360.0), _PLACES, _PLACES)
BOXES = st.builds(TextBox, _PLACES, _PLACES, _SIDES, _SIDES, st.floats(-180.0, 180.0))
HEIGHT, PITCH = 24.0, 36.0


def corners(box: TextBox) -> list[tuple[float, float]]:
    """Return the box's corners, smallest first: whichever way it is described."""
    return sorted(box.at(along, across) for along in (0, 1) for across in (0, 1))


@given(FRAMES, BOXES)
def test_a_box_comes_back_from_every_frame(frame: Frame, box: TextBox) -> None:
    """What is found on the crop is shown to a person at its place on the photo."""
    back = frame.box_back(frame.box_in(box))
    assert (back.x, back.y) == pytest.approx((box.x, box.y), abs=1e-3)
    assert (back.width, back.height) == pytest.approx((box.width, box.height))
    assert frame.back(*frame.point(box.x, box.y)) == pytest.approx((box.x, box.y), abs=1e-3)


@given(FRAMES, BOXES, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_every_point_of_a_box_moves_with_it(
    frame: Frame, box: TextBox, along: float, across: float
) -> None:
    """A box in the view covers the print it covered in the picture."""
    moved = frame.box_in(box).at(along, across)
    assert moved == pytest.approx(frame.point(*box.at(along, across)), abs=1e-2)


@given(FRAMES, _PLACES, _PLACES, st.floats(0.1, 4.0))
def test_a_cropped_frame_begins_where_it_was_cut(
    frame: Frame, left: float, top: float, scale: float
) -> None:
    """The corner of the cut is the origin, and what lay beside it lies beside it, scaled."""
    cut = frame.cropped(left, top, scale)
    assert cut.point(*frame.back(left, top)) == pytest.approx((0.0, 0.0), abs=1e-2)
    assert cut.point(*frame.back(left + 10, top)) == pytest.approx((10 * scale, 0.0), abs=1e-2)


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(-180.0, 180.0))
def test_a_turning_frame_lays_print_level_about_the_middle(
    width: int, height: int, angle: float
) -> None:
    """The middle becomes the origin, and text at that angle runs to the right."""
    frame = Frame.turning((height, width), angle)
    assert frame.point(width / 2, height / 2) == pytest.approx((0.0, 0.0), abs=1e-6)
    turned = frame.box_in(TextBox(width / 2, height / 2, 100.0, 10.0, angle))
    assert turned.at(1.0, 0.5) == pytest.approx((50.0, 0.0), abs=1e-6)


@given(BOXES)
def test_a_levelled_box_is_the_same_rectangle(box: TextBox) -> None:
    """Only its description changes: within 45 degrees of level, the same four corners."""
    level = levelled(box)
    assert -45.0 <= level.angle <= 45.0
    for before, after in zip(_rounded(box), _rounded(level), strict=True):
        assert after == pytest.approx(before, abs=0.5)


def _rounded(box: TextBox) -> list[tuple[float, float]]:
    """Return the extent, which does not depend on which corner is called the first."""
    xs, ys = zip(*corners(box), strict=True)
    return [(min(xs), max(xs)), (min(ys), max(ys))]


def printed(rows: int, *, slope: float = 0.0, curl: float = 0.0) -> list[list[TextBox]]:
    """Return rows of a name at the left and, far away, a price, on a sloping or curled paper."""

    def height_at(x: float, number: int) -> float:
        return number * PITCH + slope * x + curl * sin(x / 900.0 * 3.14159)

    def box(x: float, width: float, number: int) -> TextBox:
        lean = (height_at(x + 5, number) - height_at(x - 5, number)) / 10
        return TextBox(x, height_at(x, number), width, HEIGHT, 57.29578 * lean)

    return [[box(140, 240, number), box(860, 80, number)] for number in range(rows)]


@pytest.mark.parametrize(
    ("slope", "curl"), [(0.0, 0.0), (0.06, 0.0), (-0.06, 0.0), (0.0, 4.0), (0.03, -4.0)]
)
def test_a_price_far_to_the_right_joins_its_name(slope: float, curl: float) -> None:
    """Over six hundred pixels of nothing, on a slope of more than a row, on paper that curls."""
    rows = printed(14, slope=slope, curl=curl)
    scattered = [box for row in reversed(rows) for box in reversed(row)]
    assert lines_of(scattered) == rows


@given(st.floats(-12.0, 12.0), st.permutations(range(16)))
def test_rows_do_not_depend_on_the_order_of_boxes(degrees: float, order: list[int]) -> None:
    """The detector finds boxes in no order, and the paper lies as it lies."""
    rows = [
        [
            TextBox(x, number * PITCH + x * tan(radians(degrees)), 150.0, HEIGHT, degrees)
            for x in (100.0, 320.0)
        ]
        for number in range(8)
    ]
    boxes = [box for row in rows for box in row]
    assert lines_of([boxes[place] for place in order]) == rows


@given(st.floats(-89.0, 89.0), st.lists(st.floats(-4.0, 4.0), min_size=5, max_size=30))
def test_the_angle_of_print_is_what_most_boxes_say(degrees: float, slips: list[float]) -> None:
    """A stamp across the receipt does not turn it."""
    boxes = [TextBox(0, 0, 200, 20, degrees + slip) for slip in slips]
    stamp = TextBox(0, 0, 200, 20, degrees + 70)
    apart = (angle_of([*boxes, stamp]) - degrees + 90.0) % 180.0 - 90.0
    assert abs(apart) <= 4.5


def block(left: float, top: float, rows: int, width: float = 300.0) -> list[TextBox]:
    """Return level rows of print below each other."""
    return [
        TextBox(left + width / 2, top + number * PITCH, width, HEIGHT, 0.0)
        for number in range(rows)
    ]


def placed(boxes: list[TextBox]) -> set[tuple[float, float]]:
    """Return where boxes are."""
    return {(box.x, box.y) for box in boxes}


def column(*blocks: list[TextBox], codes: Sequence[TextBox] = ()) -> set[tuple[float, float]]:
    """Return where the boxes of the receipt are, among blocks and codes."""
    return placed(column_of([box for each in blocks for box in each], list(codes)).boxes)


def test_what_stands_below_a_gap_as_high_as_a_logo_belongs_to_the_receipt() -> None:
    """The gap is crossed in the same column."""
    above, below = block(0, 0, 12), block(60, 12 * PITCH + 190, 3, width=180)
    assert column(below, above) == placed(above + below)


def test_codes_fill_the_gap_they_stand_in_however_high() -> None:
    """Two QRs below each other, the mark of a sale below both; and they belong to the receipt."""
    above, below = block(0, 0, 12), block(60, 12 * PITCH + 500, 2, width=180)
    codes = [TextBox(150, 12 * PITCH + at, 200, 200, 0.0) for at in (110, 350)]
    assert column(below, above) == placed(above)
    assert column(below, above, codes=codes) == placed(above + below)
    assert placed(column_of(above + below, codes).codes) == placed(codes)


def test_a_code_far_from_all_print_belongs_to_nothing() -> None:
    """A QR on the table's other end is no part of the receipt, however large."""
    receipt, code = block(0, 0, 12), TextBox(2500, 200, 900, 900, 0.0)
    found = column_of(receipt, [code])
    assert (placed(found.boxes), found.codes) == (placed(receipt), [])


def test_a_far_part_of_the_same_column_is_another_paper() -> None:
    """Print further down than any QR is high is not joined."""
    receipt, other = block(0, 0, 12), block(0, 12 * PITCH + 400, 3)
    assert column(other, receipt) == placed(receipt)


def test_what_lies_beside_the_receipt_is_left_out() -> None:
    """A newspaper on the same table is no part of the receipt, however near its rows."""
    receipt, paper = block(0, 0, 14), block(300 + 15 * HEIGHT, 20, 6)
    assert column(paper, receipt) == placed(receipt)


def test_without_boxes_there_is_no_column() -> None:
    """Nothing comes of nothing, without an exception."""
    assert column() == set()
    assert lines_of([]) == []
    assert angle_of([]) == 0.0
