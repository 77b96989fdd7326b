"""``read --json``: one answer per file, whatever the file is."""

import json
import struct
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFilter

from handlers.goods.products import load_products
from handlers.people.photos import PHOTO_BYTES_MAX
from handlers.ports import Reading, Unreadable
from handlers.reading.command import read_photos
from handlers.reading.drawn.drawing import draw_receipt, draw_symbol
from handlers.reading.protocol import ChildSettings
from handlers.reading.reader import ChildReader
from handlers.reading.specimens import sample_set
from tests.handlers.readings import reading_of, sold

KEYS = [
    "file", "decision", "reason", "darnitsa_found", "darnitsa_items", "total_kopecks",
    "purchased_at", "fiscal_number", "receipt_number", "qr_url", "merchant", "confidence",
    "seconds",
]  # fmt: skip

#: What a bad file may cost. What must be looked at takes as long as a receipt, under 2 s on a
#: core of its own; a machine that runs tests shares its cores.
SECONDS_MAX, SECONDS_MAX_REFUSED = 10.0, 2.0
ABOUT_DARNITSA = [
    "Дарниця — історична місцевість на лівому березі",
    "Києва. Перша згадка про неї сягає шістнадцятого",
    "століття. Тут працює фармацевтична фірма «Дарниця»,",
    "яка виробляє цитрамон, каптопрес і ще двісті ліків.",
    "Дарницький район відомий своїми озерами та лісом,",
    "а вокзал Дарниця приймає поїзди з усієї країни.",
]
MEDICINE_BOX = ["ЦИТРАМОН-ДАРНИЦЯ", "таблетки", "10 таблеток у блістері", "Без рецепта", "ДАРНИЦЯ"]


def encoded(picture: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    """Return a picture as a file of that kind."""
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def promise_of_pixels(width: int, height: int) -> bytes:
    """Return a PNG that ends after its header."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + checksum


def bad_files() -> dict[str, bytes]:
    """Return what is sent instead of receipts, by name; names say nothing to the reader."""
    chance = np.random.default_rng(5)
    noise = Image.fromarray(chance.integers(0, 256, (1600, 1200, 3)).astype(np.uint8))
    page = draw_receipt(ABOUT_DARNITSA * 5, None)
    box = draw_receipt(MEDICINE_BOX, None)
    loyalty = draw_symbol("https://bonus.example.com/card/7c1d0c2f")
    frames = [Image.new("RGB", (800, 800), colour) for colour in ("white", "grey")]
    return {
        "blank.jpg": encoded(Image.new("RGB", (1200, 1600), "white")),
        "black.jpg": encoded(Image.new("RGB", (1200, 1600), "black")),
        "noise.jpg": encoded(noise),
        "page.jpg": encoded(page),
        "box.jpg": encoded(box.resize((box.width * 2, box.height * 2))),
        "blurred.jpg": encoded(page.filter(ImageFilter.GaussianBlur(14))),
        "loyalty.png": encoded(loyalty.resize((900, 900)), "PNG"),
        "moving.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "promise.png": promise_of_pixels(50_000, 50_000),
        "huge.jpg": encoded(Image.new("L", (9_000, 9_000), 200)),
        "blank.heic": encoded(Image.new("RGB", (1200, 1600), "white"), "HEIF"),
        "dot.png": encoded(Image.new("RGB", (1, 1)), "PNG"),
        "lie.jpg": b"%PDF-1.7 and so on",
    }


class OneAnswer:
    """A reader that gives every photo the same answer and counts its endings."""

    version = "test"

    def __init__(self, outcome: Reading | Unreadable) -> None:
        """Answer with ``outcome``."""
        self.outcome = outcome
        self.closed = 0

    async def read(self, photo: bytes) -> Reading | Unreadable:
        """Answer without looking."""
        return self.outcome

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


def test_an_answer_has_exactly_the_promised_keys(tmp_path: Path) -> None:
    """And is JSON; the time is Kyiv's, to the minute."""
    photo = tmp_path / "receipt.jpg"
    photo.write_bytes(b"any")
    reader = OneAnswer(reading_of(sold("Цитрамон-Дарниця", 3650)))
    (answer,) = read_photos([str(photo)], reader=reader, products=load_products())
    assert list(answer) == KEYS
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["decision"], answer["reason"]) == ("accept", None)
    assert (answer["file"], answer["purchased_at"]) == (str(photo), "2026-11-20T12:30")
    assert answer["darnitsa_items"] == ["Цитрамон-Дарниця"]
    assert reader.closed == 1


def test_files_that_cannot_be_read_are_answered_with_the_reason(tmp_path: Path) -> None:
    """Missing, empty, a folder, too large, no image, truncated: a line each, in order."""
    sample = sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="files")[0].jpeg
    contents = {
        "empty.jpg": b"",
        "large.jpg": b"\xff\xd8\xff" + bytes(PHOTO_BYTES_MAX),
        "text.png": b"not a picture at all",
        "cut.jpg": sample[: len(sample) // 3],
        "good.txt": sample,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in ("missing.jpg", ".", *contents)]
    answers = list(read_photos(paths, reader=ChildReader(), products=load_products()))
    assert [answer["file"] for answer in answers] == paths
    assert [(answer["decision"], answer["reason"]) for answer in answers] == [
        ("reject", "file_not_found"),
        ("reject", "file_not_found"),
        ("reject", "empty"),
        ("reject", "too_large"),
        ("reject", "not_an_image"),
        ("reject", "truncated"),
        ("accept", None),
    ]
    assert all(list(answer) == KEYS for answer in answers)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Answers of one child to each bad file; good receipts between them are accepted."""
    pillow_heif.register_heif_opener()
    folder = tmp_path_factory.mktemp("bad")
    good = folder / "good.txt"
    good.write_bytes(sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="bad")[0].jpeg)
    paths = []
    for name, content in bad_files().items():
        (folder / name).write_bytes(content)
        paths.append(str(folder / name))
    paths[6:6] = paths[len(paths) :] = [str(good)]
    told = list(read_photos(paths, reader=ChildReader(), products=load_products()))
    assert [answer["file"] for answer in told] == paths
    assert [one["decision"] for one in told if one["file"] == str(good)] == ["accept"] * 2
    return {Path(str(one["file"])).name: one for one in told if one["file"] != str(good)}


def test_no_bad_file_is_accepted_or_waited_for(answers: dict[str, dict[str, object]]) -> None:
    """Each has a reason soon, what its header tells at once, and the next receipt is read."""
    refused = {"moving.gif", "promise.png", "huge.jpg", "dot.png", "lie.jpg"}
    for name, answer in answers.items():
        assert answer["decision"] in ("reject", "review"), name
        assert answer["reason"] not in (None, "reading_failed", "reading_took_too_long"), name
        seconds_max = SECONDS_MAX_REFUSED if name in refused else SECONDS_MAX
        assert float(str(answer["seconds"])) < seconds_max, name


def test_bad_files_are_told_apart(answers: dict[str, dict[str, object]]) -> None:
    """What the shopper did wrong is what the shopper is told."""
    told = {name: answer["reason"] for name, answer in answers.items()}
    assert told["black.jpg"] == "too_dark"
    assert told["moving.gif"] == told["lie.jpg"] == "unsupported_format"
    assert told["promise.png"] == told["huge.jpg"] == "too_many_pixels"
    assert told["dot.png"] == "too_small"
    assert told["blank.jpg"] == told["blank.heic"] == "no_text"


def test_settings_reach_the_child() -> None:
    """What the configuration says survives the child's command line."""
    spoken = ChildSettings()
    assert spoken.reading.engine.languages == "ukr"
