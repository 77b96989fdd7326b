"""Photos of one paper look alike, and papers of one register do not, whatever they share."""

from itertools import islice
from random import Random

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
ПН 123456789012
ЧЕК 000315311 00256
1 x 36.50
Цитрамон-Дарниця табл. №10     36.50 Б
2 x 48.70
Каптопрес-Дарниця табл. №20    97.40 Б
СУМА                          133.90
ПДВ Б 7%                        8.76
ГОТІВКА                       150.00
РЕШТА                          16.10
20-11-2026 12:30:45
ФН 3000123456
ФІСКАЛЬНИЙ ЧЕК
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
    assert look() == "e0dfb076d8e4d93c2a68c02a77dbf1f1b6fb3ca008bdfa89debd51c42c84e109"


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


def test_slips_move_a_paper_little() -> None:
    """A word misread, rows lost at the edges."""
    assert apart({"Прикладна": "Лриклаона"}) <= NEAR
    assert apart({'ТОВ "АПТЕКА-ПРИКЛАД"\n': "", "ФІСКАЛЬНИЙ ЧЕК": ""}) <= NEAR


def test_what_was_hardly_read_hardly_counts() -> None:
    """A number misread by a reader that was not sure of it does not part a paper from itself."""
    rows = rows_of_paper(PAPER.replace("315311", "815311"), confidence=0.95)
    unsure = [
        Row(tuple(structs.replace(word, confidence=0.5) for word in row.words))
        if "815311" in row.text
        else row
        for row in rows
    ]
    near, far = (look_distance(look(), sure(look_of(each))) for each in (unsure, rows))
    assert near <= min(NEAR, far - 3)


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
        "133.90": "251.30",
        "8.76": "16.44",
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
