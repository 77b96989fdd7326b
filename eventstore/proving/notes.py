"""Signed checkpoints: the size and root of the ledger as a note that anybody can check.

The formats are C2SP's, so that other tools read them: ``signed-note`` (a text, an empty line,
and signatures ``— <name> <base64 of key id and signature>``) and ``tlog-checkpoint`` (the lines
of the text: origin, size, base64 of the root, then lines of one's own; ours is the time).
"""

import base64
import re
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from eventstore.errors import EventStoreError
from eventstore.proving.merkle import HASH_BYTES

#: signed-note's number for Ed25519.
_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_TIME_LINE = re.compile(r"time (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
#: A checkpoint is five short lines and a signature per signer.
NOTE_CHARACTERS_MAX = 10_000


class NoteError(EventStoreError):
    """Base of what can be wrong with a checkpoint or a key."""


class NoteMalformed(NoteError):
    """The text is no signed checkpoint, or the key no verifier key, by the C2SP formats."""


class ForeignNote(NoteError):
    """The checkpoint is another log's: it has no signature by this key."""


class WrongSignature(NoteError):
    """The signature does not fit the text: one of the two was changed."""


class Checkpoint(Struct, frozen=True, kw_only=True):
    """What is signed: the ledger had ``size`` facts and this root at this time."""

    #: name of the log, and of its key
    origin: str
    size: int
    root: bytes
    #: aware; the signer's clock
    made_at: datetime

    def text(self) -> str:
        """Return the lines that are signed, the last one ended too."""
        root = base64.b64encode(self.root).decode()
        time = self.made_at.astimezone(UTC).strftime(_TIME_FORMAT)
        return f"{self.origin}\n{self.size}\n{root}\ntime {time}\n"


class VerifierKey(Struct, frozen=True, kw_only=True):
    """The public half of a log's key, which auditors pin."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which signatures name this key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key that ``events key`` printed; raises ``NoteMalformed``."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        parsed = cls(name=name, public=key[1:])
        if key[:1] != _ED25519 or len(key) != 1 + HASH_BYTES or str(parsed) != text.strip():
            raise NoteMalformed(
                f"not a verifier key: {text.strip()[:100]!r};"
                " it is the line that `events key` prints, whole"
            )
        assert key_id == parsed.key_id.hex(), "it is part of the text that was compared"
        return parsed

    def opened(self, note: str) -> Checkpoint:
        """Return the checkpoint of ``note`` if this key signed it.

        Raises ``NoteMalformed``, ``ForeignNote`` or ``WrongSignature``.
        """
        text, signatures = _parted(note)
        ours = [
            signed[_KEY_ID_BYTES:]
            for name, signed in signatures
            if name == self.name and signed[:_KEY_ID_BYTES] == self.key_id
        ]
        checkpoint = _checkpoint_in(text)
        if not ours or checkpoint.origin != self.name:
            raise ForeignNote(
                f"this checkpoint is of {checkpoint.origin} and not signed by {self.name}:"
                " check the key, or whose log this is"
            )
        for signature in ours:
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
            except InvalidSignature:
                raise WrongSignature(
                    f"the signature of {self.name} under size {checkpoint.size} is wrong:"
                    " the checkpoint was changed"
                ) from None
        return checkpoint


class SigningKey:
    """The private half of a log's key."""

    def __init__(self, seed: bytes) -> None:
        """Use 32 random bytes; the name, which is the log's origin, follows from them."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        #: what auditors pin
        self.verifier = VerifierKey(
            name=f"cashbot/{sha256(public).hexdigest()[:16]}", public=public
        )

    def signed(self, *, size: int, root: bytes, made_at: datetime) -> str:
        """Return a signed note that says so."""
        checkpoint = Checkpoint(origin=self.verifier.name, size=size, root=root, made_at=made_at)
        text = checkpoint.text()
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"{text}\n— {self.verifier.name} {base64.b64encode(signature).decode()}\n"


def checkpoint_of(note: str) -> Checkpoint:
    """Return what ``note`` says, unproved: to learn whose it is. Raises ``NoteMalformed``."""
    return _checkpoint_in(_parted(note)[0])


def _parted(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text, and name and bytes of each signature."""
    text, empty_line, rest = note[:NOTE_CHARACTERS_MAX].rpartition("\n\n")
    lines = rest.split("\n")
    found = [_SIGNATURE_LINE.fullmatch(line) for line in lines[:-1]]
    if not empty_line or not found or lines[-1] != "":
        raise NoteMalformed("not a signed note: text, an empty line, lines that begin with '— '")
    signatures = []
    for line in found:
        if line is None:
            raise NoteMalformed("not a signed note: behind the empty line stand signatures only")
        signatures.append((line["name"], _decoded(line["signature"])))
    return f"{text}\n", signatures


def _checkpoint_in(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 5 or not _SIZE.fullmatch(lines[1]):
        raise NoteMalformed("not a checkpoint: its lines are origin, size, root and time")
    time = _TIME_LINE.fullmatch(lines[3])
    root = _decoded(lines[2])
    if time is None or len(root) != HASH_BYTES:
        raise NoteMalformed("not a checkpoint of cashbot: root or time is not as it writes them")
    try:
        made_at = datetime.strptime(time["time"], _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as impossible:
        raise NoteMalformed(f"not a time: {time['time']}") from impossible
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root, made_at=made_at)


def _decoded(encoded: str) -> bytes:
    """Return the bytes of base64 in its one canonical spelling."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError as malformed:
        raise NoteMalformed(f"not base64: {encoded[:100]!r}") from malformed
    if base64.b64encode(content).decode() != encoded:
        raise NoteMalformed(f"not canonical base64: {encoded[:100]!r}")
    return content
