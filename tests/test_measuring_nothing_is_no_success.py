"""What `make eval`, `make journey` and `make money` are asked for, they do, or say why not."""

from pathlib import Path

import pytest

from tests.faults.money.__main__ import main as money
from tests.journeys.__main__ import main as journey
from tests.receipts.__main__ import main as evaluate


@pytest.mark.parametrize("runs", ["0", "-1"])
def test_no_walk_is_no_walk_that_passed(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """RUNS=0 would be told as all of none passed."""
    with pytest.raises(SystemExit, match="2"):
        journey(["--runs", runs])
    assert "at least 1" in capsys.readouterr().err


def test_no_history_is_no_history_that_held(capsys: pytest.CaptureFixture[str]) -> None:
    """HISTORIES=0 would be told as nothing paid twice."""
    with pytest.raises(SystemExit, match="2"):
        money(["--histories", "0"])
    assert "at least 1" in capsys.readouterr().err


def test_a_folder_without_labels_is_no_folder_of_photos(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """PHOTOS=nowhere would be told as drawn receipts alone."""
    with pytest.raises(SystemExit, match="2"):
        evaluate(["--photos", str(tmp_path), "--n", "0"])
    assert "labels.jsonl" in capsys.readouterr().err
