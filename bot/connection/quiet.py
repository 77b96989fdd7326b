"""The library's log lines, made few and without content.

It logs what it cannot parse or send, at times a thousand lines a second. Ours name its module,
the unfilled text of the line and the kind of error: no word of a person, no phone, no token.
"""

import logging
import time

import structlog

log = structlog.get_logger()

LIBRARY = "pyrogram"
#: One line for each of its modules in this time; the next one tells how many were left out.
SECONDS_BETWEEN_LINES = 10.0


class WithoutContent(logging.Handler):
    """Gives the library's warnings to our log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        #: by module: when it last spoke, and how often it was left out since
        self._spoken: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell a line, unless its module spoke just now."""
        spoken, left_out = self._spoken.get(record.name, (float("-inf"), 0))
        now = time.monotonic()
        if now - spoken < SECONDS_BETWEEN_LINES:
            self._spoken[record.name] = (spoken, left_out + 1)
            return
        self._spoken[record.name] = (now, 0)
        text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        kind = record.exc_info and record.exc_info[0]
        log.warning(
            "telegram.library",
            module=record.name,
            told=text,
            error=kind.__name__ if kind else None,
            left_out=left_out,
        )


def quieten() -> None:
    """Let the library speak through our log only."""
    library = logging.getLogger(LIBRARY)
    library.setLevel(logging.WARNING)
    library.propagate = False
    if not any(isinstance(handler, WithoutContent) for handler in library.handlers):
        library.addHandler(WithoutContent())
