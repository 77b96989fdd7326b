"""Stylesheets: every page loads them all, so none may style by chance what another one names."""

import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from web.app import STATIC

SHEETS = sorted(STATIC.glob("*.css"))
#: A pseudo-class or pseudo-element, with what is in its brackets.
PSEUDO = re.compile(r"::?[a-z-]+(\((?:[^()]|\([^()]*\))*\))?")
CLASS = re.compile(r"\.([a-z][a-z-]*)")


def selectors(sheet: Path) -> Iterator[str]:
    """Give every selector of a stylesheet without its pseudo-classes."""
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    for prelude in re.findall(r"([^{};]+)\{", rules):
        if not prelude.strip().startswith("@"):
            yield from (each.strip() for each in PSEUDO.sub("", prelude).split(","))


def styled_anywhere(sheet: Path) -> set[str]:
    """Return the classes that a sheet styles wherever they stand: `.line`, not `.drawn .line`."""
    return {each[1:] for each in selectors(sheet) if CLASS.fullmatch(each)}


def styled_or_told_apart(sheet: Path) -> set[str]:
    """Return those and the classes it tells states apart by: `missing` of `.consent.missing`."""
    parts = [CLASS.findall(part) for each in selectors(sheet) for part in re.split("[ >+~]+", each)]
    return styled_anywhere(sheet) | {name for names in parts for name in names[1:]}


def test_no_class_is_styled_by_two_sheets() -> None:
    """A bubble took no clicks and an item had no outline, for both were a `.line`."""
    assert len(SHEETS) == 4
    shared = {
        (one.name, other.name, name)
        for one, other in permutations(SHEETS, 2)
        for name in styled_anywhere(one) & styled_or_told_apart(other)
    }
    assert shared == set()
