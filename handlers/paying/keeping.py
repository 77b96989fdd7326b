"""Keeps what the world says only once: an answer is offered to the log again and again."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from eventstore.doubt import jittered

#: As long as a database takes to fail over.
KEEP_SECONDS_MAX = 45.0
#: In a process that was told to stop: with the gateway's 15 s before it fits into the drain.
LAST_SECONDS_MAX = 4.5
#: One round, over which a stop may go unnoticed: as long as the database lets us wait for a lock.
ROUND_SECONDS_MAX = 5.0
#: Pause after the first round that failed; doubled each time.
FIRST_PAUSE_SECONDS = 0.05
PAUSE_SECONDS_MAX = 1.0


class TimeLeft:
    """How long an answer may still take to reach the log: less once the process stops."""

    def __init__(self, stopping: Callable[[], bool]) -> None:
        """Begin now; ``stopping`` tells whether the process was told to stop."""
        self._stopping = stopping
        self._now = asyncio.get_running_loop().time
        self._ends_at = self._now() + KEEP_SECONDS_MAX
        self._told = False
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def round_seconds(self) -> float:
        """Return the seconds that the next round may take, 0 or less when there is none."""
        now = self._now()
        if not self._told and self._stopping():
            self._told = True
            self._ends_at = min(self._ends_at, now + LAST_SECONDS_MAX)
        return min(self._ends_at - now, ROUND_SECONDS_MAX)

    async def pause(self) -> None:
        """Wait before the next round, longer each time."""
        await asyncio.sleep(jittered(self._pause_seconds))
        self._pause_seconds = min(2 * self._pause_seconds, PAUSE_SECONDS_MAX)


async def to_the_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Let ``coroutine`` end even if we are cancelled meanwhile; only then are we."""
    task = asyncio.create_task(coroutine)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def within(seconds: float, coroutine: Coroutine[Any, Any, None]) -> None:
    """Run ``coroutine``; raises ``TimeoutError`` after ``seconds``, however it clings.

    A connection whose peer fell silent may take long to be let go: that is not waited for.
    """
    task = asyncio.create_task(coroutine)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        raise TimeoutError(f"no end in {seconds:.1f} s")
    task.result()
