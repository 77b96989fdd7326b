"""``python -m tests.journeys``: one shopper after another walks from /start to the hryvnia.

Each walk has a fresh database and fresh processes, and one core is kept busy all the time. The
last line on stdout is one JSON object; ``seconds_p50`` is from /start until "paid" is seen.
Status 1 unless every walk went as promised; what a failed one left to see is told on stderr.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import wheel_binaries
from eventstore.migrate import migrate
from eventstore.process import configure_logging
from tests.journeys.telegram import a_photo, journey, texts_on
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.server import TelegramServer

RUNS = 20
TEMPLATE = "walked_template"
#: Last lines of each process of a failed walk that are shown.
LOG_LINES = 20
#: A walk takes seconds; the busy process ends by itself if nobody is left to end it.
BUSY_SECONDS_PER_RUN_MAX = 300
_BUSY = """
import time
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    pass
"""


@contextmanager
def a_busy_core(*, seconds: int) -> Iterator[None]:
    """Keep one core busy, for at most so many ``seconds``."""
    busy = subprocess.Popen([sys.executable, "-ISc", _BUSY.format(seconds=seconds)])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


async def walk_once(key: ServerKey, url: str, home: Path, *, jpeg: bytes) -> float | None:
    """Return the seconds of one walk, None when it went wrong, which is told."""
    async with TelegramServer(key) as telegram:
        try:
            return await journey(telegram, database_url=url, home=home, jpeg=jpeg)
        except Exception as wrong:
            say(f"{type(wrong).__name__}: {wrong}")
            for person in telegram.telegram.people.values():
                for number, texts in enumerate(texts_on(person), start=1):
                    say(f"    message {number}: {' -> '.join(map(repr, texts))}")
            for file in sorted(home.glob("*.log")):
                say(f"    the end of {file.name}:")
                for line in file.read_text(errors="replace").splitlines()[-LOG_LINES:]:
                    say(f"        {line}")
            return None


def walks(server: EmbeddedPostgres, home: Path, *, runs: int) -> Iterator[float | None]:
    """Walk ``runs`` times, each in a database and with processes of its own."""
    key = ServerKey.generate()
    migrate(server.ensure_database(TEMPLATE))
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        for number in range(1, runs + 1):
            name = f"walk_{number}"
            jpeg = a_photo(name)
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            seconds = asyncio.run(walk_once(key, server.url(name), home / name, jpeg=jpeg))
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            say(f"walk {number}: {'failed' if seconds is None else f'paid in {seconds:.1f} s'}")
            yield seconds


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Do what ``arguments`` say; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.journeys", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args(arguments).runs
    if runs < 1:
        parser.error("--runs must be at least 1")
    configure_logging(level="ERROR", for_people=True)
    with (
        tempfile.TemporaryDirectory(prefix="cashbot-journeys-") as folder,
        a_busy_core(seconds=runs * BUSY_SECONDS_PER_RUN_MAX),
    ):
        home = Path(folder)
        server = EmbeddedPostgres(home=home / "postgres", binaries=wheel_binaries(), durable=False)
        try:
            with server:
                taken = list(walks(server, home, runs=runs))
        finally:
            server.remove()
    passed = [seconds for seconds in taken if seconds is not None]
    p50 = round(statistics.median(passed), 1) if passed else None
    line = {"runs": runs, "passed": len(passed), "seconds_p50": p50}
    print(json.dumps(line, separators=(",", ":")), flush=True)
    return 0 if len(passed) == runs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
