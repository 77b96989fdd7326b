"""Tells how far a long command is and how fast, also where nothing but lines can be shown."""

import sys
import time

#: How often it is told where no terminal can show it in place.
TELL_SECONDS = 5.0
#: How often it is shown in a terminal.
SHOW_SECONDS = 0.2


class Pace:
    """Tells people on stderr how far it is, in place or every few seconds."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._terminal = sys.stderr.isatty()
        self._began = self._told = time.monotonic()

    def __call__(self, done: int, whole: int | None = None) -> None:
        """Say so, unless that was said just now."""
        now = time.monotonic()
        if now - self._told < (SHOW_SECONDS if self._terminal else TELL_SECONDS):
            return
        self._told = now
        self._say(done, whole)

    def _say(self, done: int, whole: int | None) -> None:
        seconds = max(time.monotonic() - self._began, 1e-9)
        of = f" of {whole:,}" if whole else ""
        text = f"{self._doing} {done:,}{of} facts, {done / seconds:,.0f}/s"
        print(f"\r\x1b[K{text}" if self._terminal else text, end="", file=sys.stderr, flush=True)
        if not self._terminal:
            print(file=sys.stderr)

    def finish(self, done: int) -> None:
        """Say how it went."""
        self._say(done, None)
        if self._terminal:
            print(file=sys.stderr)
