"""Our network reads rows: both alphabets, figures, where each word stands, how surely."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from handlers.reading.pixels.boxes import TextBox
from handlers.reading.pixels.models import Models
from handlers.reading.pixels.signs import SIGNS, of_one_alphabet
from handlers.reading.pixels.transcriber import words_in
from handlers.reading.rows import Seen

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
SIZE, HEIGHT, PITCH = 26, 36.0, 52
MODELS = Models()


def printed(*rows: str, tall: float = 1.0) -> tuple[NDArray[np.uint8], list[list[TextBox]]]:
    """Return rows of print, and a box for each column; two blanks part columns."""
    font = ImageFont.truetype(FONT, SIZE)
    advance = font.getlength("0")
    height = round(PITCH * tall)
    crop = Image.new("L", (1100, height * len(rows) + 40), 238)
    boxes = []
    for number, row in enumerate(rows):
        line = Image.new("L", (1060, PITCH), 238)
        ImageDraw.Draw(line).text((0, 8), row, fill=40, font=font)
        crop.paste(line.resize((1060, height)), (20, 20 + number * height))
        boxes.append([_box(row, part, advance, number, tall) for part in row.split("  ") if part])
    noise = np.random.default_rng(3).normal(0, 4, (crop.height, crop.width))
    return np.clip(np.asarray(crop) + noise, 0, 255).astype(np.uint8), boxes


def _box(row: str, part: str, advance: float, number: int, tall: float) -> TextBox:
    left, part = 20 + row.index(part) * advance, part.strip()
    middle = 20 + (number + 0.47) * PITCH * tall
    width = len(part) * advance
    return TextBox(left + width / 2, middle, width + 14, HEIGHT * tall, 0.0)


def read(*rows: str, tall: float = 1.0) -> list[list[Seen]]:
    """Return the words of printed rows."""
    crop, boxes = printed(*rows, tall=tall)
    return words_in(crop, boxes, HEIGHT, MODELS)


def texts(*rows: str, tall: float = 1.0) -> list[str]:
    """Return what printed rows are read as."""
    return [" ".join(word.text for word in words) for words in read(*rows, tall=tall)]


@pytest.mark.parametrize(
    "row",
    [
        "Каптопрес-Дарниця табл. №20",
        "МАГНІЮ СУЛЬФАТ-ДАРНИЦЯ АМП. 5 МЛ",
        "м. Київ, вул. Їздова, 46",
        "Обложка для документов",
        "ПРРО ФН 4000671735",
        "01-12-2025 16:12:51",
        "Штрих-код:4823006401024",
        "ПДВ В 7.00% 2.39",
    ],
)
def test_a_row_is_read_to_the_letter(row: str) -> None:
    """Ukrainian, Russian, figures and signs; «т» and «Т» are one shape, and no rule tells them."""
    assert [text.upper() for text in texts(row)] == [row.upper()]


@pytest.mark.parametrize(
    "row",
    [
        "ЦИТРАМОН-ВАРНИЦЯ №10",
        "АНАЛЬГІН-ЧОРНИЦЯ ТАБЛ.",
        "ВАЛІДОЛ-ГАРНИЦЯ 60 МГ",
        "Парацетамол-Здоров'я №10",
        "ХЛІБ ДАРНИЦЬКИЙ 0,7 КГ",
    ],
)
def test_what_is_printed_is_read_not_what_is_expected(row: str) -> None:
    """The network has seen «Дарниця» a thousand times, and must not say it of its neighbours."""
    assert [text.upper() for text in texts(row)] == [row.upper()]


def test_rows_in_double_height_are_read() -> None:
    """The box is as wide as ever, and twice as high."""
    assert texts("СУМА  117.40", tall=2.0) == ["СУМА 117.40"]


def test_words_stand_where_they_are_printed() -> None:
    """A price far to the right stays there: rows tell columns by where words stand."""
    (words,) = read("Бинт стерильний                  20.00 А")
    advance = ImageFont.truetype(FONT, SIZE).getlength("0")
    begins = {"Бинт": 0, "стерильний": 5, "20.00": 33, "А": 39}
    assert [word.text.lower() for word in words] == [text.lower() for text in begins]
    for word, begin in zip(words, begins.values(), strict=True):
        assert abs(word.left - 20 - begin * advance) < advance
        assert abs(word.width - len(word.text) * advance) < 1.5 * advance


def test_a_row_says_the_same_whatever_stands_around_it() -> None:
    """Rows are read one by one: a neighbour changes nothing."""
    row = "ГЛІЦИН-ДАРНИЦЯ ТАБ. 100 МГ  48.70"
    alone, among = read(row)[0], read("ТОВ «ПРИКЛАД»", row, "СУМА 48.70")[1]
    assert [word.text for word in alone] == [word.text for word in among]


def test_print_is_read_surely_and_scribble_is_not() -> None:
    """What the network cannot know, it does not claim to."""
    (clear,) = read("Анальгін-Дарниця №10")
    assert min(word.confidence for word in clear) > 0.9
    crop, boxes = printed("Анальгін-Дарниця №10")
    torn = crop.copy()
    torn[::2, :] = 238
    torn[:, ::3] = np.random.default_rng(5).integers(0, 255, torn[:, ::3].shape)
    (unsure,) = words_in(torn, boxes, HEIGHT, MODELS)
    assert not unsure or max(word.confidence for word in unsure) < 0.9


def test_bare_paper_says_nothing() -> None:
    """A box around grain has no words."""
    crop, _ = printed("")
    assert words_in(crop, [[TextBox(300, 40, 400, 36, 0.0)]], HEIGHT, MODELS) == [[]]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("ВIННИЦЬКА", "ВІННИЦЬКА"),
        ("АТkd_nTyPiJ", "ATkd_nTyPiJ"),
        ("аndrii@mаil.ua", "andrii@mail.ua"),
        ("3 х 48.70 A", "3 х 48.70 А"),
        ("Сoca-Соlа", "Coca-Cola"),
        ("Дарниця", "Дарниця"),
    ],
)
def test_a_word_is_of_one_alphabet(said: str, meant: str) -> None:
    """Print does not tell «А» from "A": the letters beside it do."""
    assert of_one_alphabet(said) == meant


def test_every_sign_is_known_once() -> None:
    """A class is one sign; no sign has two."""
    assert len(set(SIGNS)) == len(SIGNS)
