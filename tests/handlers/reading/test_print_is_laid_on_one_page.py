"""The clean page: each box at one height, tall rows twice, each word back at its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.clean_page import ROW_PIXELS, CleanPage, Tile, lay_out
from handlers.reading.pixels.page import rows_of
from handlers.reading.rows import Seen
from handlers.reading.understanding import better

USUAL = 24.0


def box(x: float, y: float, width: float = 120.0, height: float = USUAL) -> TextBox:
    """Return a level box with its middle at (x, y)."""
    return TextBox(x, y, width, height, 0.0)


def laid(*rows: list[TextBox]) -> CleanPage:
    """Return the page of rows cut from a grey sheet."""
    return lay_out(np.full((600, 900), 200, np.uint8), list(rows), USUAL)


def seen(text: str, tile: Tile, *, confidence: float = 0.9) -> Seen:
    """Return a word read in the middle of a tile."""
    return Seen(
        text=text, left=tile.left + tile.width * 0.25, top=tile.top + 4,
        width=tile.width * 0.5, height=tile.height - 8, confidence=confidence,
    )  # fmt: skip


def test_each_box_is_laid_at_one_height_and_apart() -> None:
    """Small and large print become equally high, and no two boxes touch."""
    page = laid([box(100, 50), box(700, 50)], [box(100, 90, height=18.0)], [box(100, 130)])
    assert {tile.height for tile in page.tiles} == {ROW_PIXELS}
    assert [tile.row for tile in page.tiles] == [0, 0, 1, 2]
    taken = np.zeros(page.pixels.shape, int)
    for tile in page.tiles:
        taken[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] += 1
    assert taken.max() == 1


def test_the_gap_before_a_price_is_cut_short() -> None:
    """Or layout analysis would take the prices for a column of their own."""
    near, far = laid([box(100, 50), box(240, 50)]), laid([box(100, 50), box(800, 50)])
    for page in (near, far):
        name, price = page.tiles
        assert 0 < price.left - name.left - name.width <= 2 * ROW_PIXELS


def test_a_total_in_double_height_is_laid_twice() -> None:
    """Once to scale, and once stretched to the shape that letters usually have."""
    page = laid([box(100, 50)], [box(100, 100, height=2 * USUAL)])
    (plain,) = (tile for tile in page.tiles if tile.row == 0)
    once, again = (tile for tile in page.tiles if tile.row == 1)
    assert plain.top < once.top < again.top
    assert again.width > 1.4 * once.width


def test_the_better_reading_of_a_row_laid_twice_is_kept() -> None:
    """Whichever it is; the two are never mixed."""
    page = laid([box(100, 100, height=2 * USUAL)])
    once, again = page.tiles
    for sure, doubtful in ((once, again), (again, once)):
        words = [seen("СУМА", sure), seen("С7М4", doubtful, confidence=0.3)]
        ((kept,),) = rows_of(page, words, 1)
        assert kept.text == "СУМА"


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12), st.floats(0.02, 0.98))
def test_every_word_finds_its_tile_and_its_place(boxes: list[int], along: float) -> None:
    """However many rows and boxes there are, the word lies on the box it was cut from."""
    rows = [
        [box(100 + 200 * place, 30 + 40 * number) for place in range(count)]
        for number, count in enumerate(boxes)
    ]
    page = laid(*rows)
    for tile in page.tiles:
        assert page.tile_at(tile.left + along * tile.width, tile.top + ROW_PIXELS / 2) == tile
    words = [seen(f"{tile.row}-{tile.left}", tile) for tile in page.tiles]
    for row, found in zip(rows, rows_of(page, words, len(rows)), strict=True):
        assert [word.left + word.width / 2 for word in found] == pytest.approx(
            [one.x for one in row], abs=2.0
        )
        assert {word.top for word in found} == {one.top for one in row}


def test_a_word_between_rows_belongs_to_none() -> None:
    """What Tesseract makes of white paper far below the last row is dropped."""
    page = laid([box(100, 50)])
    (tile,) = page.tiles
    assert page.tile_at(tile.left, tile.top + 5 * ROW_PIXELS) is None


def test_specks_are_no_words() -> None:
    """A lone dash may be a minus; a dot and what is hardly believed are dust."""
    page = laid([box(100, 50)])
    (tile,) = page.tiles
    words = [seen(".", tile), seen("|", tile), seen("-", tile), seen("?", tile, confidence=0.01)]
    assert [[word.text for word in row] for row in rows_of(page, words, 1)] == [["-"]]


def words_of_row(text: str, confidence: float) -> list[Seen]:
    """Return the words of a row, all read as surely."""
    return [
        Seen(text=word, left=0, top=0, width=9, height=9, confidence=confidence)
        for word in text.split()
    ]


@pytest.mark.parametrize(
    ("ours", "other", "kept"),
    [
        (("Анапьгин-Дарници", 0.7), ("Анальгін-Дарниця", 0.9), "Анальгін-Дарниця"),
        (("Анальгін-Дарниця", 0.9), ("Анапьгин-Ларниия", 0.7), "Анальгін-Дарниця"),
        (("ВИДАТКОВИЙ ЧЕК", 0.79), ("ЧЕК", 0.96), "ВИДАТКОВИЙ ЧЕК"),
        (("", 0.0), ("ФІСКАЛЬНИЙ ЧЕК", 0.6), "ФІСКАЛЬНИЙ ЧЕК"),
    ],
)
def test_another_reading_of_a_row_is_kept_only_when_it_is_surer_of_as_much(
    ours: tuple[str, float], other: tuple[str, float], kept: str
) -> None:
    """Of «ВИДАТКОВИЙ ЧЕК» the word that makes it a refund must not be lost to a sure «ЧЕК»."""
    assert " ".join(word.text for word in better(words_of_row(*ours), words_of_row(*other))) == kept
