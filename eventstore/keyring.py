"""ENCRYPTION_SECRET and the earlier ones: what wraps every key of the vault.

The newest secret wraps, all of them unwrap. A secret is named by the first bytes of a keyed
hash, which stands beside each key it wrapped and says nothing about it.
"""

import base64
import binascii
import hmac
import os
import string
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore.errors import SecretUnusable

KEY_BYTES = 32
#: AES-GCM's standard nonce; random, which is safe for far more values than a person has.
NONCE_BYTES = 12


def parse_secret(text: str) -> bytes:
    """Return the 32 bytes of ENCRYPTION_SECRET: 64 hex digits, base64, or 32 raw characters.

    Raises ``SecretUnusable`` for anything else.
    """
    if len(text) == 2 * KEY_BYTES and set(text) <= set(string.hexdigits):
        return bytes.fromhex(text)
    if len(text.encode()) == KEY_BYTES:
        return text.encode()
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        decoded = b""
    if len(decoded) != KEY_BYTES:
        raise SecretUnusable(
            "ENCRYPTION_SECRET must be 64 hex digits, 32 bytes in base64, or 32 characters;"
            " make one with: openssl rand -hex 32"
        )
    return decoded


def parse_secrets(text: str) -> list[bytes]:
    """Return the secrets of ENCRYPTION_SECRET_PREVIOUS, which stand there separated by commas.

    Raises ``SecretUnusable``, which says the how-manieth one is malformed.
    """
    secrets = []
    for place, part in enumerate(text.split(","), start=1):
        try:
            secrets.append(parse_secret(part.strip()))
        except SecretUnusable as unusable:
            raise SecretUnusable(f"number {place} of the earlier secrets: {unusable}") from None
    return secrets


def local_secret(path: Path) -> bytes:
    """Return the secret kept at ``path``, made at its first use; for when none is named.

    Whole or not at all, and of several processes the first one's stands.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(KEY_BYTES).hex())
        with suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return parse_secret(path.read_text())


class Keyring:
    """The secrets of a process."""

    def __init__(self, current: bytes, previous: Sequence[bytes] = ()) -> None:
        """Wrap with ``current``; each secret has 32 bytes as ``parse_secret`` gives them."""
        self._secrets = {name_of(secret): AESGCM(secret) for secret in (*previous, current)}
        #: name of the secret that wraps
        self.current = name_of(current)
        #: names of the earlier ones that still unwrap
        self.previous = tuple(name for name in self._secrets if name != self.current)

    def knows(self, wrapped_by: str) -> bool:
        """Tell whether a key wrapped by the secret of this name can be unwrapped here."""
        return wrapped_by in self._secrets

    def wrap(self, owner: str, key: bytes) -> bytes:
        """Return ``key`` of ``owner`` wrapped by the newest secret."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._secrets[self.current].encrypt(nonce, key, owner.encode())

    def unwrap(self, owner: str, wrapped: bytes, *, wrapped_by: str) -> bytes:
        """Return the key of ``owner``; raises ``SecretUnusable`` if its secret is not here."""
        if not self.knows(wrapped_by):
            raise SecretUnusable(
                f"the key of {owner} was wrapped by another ENCRYPTION_SECRET ({wrapped_by});"
                " set that one, or name it in ENCRYPTION_SECRET_PREVIOUS"
            )
        secret = self._secrets[wrapped_by]
        return secret.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())


def name_of(secret: bytes) -> str:
    """Return what a secret is called beside the keys it wrapped."""
    return hmac.digest(secret, b"cashbot wrapping key", "sha256").hex()[:16]
