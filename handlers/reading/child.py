"""The process that reads photos and may be killed: ``python -m handlers.reading.child``.

Frames on stdin and stdout are a length of four bytes, big-endian, and that many bytes: a
photo comes in, an answer in MessagePack goes out. End of stdin is the end of the child.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
import traceback
from types import FrameType
from typing import BinaryIO

import msgspec
from msgspec import Struct

from handlers.ports import Reading, Unreadable
from handlers.reading.pipeline import Settings, read_photo

#: Photos are refused above 10 MB; answers hold a preview and some hundred words.
FRAME_BYTES_MAX = 32 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_PR_SET_PDEATHSIG = 1
#: The reader's pid travels here; pid 1 is no sign of an orphan inside a container.
PARENT_VARIABLE = "READER_PID"


class ChildSettings(Struct, frozen=True, kw_only=True):
    """What a child is told on its command line, as JSON."""

    reading: Settings = Settings()
    #: address space of the child and, apart, of each tesseract it starts. Measured peaks:
    #: 0.2 GB for a messenger's photo, 0.3 GB for 12 MP, 0.75 GB for a WEBP of 39 MP
    memory_bytes: int = 1024 * 1024 * 1024


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


def answer_to(photo: bytes, settings: Settings) -> bytes:
    """Return the encoded answer; a lack of memory and a broken Tesseract are answers too."""
    try:
        outcome = read_photo(photo, settings)
    except (MemoryError, RuntimeError):
        traceback.print_exc()
        outcome = Unreadable(reason="reading_failed", preview_jpeg=None, seconds=0.0)
    if isinstance(outcome, Reading):
        return msgspec.msgpack.encode(Answer(reading=outcome))
    return msgspec.msgpack.encode(Answer(unreadable=outcome))


def main() -> None:
    """Answer photos until stdin ends."""
    settings = msgspec.json.decode(sys.argv[1], type=ChildSettings)
    _die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (settings.memory_bytes, settings.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = _own_stdout()
    while (photo := read_frame(sys.stdin.buffer)) is not None:
        out.write(frame(answer_to(photo, settings.reading)))
        out.flush()


def _own_stdout() -> BinaryIO:
    """Keep stdout for frames; whatever a library prints goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _die_with_parent() -> None:
    """Let the kernel end this process group when the parent is gone, even by SIGKILL.

    A polite end is the parent's business alone: a platform that stops a machine sends
    SIGTERM to everyone on it, and the photo at hand must still be read. Tesseract
    inherits that deafness.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, _end_group)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR1)
    parent = os.environ.get(PARENT_VARIABLE, "")
    if parent and parent != str(os.getppid()):
        _end_group(signal.SIGUSR1, None)  # it died before the kernel was told


def _end_group(_signal: int, _frame: FrameType | None) -> None:
    """Kill tesseract along with the child: they share the group the reader made."""
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
