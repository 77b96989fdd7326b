"""Two distributions own the name pyrogram, and only one of them keeps what was missed."""

from importlib.metadata import packages_distributions

from pyrogram.crypto import aes


def test_only_the_maintained_distribution_is_there() -> None:
    """Another one would overwrite the files of the first without a word."""
    assert packages_distributions()["pyrogram"] == ["Kurigram"]


def test_ciphers_run_in_c() -> None:
    """Pure Python needs two seconds for a megabyte of photo."""
    assert hasattr(aes, "tgcrypto")
