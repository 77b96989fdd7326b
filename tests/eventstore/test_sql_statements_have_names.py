"""Statements are found by name, and a faulty file says what is wrong with it."""

from pathlib import Path

import pytest

from eventstore.sql import load

ONE = "-- head --\n-- Newest place.\nSELECT 1\n\n-- tail --\n-- Oldest place.\nSELECT 0\n"


def test_each_statement_is_found_by_its_name(tmp_path: Path) -> None:
    """A statement keeps its header and description, so that the server's log names it."""
    (tmp_path / "one.sql").write_text(ONE)
    assert load(tmp_path / "one.sql") == {
        "head": "-- head --\n-- Newest place.\nSELECT 1",
        "tail": "-- tail --\n-- Oldest place.\nSELECT 0",
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1", "no '-- name --' header"),
        ("-- head --\n-- Words only.\n", "nothing under 'head'"),
        ("-- head --\nSELECT 1\n-- head --\nSELECT 2", "names 'head' twice"),
        ("SELECT 1;\n-- head --\nSELECT 2", "before its first header"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    """A missing header, an empty statement and a doubled name are told apart."""
    (tmp_path / "faulty.sql").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        load(tmp_path / "faulty.sql")
