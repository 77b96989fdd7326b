"""What a process can go through at each place where it waits: to die there, or to freeze."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process is gone."""


class Perils:
    """Counts the places where a process can be cut off; at one of them something happens."""

    def __init__(self, at: int = 0) -> None:
        """Strike at the ``at``-th place; 0 never strikes."""
        self.places = 0
        self.at = at

    async def passed(self) -> None:
        """Go on, unless this is the place."""
        self.places += 1
        if self.at and self.places >= self.at:
            await self.strike()

    async def strike(self) -> None:
        """Do what happens at the place."""


class Kill(Perils):
    """From the place on nothing works any more."""

    async def strike(self) -> None:
        """Die."""
        raise Killed


class Freeze(Perils):
    """At the place the process stops, and goes on when it is told to."""

    def __init__(self, at: int = 0) -> None:
        super().__init__(at)
        self.frozen = asyncio.Event()
        self.thawed = asyncio.Event()

    async def strike(self) -> None:
        """Wait."""
        self.frozen.set()
        await self.thawed.wait()


class Perilous:
    """Stands before ``real``: each of its calls can be cut off before and after its effect."""

    def __init__(self, real: object, perils: Perils) -> None:
        self._real = real
        self._perils = perils

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if not inspect.iscoroutinefunction(attribute):
            return attribute
        return self._cut(attribute)

    def _cut(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def perilous(*arguments: Any, **named: Any) -> Any:
            await self._perils.passed()
            result = await call(*arguments, **named)
            await self._perils.passed()
            return result

        return perilous
