"""A package's docstring is the map a newcomer opens first; a wrong map is worse than none."""

import ast
import re
from pathlib import Path

from tests.test_tidy import ROOT, files, is_test, named

#: How a map names a place: with a column of its own, or beside the place it belongs to.
ENTRY = re.compile(
    r"^\s*(\w+)(?:\.py|/)?(?:  +| (?=`))\S|; (\w+)(?:\.py)?: |, (\w+)\.py: |``(\w+)``",
    re.MULTILINE,
)
#: Long names touch what is said of them, and some share a line.
AT_THE_START = re.compile(r"^\s*(\w+(?:, \w+)*)", re.MULTILINE)
#: Folders without code that a map may name.
FOLDERS = {path.parent.name for path in files() if path.parent != ROOT}


def mapped() -> dict[Path, str]:
    """Return the map of each package of the product, by folder."""
    return {
        path.parent: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for path in files(".py")
        if path.name == "__init__.py" and not is_test(path)
    }


def entries(text: str) -> set[str]:
    """Return the names that surely are entries of the map ``text``."""
    return {name for match in ENTRY.finditer(text) for name in match.groups() if name}


def explained(text: str) -> set[str]:
    """Return every name that may be an entry."""
    starts = {name for names in AT_THE_START.findall(text) for name in names.split(", ")}
    return entries(text) | starts


def places(package: Path) -> set[str]:
    """Return what a map of ``package`` has to name: its modules and the packages in it."""
    within = {path.relative_to(package) for path in files(".py") if package in path.parents}
    return {path.parts[0].removesuffix(".py") for path in within} - {"__init__", "__main__"}


def test_a_map_names_every_module() -> None:
    """What the map leaves out is found by accident, or written a second time."""
    unnamed = {
        named(package): missing
        for package, text in mapped().items()
        if (missing := places(package) - explained(text))
    }
    assert not unnamed, f"say in one line what these are for: {unnamed}"


def test_a_map_names_nothing_else() -> None:
    """Whoever follows the map arrives."""
    gone = {
        named(package): strangers
        for package, text in mapped().items()
        if (strangers := entries(text) - places(package) - FOLDERS)
    }
    assert not gone, f"these moved or left: {gone}"
