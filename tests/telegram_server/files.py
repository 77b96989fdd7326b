"""Photos and files: what people send, what the bot fetches, what it uploads."""

import itertools
import os
import time
from dataclasses import dataclass
from hashlib import md5

from tests.telegram_server.screens import Attached
from tests.telegram_server.tl import RpcFailure, T, Tl

#: The data centre a new session belongs to; for a file of another one a client would go there.
DATA_CENTRE = 2
#: What a phone makes of a photo before it sends it.
_PHOTO_WIDTH, _PHOTO_HEIGHT = 960, 1280
#: The letter of the largest size of a photo.
_LARGEST = "y"
#: What a client may ask for at once.
_CHUNK_BYTES_MAX = 1 << 20


@dataclass(frozen=True)
class Stored:
    """One file as the server keeps it."""

    id: int
    access_hash: int
    file_reference: bytes
    what: Attached

    def as_photo(self) -> Tl:
        """Return it as the media of a message, a photo of one size."""
        size = T.PhotoSize(
            type=_LARGEST, w=_PHOTO_WIDTH, h=_PHOTO_HEIGHT, size=len(self.what.content)
        )
        photo = T.Photo(
            id=self.id,
            access_hash=self.access_hash,
            file_reference=self.file_reference,
            date=int(time.time()),
            sizes=[size],
            dc_id=DATA_CENTRE,
        )
        return T.MessageMediaPhoto(photo=photo)

    def as_document(self) -> Tl:
        """Return it as the media of a message, a file with its name."""
        document = T.Document(
            id=self.id,
            access_hash=self.access_hash,
            file_reference=self.file_reference,
            date=int(time.time()),
            mime_type=self.what.mime,
            size=len(self.what.content),
            dc_id=DATA_CENTRE,
            attributes=[T.DocumentAttributeFilename(file_name=self.what.name)],
        )
        return T.MessageMediaDocument(document=document)


class Files:
    """All files of this Telegram, and the parts of those that are being uploaded."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._ids = itertools.count(7_000_000_000)
        self._stored: dict[int, Stored] = {}
        self._parts: dict[int, dict[int, bytes]] = {}

    def keep(self, what: Attached) -> Stored:
        """Store a file under an id of its own."""
        access_hash = int.from_bytes(os.urandom(8), "little", signed=True)
        stored = Stored(next(self._ids), access_hash, os.urandom(16), what)
        self._stored[stored.id] = stored
        return stored

    def chunk(self, location: Tl, *, offset: int, limit: int) -> bytes:
        """Return a piece of the file at ``location``; refuse one the asker was never shown."""
        stored = self._stored.get(location.id)
        if stored is None or stored.access_hash != location.access_hash:
            raise RpcFailure(400, "LOCATION_INVALID")
        if stored.file_reference != location.file_reference:
            raise RpcFailure(400, "FILE_REFERENCE_EXPIRED")
        if not 0 < limit <= _CHUNK_BYTES_MAX or offset < 0:
            raise RpcFailure(400, "LIMIT_INVALID")
        return stored.what.content[offset : offset + limit]

    def take_part(self, upload_id: int, part: int, content: bytes) -> None:
        """Keep one part of an upload."""
        self._parts.setdefault(upload_id, {})[part] = content

    def uploaded(self, file: Tl, *, mime: str) -> Attached:
        """Return what was uploaded in parts; refuse it if one is missing or spoilt."""
        parts = self._parts.pop(file.id, {})
        if sorted(parts) != list(range(file.parts)) or not parts:
            raise RpcFailure(400, "FILE_PARTS_INVALID")
        content = b"".join(parts[number] for number in range(file.parts))
        if file.md5_checksum and md5(content).hexdigest() != file.md5_checksum:  # noqa: S324
            raise RpcFailure(400, "MD5_CHECKSUM_INVALID")
        return Attached(content=content, name=file.name, mime=mime)
