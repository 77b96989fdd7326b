"""The numbers the rules go by, as one value: today's, or those of a file that asks "what if"."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from eventstore.policy import Policy
from handlers.files import FileUnusable
from handlers.rules import RULES

#: What a new database begins with.
TODAY = Policy(rules=RULES)


def load_policy(path: Path, *, base: Policy = TODAY) -> Policy:
    """Return the policy that the TOML file ``path`` describes; what it leaves out is as ``base``.

    Its keys are the fields of ``Policy``, with tables ``[thresholds]``, ``[limits]``,
    ``[[operators]]`` and ``[[errors]]``; without ``rules`` it is named after the file. Raises
    ``FileUnusable`` with every problem, ``OSError`` when there is no such file.
    """
    try:
        named = tomllib.loads(path.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
        raise FileUnusable(path, [f"it is no TOML: {malformed}"]) from malformed
    if problems := [*_problems(named, Policy)]:
        raise FileUnusable(path, problems)
    policy = msgspec.convert(
        _merged(msgspec.to_builtins(base), {"rules": path.stem[:64], **named}), Policy
    )
    if problems := [*_contradictions(policy)]:
        raise FileUnusable(path, problems)
    return policy


def differences(was: Policy, now: Policy) -> list[tuple[str, str, str]]:
    """Return each number that differs, by its key as a file has it, with both values as TOML
    writes them.
    """
    before, after = dict(_flat(was)), dict(_flat(now))
    return [
        (key, before.get(key, "none"), after.get(key, "none"))
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]


def settings_of(policy: Policy) -> list[tuple[str, str]]:
    """Return each key of ``policy`` with its value as TOML writes it."""
    return list(_flat(policy))


def _flat(policy: Policy) -> Iterator[tuple[str, str]]:
    for key, value in msgspec.to_builtins(policy).items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", _toml(each)) for name, each in value.items())
        elif isinstance(value, tuple):
            for row in value:
                name, *rest = row.items()
                yield f"{key}.{name[1]}", " ".join(f"{k}={_toml(v)}" for k, v in rest)
        else:
            yield key, _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return "none" if value is None else msgspec.json.encode(value).decode()


def _merged(base: dict[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with what is ``named``; tables key by key, lists whole."""
    tables = {
        key: {**base[key], **value}
        for key, value in named.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **named, **tables}


def _contradictions(policy: Policy) -> Iterator[str]:
    """Yield what is wrong between keys that are right by themselves."""
    if policy.thresholds.manual_review > policy.thresholds.auto_accept:
        yield "thresholds.manual_review lies above thresholds.auto_accept"
    if policy.budget_per_day_kopecks < policy.bonus_kopecks:
        yield "budget_per_day_kopecks does not reach for one bonus: use `payouts pause` to pay none"
    owners: dict[str, str] = {}
    for operator in policy.operators:
        for prefix in operator.prefixes:
            if (other := owners.setdefault(prefix, operator.name)) != operator.name:
                yield f"operators: {prefix} belongs to {other} and to {operator.name}"
    names = [operator.name for operator in policy.operators]
    codes = [error.code for error in policy.errors]
    for what, keys in (("operators", names), ("errors", codes)):
        twice = {key for key in keys if keys.count(key) > 1}
        yield from (f"{what}: {key} stands there twice" for key in sorted(twice))


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
