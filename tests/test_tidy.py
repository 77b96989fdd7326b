"""The house style as a test: each promise measures one habit and says why we keep it.

What a linter can see (docstrings of public names, imports between rooms, types) is checked
by ``make check``; here stands what only a reader of the whole tree can see.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis

import projections
from eventstore.catalogue import EVENTS
from eventstore.sql import load
from handlers.reactions import REACTIONS

ROOT = Path(__file__).parent.parent
ROOMS = {"eventstore", "projections", "handlers", "bot", "web", "migrations", "tests"}
AT_THE_ROOT = ROOMS | {
    "docs", "cashbot.py", "Procfile", "Aptfile", "Makefile", "Dockerfile", "app.json",
    "pyproject.toml", "requirements.txt", "requirements-dev.txt", "README.md",
}  # fmt: skip

#: Facts nobody reacts to or projects: they are read in the stream they stand in.
HISTORY_ONLY = {
    "ContactDeclined",
    "InvitationUsed",
    "PhotoDeclined",
    "ReminderDue",
    "StaffInvited",
    "StaffSignedIn",
    "StaffSignedOut",
    "BodyExpired",  # for auditors
    "BudgetExhausted",  # told by `payouts status`
    "BudgetUsed",  # looked up before money leaves
    "LookTaken",  # looked up before a bonus is granted
    "PhotoSeen",  # the same
    "PolicyAdopted",  # looked up before each decision and payment
    "ProductRetired",  # the same
    "BillIssued",  # looked up by the bill's stream when a callback comes
    "CallbackUnmatched",  # told by `payouts callbacks`; nothing follows by itself
    "BookingOrphaned",  # looked up by the phone when a bonus would be granted
    "ClusterSeen",  # compared with the database in use
    "PayoutsHeld",  # looked up before money leaves
    "PayoutsReleased",  # the same
    "VaultRotated",  # an operator's act, for auditors
    "WorkRetried",  # an operator's act, for auditors
    "WorkSkipped",  # an operator's act, for auditors
}

FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN = 10
MODULE_LINES_MAX = 300
#: One list, grown by one short class per fact; splitting it would hide the story it tells.
LONG_BY_NATURE = {"eventstore/catalogue.py"}
LINE_COLUMNS_MAX = 100

#: What must not stand in the tree, and why; written in pieces so as not to find itself.
BANNED = {
    r"TO"
    r"DO|FIX"
    r"ME|(?<!X)XX"
    r"X(?!X)": "finish it now, or leave it out: nobody comes back for it",
    r"NotImplemented" r"Error": "no stubs: what is there works",
    r"(?i)\b(py" r"pi|python" r"hosted|npm" r"js|deb\.deb" r"ian)\.(org|com)": (
        "a registry's host is the installer's business: pins and hashes name the package"
    ),
    r"(?<![\w/])/(ro" r"ot|ho" r"me)/\w": "a path of one machine means nothing on another",
}
BANNED_IN_TESTS = {
    r"time\.sle" r"ep\(|asyncio\.sle" r"ep\((?!0\))": (
        "a test that sleeps is slow on a good day and wrong on a bad one: wait for the fact"
    ),
    r"\b(ski" r"p|skip" r"if|xfa" r"il)\(": "a promise that is not checked is not a promise",
    r"import uni" r"ttest|\bmo" r"ck\.": "real parts or a fake that passes the same suite",
}


@cache
def files(*suffixes: str) -> list[Path]:
    """Return the project's files, all or those with one of ``suffixes``; ignored ones never."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix in (suffixes or {path.suffix})]


def named(path: Path, line: int | None = None) -> str:
    """Return ``path`` as an editor opens it."""
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")


def is_test(path: Path) -> bool:
    """Tell whether ``path`` lies in the tests."""
    return ROOT / "tests" in path.parents


@cache
def functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Return every function with its place and its length in lines, decorators left out."""
    return [
        (named(path, node.lineno), node, (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in files(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def lines_with(pattern: str, paths: list[Path]) -> Iterator[str]:
    """Yield the places where ``pattern`` stands."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(pattern, line):
                yield named(path, number)


def test_functions_do_one_thing() -> None:
    """Short functions are read at a glance; a long one hides a second thing."""
    long = [
        f"{place} has {lines} lines"
        for place, _, lines in functions()
        if lines > FUNCTION_LINES_MAX
    ]
    assert not long, f"split what does more than fits one screen: {long}"
    median = statistics.median(lines for _, _, lines in functions())
    assert median < FUNCTION_LINES_MEDIAN, f"half of all functions are over {median} lines: split"


def test_modules_have_one_subject() -> None:
    """A module that outgrows its limit has found a second subject: give that a name."""
    counted = {named(path): path.read_text("utf-8").count("\n") for path in files(".py")}
    long = {name: lines for name, lines in counted.items() if lines > MODULE_LINES_MAX}
    long = {name: lines for name, lines in long.items() if name not in LONG_BY_NATURE}
    assert not long, f"split these by subject, not by size: {long}"


def test_lines_fit_two_windows_side_by_side() -> None:
    """Reviews happen in two columns; a line that wraps there is read twice."""
    long = list(lines_with(rf"^.{{{LINE_COLUMNS_MAX + 1}}}", files(".py", ".sql", ".js", ".css")))
    assert not long, f"break these lines before column {LINE_COLUMNS_MAX}: {long}"


def test_packages_have_one_path_to_each_name() -> None:
    """An ``__init__.py`` is a map of its package in a docstring; imports there make two paths."""
    busy = []
    for path in files(".py"):
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            if not (len(body) == 1 and ast.get_docstring(ast.Module(body, []))):
                busy.append(named(path))
    assert not busy, f"leave a docstring and nothing else in: {busy}"


def test_every_folder_of_code_is_a_package() -> None:
    """Without ``__init__.py`` two folders of one name hide each other in tests."""
    folders = {path.parent for path in files(".py")} - {ROOT}
    bare = [named(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert not bare, f"add a docstring's worth of __init__.py to: {bare}"


def test_each_promise_is_one_line() -> None:
    """A test's docstring is the promise it keeps; one that needs two lines is two promises."""
    vague = [
        place
        for place, node, _ in functions()
        if place.startswith("tests/") and node.name.startswith("test_")
        if "\n" in (ast.get_docstring(node) or "\n")
    ]
    assert not vague, f"say in one line what is promised: {vague}"


def test_tests_mirror_the_rooms() -> None:
    """A newcomer finds the tests of a room under the room's name."""
    allowed = ROOMS | {"journeys", "faults", "benchmarks", "receipts", "telegram_server"}
    tests = [
        path.relative_to(ROOT / "tests").parts[0]
        for path in files(".py")
        if is_test(path) and path.parent != ROOT / "tests"
    ]
    assert not set(tests) - allowed, f"name the folder after a room: {set(tests) - allowed}"


def test_every_statement_is_used() -> None:
    """A statement no code asks for is dead, and misleads whoever changes its table."""
    product = "".join(path.read_text("utf-8") for path in files(".py") if not is_test(path))
    unused = [
        f"{named(path)} {name}"
        for path in files(".sql")
        if path.parent.name != "migrations"
        for name in load(path)
        if f'"{name}"' not in product
    ]
    assert not unused, f"use these statements or drop them: {unused}"


def test_every_statement_is_described() -> None:
    """The line under a statement's name says what its parameters and rows mean."""
    bare = [
        f"{named(path)} {name}"
        for path in files(".sql")
        if path.parent.name != "migrations"
        for name, statement in load(path).items()
        if not statement.splitlines()[1].startswith("-- ")
    ]
    assert not bare, f"describe these statements under their header: {bare}"


def test_migrations_say_why_and_can_be_undone() -> None:
    """A migration runs once on data we cannot see: its reason and its way back come with it."""
    faults = []
    for path in files(".sql"):
        if path.parent.name == "migrations" and not path.name.endswith(".rollback.sql"):
            text = path.read_text(encoding="utf-8")
            wanted = ("-- Why: ", "-- depends:", "SET lock_timeout")
            faults += [f"{named(path)} lacks {line!r}" for line in wanted if line not in text]
            if not path.with_suffix(".rollback.sql").exists():
                faults.append(f"{named(path)} has no .rollback.sql twin")
            if not re.fullmatch(r"\d{4}\.[a-z]+(-[a-z]+)+\.sql", path.name):
                faults.append(f"{named(path)} is not a numbered imperative")
    assert not faults, f"complete these migrations: {faults}"


def test_migrations_hold_nothing_else() -> None:
    """Whatever lies in migrations/ is taken for a migration and run."""
    others = [named(path) for path in (ROOT / "migrations").iterdir() if path.suffix != ".sql"]
    assert not others, f"move these out: {others}"


def test_nothing_banned_stands_in_the_tree() -> None:
    """Some words always mean that something is unfinished, or true on one machine only."""
    kinds = (".py", ".sql", ".md", ".toml", ".txt", ".json", ".html", ".js", ".css", ".tsv", "")
    banned = {
        (why, place)
        for pattern, why in BANNED.items()
        for place in lines_with(pattern, files(*kinds))
    }
    assert not banned, f"{sorted(banned)}"


def test_tests_wait_for_facts_and_hide_nothing() -> None:
    """A promise is checked on every run, against real parts, without waiting for the clock."""
    tests = [path for path in files(".py") if is_test(path)]
    banned = {
        (why, place)
        for pattern, why in BANNED_IN_TESTS.items()
        for place in lines_with(pattern, tests)
    }
    assert not banned, f"{sorted(banned)}"


def test_a_slow_machine_fails_no_drawn_test() -> None:
    """An example may take its time: what is too slow for good is the whole test's time-out."""
    assert hypothesis.settings.default is not None
    assert hypothesis.settings.default.deadline is None


def test_the_root_is_a_table_of_contents() -> None:
    """Everything has a room; the root names the rooms and the machine's own files."""
    tops = {path.relative_to(ROOT).parts[0] for path in files()}
    strangers = {top for top in tops if not top.startswith(".")} - AT_THE_ROOT
    assert not strangers, f"move these into a room: {strangers}"


def projected() -> set[str]:
    """Return the names of the facts that some projection handles."""
    modules = [
        importlib.import_module(f"projections.{module.name}")
        for module in pkgutil.iter_modules(projections.__path__)
    ]
    handles = [
        getattr(thing, "handles", None)
        for module in modules
        for _, thing in inspect.getmembers(module, inspect.isclass)
    ]
    return {name for each in handles if isinstance(each, frozenset) for name in each}


def test_every_fact_has_a_reader() -> None:
    """A fact nobody reacts to, projects or lists as history is one we forgot to use."""
    read = {event.__name__ for event in REACTIONS} | projected()
    assert not (forgotten := set(EVENTS) - read - HISTORY_ONLY), f"who reads {forgotten}?"
    assert not (listed := HISTORY_ONLY & read), f"not history only any more: {listed}"
    assert not (unknown := (read | HISTORY_ONLY) - set(EVENTS)), f"no such facts: {unknown}"
