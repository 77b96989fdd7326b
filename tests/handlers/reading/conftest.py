"""Tesseract on one thread: on several it is slower, and so it runs in the child."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def one_thread_for_tesseract() -> Iterator[None]:
    """Set what the reader's child gets from its parent."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OMP_THREAD_LIMIT", "1")
        yield
