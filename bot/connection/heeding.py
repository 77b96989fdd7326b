"""Being cut off while the library waits for an answer: it loses that when both come at once."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Answer = TypeVar("Answer")


async def heeding(answer: Awaitable[Answer]) -> Answer:
    """Return what the library answers; raises ``CancelledError`` if we were cut off meanwhile.

    It waits by ``asyncio.wait_for``, which before Python 3.12 returns an answer that came with
    the cancellation and forgets the latter: whoever goes on then would never end.
    """
    given = await answer
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    return given
