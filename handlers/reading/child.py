"""The process that reads photos and may be killed: ``python -m handlers.reading.child``.

A photo comes in on stdin, an answer goes out on stdout, as ``protocol`` says. End of stdin is
the end of the child.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import cv2
import msgspec

from handlers.ports import Reading, Unreadable
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import (
    PARENT_VARIABLE,
    Answer,
    ChildSettings,
    Settings,
    frame,
    read_frame,
)

_PR_SET_PDEATHSIG = 1
#: A child that holds more between photos gives free memory back before the next one.
_RESIDENT_MAX = 260 * 1024 * 1024


def answer_to(photo: bytes, settings: Settings, models: Models) -> bytes:
    """Return the encoded answer; whatever a library raises over a stranger's photo is one too."""
    try:
        outcome = read_photo(photo, settings, models)
    except Exception:  # a lack of memory alone has five types in four libraries
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
    cv2.setNumThreads(1)
    models = Models()
    while (photo := read_frame(sys.stdin.buffer)) is not None:
        out.write(frame(answer_to(photo, settings.reading, models)))
        out.flush()
        if settings.reading.gives_memory_back or _resident_bytes() > _RESIDENT_MAX:
            _give_memory_back()


def _resident_bytes() -> int:
    """Return the memory this process holds, 0 where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _give_memory_back() -> None:
    """Return free memory to the system, or it piles up in pieces from photo to photo."""
    with contextlib.suppress(OSError, AttributeError):  # only glibc knows how
        ctypes.CDLL(None).malloc_trim(0)


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
