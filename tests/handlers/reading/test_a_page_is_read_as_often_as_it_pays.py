"""A second look is a chance, never a risk."""

from pathlib import Path

import pytest
from PIL import Image

from handlers.reading.meaning import understand
from handlers.reading.prepare import Page
from handlers.reading.protocol import Engine
from handlers.reading.sight import Sight
from tests.handlers.reading.papers import words_of_paper

ADDS_UP = """
ТОВ "ПРИКЛАД"
ПРРО ФН 4000096193
ЧЕК № 45
Каптопрес-Дарниця табл. №20
2 x 48.70                            97.40 А
СУМА                                 97.40
01.12.2025 16:12:51
"""


@pytest.fixture
def broken(tmp_path: Path) -> Engine:
    """A Tesseract that dies on every picture and notes that it was called."""
    program = tmp_path / "tesseract"
    script = f"""#!/bin/sh
if [ "$1" = --version ]; then echo tesseract 5.3.0; exit 0; fi
echo called >> {tmp_path}/calls
exit 9
"""
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    return Engine(command=str(program))


def sight_of(paper: str) -> Sight:
    """Return a first look that saw ``paper``."""
    blank = Image.new("L", (900, 900), 250)
    page = Page(blank, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    words = words_of_paper(paper.strip("\n"))
    return Sight(picture=blank.convert("RGB"), grey=blank, symbol=None, page=page, words=words)


def test_a_receipt_that_adds_up_is_read_once(broken: Engine, tmp_path: Path) -> None:
    """The usual receipt costs one call."""
    meaning = understand(sight_of(ADDS_UP), None, broken)
    assert meaning.adds_up
    assert not (tmp_path / "calls").exists()


def test_a_slip_that_the_total_mends_costs_no_second_look(broken: Engine, tmp_path: Path) -> None:
    """97.49 beside 2 x 48.70 is 97.40 when the total says so."""
    meaning = understand(sight_of(ADDS_UP.replace("97.40 А", "97.49 А")), None, broken)
    assert [line.line_total_kopecks for line in meaning.fused.lines] == [9740]
    assert not (tmp_path / "calls").exists()


def test_a_line_that_contradicts_itself_is_looked_at_again(broken: Engine, tmp_path: Path) -> None:
    """The total adds up, yet 2 x 43.79 is not 97.40; when nothing helps the line is doubted."""
    meaning = understand(sight_of(ADDS_UP.replace("48.70", "43.79")), None, broken)
    assert (tmp_path / "calls").read_text() == "called\ncalled\n"
    assert meaning.adds_up
    (line,) = meaning.fused.lines
    assert line.line_total_kopecks == 9740
    assert line.trust < 0.5 < line.confidence


def test_when_the_second_look_fails_the_first_one_stands(broken: Engine, tmp_path: Path) -> None:
    """Both further calls die; the fields of the first look are all there."""
    odd = ADDS_UP.replace(" 97.40\n", " 55.10\n")
    meaning = understand(sight_of(odd), None, broken)
    assert (tmp_path / "calls").read_text() == "called\ncalled\n"
    assert not meaning.adds_up
    assert meaning.fused.total_kopecks == 5510
    assert meaning.fused.fiscal_number == "4000096193"
    assert [line.name for line in meaning.zone.lines] == ["Каптопрес-Дарниця табл. №20"]
