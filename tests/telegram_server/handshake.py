"""How a client and the server agree on a key nobody else knows.

The steps and their names are those of core.telegram.org/mtproto/auth_key.
"""

import os
import time
from hashlib import sha1

from pyrogram.crypto import aes, prime

from tests.telegram_server.keys import ServerKey
from tests.telegram_server.tl import F, T, Tl, read

#: Two primes of 32 bits: small enough that a client factors their product at once.
_P = 0x494C553B
_Q = 0x53911073
_G = 3
_SHA1_BYTES = 20
#: Enough that nobody guesses it, and an eighth of the time that a full one takes.
_SECRET_BYTES = 32


class Handshake:
    """One connection's way to a key; ``auth_key`` is there after the third question."""

    def __init__(self, key: ServerKey) -> None:
        """Begin with the RSA key that clients know."""
        self._key = key
        self._secret = int.from_bytes(os.urandom(_SECRET_BYTES), "big")
        self._server_nonce = _number(os.urandom(16))
        self._nonce = 0
        self._new_nonce = b""
        self.auth_key = b""
        self.salt = 0

    def answer(self, question: Tl) -> Tl:
        """Return the answer to the next question of the client.

        Raises:
            ValueError: It does not fit what was said before, or is no question of a handshake.
        """
        match question:
            case F.ReqPqMulti():
                return self._res_pq(question)
            case F.ReqDHParams():
                return self._server_dh_params(question)
            case F.SetClientDHParams():
                return self._dh_gen(question)
        raise ValueError(f"no question of a handshake: {question.QUALNAME}")

    def _res_pq(self, question: Tl) -> Tl:
        self._nonce = question.nonce
        return T.ResPQ(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            pq=(_P * _Q).to_bytes(8, "big"),
            server_public_key_fingerprints=[self._key.public.fingerprint],
        )

    def _server_dh_params(self, question: Tl) -> Tl:
        self._same_nonces(question)
        inner = _checked(self._key.decrypt(question.encrypted_data))
        self._same_nonces(inner)
        if (_big(inner.p), _big(inner.q)) != (_P, _Q):
            raise ValueError("the client factored wrongly")
        self._new_nonce = _bytes(inner.new_nonce, 32)
        told = T.ServerDHInnerData(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            g=_G,
            dh_prime=prime.CURRENT_DH_PRIME.to_bytes(256, "big"),
            g_a=pow(_G, self._secret, prime.CURRENT_DH_PRIME).to_bytes(256, "big"),
            server_time=int(time.time()),
        ).write()
        answer = _sha1(told) + told
        answer += os.urandom(-len(answer) % 16)
        return T.ServerDHParamsOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            encrypted_answer=aes.ige256_encrypt(answer, *self._temporary_key()),
        )

    def _dh_gen(self, question: Tl) -> Tl:
        self._same_nonces(question)
        inner = _checked(aes.ige256_decrypt(question.encrypted_data, *self._temporary_key()))
        self._same_nonces(inner)
        shared = pow(_big(inner.g_b), self._secret, prime.CURRENT_DH_PRIME)
        self.auth_key = shared.to_bytes(256, "big")
        server_nonce = _bytes(self._server_nonce, 16)
        self.salt = _number(aes.xor(self._new_nonce[:8], server_nonce[:8]))
        proof = _sha1(self._new_nonce + b"\x01" + _sha1(self.auth_key)[:8])
        return T.DhGenOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            new_nonce_hash1=_number(proof[-16:]),
        )

    def _temporary_key(self) -> tuple[bytes, bytes]:
        new, server = self._new_nonce, _bytes(self._server_nonce, 16)
        mixed = _sha1(server + new)
        return _sha1(new + server) + mixed[:12], mixed[12:] + _sha1(new + new) + new[:4]

    def _same_nonces(self, said: Tl) -> None:
        if (said.nonce, said.server_nonce) != (self._nonce, self._server_nonce):
            raise ValueError("nonces of another handshake")


def _checked(content: bytes) -> Tl:
    """Return the object behind its SHA-1, whatever padding follows."""
    inner = read(content[_SHA1_BYTES:])
    if _sha1(inner.write()) != content[:_SHA1_BYTES]:
        raise ValueError("an object that is not what its hash says")
    return inner


def _sha1(content: bytes) -> bytes:
    return sha1(content).digest()  # noqa: S324 - the protocol's choice


def _big(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little", signed=True)


def _bytes(number: int, length: int) -> bytes:
    return number.to_bytes(length, "little", signed=True)
