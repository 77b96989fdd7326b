"""Photos of one paper look alike, and papers of one register do not, whatever they share."""

from itertools import islice
from random import Random

import pytest
from msgspec import structs

from eventstore.policy import Limits
from handlers.judging.looks import look_distance
from handlers.ports import Reading
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.look import look_of
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import Settings
from handlers.reading.rows import Row
from tests.handlers.reading.papers import rows_of_paper
from tests.receipts.looks import photos_of

PAPER = """
ТОВ "АПТЕКА-ПРИКЛАД"
Аптека №12 м.Київ вул. Прикладна, 5
ПН 123456789012  ЗН АТ40100012345
Касир Іваненко  Зміна 118
ЧЕК 000315311 00256
АРТ.№ 10458
1 x 36.50
Цитрамон-Дарниця табл. №10     36.50 Б
АРТ.№ 20771
2 x 48.70
Каптопрес-Дарниця табл. №20    97.40 Б
ЗНИЖКА 5%                       4.87
АРТ.№ 31902
3 x 12.15
Вугілля активоване №10         36.45 Б
ПІДСУМОК                      170.35
ЗНИЖКА НА ЧЕК                   4.87
СУМА                          165.48
ЗАОКРУГЛЕННЯ                    0.02
ДО СПЛАТИ                     165.50
ПДВ Б 7%                       10.83
ГОТІВКА                       200.00
РЕШТА                          34.50
20-11-2026 12:30:45
ФН 3000123456
ФІСКАЛЬНИЙ ЧЕК  Дякуємо за покупку!
"""
DIRT = """
1181 7741 4147 8138 3313 9119
7117 0880 1791 4174 7711 1717
"""
#: Of ``photos_of``: the easiest and the hardest one of the first paper, and one of the second.
_PHOTOS = (0, 3, 5)
NEAR = Limits().look_bits_max


def look(paper: str = PAPER, *, confidence: float = 0.95) -> str:
    """Return the look of a paper typed as text."""
    return sure(look_of(rows_of_paper(paper, confidence=confidence)))


def sure(found: str | None) -> str:
    """Return the look, which must be there."""
    assert found is not None
    return found


def apart(changes: dict[str, str]) -> int:
    """Return how far the paper with these words changed looks from what it was."""
    paper = PAPER
    for old, new in changes.items():
        assert old in paper
        paper = paper.replace(old, new)
    return look_distance(look(), look(paper))


def test_a_look_is_made_of_the_same_bits_for_ever() -> None:
    """Looks stand in the log: made otherwise they would have to be made anew for every paper."""
    assert look() == "e4f9f43bd2b3d0026f695c1b19fbda353cb88881dbbff8895cddb1967c02a201"


def test_where_and_how_large_words_stand_says_nothing() -> None:
    """Another angle, another crop, a row seen as two."""
    moved = [
        Row((structs.replace(word, left=word.left * 3, top=1000 - word.top, height=7.0),))
        for row in rows_of_paper(PAPER, confidence=0.95)
        for word in row.words
    ]
    assert look_of(moved) == look()


def test_look_alike_letters_are_one() -> None:
    """A reader may say either."""
    assert apart({"АПТЕКА": "AПTEKA", "Аптека": "АПТЕКА", "СУМА": "CYMA"}) == 0


@pytest.mark.parametrize(
    "slips",
    [
        {"165.50": "185.50", "Прикладна": "Лриклаона"},
        {'ТОВ "АПТЕКА-ПРИКЛАД"': "", "ФІСКАЛЬНИЙ ЧЕК  Дякуємо за покупку!": ""},
        {"000315311 00256": "", "12:30:45": ""},
    ],
)
def test_slips_do_not_make_another_paper_of_it(slips: dict[str, str]) -> None:
    """Signs misread, rows lost at the edges, the number and the minute torn off."""
    assert apart(slips) <= NEAR


def test_what_was_hardly_read_hardly_counts() -> None:
    """Dirt that was taken for words, but not surely."""
    unsure, sure_of_it = (
        [*rows_of_paper(PAPER, confidence=0.95), *rows_of_paper(DIRT, confidence=confidence)]
        for confidence in (0.3, 0.95)
    )
    assert look_distance(look(), sure(look_of(unsure))) <= NEAR
    assert look_distance(look(), sure(look_of(sure_of_it))) > NEAR


def test_another_receipt_for_the_same_goods_is_far() -> None:
    """Only its numbers, its day and its minute are others."""
    others = {
        "000315311 00256": "000315474 00419",
        "20-11-2026 12:30:45": "23-11-2026 17:08:12",
    }
    assert apart(others) > NEAR


def test_other_goods_are_further() -> None:
    """Heading and frame of the register are the same."""
    others = {
        "000315311 00256": "000315474 00419",
        "20-11-2026 12:30:45": "23-11-2026 17:08:12",
        "Каптопрес-Дарниця табл. №20    97.40": "Глутаргін табл. №30    214.80",
        "2 x 48.70": "1 x 214.80",
        "165.50": "282.90",
        "10.83": "18.51",
    }
    assert apart(others) > 2 * NEAR


def test_where_hardly_anything_was_read_there_is_no_look() -> None:
    """Three words would be near to nobody, or to anybody."""
    assert look_of([]) is None
    assert look_of(rows_of_paper("СУМА 133.90 ГРН")) is None


def test_photos_of_one_paper_are_near_and_another_paper_is_not() -> None:
    """Drawn, photographed and really read: flat, crumpled in bad light, and for the same goods."""
    models, drawn = Models(), list(islice(photos_of(Random("looks/1/0")), 6))
    photos = [drawn[number] for number in _PHOTOS]
    readings = [read_photo(photo.jpeg, Settings(), models) for photo in photos]
    flat, crumpled, other = [sure(each.look) for each in readings if isinstance(each, Reading)]
    assert [photo.which for photo in photos] == ["one paper", "one paper", "same goods"]
    assert look_distance(flat, crumpled) <= NEAR < look_distance(flat, other)
