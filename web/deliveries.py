"""Copies of one callback that are under way at the same moment are recorded together.

A bank that stutters sends a hundred at once: recorded one by one the last would wait a second
and more for its answer, and nothing would be known that the first has not said.
"""

import asyncio

from eventstore.identity import Sha256, sha256_of
from handlers.commands import Commands, ParsedCallback


class Deliveries:
    """Callbacks on their way into the log."""

    def __init__(self) -> None:
        self._open: dict[Sha256, asyncio.Task[object]] = {}

    async def record(self, commands: Commands, callback: ParsedCallback, body: bytes) -> None:
        """Record ``body`` or wait for the copy of it that is being recorded.

        Raises what ``Commands.record_callback`` raises, to each that waits.
        """
        digest = sha256_of(body)
        if (recording := self._open.get(digest)) is None:
            recording = asyncio.create_task(commands.record_callback(callback, body))
            self._open[digest] = recording
            recording.add_done_callback(lambda _: self._open.pop(digest))
        await asyncio.shield(recording)  # one that hangs up does not cut off the others
