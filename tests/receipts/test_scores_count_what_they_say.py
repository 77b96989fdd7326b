"""The figures of ``make eval`` are what their names say: a wrong one would hide a wrong payment."""

from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec import structs
from PIL import Image

from handlers.goods.products import load_products
from handlers.ports import Unreadable
from tests.handlers.readings import GOOD, sold
from tests.receipts import making, report, sheet, trials, yardstick
from tests.receipts.__main__ import main
from tests.receipts.labels import Label
from tests.receipts.scores import Share, failing, is_false_accept, right, score
from tests.receipts.trials import Decision, Trial, trial_of

PAPER = Label(
    file="a.jpg",
    purchased_at="2026-11-20T12:30",
    total_kopecks=3650,
    fiscal_number="4000000001",
    receipt_number="1300000001",
    eligible=True,
    darnitsa_names=["Цитрамон-Дарниця табл. №10"],
    kind="darnitsa",
    level="easy",
    qr_whole=True,
)
NOT_OURS = structs.replace(PAPER, file="b.jpg", eligible=False, darnitsa_names=[], kind="bare")


def tried(label: Label, decision: Decision, **changes: object) -> Trial:
    """Return a trial that read everything right but for ``changes``."""
    trial = Trial(
        label=label,
        decision=decision,
        total_kopecks=3650,
        purchased_at="2026-11-20T12:30",
        fiscal_number="4000000001",
        receipt_number="1300000001",
        qr=True,
        seconds=1.0,
        around_seconds=1.5,
    )
    return structs.replace(trial, **changes)


def test_a_reading_is_judged_by_the_rules_themselves() -> None:
    """What a trial calls accepted is what the product would pay."""
    item = sold("Цитрамон-Дарниця табл. №10", 3650)
    trial = trial_of(PAPER, structs.replace(GOOD, items=[item]), load_products(), 0.2)
    assert (trial.decision, trial.total_kopecks, trial.qr) == ("accept", 3650, True)
    assert trial.darnitsa_items == ["Цитрамон-Дарниця табл. №10"]
    assert all(right(trial, field) for field in ("total", "date", "fiscal_number"))
    nothing = Unreadable(reason="blurred", preview_jpeg=None, seconds=0.1)
    unread = trial_of(PAPER, nothing, load_products(), 0.2)
    assert (unread.decision, unread.reason, right(unread, "total")) == (
        "unreadable", "blurred", False,
    )  # fmt: skip


def test_an_accept_without_a_bonus_due_is_false() -> None:
    """Precision falls and the receipt is named with what it was taken for."""
    wrong = tried(NOT_OURS, "accept", darnitsa_items=["Цитрамон табл. №10"])
    figures = score([tried(PAPER, "accept"), wrong])
    assert is_false_accept(wrong)
    assert (figures.precision, figures.false_accepts) == (Share(1, 2), 1)
    assert any("b.jpg" in line and "Цитрамон табл." in line for line in report.named([wrong]))


def test_recall_asks_only_for_what_is_on_the_photo() -> None:
    """A receipt whose total is cut away is nobody's loss; a whole one that is refused is."""
    cut = structs.replace(PAPER, whole=False, total_kopecks=None)
    figures = score([
        tried(PAPER, "accept"), tried(PAPER, "reject"), tried(PAPER, "review"),
        tried(cut, "review"),
    ])  # fmt: skip
    assert (figures.eligible, figures.recall, figures.lost) == (3, Share(1, 3), Share(1, 3))
    assert (figures.reviews, figures.fields["total"]) == (Share(2, 4), Share(3, 3))


@pytest.mark.parametrize(
    ("read", "field"),
    [
        ({"total_kopecks": 3651}, "total"),
        ({"total_kopecks": None}, "total"),
        ({"purchased_at": "2026-11-20T12:31"}, "date"),
        ({"fiscal_number": "4000000007"}, "fiscal_number"),
        ({"receipt_number": "1300000007"}, "receipt_number"),
    ],
)
def test_a_field_is_right_only_when_it_is_the_same(read: dict[str, object], field: str) -> None:
    """One digit or one minute off is wrong, and so is nothing."""
    trial = tried(PAPER, "review", **read)
    assert right(trial, field) is False
    assert failing(trial)


def test_numbers_are_compared_as_claims_are() -> None:
    """Zeros before a number and the group after it are no difference."""
    label = structs.replace(PAPER, receipt_number="000315311 00256")
    assert right(tried(label, "review", receipt_number="315311"), "receipt_number")


def test_sure_confidences_are_held_to_their_word() -> None:
    """Only fields read with 0.9 or more count, right or wrong."""
    figures = score([
        tried(PAPER, "accept", confidences={"total": 0.95}),
        tried(PAPER, "accept", confidences={"total": 0.9}, total_kopecks=1),
        tried(PAPER, "accept", confidences={"total": 0.89}, total_kopecks=1),
    ])  # fmt: skip
    assert figures.sure["total"] == Share(1, 2)


def test_codes_count_where_they_are_printed_whole() -> None:
    """A code that is cut off, or none at all, cannot be missed."""
    cut, none = (structs.replace(PAPER, qr_whole=whole) for whole in (False, None))
    figures = score([tried(PAPER, "review", qr=False), tried(cut, "review"), tried(none, "review")])
    assert figures.qr == Share(0, 1)


def test_the_table_has_a_column_for_each_group() -> None:
    """Markdown and terminal show the same rows, each as long as its heading."""
    groups = {"easy": score([tried(PAPER, "accept")]), "none": score([])}
    rows = report.rows_of(groups)
    assert rows[0] == ["", "easy", "none"]
    assert {len(row) for row in rows} == {3}
    assert "| recall of accept | 100.0 % (1/1) | – (0/0) |" in report.markdown(rows)


def test_a_run_replaces_the_table_of_its_page(tmp_path: Path) -> None:
    """Only what stands between the marks changes, and a page without marks is left alone."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.put_into(page, "new")
    assert page.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="needs a line"):
        report.put_into(page, "new")
    assert page.read_text() == "no marks"


def test_what_was_measured_can_be_stored() -> None:
    """Trials and scores become JSON as they are, for whoever compares two runs."""
    stored = msgspec.json.encode([tried(PAPER, "accept")])
    assert msgspec.json.decode(stored, type=list[Trial]) == [tried(PAPER, "accept")]


def test_the_yardstick_matches_as_its_description_says() -> None:
    """Transliterated, «Дарниця» is no «darnitsa» and only the Russian spelling is."""
    assert not yardstick.finds_darnitsa("Цитрамон-Дарниця табл. №10 36.50")
    assert yardstick.finds_darnitsa("Цитрамон-Дарница таб №10 36.50")


def test_the_yardstick_reads_a_photo() -> None:
    """It goes through its three passes on a photo and says what it makes of it."""
    photo = making.make(seed=4, number=0, half="known", level="easy")
    (trial,) = yardstick.read_all([photo], children=1)
    assert trial.decision in ("accept", "review", "unreadable")
    assert (trial.label, trial.seconds > 0) == (photo.label, True)


def test_drawn_photos_come_with_their_labels(tmp_path: Path) -> None:
    """``draw`` leaves a folder that ``--photos`` takes as it is."""
    main(["draw", str(tmp_path), "--n", "3", "--seed", "8", "--goods", "known"])
    photos = trials.taken(tmp_path)
    assert [photo.label.level for photo in photos] == ["easy", "medium", "hard"]
    assert all(photo.jpeg.startswith(b"\xff\xd8") for photo in photos)


def test_the_sheet_shows_what_failed_and_never_a_real_photo(tmp_path: Path) -> None:
    """Real receipts are somebody's; what was read right is not worth a look."""
    out = BytesIO()
    Image.new("RGB", (300, 500), (200, 30, 30)).save(out, "JPEG")
    real = structs.replace(PAPER, layout="real")
    trials_ = [
        tried(PAPER, "accept"), tried(PAPER, "review", reason="no_total", total_kopecks=None),
        tried(real, "review"),
    ]  # fmt: skip
    pairs = [(making.Photo(jpeg=out.getvalue(), label=one.label), one) for one in trials_]
    assert sheet.draw(pairs, tmp_path / "sheet.jpg") == 1
    picture = np.asarray(Image.open(tmp_path / "sheet.jpg"))
    assert np.count_nonzero((picture[..., 0] > 170) & (picture[..., 1] < 80)) > 200 * 300
