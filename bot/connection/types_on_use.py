"""Telegram's own types, imported when one is used: of 3,227 generated modules a bot needs 181.

The library imports all of them at once: 25 MiB and half a second of every start, of a worker that
may hold 120 MB. Its generated packages say in one form of line where each name stands, so a name
can be looked up there when somebody asks for it (PEP 562).
"""

import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_RAW = "pyrogram.raw"
_PARTS = ("core", "types", "functions", "base")
_GENERATED = re.compile(rf"{re.escape(_RAW)}\.(types|functions|base)(\.\w+)?")
_NAME = re.compile(r"^from \.(\w+) import (\w+)$", re.MULTILINE)


def import_types_on_use() -> None:
    """Let the library's types be imported when used; without effect once the library is imported.

    Importing the library then raises ImportError if the form of its generated packages changed.
    """
    if not any(isinstance(finder, _TypesOnUse) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TypesOnUse())


class _TypesOnUse(MetaPathFinder):
    """Finds the generated packages, and says how else they are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        loader = _loader_of(fullname)
        spec = PathFinder.find_spec(fullname, path, target) if loader else None
        if loader is None or spec is None or spec.submodule_search_locations is None:
            return None
        spec.loader = loader(fullname, str(spec.origin))
        return spec


def _loader_of(name: str) -> type[SourceFileLoader] | None:
    if name == _RAW:
        return _Raw
    return _Generated if _GENERATED.fullmatch(name) else None


class _Raw(SourceFileLoader):
    """Loads the package above the generated ones, which would import every type there is."""

    def exec_module(self, module: ModuleType) -> None:
        numbers: Any = import_module(f"{_RAW}.all")
        numbers.objects = _Types(numbers.objects)
        for part in _PARTS:
            import_module(f"{_RAW}.{part}")


class _Types(dict[int, Any]):
    """The type of each constructor's number: its name until it is asked for."""

    def __getitem__(self, number: int) -> Any:
        found = super().__getitem__(number)
        if isinstance(found, str):
            package, name = found.rsplit(".", 1)
            found = self[number] = getattr(import_module(package), name)
        return found


class _Generated(SourceFileLoader):
    """Loads a generated package without its types."""

    def exec_module(self, module: ModuleType) -> None:
        homes = {name: home for home, name in _NAME.findall(self.get_source(module.__name__) or "")}
        if not homes:
            message = f"{module.__name__} names no types in the form we know: see types_on_use.py."
            raise ImportError(message)
        vars(module)["__getattr__"] = _looking_up(module, homes)


def _looking_up(module: ModuleType, homes: dict[str, str]) -> Callable[[str], Any]:
    def look_up(name: str) -> Any:
        if name not in homes and not _is_part(f"{module.__name__}.{name}", module.__path__):
            message = f"module {module.__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        found: Any = import_module(f"{module.__name__}.{homes.get(name, name)}")
        if name in homes:
            found = getattr(found, name)
        setattr(module, name, found)
        return found

    return look_up


def _is_part(name: str, path: Sequence[str]) -> bool:
    return PathFinder.find_spec(name, path) is not None
