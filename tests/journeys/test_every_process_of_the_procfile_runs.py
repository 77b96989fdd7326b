"""Each line of the Procfile starts on a named database and ends when it is told to."""

import signal
from pathlib import Path

import pytest

from eventstore.pool import Pool
from tests.processes import ROOT, a_process, cashbot, environment
from tests.story import until

#: Process of the Procfile -> the name under which operators see its connections.
SEEN_AS = {
    "web": "web",
    "worker": "worker",
    "projector": "projector",
    "ocr-worker": "handle",
    "rules-worker": "handle",
    "bonus-worker": "handle",
}


def procfile() -> dict[str, list[str]]:
    """Return the arguments of each process behind ``python -m cashbot``."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    named = (line.split(": ", 1) for line in lines if line)
    return {name: command.removeprefix("python -m cashbot ").split() for name, command in named}


def test_the_procfile_keeps_the_guides_names() -> None:
    """Operators scale these names."""
    assert set(procfile()) == {"release", *SEEN_AS}


@pytest.mark.parametrize("name", SEEN_AS)
async def test_a_process_connects_and_drains(
    name: str, database_url: str, pool: Pool, tmp_path: Path
) -> None:
    """It listens on the database, and SIGTERM ends it with status 0, long before SIGKILL."""
    env = environment(
        DATABASE_URL=database_url.replace("postgresql://", "postgres://"),
        CASHBOT_HOME=str(tmp_path),
        PORT="0",
    )
    async with a_process(*procfile()[name], env=env) as process:
        listening = (
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1"
            " AND datname = current_database())"
        )
        await until(listening, pool, f"cashbot/{SEEN_AS[name]}-listen")
        process.send_signal(signal.SIGTERM)
        _, talk = await process.communicate()
    assert process.returncode == 0, talk.decode()


async def test_release_migrates_and_can_be_repeated(database_url: str, tmp_path: Path) -> None:
    """The release phase on a database that is up to date applies nothing and succeeds."""
    env = environment(DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path))
    status, out, talk = await cashbot(*procfile()["release"], env=env)
    assert (status, out) == (0, ""), talk
    assert "0 migrations applied" in talk
