"""Every requirement of the predecessor has an answer, and the tests that it names are there."""

import re
from itertools import chain

from tests.test_tidy import ROOT

ANSWERS = (ROOT / "docs/requirements.md").read_text("utf-8")
#: Of the numbers in between none was ever given.
NUMBERS = set(
    chain(range(1, 27), range(30, 47), range(50, 57), range(60, 69), range(70, 74))
)  # fmt: skip
SHORT = {"h": "handlers", "hr": "handlers/reading", "p": "projections", "j": "journeys"}
WORDS = ("met", "replaced", "refused")


def rows() -> list[tuple[int, str, str]]:
    """Return number, answer and place of each row."""
    cells = [line.strip("|").split("|") for line in ANSWERS.splitlines() if line.startswith("| R")]
    return [(int(row[0].strip()[1:]), row[2].strip(), row[3].strip()) for row in cells]


def test_each_requirement_is_answered_once() -> None:
    """None is forgotten, and each is met, replaced, refused, or said to be missing."""
    numbers = [number for number, _, _ in rows()]
    assert sorted(numbers) == sorted(NUMBERS)
    silent = [number for number, said, _ in rows() if not any(word in said for word in WORDS)]
    assert silent == []


def test_the_page_explains_the_words_it_uses() -> None:
    """And no others: one that no row uses would make people look for it."""
    said = " ".join(answer for _, answer, _ in rows())
    explained = re.findall(r"\*\*(.+?)\*\*", ANSWERS.partition("## ")[0])
    assert explained == list(WORDS)
    assert all(word in said for word in explained)


def test_what_is_met_names_a_test_that_is_there() -> None:
    """A promise that nobody can look up is worth nothing."""
    bare = [n for n, said, where in rows() if said.startswith("met") and "`" not in where]
    assert bare == []
    named = {name for _, _, where in rows() for name in re.findall(r"`([\w/.]+)`", where)}
    missing = [name for name in named if not exists(name)]
    assert missing == []


def exists(name: str) -> bool:
    """Tell whether a name of the last column stands for something in the tree."""
    room, _, rest = name.partition("/")
    below = f"{SHORT.get(room, room)}/{rest}"
    paths = (ROOT / name, ROOT / "tests" / below, ROOT / "tests" / f"{below}.py")
    return any(path.exists() for path in paths)
