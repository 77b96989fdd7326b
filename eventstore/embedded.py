"""A Postgres of our own, for whoever names none: its data, its socket, its log in one folder.

It listens on a unix socket only, in a folder nobody but its owner may enter; that is its
whole authentication. Postgres refuses to run as root, so for root everything lies under
``/var/lib/cashbot-postgres`` and belongs to a system user made for it. The mode of a folder
we did not make is never changed.
"""

import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from eventstore.embedded_place import EmbeddedPostgresError, Place, place_for

log = structlog.get_logger()

#: Name of the one database role; the socket's folder decides who may use it.
ROLE = "cashbot"
#: Recovery after a crash replays at most a few checkpoints; longer means a broken disk.
START_SECONDS_MAX = 60
#: A fast shutdown writes one checkpoint.
STOP_SECONDS_MAX = 30
#: Others hold the guard while they start or stop the server, never longer.
GUARD_SECONDS_MAX = START_SECONDS_MAX + STOP_SECONDS_MAX
#: Children of a killed server end as soon as they notice, or after their query's next check.
ORPHANS_SECONDS_MAX = 10
#: The server's log starts afresh beyond this; what matters in it is the last start.
LOG_BYTES_MAX = 10_000_000
#: Between two looks at a lock or a process: short beside a start of the server.
POLL_SECONDS = 0.02
#: The name Postgres gives its socket for the default port.
SOCKET_NAME = ".s.PGSQL.5432"
#: Small enough for a laptop and a dyno: the log is read once and in order.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "logging_collector": "off",
}
#: For tests only: a crash of the machine may lose what was committed.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A Postgres server that several processes share; the last one out stops it.

    ``home`` is a folder for it alone, ``binaries`` the folder of ``initdb`` and ``pg_ctl``
    (see ``wheel_binaries``). Use it as a context manager, or call ``start`` and ``stop``.
    """

    def __init__(self, *, home: Path, binaries: Path, durable: bool = True) -> None:
        self._home = home.resolve()
        self._binaries = binaries
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._sync = durable
        self._place: Place | None = None
        self._use: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or join the one another process has started in this home."""
        place = place_for(home=self._home, binaries=self._binaries)
        with _guarded(place):
            use = os.open(place.users, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(use, fcntl.LOCK_SH)
            try:
                self._start_if_needed(place)
            except BaseException:
                os.close(use)
                raise
        self._place, self._use = place, use

    def stop(self) -> None:
        """Leave the server; it is stopped if no other process uses it."""
        if self._place is None or self._use is None:
            return
        place, use, self._use = self._place, self._use, None
        with _guarded(place):
            try:
                if _nobody_else(use) and _answers(place):
                    _stop(place)
                    log.info("postgres.stopped", home=str(self._home))
            finally:
                os.close(use)  # and with it our lock: the next start must not wait for us

    def remove(self) -> None:
        """Stop the server and delete all it holds, wherever that lies."""
        self.stop()
        place = self._place or place_for(home=self._home, binaries=self._binaries)
        if _answers(place):
            raise EmbeddedPostgresError(
                f"Postgres in {self._home} is in use by another process: stop that first"
            )
        place.remove()
        self._place = None

    def url(self, database: str) -> str:
        """Return the URL of ``database`` here, for asyncpg, psycopg and yoyo alike."""
        if self._place is None:
            raise EmbeddedPostgresError(f"Postgres in {self._home} is not started: start() it")
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self._place.sockets))}"

    def ensure_database(self, name: str) -> str:
        """Create database ``name`` unless it is there; return its URL."""
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        made_already = suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection, made_already:
            connection.execute(create)
        return self.url(name)

    def _start_if_needed(self, place: Place) -> None:
        """Start the server unless it answers; the caller holds the guard."""
        if _answers(place):
            log.info("postgres.joined", home=str(self._home))
            return
        if not place.data.exists():
            _create_cluster(place, sync=self._sync)
        _forget_killed_server(place)
        if place.log.exists() and place.log.stat().st_size > LOG_BYTES_MAX:
            os.truncate(place.log, 0)
        settings = self._settings | {"unix_socket_directories": str(place.sockets)}
        options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())
        _run(place, "pg_ctl", "start", "-w", "-t", str(START_SECONDS_MAX), "-o", options)
        log.info("postgres.started", home=str(self._home), binaries=str(place.binaries))


@contextmanager
def _guarded(place: Place) -> Iterator[None]:
    """Hold the home's guard: one process at a time starts or stops its server."""
    guard = os.open(place.guard, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock_within(guard, GUARD_SECONDS_MAX, place)
        yield
    finally:
        os.close(guard)


def _lock_within(descriptor: int, seconds_max: float, place: Place) -> None:
    """Lock ``descriptor`` for us alone, or say who to look for after ``seconds_max``."""
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"another process has held {place.guard} for {seconds_max:.0f} s:"
                    " end the cashbot process that hangs, then try again"
                ) from None
        time.sleep(POLL_SECONDS)


def _nobody_else(use: int) -> bool:
    """Tell whether ours is the last shared lock on the users' file."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _answers(place: Place) -> bool:
    """Tell whether a server listens on our socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(place.sockets / SOCKET_NAME)) == 0


def _stop(place: Place) -> None:
    """Stop the server; one that dies before it could obey has stopped as well."""
    try:
        _run(place, "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(STOP_SECONDS_MAX))
    except EmbeddedPostgresError:
        if _answers(place):
            raise


def _create_cluster(place: Place, *, sync: bool) -> None:
    """Make a cluster under another name first: an interrupted one is never mistaken for whole."""
    half_made = place.data.with_name("data.half-made")
    shutil.rmtree(half_made, ignore_errors=True)
    _run(
        place,
        "initdb",
        f"--pgdata={half_made}",
        f"--username={ROLE}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        *([] if sync else ["--no-sync"]),
    )
    half_made.rename(place.data)


def _forget_killed_server(place: Place) -> None:
    """Let a killed server's children go, then remove its locks.

    Postgres itself trusts a lock whose pid lives, even as a zombie or as another program.
    """
    locks = [place.data / "postmaster.pid", place.sockets / f"{SOCKET_NAME}.lock"]
    if not any(lock.exists() for lock in locks):
        return
    deadline = time.monotonic() + ORPHANS_SECONDS_MAX
    while _processes_in(place.data):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"processes {_processes_in(place.data)} still work in {place.data} though no"
                " server answers there: end them, then try again"
            )
        time.sleep(POLL_SECONDS)
    for lock in locks:
        lock.unlink(missing_ok=True)


def _processes_in(folder: Path) -> list[int]:
    """Return the pids of living processes that work in ``folder``, as all of Postgres's do."""
    pids = []
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if cwd.readlink() == folder:
                pids.append(int(cwd.parent.name))
    return pids


def _run(place: Place, program: str, *arguments: str) -> None:
    """Run one of Postgres's programs as its user; its words and the server's go to the log."""
    with place.log.open("ab") as words:
        done = subprocess.run(
            [place.binaries / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd=place.server,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGDATA": str(place.data)},
            check=False,
            start_new_session=True,
            **place.run_as,
        )
    if done.returncode != 0:
        raise EmbeddedPostgresError(
            f"{program} of {place.binaries} failed; the end of {place.log} says why:\n"
            f"{_end_of(place.log)}"
        )


def _end_of(path: Path, *, lines_max: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines_max:])
