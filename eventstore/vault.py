"""Personal data, sealed with a key per person.

Each owner has a random 256-bit key, kept wrapped by ENCRYPTION_SECRET; destroying it forgets
the person while history, order and proofs stay as they are. Sealing is AES-GCM; owner and
field are authenticated, so that a sealed value opens nowhere else. A sealed value begins with
the id of its key, so that a destroyed key is told from a changed value.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventstore import sql
from eventstore.attachments import Attachments
from eventstore.doubt import persist
from eventstore.errors import EventStoreError, SecretUnusable
from eventstore.identity import ShopperId
from eventstore.keyring import KEY_BYTES, NONCE_BYTES, Keyring
from eventstore.pool import Pool
from eventstore.tombstones import Tombstones

SQL = sql.load(Path(__file__).with_name("vault.sql"))

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


class _Key(NamedTuple):
    key_id: str
    key: bytes


class Vault:
    """Seals and opens for owners; makes the ids and fingerprints that name people safely."""

    def __init__(
        self,
        *,
        pool: Pool,
        secret: bytes,
        previous: Sequence[bytes] = (),
        attachments: Attachments | None = None,
    ) -> None:
        """Wrap keys with ``secret``, 32 bytes as ``parse_secret`` gives them.

        Keys that ``previous`` secrets wrapped open too. Tombstones among ``attachments`` are
        obeyed before any person's key is used; without ``attachments`` nobody is ever forgotten.
        """
        self._pool = pool
        self.keyring = Keyring(secret, previous)
        self.tombstones = (
            None if attachments is None else Tombstones(pool=pool, attachments=attachments)
        )

    async def shopper_id(self, external: str) -> ShopperId:
        """Return the id of whoever is ``external`` (``web:…``, ``telegram:…``), always the same.

        The id is a keyed hash under a key that is never rotated: it says nothing about the
        person, and who was forgotten and returns meets the same limits again.
        """
        key = (await self._key_to_write(_SHOPPER_IDS)).key
        return ShopperId(hmac.digest(key, external.encode(), "sha256").hex()[:32])

    async def fingerprint(self, phone: str) -> str:
        """Return a keyed hash of a phone number: equal for equal numbers, and nothing else."""
        key = (await self._key_to_write(_PHONES)).key
        return hmac.digest(key, phone.encode(), "sha256").hex()

    async def body_fingerprint(self, body: bytes) -> str:
        """Return a keyed hash of a callback's body: the same body has the same one."""
        key = (await self._key_to_write(_BODIES)).key
        return hmac.digest(key, body, "sha256").hex()

    async def signing_seed(self) -> bytes:
        """Return the 32 random bytes from which the log's signing key is made."""
        return (await self._key_to_write(_SIGNING)).key

    async def seal(self, owner: str, field: str, plaintext: bytes) -> str:
        """Return ``plaintext`` sealed for ``owner`` and ``field``: key id, a dot, base64.

        Raises ``VaultClosed`` when the tombstones cannot be read.
        """
        return _sealed(await self._key_to_write(owner), owner, field, plaintext)

    async def seal_beside(self, sealed: str, owner: str, field: str, plaintext: bytes) -> str:
        """Return ``plaintext`` sealed by the key that ``sealed`` was sealed by, never a new one.

        Raises ``KeyDestroyed`` when the owner was forgotten since, ``VaultClosed``.
        """
        found = await self._key(owner)
        if found is None or found.key_id != sealed.rpartition(".")[0]:
            raise KeyDestroyed(owner)
        return _sealed(found, owner, field, plaintext)

    async def open(self, owner: str, field: str, sealed: str) -> bytes:
        """Return what was sealed for ``owner`` and ``field``.

        Raises ``KeyDestroyed`` when the owner was forgotten since, ``SecretUnusable`` when the
        text was sealed for someone else or was changed, ``VaultClosed`` when the tombstones
        cannot be read.
        """
        key_id, _, text = sealed.rpartition(".")  # what was sealed first has no key id
        found = await self._key(owner)
        if found is None or key_id not in ("", found.key_id):
            raise await self._why_not(owner, field, key_id)
        content = base64.b64decode(text)
        try:
            return AESGCM(found.key).decrypt(
                content[:NONCE_BYTES], content[NONCE_BYTES:], _bound_to(owner, field)
            )
        except InvalidTag as changed:
            raise _changed(owner, field) from changed

    async def key_id(self, owner: str) -> str | None:
        """Return the id of the owner's key, None when there is no key."""
        found = await self._key(owner)
        return None if found is None else found.key_id

    async def destroy(self, owner: str, key_id: str) -> None:
        """Destroy the key of ``owner`` that is called ``key_id``, if it is still there."""
        await persist(partial(self._pool.execute, SQL["destroy_key"], owner, key_id))

    async def obey_tombstones(self) -> None:
        """Destroy now and again what tombstones name, until cancelled."""
        assert self.tombstones is not None, "there are attachments"
        await self.tombstones.run()

    async def _why_not(self, owner: str, field: str, key_id: str) -> EventStoreError:
        """Return why the key of that id is not the owner's: another's, or destroyed."""
        holder = await persist(partial(self._pool.fetchval, SQL["key_owner"], key_id))
        return KeyDestroyed(owner) if holder in (None, owner) else _changed(owner, field)

    async def _key_to_write(self, owner: str) -> _Key:
        while (found := await self._key(owner)) is None:
            wrapped = self.keyring.wrap(owner, os.urandom(KEY_BYTES))
            by = self.keyring.current
            await persist(partial(self._pool.execute, SQL["add_key"], owner, wrapped, by))
        return found

    async def _key(self, owner: str) -> _Key | None:
        if self.tombstones and not owner.startswith(SYSTEM):
            await self.tombstones.be_fresh()
        row = await persist(partial(self._pool.fetchrow, SQL["find_key"], owner))
        if row is None:
            return None
        key = self.keyring.unwrap(owner, row["wrapped_key"], wrapped_by=row["wrapped_by"])
        return _Key(row["key_id"], key)


def _sealed(key: _Key, owner: str, field: str, plaintext: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key.key).encrypt(nonce, plaintext, _bound_to(owner, field))
    return f"{key.key_id}.{base64.b64encode(nonce + sealed).decode()}"


def _changed(owner: str, field: str) -> SecretUnusable:
    return SecretUnusable(f"{field} of {owner} was changed or sealed elsewhere")


def _bound_to(owner: str, field: str) -> bytes:
    """Return the associated data of a sealed value; hashed so that no owner can imitate a field."""
    return hashlib.sha256(owner.encode() + b"\x00" + field.encode()).digest()
