"""The numbers the rules go by, as one value: today's, or those of a file that asks "what if"."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from eventstore.policy import Policy
from handlers.rules import RULES

#: What a new database begins with.
TODAY = Policy(rules=RULES)


class FileUnusable(Exception):
    """A file named at the command line is not what it should be; says all that is wrong."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"{path} cannot be used: {'; '.join(problems)}")


def load_policy(path: Path) -> Policy:
    """Return the policy that the TOML file ``path`` describes; what it leaves out is as today.

    Its keys are the fields of ``Policy``, with tables ``[thresholds]``, ``[limits]``,
    ``[[operators]]`` and ``[[errors]]``; without ``rules`` it
    is named after the file. Raises ``FileUnusable`` with every problem, ``OSError`` when there
    is no such file.
    """
    try:
        named = tomllib.loads(path.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
        raise FileUnusable(path, [f"it is no TOML: {malformed}"]) from malformed
    if problems := [*_problems(named, Policy)]:
        raise FileUnusable(path, problems)
    policy = msgspec.convert({"rules": path.stem[:64], **named}, Policy)
    if policy.thresholds.manual_review > policy.thresholds.auto_accept:
        raise FileUnusable(path, ["thresholds.manual_review lies above thresholds.auto_accept"])
    return policy


def _problems(named: Mapping[str, Any], kind: type[Struct], table: str = "") -> Iterator[str]:
    """Yield what is wrong with each key of ``named``, the fields of ``kind``."""
    known = get_type_hints(kind, include_extras=True)
    for key, value in named.items():
        if key not in known:
            yield f"{table}{key}: no such key; there are: {', '.join(known)}"
        elif isinstance(value, dict) and _is_table(known[key]):
            yield from _problems(value, known[key], f"{key}.")
        else:
            try:
                msgspec.convert(value, known[key])
            except msgspec.ValidationError as wrong:
                yield f"{table}{key}: {wrong}"


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
