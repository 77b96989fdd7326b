"""The library's types are the same ones whether all are imported at once or each when used."""

import json
import subprocess
import sys

import pytest

from bot.connection import schema
from bot.connection.types_on_use import import_types_on_use
from tests.processes import ROOT, environment

COUNTING = "sum(name.startswith('pyrogram.raw.') for name in sys.modules)"
EVERY_TYPE = """
from pyrogram.raw.all import objects
types = {number: objects[number] for number in objects}
print(json.dumps({number: f"{t.__module__}.{t.__name__} {t.ID}" for number, t in types.items()}))
"""
ON_USE = "from bot.connection.types_on_use import import_types_on_use; import_types_on_use()"


def told(program: str) -> str:
    """Return what ``program`` says in a Python of its own."""
    command = [sys.executable, "-c", f"import json, sys\n{program}"]
    return subprocess.check_output(command, cwd=ROOT, env=environment(), text=True)


def test_every_number_is_the_type_that_the_library_has_for_it() -> None:
    """Asked one by one they are what an import of all of them gives."""
    at_once = json.loads(told(EVERY_TYPE))
    on_use = json.loads(told(f"{ON_USE}\n{EVERY_TYPE}"))
    assert on_use == at_once
    assert len(on_use) > 2000


def test_a_bot_imports_few_of_them() -> None:
    """They were 3,227 modules and 25 MiB of every start."""
    count = f"import bot.assembly; print({COUNTING})"
    at_once, on_use = int(told(count)), int(told(f"{ON_USE}\n{count}"))
    assert on_use * 5 < at_once


def test_a_package_knows_what_it_has_and_what_not() -> None:
    """A name is found wherever it is looked for, a wrong one is an error as of any module."""
    import_types_on_use()
    assert schema.types.auth.Authorization is schema.types.auth.Authorization
    assert schema.types.PeerUser.__name__ == "PeerUser"
    with pytest.raises(AttributeError, match=r"'pyrogram.raw.types' has no attribute 'PeerNobody'"):
        schema.types.PeerNobody  # noqa: B018
