"""The embedded Postgres: shared by our processes, closed to others, gone when removed."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import (
    EmbeddedPostgresError,
    place_for,
    private_folder,
    socket_folder,
)

JOIN = """
import sys
from pathlib import Path
import psycopg
from eventstore.embedded import EmbeddedPostgres
with EmbeddedPostgres(home=Path(sys.argv[1]), binaries=Path(sys.argv[2])) as server:
    with psycopg.connect(server.url("postgres")) as connection:
        print(connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()[0])
    sys.stdout.flush()
    sys.stdin.read()
"""


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder that only its owner may enter, as a home directory often is."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def own_server(closed_folder: Path, binaries: Path) -> Iterator[EmbeddedPostgres]:
    """A server that is not running yet, removed after the test."""
    server = EmbeddedPostgres(home=closed_folder / "postgres", binaries=binaries, durable=False)
    yield server
    server.remove()


def ask(server: EmbeddedPostgres, question: str) -> object:
    """Return the first column of the first row that answers ``question``."""
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def test_rows_are_kept_over_a_restart(own_server: EmbeddedPostgres) -> None:
    """What was committed is there when the server starts again in the same home."""
    with own_server, psycopg.connect(own_server.ensure_database("kept")) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'кешбек' AS words")
    with own_server, psycopg.connect(own_server.ensure_database("kept")) as connection:
        assert connection.execute("SELECT words FROM note").fetchone() == ("кешбек",)


def test_no_mode_of_a_parent_is_changed(own_server: EmbeddedPostgres, closed_folder: Path) -> None:
    """Folders we did not make keep their modes, though Postgres may run as another user."""
    parents = [closed_folder, *closed_folder.parents, Path("/var/lib")]
    before = [stat.S_IMODE(parent.stat().st_mode) for parent in parents]
    with own_server:
        assert [stat.S_IMODE(parent.stat().st_mode) for parent in parents] == before


def test_only_its_owner_may_enter(
    own_server: EmbeddedPostgres, closed_folder: Path, binaries: Path
) -> None:
    """There is no TCP port, and the socket's folder is closed to everybody else."""
    with own_server:
        place = place_for(home=closed_folder / "postgres", binaries=binaries)
        assert ask(own_server, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700


def test_two_processes_share_one_server(
    own_server: EmbeddedPostgres, closed_folder: Path, binaries: Path
) -> None:
    """The second process joins, the first may leave, and the last one out stops the server."""
    with own_server:
        started = ask(own_server, "SELECT pg_postmaster_start_time()::text")
        arguments = [sys.executable, "-c", JOIN, str(closed_folder / "postgres"), str(binaries)]
        other = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert other.stdout is not None
        lines = iter(other.stdout.readline, "")
        assert f"{started}\n" in lines
    assert ask(own_server, "SELECT 1") == 1
    other.communicate("")
    with pytest.raises(psycopg.OperationalError):
        ask(own_server, "SELECT 1")


def test_a_killed_server_starts_again(
    own_server: EmbeddedPostgres, closed_folder: Path, binaries: Path
) -> None:
    """A pid file left by a killed server, even naming a living process, stops nobody."""
    pid_file = place_for(home=closed_folder / "postgres", binaries=binaries).data / "postmaster.pid"
    with own_server:
        postmaster = int(pid_file.read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
    left = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *left[1:]]))
    with own_server:
        assert ask(own_server, "SELECT 1") == 1


def test_removal_leaves_nothing(own_server: EmbeddedPostgres, closed_folder: Path) -> None:
    """A removed server's home and what lay elsewhere are gone."""
    with own_server:
        socket_folder = Path(own_server.url("postgres").partition("host=")[2])
    own_server.remove()
    assert not socket_folder.exists()
    assert not list(closed_folder.iterdir())


def test_a_wrong_binaries_folder_is_named(tmp_path: Path) -> None:
    """The error says which folder has no Postgres and what to run."""
    server = EmbeddedPostgres(home=tmp_path / "postgres", binaries=tmp_path / "nothing")
    with pytest.raises(EmbeddedPostgresError, match=r"nothing: run `make setup`"):
        server.start()


def test_a_long_path_gets_a_short_socket_of_our_own(tmp_path: Path) -> None:
    """The kernel limits a socket's path, so a deep home uses a folder closed to others."""
    deep = tmp_path.joinpath(*["дуже-довга-назва"] * 4)
    sockets = socket_folder(deep)
    try:
        assert len(str(sockets)) < 100
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        sockets.rmdir()


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    """Whoever can reach the socket is let in, so we insist on a closed folder."""
    tmp_path.chmod(0o755)
    with pytest.raises(EmbeddedPostgresError, match=r"only its owner"):
        private_folder(tmp_path)
