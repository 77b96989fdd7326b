"""The demo's samples, through real pixels and the real Tesseract."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image, ImageEnhance

from handlers.goods.products import load_products
from handlers.ports import Reading, Unreadable
from handlers.reading.drawn.camera import Shot, photograph
from handlers.reading.drawn.drawing import draw_receipt, draw_symbol
from handlers.reading.drawn.layouts import Sale, Sold, thermal_printer
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.codes import find_symbols
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import Settings
from handlers.reading.specimens import Specimen, sample_set
from handlers.rules import bought_days_ago, judge

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MODELS = Models()
ORDER = [
    "eligible", "without_darnitsa", "trap", "second_photo", "too_old", "unreadable",
    "for_a_person",
]  # fmt: skip


@pytest.fixture(scope="module")
def samples() -> dict[str, Specimen]:
    """One set, drawn once."""
    return {sample.name: sample for sample in sample_set(NOW, run="tests")}


@pytest.fixture(scope="module")
def outcomes(samples: dict[str, Specimen]) -> dict[str, Reading | Unreadable]:
    """Each photo, read once."""
    return {name: read_photo(sample.jpeg, Settings(), MODELS) for name, sample in samples.items()}


def read(outcomes: dict[str, Reading | Unreadable], name: str) -> Reading:
    """Return a sample's reading."""
    outcome = outcomes[name]
    assert isinstance(outcome, Reading), outcome
    return outcome


def test_there_are_seven_in_the_order_of_the_demo(samples: dict[str, Specimen]) -> None:
    """A second photo can only come after the first."""
    assert list(samples) == ORDER


def test_samples_follow_from_their_arguments(samples: dict[str, Specimen]) -> None:
    """The same run draws the same bytes, another run other fiscal receipts."""
    again = {sample.name: sample for sample in sample_set(NOW, run="tests")}
    assert again == samples
    links = {
        symbol.text
        for run in ("tests", "another")
        for sample in sample_set(NOW, run=run)[:2]
        for symbol in find_symbols(Image.open(BytesIO(sample.jpeg)).convert("L"))
    }
    assert len(links) == 4


@pytest.mark.parametrize("name", [name for name in ORDER if name != "unreadable"])
def test_each_sample_is_judged_as_expected(
    name: str, samples: dict[str, Specimen], outcomes: dict[str, Reading | Unreadable]
) -> None:
    """What the log decides later (age, repetition) a reading alone accepts."""
    expected = {
        "paid": ("accept", None),
        "review": ("review", samples[name].reason),
        "rejected": ("reject", samples[name].reason),
    }[samples[name].state]
    if samples[name].reason in ("already_used", "too_old"):
        expected = ("accept", None)
    judgement = judge(read(outcomes, name), load_products())
    assert (judgement.decision, judgement.reason) == expected


def test_the_unreadable_one_is_blurred(outcomes: dict[str, Reading | Unreadable]) -> None:
    """Its preview is kept, so that the shopper sees what we saw."""
    outcome = outcomes["unreadable"]
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "blurred"
    assert outcome.preview_jpeg is not None


def test_a_second_photo_shows_the_same_fiscal_receipt(
    samples: dict[str, Specimen], outcomes: dict[str, Reading | Unreadable]
) -> None:
    """Other bytes, same register, number, total and minute."""
    first, second = read(outcomes, "eligible"), read(outcomes, "second_photo")
    assert samples["eligible"].jpeg != samples["second_photo"].jpeg
    assert (first.fiscal_number, first.receipt_number) == (
        second.fiscal_number,
        second.receipt_number,
    )
    assert (first.total_kopecks, first.purchased_at) == (9700, second.purchased_at)


def test_the_old_one_is_older_than_a_week(outcomes: dict[str, Reading | Unreadable]) -> None:
    """And the others are not."""
    days = {
        name: bought_days_ago(outcome.purchased_at, NOW)
        for name, outcome in outcomes.items()
        if isinstance(outcome, Reading) and outcome.purchased_at is not None
    }
    assert days.pop("too_old") > 7
    assert len(days) == 5
    assert all(0 <= ago <= 7 for ago in days.values())


def test_a_reading_tells_everything_that_is_printed(
    outcomes: dict[str, Reading | Unreadable],
) -> None:
    """Merchant, address, items with places and sums, sources, words and a preview."""
    reading = read(outcomes, "eligible")
    assert reading.merchant == 'ТОВ "АПТЕКА-ЗРАЗОК"'
    assert reading.address is not None
    assert "Прикладна" in reading.address
    assert [item.line_total_kopecks for item in reading.items] == [7300, 2400]
    assert reading.sources["total"] == ["qr", "text", "arithmetic"]
    assert reading.qr_url is not None
    assert reading.purchased_at is not None
    assert str(reading.purchased_at.tzinfo) == "Europe/Kyiv"
    assert len(reading.words) > 30
    assert len(reading.preview_jpeg) <= 300 * 1024


def test_what_each_item_costs_is_read_to_the_kopeck(
    outcomes: dict[str, Reading | Unreadable],
) -> None:
    """A zero read as a nine is seen by quantity times price and by the total."""
    costs = {
        name: [item.line_total_kopecks for item in outcome.items]
        for name, outcome in outcomes.items()
        if isinstance(outcome, Reading)
    }
    assert costs == {
        "eligible": [7300, 2400],
        "without_darnitsa": [8450, 6550],
        "trap": [11990, 8880],
        "second_photo": [7300, 2400],
        "too_old": [9740],
        "for_a_person": [2890, 16500],
    }


def test_items_stand_where_they_are_printed(outcomes: dict[str, Reading | Unreadable]) -> None:
    """Fractions of the upright photo, one item below the other, inside the paper."""
    places = [item.place for item in read(outcomes, "eligible").items]
    upper, lower = places
    assert upper is not None
    assert lower is not None
    assert upper.top < lower.top
    assert all(0.1 < place.left < 0.4 and place.width > 0.4 for place in (upper, lower))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photo_lying_on_its_side_is_turned(quarters: int, samples: dict[str, Specimen]) -> None:
    """By its QR, without any EXIF."""
    turned = Image.open(BytesIO(samples["eligible"].jpeg)).rotate(90 * quarters, expand=True)
    reading = read_photo(jpeg(turned), Settings(), MODELS)
    assert isinstance(reading, Reading)
    assert judge(reading, load_products()).decision == "accept"
    preview = Image.open(BytesIO(reading.preview_jpeg))
    assert preview.height > preview.width


def test_a_receipt_without_a_code_is_turned_by_its_words() -> None:
    """Upside down, no QR: the words appear only the right way up."""
    paper = draw_receipt(thermal_printer(sale()), None)
    photo = Image.open(BytesIO(photograph(paper, Shot(seed=4)))).rotate(180)
    reading = read_photo(jpeg(photo), Settings(), MODELS)
    assert isinstance(reading, Reading)
    assert reading.total_kopecks == 9740
    assert "qr" not in reading.sources["total"]


def test_an_advert_beside_our_code_is_ignored() -> None:
    """A second QR leads elsewhere; ours is chosen by host and form."""
    paper = draw_receipt(thermal_printer(sale()), sale().link)
    wide = Image.new("L", (paper.width, paper.height + 400), 250)
    wide.paste(draw_symbol("https://example.com/bonus?card=1"), (60, 40))
    wide.paste(paper, (0, 400))
    reading = read_photo(photograph(wide, Shot(seed=5)), Settings(), MODELS)
    assert isinstance(reading, Reading)
    assert reading.qr_url == sale().link


def test_darkness_and_emptiness_have_reasons_of_their_own() -> None:
    """A photo in the dark, a blank sheet, noise."""
    paper = draw_receipt(thermal_printer(sale()), None)
    photo = Image.open(BytesIO(photograph(paper, Shot(seed=6))))
    dark = ImageEnhance.Brightness(photo).enhance(0.004)
    blank = Image.new("RGB", (900, 1200), (236, 234, 230))
    noise = Image.effect_noise((900, 1200), 90).convert("RGB")
    outcomes = [read_photo(jpeg(picture), Settings(), MODELS) for picture in (dark, blank, noise)]
    reasons = [one.reason for one in outcomes if isinstance(one, Unreadable)]
    assert reasons == ["too_dark", "no_text", "no_text"]


def sale() -> Sale:
    """Return a sale of one Darnitsa item."""
    return Sale(
        seller='ТОВ "АПТЕКА-ЗРАЗОК"',
        shop="Аптека №7",
        address="м. Київ, вул. Прикладна, 12",
        sold=(Sold("Каптопрес-Дарниця табл. №20", 2, 4870),),  # type: ignore[arg-type]  # kopecks
        at=NOW - timedelta(days=1),
        fiscal_number="4000123456",
        receipt_number="1384600901",
        local_number=118,
    )


def jpeg(picture: Image.Image) -> bytes:
    """Return a picture as a phone would send it."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
