"""A client written by hand from the protocol's description: no byte of it is the library's.

What the library and the server both got wrong in the same way, this one notices.
"""

import asyncio
import os
import struct
import time
from hashlib import sha1, sha256

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from tests.telegram_server.keys import PublicKey

#: Constructors by the scheme of core.telegram.org/schema/mtproto.
REQ_PQ_MULTI, RES_PQ = 0xBE7E8EF1, 0x05162463
P_Q_INNER_DATA, REQ_DH_PARAMS = 0x83C95AEC, 0xD712E4BE
SERVER_DH_PARAMS_OK, SERVER_DH_INNER_DATA = 0xD0E8075C, 0xB5890DBA
CLIENT_DH_INNER_DATA, SET_CLIENT_DH_PARAMS, DH_GEN_OK = 0x6643B654, 0xF5045F1F, 0x3BCBF734


def digest(content: bytes) -> bytes:
    """Return the SHA-1, which the handshake uses throughout."""
    return sha1(content).digest()  # noqa: S324 - the protocol's choice


def string(content: bytes) -> bytes:
    """Return ``content`` as the type language writes it."""
    length = len(content)
    head = bytes([length]) if length < 254 else b"\xfe" + struct.pack("<I", length)[:3]
    return head + content + b"\0" * (-(len(head) + length) % 4)


def take_string(content: bytes) -> bytes:
    """Return the string that ``content`` begins with."""
    if content[0] < 254:
        return content[1 : 1 + content[0]]
    return content[4 : 4 + int.from_bytes(content[1:4], "little")]


def xor(a: bytes, b: bytes) -> bytes:
    """Return the bytes of ``a`` and ``b`` that differ."""
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def ige(content: bytes, key: bytes, iv: bytes, *, encrypt: bool) -> bytes:
    """Apply AES in the mode "infinite garble extension", block by block."""
    cipher = Cipher(AES(key), ECB())  # noqa: S305 - the mode is built here, around it
    block = (cipher.encryptor() if encrypt else cipher.decryptor()).update
    written, read = (iv[:16], iv[16:]) if encrypt else (iv[16:], iv[:16])
    result = []
    for at in range(0, len(content), 16):
        piece = content[at : at + 16]
        written = xor(block(xor(piece, written)), read)
        read = piece
        result.append(written)
    return b"".join(result)


def message_keys(auth_key: bytes, msg_key: bytes, *, to_server: bool) -> tuple[bytes, bytes]:
    """Return the AES key and iv of one message, as "MTProto 2.0" words it."""
    x = 0 if to_server else 8
    a = sha256(msg_key + auth_key[x : x + 36]).digest()
    b = sha256(auth_key[40 + x : 40 + x + 36] + msg_key).digest()
    return a[0:8] + b[8:24] + a[24:32], b[0:8] + a[8:24] + b[24:32]


class HandmadeClient:
    """One connection, framed as intermediate."""

    def __init__(self, port: int, key: PublicKey) -> None:
        """Speak with the server on ``port`` that has ``key``."""
        self._port = port
        self._rsa = key
        self._session_id = os.urandom(8)
        self.auth_key = b""
        self.salt = b""

    async def shake_hands(self) -> None:
        """Connect and agree on a key."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(b"\xee\xee\xee\xee")
        nonce = os.urandom(16)
        answer = await self._plain(struct.pack("<I", REQ_PQ_MULTI) + nonce)
        assert answer[:20] == struct.pack("<I", RES_PQ) + nonce
        await self._exchange(nonces=answer[4:36], pq=take_string(answer[36:]))

    async def _exchange(self, *, nonces: bytes, pq: bytes) -> None:
        new, server = os.urandom(32), nonces[16:]
        p, q = factors(int.from_bytes(pq, "big"))
        asked = struct.pack("<I", P_Q_INNER_DATA) + string(pq) + p + q + nonces + new
        padded = digest(asked) + asked
        padded += os.urandom(255 - len(padded))
        secret = pow(int.from_bytes(padded, "big"), self._rsa.exponent, self._rsa.modulus)
        answer = await self._plain(
            struct.pack("<I", REQ_DH_PARAMS)
            + nonces + p + q
            + struct.pack("<q", self._rsa.fingerprint)
            + string(secret.to_bytes(256, "big"))
        )  # fmt: skip
        assert answer[:36] == struct.pack("<I", SERVER_DH_PARAMS_OK) + nonces
        key = digest(new + server) + digest(server + new)[:12]
        iv = digest(server + new)[12:] + digest(new + new) + new[:4]
        told = ige(take_string(answer[36:]), key, iv, encrypt=False)[20:]
        assert told[:36] == struct.pack("<I", SERVER_DH_INNER_DATA) + nonces
        await self._agree(told, nonces=nonces, new=new, keys=(key, iv))

    async def _agree(
        self, told: bytes, *, nonces: bytes, new: bytes, keys: tuple[bytes, bytes]
    ) -> None:
        (g,) = struct.unpack("<I", told[36:40])
        prime = int.from_bytes(take_string(told[40:]), "big")
        g_a = int.from_bytes(take_string(told[300:]), "big")
        b = int.from_bytes(os.urandom(256), "big")
        mine = struct.pack("<I", CLIENT_DH_INNER_DATA) + nonces + bytes(8)
        mine += string(pow(g, b, prime).to_bytes(256, "big"))
        hashed = digest(mine) + mine
        hashed += os.urandom(-len(hashed) % 16)
        answer = await self._plain(
            struct.pack("<I", SET_CLIENT_DH_PARAMS)
            + nonces
            + string(ige(hashed, *keys, encrypt=True))
        )
        self.auth_key = pow(g_a, b, prime).to_bytes(256, "big")
        self.salt = xor(new[:8], nonces[16:24])
        proof = digest(new + b"\x01" + digest(self.auth_key)[:8])[4:]
        assert answer == struct.pack("<I", DH_GEN_OK) + nonces + proof

    async def ask(self, body: bytes, *, salt: bytes) -> bytes:
        """Send ``body`` under ``salt``; return the body of what comes next."""
        head = struct.pack("<qII", int(time.time()) << 32, 1, len(body))
        plain = salt + self._session_id + head + body
        plain += os.urandom(12 + -(len(plain) + 12) % 16)
        msg_key = sha256(self.auth_key[88:120] + plain).digest()[8:24]
        keys = message_keys(self.auth_key, msg_key, to_server=True)
        key_id = digest(self.auth_key)[-8:]
        self._send(key_id + msg_key + ige(plain, *keys, encrypt=True))
        return self._opened(await self._receive(), key_id)

    def _opened(self, packet: bytes, key_id: bytes) -> bytes:
        assert packet[:8] == key_id
        keys = message_keys(self.auth_key, packet[8:24], to_server=False)
        plain = ige(packet[24:], *keys, encrypt=False)
        assert sha256(self.auth_key[96:128] + plain).digest()[8:24] == packet[8:24]
        assert plain[8:16] == self._session_id
        (length,) = struct.unpack("<I", plain[28:32])
        return plain[32 : 32 + length]

    async def _plain(self, body: bytes) -> bytes:
        head = struct.pack("<qqI", 0, int(time.time()) << 32, len(body))
        self._send(head + body)
        return (await self._receive())[20:]

    def _send(self, packet: bytes) -> None:
        self._writer.write(struct.pack("<I", len(packet)) + packet)

    async def _receive(self) -> bytes:
        (length,) = struct.unpack("<I", await self._reader.readexactly(4))
        return await self._reader.readexactly(length)

    async def leave(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


def factors(pq: int) -> tuple[bytes, bytes]:
    """Return the two primes of Telegram's published example, as strings; p is the smaller."""
    p, q = 0x494C553B, 0x53911073
    assert p * q == pq
    return string(p.to_bytes(4, "big")), string(q.to_bytes(4, "big"))
