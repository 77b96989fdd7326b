"""Personal data, sealed with a key per person.

Each owner has a random 256-bit key, kept wrapped by ENCRYPTION_SECRET; destroying it forgets
the person while history, order and proofs stay as they are. Sealing is AES-GCM; owner and
field are authenticated, so that a sealed value opens nowhere else.
"""

import base64
import binascii
import hashlib
import hmac
import os
import string
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore.doubt import persist
from eventstore.errors import EventStoreError, SecretUnusable
from eventstore.identity import ShopperId
from eventstore.pool import Pool
from eventstore.store import QUERIES

KEY_BYTES = 32
#: AES-GCM's standard nonce; random, which is safe for far more values than a person has.
NONCE_BYTES = 12
#: Owner of what belongs to no shopper: bodies of callbacks.
SYSTEM = "system"

_SHOPPER_IDS = "system/shopper-ids"
_PHONES = "system/phones"
_BODIES = "system/callback-bodies"
_SIGNING = "system/ledger-signing"


class KeyDestroyed(EventStoreError):
    """The owner's key is gone, and with it what was sealed: the person was forgotten."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(f"there is no key for {owner}: what was sealed for it cannot be read")


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


class Vault:
    """Seals and opens for owners; makes the ids and fingerprints that name people safely."""

    def __init__(self, *, pool: Pool, secret: bytes) -> None:
        """Wrap keys with ``secret``, 32 bytes as ``parse_secret`` gives them."""
        self._pool = pool
        self._secret = AESGCM(secret)
        self._wrapped_by = hmac.digest(secret, b"cashbot wrapping key", "sha256").hex()[:16]

    async def shopper_id(self, external: str) -> ShopperId:
        """Return the id of whoever is ``external`` (``web:…``, ``telegram:…``), always the same.

        The id is a keyed hash under a key that is never rotated: it says nothing about the
        person, and who was forgotten and returns meets the same limits again.
        """
        key = await self._key_to_write(_SHOPPER_IDS)
        return ShopperId(hmac.digest(key, external.encode(), "sha256").hex()[:32])

    async def fingerprint(self, phone: str) -> str:
        """Return a keyed hash of a phone number: equal for equal numbers, and nothing else."""
        key = await self._key_to_write(_PHONES)
        return hmac.digest(key, phone.encode(), "sha256").hex()

    async def body_fingerprint(self, body: bytes) -> str:
        """Return a keyed hash of a callback's body: the same body has the same one."""
        key = await self._key_to_write(_BODIES)
        return hmac.digest(key, body, "sha256").hex()

    async def signing_seed(self) -> bytes:
        """Return the 32 random bytes from which the log's signing key is made."""
        return await self._key_to_write(_SIGNING)

    async def seal(self, owner: str, field: str, plaintext: bytes) -> str:
        """Return ``plaintext`` sealed for ``owner`` and ``field``, as base64 text."""
        key = await self._key_to_write(owner)
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plaintext, _bound_to(owner, field))
        return base64.b64encode(nonce + sealed).decode()

    async def open(self, owner: str, field: str, sealed: str) -> bytes:
        """Return what was sealed for ``owner`` and ``field``.

        Raises ``KeyDestroyed`` when the owner was forgotten, ``SecretUnusable`` when the text
        was sealed for someone else or was changed.
        """
        key = await self._key(owner)
        if key is None:
            raise KeyDestroyed(owner)
        content = base64.b64decode(sealed)
        try:
            return AESGCM(key).decrypt(
                content[:NONCE_BYTES], content[NONCE_BYTES:], _bound_to(owner, field)
            )
        except InvalidTag as changed:
            raise SecretUnusable(f"{field} of {owner} was changed or sealed elsewhere") from changed

    async def _key_to_write(self, owner: str) -> bytes:
        key = await self._key(owner)
        if key is None:
            await self._create_key(owner)
            key = await self._key(owner)
            assert key is not None, "a key that was just added or was there before"
        return key

    async def _key(self, owner: str) -> bytes | None:
        async def attempt() -> tuple[bytes, str] | None:
            row = await self._pool.fetchrow(QUERIES["find_key"], owner)
            return (row["wrapped_key"], row["wrapped_by"]) if row else None

        found = await persist(attempt)
        if found is None:
            return None
        wrapped, wrapped_by = found
        if wrapped_by != self._wrapped_by:
            raise SecretUnusable(
                "this database's keys were wrapped by another ENCRYPTION_SECRET; set that one"
            )
        return self._secret.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())

    async def _create_key(self, owner: str) -> None:
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._secret.encrypt(nonce, os.urandom(KEY_BYTES), owner.encode())

        async def attempt() -> None:
            await self._pool.execute(QUERIES["add_key"], owner, wrapped, self._wrapped_by)

        await persist(attempt)


def _bound_to(owner: str, field: str) -> bytes:
    """Return the associated data of a sealed value; hashed so that no owner can imitate a field."""
    return hashlib.sha256(owner.encode() + b"\x00" + field.encode()).digest()
