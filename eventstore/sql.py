"""SQL lives in ``.sql`` files, each statement under a header that names it::

    -- read_stream --
    -- Events of one stream in order; $1 stream, $2 version to start after.
    SELECT … FROM events WHERE …

The header and its description stay in the text, so ``pg_stat_activity`` and the server's
log name the statement that waits or fails.
"""

import re
from pathlib import Path

_HEADER = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*) --$", re.MULTILINE)


def load(path: Path) -> dict[str, str]:
    """Return the statements of ``path`` by name; ValueError says which one is faulty."""
    text = path.read_text(encoding="utf-8")
    headers = list(_HEADER.finditer(text))
    if not headers:
        raise ValueError(f"{path.name} has no '-- name --' header: name its statements")
    if not _is_empty(text[: headers[0].start()]):
        raise ValueError(f"{path.name} has a statement before its first header: name it")
    ends = [header.start() for header in headers[1:]] + [len(text)]
    statements: dict[str, str] = {}
    for header, end in zip(headers, ends, strict=True):
        name, statement = header["name"], text[header.start() : end].strip()
        if name in statements:
            raise ValueError(f"{path.name} names {name!r} twice: rename one of the two")
        if _is_empty(statement):
            raise ValueError(f"{path.name} has nothing under {name!r}: write it or drop it")
        statements[name] = statement
    return statements


def _is_empty(statement: str) -> bool:
    """Tell whether only comments stand under a header."""
    return all(line.startswith("--") for line in statement.splitlines() if line.strip())
