"""Three packages are easily mistaken for others: the client, its cipher, and our own tests."""

import importlib.metadata
from pathlib import Path

from pyrogram.crypto import aes

import tests
from tests.processes import environment, run


def test_one_distribution_owns_the_client() -> None:
    """No other package wrote over the client that we pinned."""
    assert set(importlib.metadata.packages_distributions()["pyrogram"]) == {"Kurigram"}


def test_the_fast_cipher_is_used() -> None:
    """The client's own cipher takes seconds for a photo; the fast one is there and used."""
    assert hasattr(aes, "tgcrypto")


async def test_our_tests_come_first() -> None:
    """The cipher brings a package ``tests`` too: here and in a process of ours it is ours."""
    ours = str(Path(__file__).parent.parent / "__init__.py")
    assert tests.__file__ == ours
    program = "import tests; print(tests.__file__)"
    assert await run("-c", program, env=environment()) == (0, f"{ours}\n", "")
