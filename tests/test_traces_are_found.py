"""A search that finds nothing proves something only if it would have found it."""

import base64

import pytest

from tests.traces import pattern_of

PHONE = "380503918264"


@pytest.mark.parametrize(
    "text",
    [
        PHONE,
        "0503918264",
        "+38 (050) 391-82-64",
        "50.391.82.64",
        PHONE.encode().hex(),
        PHONE.encode("utf-16-le").decode("latin-1"),
        *(base64.b64encode(b"x" * lead + PHONE.encode() + b"!").decode() for lead in range(3)),
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    """As people spell it, as programs encode it, wherever it begins."""
    assert pattern_of(PHONE).search(b"before " + text.encode("latin-1") + b" after")


def test_another_number_is_not_found() -> None:
    """One digit off is somebody else."""
    assert not pattern_of(PHONE).search(b"380503918265 MzgwNTAzOTE4MjY1")
