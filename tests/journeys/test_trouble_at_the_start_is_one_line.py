"""A wrong database or a taken port is said in one line that names it, and what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from eventstore.embedded import EmbeddedPostgres
from tests.processes import cashbot, environment

COMMANDS = (("migrate",), ("events", "tail"), ("run",), ("payouts", "status"))


def one_line(talk: str) -> str:
    """Return what was said, which is one line of ours and no traceback."""
    lines = [line for line in talk.splitlines() if line.startswith("cashbot")]
    assert (len(lines), "Traceback" in talk) == (1, False), talk
    return lines[0]


@pytest.fixture
def bare_url(server: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[str]:
    """URL of a database without a schema."""
    admin.execute("CREATE DATABASE bare")
    yield server.url("bare")
    admin.execute("DROP DATABASE bare WITH (FORCE)")


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_database_that_is_away_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    """Where it was looked for, which variable says so, and no password."""
    url = "postgresql://me:verysecret@127.0.0.1:1/bonus"
    env = environment(DATABASE_URL=url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
    status, out, talk = await cashbot(*command, env=env)
    assert (status, out) == (1, "")
    for word in ("bonus", "127.0.0.1:1", "DATABASE_URL"):
        assert word in one_line(talk)
    assert "verysecret" not in talk


@pytest.mark.parametrize("command", COMMANDS[:2])
async def test_a_database_that_is_not_there_is_named(
    command: tuple[str, ...], server: EmbeddedPostgres, tmp_path: Path
) -> None:
    """A server answers, but has no such database or role."""
    right = server.url("nowhere")
    for url, name in ((right, "nowhere"), (right.replace("cashbot@", "nobody@"), "nobody")):
        env = environment(DATABASE_URL=url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
        status, out, talk = await cashbot(*command, env=env)
        assert (status, out) == (1, "")
        for word in (name, "does not exist", "DATABASE_URL"):
            assert word in one_line(talk)


@pytest.mark.parametrize(
    "command", [*COMMANDS[1:], ("receipts", "list"), ("events", "verify"), ("work", "parked")]
)
async def test_a_database_without_the_schema_asks_for_it(
    command: tuple[str, ...], bare_url: str, tmp_path: Path
) -> None:
    """Whoever forgot to migrate is told to."""
    env = environment(DATABASE_URL=bare_url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
    status, out, talk = await cashbot(*command, env=env)
    assert (status, out) == (1, "")
    assert "python -m cashbot migrate" in one_line(talk)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://a/b", "postgresql://a:verysecret/b", "postgresql://a:1/verysecret@b"],
)
async def test_a_url_of_no_postgres_is_a_setting_that_is_wrong(url: str, tmp_path: Path) -> None:
    """It is told with every other wrong variable, before anything is tried."""
    env = environment(DATABASE_URL=url, PORT="eighty", CASHBOT_HOME=str(tmp_path))
    status, out, talk = await cashbot("migrate", env=env)
    assert (status, out) == (2, "")
    assert "DATABASE_URL: " in talk
    assert "PORT: " in talk
    assert "verysecret" not in talk


async def test_a_taken_port_is_named(database_url: str, tmp_path: Path) -> None:
    """Two webs on one machine: the second says what it needs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = environment(
            DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path), PORT=port, LOG_LEVEL="ERROR"
        )
        status, out, talk = await cashbot("web", env=env)
    assert (status, out) == (1, "")
    assert port in one_line(talk)
    assert "PORT" in one_line(talk)
