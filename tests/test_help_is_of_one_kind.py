"""`--help` of every command is written in one way: what an option takes, what to type."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cashbot import build_app


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of ``command`` and of each command in it."""
    yield words
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*words, name))


APP = build_app()
COMMANDS = [*commands(typer.main.get_command(APP))]


@cache
def help_of(words: tuple[str, ...]) -> str:
    """Return what ``--help`` of a command prints on a wide terminal."""
    answer = CliRunner().invoke(APP, [*words, "--help"], env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    return answer.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_kinds_of_values_look_alike(words: tuple[str, ...]) -> None:
    """<date>, <str>, <file>: no TEXT beside them and no %Y."""
    options = re.findall(r"^│ [ *]*--[\w-]+(?: +-\w)? +(.+?)(?:  |$)", help_of(words), re.MULTILINE)
    assert options
    strange = [kind for kind in options if not re.match(r"<[A-Za-z][\w \[\]|]*>", kind)]
    assert not strange


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_examples_can_be_copied(words: tuple[str, ...]) -> None:
    """An example begins as its command is typed in a shell."""
    typed = f"python -m cashbot {' '.join(words)}"
    for block in re.findall(r"Examples?: (.+(?:\n {5,}\S.*)*)", help_of(words)):
        for example in map(str.strip, block.splitlines()):
            assert example.startswith((typed, "curl ")), example
