"""A photo is read whichever way it lies, or the shopper is told what to do better."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from msgspec import structs
from PIL import Image, ImageFilter

from eventstore.identity import Kopecks
from handlers.ports import Reading, Unreadable
from handlers.reading import understanding
from handlers.reading.drawn.camera import Shot, photograph
from handlers.reading.drawn.drawing import draw_receipt
from handlers.reading.drawn.layouts import Sale, Sold, program_register
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.models import ModelMissing, Models, _packed
from handlers.reading.pixels.page import words_on
from handlers.reading.protocol import SMALL, ChildSettings, Engine, Settings
from handlers.reading.reader import ChildReader
from handlers.reading.rows import Seen
from handlers.settings import HandlerVariables, reader_of
from tests.benchmarks.photos import smeared

MODELS = Models()
SALE = Sale(
    seller='ТОВ "АПТЕКА-ЗРАЗОК"',
    shop="Аптека №7",
    address="м. Київ, вул. Прикладна, 12",
    sold=(
        Sold("Цитрамон-Дарниця табл. №10", 2, Kopecks(3650)),
        Sold("Бинт стерильний 7 м х 14 см", 1, Kopecks(2400)),
    ),
    at=datetime(2026, 11, 19, 14, 32, 8, tzinfo=UTC),
    fiscal_number="4000123456",
    receipt_number="1384600901",
    local_number=118,
)

NOTICE = ["Шановні відвідувачі нашого закладу", "просимо зачиняти двері щільно"] * 8


def paper(*, qr: bool = False) -> Image.Image:
    """Return the drawn receipt."""
    return draw_receipt(program_register(SALE), SALE.link if qr else None)


def shot(strip: Image.Image, *, blur: float = 0.5) -> Image.Image:
    """Return a photo of a strip of paper."""
    return Image.open(BytesIO(photograph(strip, Shot(seed=7, blur=blur))))


def jpeg(picture: Image.Image) -> bytes:
    """Return the file a shopper sends."""
    out = BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def read(picture: Image.Image, settings: Settings | None = None) -> Reading | Unreadable:
    """Return what the pipeline says of a photo."""
    return read_photo(jpeg(picture), settings or Settings(), MODELS)


def reason(picture: Image.Image) -> str:
    """Return why a photo could not be read."""
    outcome = read(picture)
    assert isinstance(outcome, Unreadable), outcome.rows
    return outcome.reason


@pytest.fixture(scope="module")
def reading() -> Reading:
    """The receipt without a QR, read once."""
    outcome = read(shot(paper()))
    assert isinstance(outcome, Reading)
    return outcome


@pytest.mark.parametrize("qr", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 33])
def test_a_receipt_is_read_whichever_way_it_lies(degrees: int, qr: bool) -> None:
    """Upright, on its side, on its head, aslant; a QR helps but is not needed."""
    turned = shot(paper(qr=qr)).rotate(-degrees, expand=True, fillcolor=(90, 70, 50))
    outcome = read(turned)
    assert isinstance(outcome, Reading)
    assert outcome.total_kopecks == 9700
    assert outcome.fiscal_number == "4000123456"


def test_darkness_is_told() -> None:
    """The print is lost in the sensor's noise; four levels of grey without noise can be read."""
    dark = np.asarray(shot(paper()).point(lambda level: level // 60), np.float32)
    noise = np.random.default_rng(1).normal(0, 8, dark.shape)
    assert reason(Image.fromarray(np.clip(dark + noise, 0, 255).astype(np.uint8))) == "too_dark"


def test_a_blur_is_told() -> None:
    """A hand that shook."""
    assert reason(shot(paper()).filter(ImageFilter.GaussianBlur(14))) == "blurred"


def test_print_too_small_to_tell_what_it_is_is_told() -> None:
    """Before it is called no receipt: closer, the same print might be one."""
    strip = draw_receipt(NOTICE, None)
    small = strip.resize((strip.width * 2 // 7, strip.height * 2 // 7), Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", (700, 700), (96, 74, 54))
    sheet.paste(small, (200, 200))
    assert reason(sheet) == "too_small"


def test_other_print_is_no_receipt() -> None:
    """A notice on a door has words and nothing sold."""
    assert reason(shot(draw_receipt(NOTICE, None))) == "not_a_receipt"


def test_a_blank_sheet_has_no_text() -> None:
    """Nothing to read is no fault of light or hand."""
    assert reason(Image.new("RGB", (1200, 1600), (235, 235, 235))) == "no_text"


def test_a_receipt_cut_off_is_told() -> None:
    """Only its foot with the date is in sight, at the upper edge of the photo."""
    strip = paper()
    foot = strip.crop((0, strip.height - 46 - 3 * 36, strip.width, strip.height))
    sheet = Image.new("RGB", (foot.width, foot.height + 400), (96, 74, 54))
    sheet.paste(foot, (0, 0))
    assert reason(sheet) == "cut_off"


def test_a_picture_of_a_screen_is_named() -> None:
    """Pixels no camera took go to a person, whatever they say."""
    outcome = read(paper())
    assert isinstance(outcome, Reading)
    assert outcome.document == "screenshot"


def test_a_person_sees_where_each_word_stands(reading: Reading) -> None:
    """Every word lies inside the photo, on a row that is there, and the total in its place."""
    assert len(reading.words) > 40
    for word in reading.words:
        assert 0 <= word.place.left <= word.place.left + word.place.width <= 1
        assert 0 <= word.place.top <= word.place.top + word.place.height <= 1
        assert word.row is not None
        assert word.text in reading.rows[word.row].text
    middles = [row.place.top for row in reading.rows if row.place is not None]
    assert middles == sorted(middles)


def test_a_person_sees_why_each_field_has_its_value(reading: Reading) -> None:
    """Candidates, sources and a confidence, and the chosen value is the weightiest one."""
    told = {field.field: field for field in reading.fields}
    assert told["total"].value == "9700"
    assert told["total"].candidates[0].value == "9700"
    assert {"text", "digits"} <= set(told["total"].sources)
    for name, field in told.items():
        assert reading.sources.get(name, []) == field.sources
        assert reading.confidences.get(name, 0.0) == field.confidence


def test_the_second_reader_is_heard(reading: Reading) -> None:
    """Without a QR it reads the rows with figures, in ASCII alone."""
    seconds = [row.second for row in reading.rows if row.second]
    assert any("97.00" in second for second in seconds)
    assert all(second.isascii() for second in seconds)


def test_a_receipt_its_qr_settles_is_read_once() -> None:
    """When QR, print and sums agree the network for digits is not even loaded."""
    models = Models()
    sale = structs.replace(SALE, sold=SALE.sold[:1])
    strip = draw_receipt(program_register(sale), sale.link)
    outcome = read_photo(jpeg(shot(strip)), Settings(), models)
    assert isinstance(outcome, Reading)
    assert outcome.total_kopecks == 7300
    assert "digits" not in vars(models)


def test_without_a_qr_the_second_reader_is_asked() -> None:
    """Print alone is read twice: two readers are what makes a figure sure."""
    models = Models()
    read_photo(jpeg(shot(paper())), Settings(), models)
    assert "digits" in vars(models)


def test_a_network_that_is_not_installed_is_named() -> None:
    """The message says what to type."""
    with pytest.raises(ModelMissing, match=r"no_such_wheel.*pip install"):
        _packed("no_such_wheel", "models/any.onnx")


@pytest.mark.parametrize("profile", ["normal", "small"])
def test_the_operator_chooses_the_profile(profile: Literal["normal", "small"]) -> None:
    """And the engine's own settings stay whichever it is."""
    variables = HandlerVariables(ocr_profile=profile, ocr_languages="ukr+eng")
    spoken = reader_of(variables)._children[0]._command[-1]
    reading = msgspec.json.decode(spoken, type=ChildSettings).reading
    expected = {"normal": Settings(), "small": SMALL}[profile]
    assert (reading.limits, reading.detector_pixels_max) == (
        expected.limits,
        expected.detector_pixels_max,
    )
    assert reading.engine.languages == "ukr+eng"


#: The name of a line cannot be read, everything else can.
SMEARED = smeared(paper(), rows=(0.547, 0.584))


@pytest.mark.parametrize("command", ["/nonexistent/tesseract", "/bin/false"])
async def test_without_a_third_reader_what_two_have_read_stands(command: str) -> None:
    """A Tesseract that is not there, or crashes, costs no photo: it is only asked in doubt."""
    broken = Settings(engine=Engine(command=command))
    reader = ChildReader(settings=ChildSettings(reading=broken))
    doubtful = jpeg(shot(SMEARED))
    outcomes = [await reader.read(doubtful), await reader.read(b"no photo")]
    await reader.aclose()
    assert isinstance(outcomes[0], Reading)
    assert outcomes[0].total_kopecks == 9700
    assert isinstance(outcomes[1], Unreadable)
    assert outcomes[1].reason == "not_an_image"


def test_rows_that_stay_unclear_are_read_by_tesseract_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """On paper that a person would have to look at; clear paper is read without it."""
    asked: list[int] = []

    def counted(*arguments: Any) -> list[Seen]:
        asked.append(1)
        return words_on(*arguments)

    monkeypatch.setattr(understanding, "words_on", counted)
    read(shot(paper()))
    assert not asked
    assert isinstance(read(shot(SMEARED)), Reading)
    assert asked
