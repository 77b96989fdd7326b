"""Cuts a TCP stream into packets: abridged, intermediate, and either of them obfuscated.

The rules are those of core.telegram.org/mtproto/mtproto-transports.
"""

import asyncio
from collections.abc import Callable

from pyrogram.crypto import aes

_ABRIDGED = b"\xef"
_INTERMEDIATE = b"\xee" * 4
#: Where an obfuscated stream says which of the two is inside.
_TAG = slice(56, 60)
_NONCE_BYTES = 64
#: From this length on (in words of four bytes) an abridged packet tells it in three bytes more.
_LONG_WORDS = 0x7F

Cipher = Callable[[bytes], bytes]


class Wire:
    """One connection of a client, in packets."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        abridged: bool,
        ciphers: tuple[Cipher, Cipher] | None = None,
    ) -> None:
        """Speak on an open connection; ``ciphers`` decrypt what comes, encrypt what goes."""
        self._reader = reader
        self._writer = writer
        self._abridged = abridged
        self._ciphers = ciphers

    @property
    def open(self) -> bool:
        """Whether anything can still be sent."""
        return not self._writer.is_closing()

    async def receive(self) -> bytes:
        """Return the next packet; raise IncompleteReadError or OSError when there is none."""
        if not self._abridged:
            return await self._read(int.from_bytes(await self._read(4), "little"))
        words = (await self._read(1))[0]
        if words == _LONG_WORDS:
            words = int.from_bytes(await self._read(3), "little")
        return await self._read(words * 4)

    def send(self, packet: bytes) -> None:
        """Send ``packet``, whose length is a multiple of four; nothing if the client is gone."""
        if self.open:
            framed = self._head(len(packet)) + packet
            self._writer.write(self._ciphers[1](framed) if self._ciphers else framed)

    def close(self) -> None:
        """Let what was sent arrive, then hang up."""
        self._writer.close()

    def _head(self, length: int) -> bytes:
        if not self._abridged:
            return length.to_bytes(4, "little")
        words = length // 4
        if words < _LONG_WORDS:
            return bytes([words])
        return bytes([_LONG_WORDS]) + words.to_bytes(3, "little")

    async def _read(self, length: int) -> bytes:
        content = await self._reader.readexactly(length)
        return self._ciphers[0](content) if self._ciphers else content


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Wire:
    """Return the wire of a client that just connected, by the first bytes it sends.

    Raises:
        ValueError: It speaks none of what we know.
    """
    first = await reader.readexactly(1)
    if first == _ABRIDGED:
        return Wire(reader, writer, abridged=True)
    first += await reader.readexactly(3)
    if first == _INTERMEDIATE:
        return Wire(reader, writer, abridged=False)
    return _obfuscated(reader, writer, first + await reader.readexactly(_NONCE_BYTES - 4))


def _obfuscated(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, nonce: bytes) -> Wire:
    mirrored = nonce[55:7:-1]
    theirs = _cipher(key=nonce[8:40], iv=nonce[40:56])
    ours = _cipher(key=mirrored[:32], iv=mirrored[32:48])
    tag = theirs(nonce)[_TAG]
    if tag not in (_ABRIDGED * 4, _INTERMEDIATE):
        raise ValueError(f"a stream of an unknown kind: {tag.hex()}")
    return Wire(reader, writer, abridged=tag != _INTERMEDIATE, ciphers=(theirs, ours))


def _cipher(*, key: bytes, iv: bytes) -> Cipher:
    """Return AES-CTR that goes on where it was: its counter lives as long as the connection."""
    counter, offset = bytearray(iv), bytearray(1)

    def step(content: bytes) -> bytes:
        return bytes(aes.ctr256_encrypt(content, key, counter, offset))

    return step
