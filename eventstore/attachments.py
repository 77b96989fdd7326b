"""Bytes too heavy or too private for a fact: photos, words, callback bodies.

An attachment is written once and never changed; its key says whose it is. Keep the SHA-256
in the fact and the bytes here.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from eventstore.errors import EventStoreError
from eventstore.identity import Sha256, ShopperId

#: One word per folder, none hidden, none that leads out: what S3 and any disk can hold.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,3}")


#: Keys listed in one call, as many as S3 gives.
KEYS_MAX = 1_000
#: R23, R42: how long photos, previews, words and callbacks' bodies are kept. Shoppers are promised
#: so in the privacy text: who changes one changes the other.
KEPT = timedelta(days=90)
#: The folder in which it is written which keys were destroyed.
TOMBSTONES = "tombstones"


class AttachmentError(EventStoreError):
    """Base of what can go wrong with an attachment; ``key`` names it."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class AttachmentKeyUnusable(AttachmentError):
    """The key is not one that ``photo_key`` and its sisters make."""

    def __init__(self, key: str) -> None:
        super().__init__(
            key, f"{key!r} is no attachment key: make it with photo_key or its sisters"
        )


class AttachmentMissing(AttachmentError):
    """Nothing lies under the key."""

    def __init__(self, key: str) -> None:
        super().__init__(key, f"nothing lies under {key}: it was deleted or never written")


class AttachmentConflict(AttachmentError):
    """Other bytes lie under the key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            key, f"other bytes lie under {key}: an attachment is never overwritten, make a new key"
        )


class AttachmentsUnavailable(AttachmentError):
    """The store did not answer or refused us; the same call may be made again."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, f"{why}; the same may be asked of {key} again")


class Attachments(Protocol):
    """Keeps bytes under keys, write-once."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep ``content``; the same bytes again change nothing.

        Raises AttachmentConflict if other bytes lie there, AttachmentsUnavailable.
        """

    async def get(self, key: str) -> bytes:
        """Return what lies under ``key``; raises AttachmentMissing, AttachmentsUnavailable."""

    async def delete(self, key: str) -> None:
        """Forget what lies under ``key``, if anything; raises AttachmentsUnavailable."""

    async def keys(self, folder: str, *, after: str = "") -> list[str]:
        """Return the next ``KEYS_MAX`` keys below ``folder`` that sort behind ``after``.

        Raises AttachmentsUnavailable; a folder nobody wrote to is empty.
        """


def photo_key(shopper: ShopperId, sha256: Sha256) -> str:
    """Return where a shopper's photo or its preview lies."""
    return f"photos/{shopper}/{sha256}"


def words_key(shopper: ShopperId, sha256: Sha256) -> str:
    """Return where the sealed words of a shopper's receipt lie."""
    return f"words/{shopper}/{sha256}"


def callback_key(fingerprint: str) -> str:
    """Return where the sealed body of a callback lies."""
    return f"callbacks/{fingerprint}"


def statement_key(sha256: Sha256) -> str:
    """Return where it lies, sealed, what a statement of Portmone said; ``sha256`` is the file's."""
    return f"statements/{sha256}"


def checkpoint_key(size: int) -> str:
    """Return where the signed checkpoint of a ledger of ``size`` facts lies; sorts by size."""
    return f"checkpoints/{size:020}"


def evidence_key(shopper: ShopperId, sha256: Sha256) -> str:
    """Return where it lies, sealed, what showed how a payout of the shopper's ended."""
    return f"evidence/{shopper}/{sha256}"


def tombstone_key(shopper: ShopperId, key_id: str) -> str:
    """Return where it is written that a shopper's key was destroyed for good."""
    return f"{TOMBSTONES}/{shopper}/{key_id}"


def certificate_key(shopper: ShopperId, key_id: str) -> str:
    """Return where the certificate of what was destroyed with a shopper's key lies."""
    return f"certificates/{shopper}/{key_id}"


async def all_keys(attachments: Attachments, folder: str) -> list[str]:
    """Return every key below ``folder``, sorted; raises AttachmentsUnavailable."""
    found: list[str] = []
    while page := await attachments.keys(folder, after=found[-1] if found else ""):
        found += page
    return found


async def own_keys(attachments: Attachments, shopper: ShopperId) -> list[str]:
    """Return the keys of what is a shopper's own: photos with previews, words, and evidence."""
    folders = ("photos", "words", "evidence")
    found = [await all_keys(attachments, f"{folder}/{shopper}") for folder in folders]
    return [key for keys in found for key in keys]


def key_checked(key: str) -> str:
    """Return ``key`` if it can only mean a place inside the store, else AttachmentKeyUnusable."""
    if not _KEY.fullmatch(key):
        raise AttachmentKeyUnusable(key)
    return key


class FolderAttachments:
    """Attachments as files of one machine, for ``make demo`` and tests."""

    def __init__(self, *, root: Path) -> None:
        self._root = root

    async def put(self, key: str, content: bytes) -> None:
        """Keep ``content`` in a file that appears whole or not at all."""
        with _disk_errors_named(key, self._root):
            await asyncio.to_thread(_write_once, self._root, key_checked(key), content)

    async def get(self, key: str) -> bytes:
        """Return the file's bytes."""
        with _disk_errors_named(key, self._root):
            return await asyncio.to_thread((self._root / key_checked(key)).read_bytes)

    async def delete(self, key: str) -> None:
        """Remove the file, if it is there."""
        path = self._root / key_checked(key)
        with _disk_errors_named(key, self._root):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def keys(self, folder: str, *, after: str = "") -> list[str]:
        """Return the names of files below ``folder``."""
        with _disk_errors_named(folder, self._root):
            found = await asyncio.to_thread(_files_below, self._root, key_checked(folder))
        return [key for key in found if key > after][:KEYS_MAX]


@contextmanager
def _disk_errors_named(key: str, root: Path) -> Iterator[None]:
    """Tell the disk's errors in our words."""
    try:
        yield
    except FileNotFoundError:
        raise AttachmentMissing(key) from None
    except FileExistsError:
        raise AttachmentConflict(key) from None
    except OSError as error:
        raise AttachmentsUnavailable(
            key, f"{root}: {error.strerror}; make room or give cashbot the folder"
        ) from error


def _files_below(root: Path, folder: str) -> list[str]:
    """Return the keys of the finished files below ``folder``, sorted."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in (root / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def _write_once(root: Path, key: str, content: bytes) -> None:
    """Write a file that no reader sees half-made and no writer replaces.

    Raises FileExistsError if a file with other bytes is there.
    """
    path = root / key
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{secrets.token_hex(8)}")
    try:
        _write_through(unfinished, content)
        os.link(unfinished, path)  # unlike a rename, a link never replaces
    except FileExistsError:
        if path.read_bytes() != content:
            raise
    finally:
        unfinished.unlink(missing_ok=True)
    for folder in path.relative_to(root).parents:
        _sync_folder(root / folder)


def _write_through(path: Path, content: bytes) -> None:
    """Write a new file for its owner's eyes and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's new entry."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
