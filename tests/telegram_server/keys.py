"""The server's RSA key, by which a client knows that it speaks with the server it means."""

import json
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

_EXPONENT = 65537
#: Clients write what they encrypt as 256 bytes.
_BITS = 2048
_MODULUS_BYTES = _BITS // 8


@dataclass(frozen=True)
class PublicKey:
    """What a client must know."""

    modulus: int
    exponent: int

    @property
    def fingerprint(self) -> int:
        """The key's name on the wire: the last 64 bits of the SHA-1 of its two numbers."""
        numbers = _string(self.modulus) + _string(self.exponent)
        return int.from_bytes(sha1(numbers).digest()[-8:], "little", signed=True)  # noqa: S324

    def write(self, file: Path) -> None:
        """Write the key for a process that shall speak with the server."""
        file.write_text(json.dumps({"modulus": f"{self.modulus:x}", "exponent": self.exponent}))

    @classmethod
    def read(cls, file: Path) -> "PublicKey":
        """Return the key that ``write`` wrote."""
        numbers = json.loads(file.read_text())
        return cls(modulus=int(numbers["modulus"], 16), exponent=int(numbers["exponent"]))


@dataclass(frozen=True)
class ServerKey:
    """What the server keeps to itself."""

    public: PublicKey
    secret_exponent: int

    @classmethod
    def generate(cls) -> "ServerKey":
        """Return a new key; it takes a tenth of a second, so that tests share one."""
        numbers = rsa.generate_private_key(_EXPONENT, _BITS).private_numbers()
        public = PublicKey(modulus=numbers.public_numbers.n, exponent=_EXPONENT)
        return cls(public=public, secret_exponent=numbers.d)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the 255 bytes a client encrypted for us.

        Raises:
            OverflowError: It was encrypted for another key.
        """
        number = int.from_bytes(encrypted, "big")
        plain = pow(number, self.secret_exponent, self.public.modulus)
        return plain.to_bytes(_MODULUS_BYTES - 1, "big")


def _string(number: int) -> bytes:
    """Return ``number`` as a string of the type language: length, big-endian bytes, padding."""
    content = number.to_bytes(-(-number.bit_length() // 8), "big")
    length = len(content)
    head = bytes([length]) if length < 254 else b"\xfe" + length.to_bytes(3, "little")
    return head + content + bytes(-(len(head) + length) % 4)
