"""Children that misbehave: ``python -m tests.handlers.reading.children HABIT [PIDS]``.

They speak the child's frames so that the reader cannot tell them from the real one.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from handlers.ports import Unreadable
from handlers.reading.protocol import Answer, frame, read_frame

#: What a well-behaved answer says here; no real photo gives it.
FINE = Unreadable(reason="no_text", preview_jpeg=None, seconds=0.25)


def main() -> None:
    """Answer each photo by habit; a photo that says so is answered properly."""
    habit, notes = sys.argv[1], Path(sys.argv[2])
    with notes.open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    while (photo := read_frame(sys.stdin.buffer)) is not None:
        if photo != b"be good":
            _misbehave(habit, notes)
        answer = msgspec.msgpack.encode(Answer(unreadable=FINE))
        sys.stdout.buffer.write(frame(answer))
        sys.stdout.buffer.flush()


def _misbehave(habit: str, notes: Path) -> None:
    match habit:
        case "hang":
            grandchild = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
            with notes.open("a", encoding="utf-8") as file:
                file.write(f"{grandchild.pid}\n")
            threading.Event().wait()
        case "crash":
            os.abort()
        case "babble":
            sys.stdout.buffer.write(frame(b"\xc1 this is no MessagePack"))
            sys.stdout.buffer.flush()
        case "flood":
            sys.stdout.buffer.write(b"\xff\xff\xff\xff")
            sys.stdout.buffer.flush()
            threading.Event().wait()


if __name__ == "__main__":
    main()
