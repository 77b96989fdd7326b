"""Connections to Telegram that count their failures, and can be ended for good.

The library connects again at once whenever a connection ends: a port that accepts and resets
would be asked a thousand times a second. And it goes on by itself in tasks nobody holds: what
must never happen again after the lock is lost is prevented here, at the socket.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from eventstore.doubt import jittered

#: What the library's transport reads when Telegram does not know the key: -404, little-endian.
KEY_UNKNOWN = (-404).to_bytes(4, "little", signed=True)
#: Pause before the connection after the first failed one; doubled with each failure.
FIRST_PAUSE_SECONDS = 0.05
#: The library may wait for its own lock before it closes a socket that was cut already.
CLOSE_SECONDS = 1.0
#: Telegram is asked again at least this often.
PAUSE_SECONDS_MAX = 15.0


class RawLine(Protocol):
    """A connection as the library has it."""

    protocol: Any

    async def connect(self) -> None:
        """Open the socket."""

    async def close(self) -> None:
        """Close the socket."""

    async def send(self, data: bytes) -> None:
        """Send a packet."""

    async def recv(self) -> bytes | None:
        """Return the next packet, None when the socket is closed."""


#: Makes a connection from the library's named arguments.
OpenLine: TypeAlias = Callable[..., RawLine]


class Lines:
    """The connections of one client."""

    def __init__(self, open_line: OpenLine) -> None:
        """Make connections with ``open_line``."""
        self._open_line = open_line
        self._lines: set[RawLine] = set()
        self._failures = 0
        self._ended = False
        #: a connection was made at least once
        self.reached = False
        #: Telegram said that it does not know our key
        self.key_unknown = asyncio.Event()

    def __call__(self, **named: Any) -> "Line":
        """Return a connection that is not yet opened (the library's ``connection_factory``)."""
        return Line(self, self._open_line(**named))

    async def connect(self, line: RawLine) -> None:
        """Open ``line`` after a pause that grows with failures.

        Whoever asks after the end is cancelled: that is a task which outlived its client.
        """
        if self._failures:
            pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, PAUSE_SECONDS_MAX)
            await asyncio.sleep(jittered(pause))
        self._refuse_when_ended()
        await line.connect()
        self._lines.add(line)
        self.reached = True
        if self._ended:
            await self.close(line)
        self._refuse_when_ended()

    async def close(self, line: RawLine) -> None:
        """Close ``line``."""
        self._lines.discard(line)
        await line.close()

    def heard(self, packet: bytes | None, line: RawLine) -> bytes | None:
        """Note what ``line`` brought; None when the key is unknown, as if it had been closed."""
        if packet == KEY_UNKNOWN:
            self.key_unknown.set()
            packet = None
        if packet is not None:
            self._failures = 0
        elif line in self._lines:
            self._failures += 1
        return packet

    async def end(self) -> None:
        """Cut every connection at once, and close them; none is opened after this."""
        self._ended = True
        lines, self._lines = self._lines, set()
        for line in lines:
            _cut(line)
        if closing := [asyncio.create_task(line.close()) for line in lines]:
            _, hanging = await asyncio.wait(closing, timeout=CLOSE_SECONDS)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*closing, return_exceptions=True)

    def _refuse_when_ended(self) -> None:
        if self._ended:
            raise asyncio.CancelledError


def _cut(line: RawLine) -> None:
    """Let Telegram see the end of ``line`` now, whoever is about to send on it."""
    writer = getattr(line.protocol, "writer", None)
    if writer is not None:
        writer.transport.abort()


class Line:
    """One connection among ``Lines``."""

    def __init__(self, lines: Lines, line: RawLine) -> None:
        self._lines = lines
        self._line = line

    @property
    def protocol(self) -> Any:
        """The library's transport."""
        return self._line.protocol

    async def connect(self) -> None:
        """Open the socket."""
        await self._lines.connect(self._line)

    async def close(self) -> None:
        """Close the socket."""
        await self._lines.close(self._line)

    async def send(self, data: bytes) -> None:
        """Send a packet."""
        await self._line.send(data)

    async def recv(self) -> bytes | None:
        """Return the next packet, None when the socket is closed or the key unknown."""
        return self._lines.heard(await self._line.recv(), self._line)
