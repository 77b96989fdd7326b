"""What the reader and its child say to each other, light enough for the reader's process.

Frames are a length of four bytes, big-endian, and that many bytes: a photo one way, an answer
in MessagePack the other. What the configuration decides is told on the command line, as JSON.
"""

import struct
from typing import BinaryIO

from msgspec import Struct

from handlers.people.photos import NORMAL_LIMITS, SHORTEST_SIDE_MIN, SMALL_LIMITS, PhotoLimits
from handlers.ports import Reading, Unreadable

#: Kept with every reading: those of one version are the same for the same photo.
READER = "rows/3"
#: Photos are refused above 10 MB; answers hold a preview and some hundred words.
FRAME_BYTES_MAX = 32 * 1024 * 1024
_LENGTH = struct.Struct(">I")
#: The reader's pid travels here; pid 1 is no sign of an orphan inside a container.
PARENT_VARIABLE = "READER_PID"


class Engine(Struct, frozen=True, kw_only=True):
    """How Tesseract is called; values come from the configuration."""

    command: str = "tesseract"
    #: models joined with "+"; each one more costs as much time again and gained nothing
    languages: str = "ukr"
    #: folder of the models, None = Tesseract's own
    models: str | None = None


class Settings(Struct, frozen=True, kw_only=True):
    """What the configuration decides about reading."""

    engine: Engine = Engine()
    limits: PhotoLimits = NORMAL_LIMITS
    shortest_side_min: int = SHORTEST_SIDE_MIN
    #: pixels the detector may look at in one go: 110 bytes of memory for each
    detector_pixels_max: int = 1_000_000
    #: whether a child gives memory back while it reads: a third less of it, a third more time
    gives_memory_back: bool = False


#: For a dyno of 512 MB that does everything else as well.
SMALL = Settings(limits=SMALL_LIMITS, detector_pixels_max=440_000, gives_memory_back=True)


class ChildSettings(Struct, frozen=True, kw_only=True):
    """What a child is told on its command line, as JSON."""

    reading: Settings = Settings()
    #: address space of the child and, apart, of each tesseract it starts; libraries reserve
    #: 0.6 GB of it that is never touched
    memory_bytes: int = 2048 * 1024 * 1024


class Answer(Struct, frozen=True, kw_only=True):
    """One of the two outcomes of a reading."""

    reading: Reading | None = None
    unreadable: Unreadable | None = None


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame, or None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return stream.read(length) if length <= FRAME_BYTES_MAX else None


def frame(content: bytes) -> bytes:
    """Return ``content`` with its length before it."""
    return _LENGTH.pack(len(content)) + content
