"""Closes and opens what is sent under a key: MTProto 2.0, core.telegram.org/mtproto/description."""

import os
import time
from hashlib import sha256
from typing import NamedTuple

from pyrogram.crypto import aes, mtproto
from pyrogram.raw.core import MsgContainer

from tests.telegram_server.tl import Inner, T, Tl, read

#: Salt, session, then id, seq_no and length of the message.
_HEAD_BYTES = 32
_PADDING_BYTES_MIN = 12
_PADDING_BYTES_MAX = 1024


class Envelope(NamedTuple):
    """What a client sent, and under which salt and session."""

    salt: int
    session_id: bytes
    messages: list[Inner]


class MessageIds:
    """Ids of the server's messages: they tell the time and only grow, over all connections."""

    def __init__(self) -> None:
        """Start with the present time."""
        self._last = 0

    def next(self, *, answer: bool) -> int:
        """Return the next id: of an answer, or of what the server says by itself."""
        now = int(time.time() * 2**32) & ~3
        self._last = max(now, self._last + 4)
        return self._last | (1 if answer else 3)


def message(message_id: int, seq_no: int, body: bytes) -> bytes:
    """Return one message as it stands in an envelope or a container."""
    return (
        message_id.to_bytes(8, "little", signed=True)
        + seq_no.to_bytes(4, "little")
        + len(body).to_bytes(4, "little")
        + body
    )


def container(messages: list[bytes]) -> bytes:
    """Return the body of a message that carries several."""
    return b"\xdc\xf8\xf1\x73" + len(messages).to_bytes(4, "little") + b"".join(messages)


def seal(
    content: bytes, *, auth_key: bytes, auth_key_id: bytes, salt: int, session_id: bytes
) -> bytes:
    """Return the packet that carries the message ``content`` to a client."""
    plain = salt.to_bytes(8, "little", signed=True) + session_id + content
    padded = plain + os.urandom(-(len(plain) + _PADDING_BYTES_MIN) % 16 + _PADDING_BYTES_MIN)
    msg_key = sha256(auth_key[96:128] + padded).digest()[8:24]
    encrypted = aes.ige256_encrypt(padded, *mtproto.kdf(auth_key, msg_key, False))
    return auth_key_id + msg_key + encrypted


def unseal(packet: bytes, auth_key: bytes) -> Envelope:
    """Return what the packet of a client carries.

    Raises:
        ValueError: It was not sealed with this key, or is malformed.
        KeyError: It holds a constructor that the library does not know.
    """
    msg_key = packet[8:24]
    plain = aes.ige256_decrypt(packet[24:], *mtproto.kdf(auth_key, msg_key, True))
    if sha256(auth_key[88:120] + plain).digest()[8:24] != msg_key:
        raise ValueError("a packet sealed with another key")
    length = int.from_bytes(plain[28:32], "little")
    if not _PADDING_BYTES_MIN <= len(plain) - _HEAD_BYTES - length <= _PADDING_BYTES_MAX:
        raise ValueError("a packet with too little or too much padding")
    inner = Inner(
        id=int.from_bytes(plain[16:24], "little", signed=True),
        seq_no=int.from_bytes(plain[24:28], "little"),
        body=read(plain[_HEAD_BYTES : _HEAD_BYTES + length]),
    )
    return Envelope(
        salt=int.from_bytes(plain[:8], "little", signed=True),
        session_id=plain[8:16],
        messages=_unpacked(inner),
    )


def _unpacked(outer: Inner) -> list[Inner]:
    body: Tl = outer.body
    if not isinstance(body, MsgContainer):
        return [outer]
    return [Inner(each.msg_id, each.seq_no, each.body) for each in body.messages]


def plain(message_id: int, answer: Tl) -> bytes:
    """Return the packet of an answer in a handshake, when there is no key yet."""
    body: bytes = answer.write()
    return bytes(8) + message_id.to_bytes(8, "little") + len(body).to_bytes(4, "little") + body


def plain_body(packet: bytes) -> Tl:
    """Return the object in a packet of a handshake."""
    return read(packet[20:])


def pong(request: Inner) -> bytes:
    """Return the answer to a ping."""
    return bytes(T.Pong(msg_id=request.id, ping_id=request.body.ping_id).write())
