"""``read --json``: one answer per file, whatever the file is."""

import json
from datetime import UTC, datetime
from pathlib import Path

from handlers.photos import PHOTO_BYTES_MAX
from handlers.ports import Reading, Unreadable
from handlers.products import load_products
from handlers.reading.command import read_photos
from handlers.reading.protocol import ChildSettings
from handlers.reading.reader import ChildReader
from handlers.reading.specimens import sample_set
from tests.handlers.readings import reading_of, sold

KEYS = [
    "file", "decision", "reason", "darnitsa_found", "darnitsa_items", "total_kopecks",
    "purchased_at", "fiscal_number", "receipt_number", "qr_url", "merchant", "confidence",
    "seconds",
]  # fmt: skip


class OneAnswer:
    """A reader that gives every photo the same answer and counts its endings."""

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


def test_settings_reach_the_child() -> None:
    """What the configuration says survives the child's command line."""
    spoken = ChildSettings()
    assert spoken.reading.engine.languages == "ukr"
