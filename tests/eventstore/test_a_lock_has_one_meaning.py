"""Locks by a number of our own: each number locks one thing, whoever else locks what."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: All of them, with the statements' files that take them.
LOCKS = {
    7305001: {"migrations"},  # who seals the ledger
    7305002: {"eventstore/people.sql"},  # uploads and being forgotten, by shopper
    7305003: {"eventstore/people.sql"},  # who counts the uploads of an hour, by shopper
    7305004: {"bot/connection/owner.sql"},  # who owns a bot's session, by bot
    7305005: {"eventstore/proving/checkpoints.sql"},  # who makes a checkpoint
}
TAKEN = re.compile(r"advisory\w*\((\d+)\b")


def test_no_two_things_share_a_number() -> None:
    """What takes locks is what is listed here; what waits for another thing would hang it."""
    found: dict[int, set[str]] = {}
    for folder in ("bot", "eventstore", "handlers", "migrations", "projections", "web"):
        for path in sorted((ROOT / folder).rglob("*.sql")):
            name = folder if folder == "migrations" else str(path.relative_to(ROOT))
            for number in TAKEN.findall(path.read_text()):
                found.setdefault(int(number), set()).add(name)
    assert found == LOCKS


def test_each_number_locks_one_thing_in_a_file() -> None:
    """Where one file takes two kinds of lock, shared and alone are two ways to take one of them."""
    text = (ROOT / "eventstore/people.sql").read_text()
    named = re.findall(r"^-- (\w+) --\n(?:--.*\n)*SELECT \w*advisory\w*\((\d+)", text, re.MULTILINE)
    assert dict(named) == {
        "join_in": "7305002", "forget_alone": "7305002", "upload_alone": "7305003",
    }  # fmt: skip
