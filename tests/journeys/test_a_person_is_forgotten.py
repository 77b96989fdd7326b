"""From a photo to a bonus to nothing: all processes, all files, the whole database."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.reading.specimens import sample_set
from tests.handlers.people.leaving import REJECTED, SECRET, Office
from tests.processes import ROOT, cashbot, environment
from tests.story import until
from tests.traces import traces

#: Nobody else in these tests has it.
PHONE = "380503918264"


@asynccontextmanager
async def running(name: str, env: Mapping[str, str], lines: Path) -> AsyncIterator[None]:
    """Run a process of the Procfile, its log lines in a file."""
    with lines.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cashbot", name, cwd=ROOT, env=env, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def a_free_port() -> str:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return str(listening.getsockname()[1])


async def dumped(binaries: Path, url: str, file: Path) -> Path:
    """Write the whole database as SQL."""
    program = str(binaries / "pg_dump")
    process = await asyncio.create_subprocess_exec(program, "--inserts", f"--file={file}", url)
    assert await process.wait() == 0
    return file


@pytest.mark.timeout(180)
async def test_after_forgetting_the_phone_stands_nowhere(
    pool: Pool, database_url: str, binaries: Path, admin: psycopg.Connection, tmp_path: Path
) -> None:
    """Not in the database, its raw files, the attachments, or any log line of any process."""
    home, logs = tmp_path / "home", tmp_path / "logs"
    logs.mkdir()
    env = environment(
        DATABASE_URL=database_url, CASHBOT_HOME=str(home), PORT=a_free_port(), LOG_LEVEL="DEBUG"
    )
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(sample_set(now_utc(), run="forgotten")[0].jpeg)

    async with running("web", env, logs / "web"), running("run", env, logs / "run"):
        status, out, talk = await cashbot("submit", str(photo), "--phone", PHONE, env=env)
        assert (status, json.loads(out)["state"]) == (0, "paid"), talk
        (logs / "submit").write_text(talk)
        shopper = await pool.fetchval(
            "SELECT data ->> 'shopper' FROM events WHERE type = 'ReceiptUploaded'"
        )

        photos = tmp_path / "photos"
        status, out, talk = await cashbot(
            "shoppers", "export", shopper, "--photos", str(photos), env=env
        )
        assert status == 0, talk
        exported = json.loads(out)
        assert exported["phones"] == [PHONE]
        assert photo.read_bytes() in [file.read_bytes() for file in photos.iterdir()]
        words = [fact["opened"] for fact in exported["facts"] if fact["type"] == "ReceiptRead"]
        assert len(words[0]["words_sha256"]) > 20

        status, out, talk = await cashbot(
            "shoppers", "forget", shopper, "--reason", "asked by letter", env=env
        )
        assert status == 0, talk
        certificate = json.loads(out)
        (logs / "forget").write_text(talk)
        kinds = {each["kind"] for each in certificate["attachments"]}
        assert kinds == {"photo", "words", "callback"}
        question = "SELECT forgotten_at IS NOT NULL FROM receipts"
        await until(question, pool)

    status, out, talk = await cashbot("shoppers", "export", shopper, env=env)
    assert (status, out) == (1, "")
    assert f"certificates/{shopper}/{certificate['key_id']}" in talk
    status, out, _ = await cashbot("projections", "rebuild", "receipts", env=env)
    assert status == 0

    receipt = exported["receipts"][0]
    status, out, talk = await cashbot("receipts", "explain", receipt, env=env)
    assert status == 0, talk
    assert PHONE[-9:] not in out

    admin.execute("CHECKPOINT")
    (data,) = admin.execute("SHOW data_directory").fetchone() or ("",)
    dump = await dumped(binaries, database_url, tmp_path / "dump.sql")
    assert shopper in dump.read_text()
    places = [dump, logs, home / "attachments", Path(data).parent.parent]
    assert traces(PHONE, places) == []
    assert traces(PHONE, [home]) == [str(home / "sandbox.sqlite")], "the bank keeps its own book"
    status, _, talk = await cashbot("events", "verify", env=env)
    assert status == 0, talk


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a command beside an ``Office`` in the same folder."""
    return environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        LOG_LEVEL="ERROR",
        ENCRYPTION_SECRET=SECRET.hex(),
    )


async def test_what_is_open_is_named_and_the_wish_stands(
    pool: Pool, env: dict[str, str], tmp_path: Path
) -> None:
    """Status 3 and an empty stdout while nobody reads the photo; a second call ends it."""
    office = Office(pool=pool, folder=tmp_path / "attachments")
    shopper = await office.arrive()
    receipt = await office.send(shopper)
    forget = ("shoppers", "forget", shopper, "--reason", "asked", "--wait", "0")
    status, out, talk = await cashbot(*forget, env=env)
    assert (status, out) == (3, "")
    assert f"receipt {receipt} is still on its way" in talk
    assert "the request stands" in talk

    await office.read(shopper, receipt, REJECTED)
    await office.time_passes(minutes=1)
    for _ in range(2):  # once it is done the certificate is printed again
        status, out, talk = await cashbot(*forget[:-1], "60", env=env)
        assert status == 0, talk
        assert json.loads(out)["shopper"] == shopper


@pytest.mark.parametrize("command", [("forget", "--reason", "asked"), ("export",)])
async def test_an_id_of_nobody_is_refused_in_one_line(
    env: dict[str, str], command: tuple[str, ...]
) -> None:
    """On stderr, with a status that says so."""
    status, out, talk = await cashbot("shoppers", *command, "nobody", env=env)
    assert (status, out) == (1, "")
    assert talk == "there is no shopper 'nobody'; ids stand in `events tail`\n"


async def test_photos_are_not_mixed_with_what_lies_there(
    pool: Pool, env: dict[str, str], tmp_path: Path
) -> None:
    """A folder in use is refused before anything is printed."""
    office = Office(pool=pool, folder=tmp_path / "attachments")
    shopper = await office.arrive()
    (tmp_path / "in-use").mkdir()
    (tmp_path / "in-use" / "file").touch()
    export = ("shoppers", "export", shopper, "--photos", str(tmp_path / "in-use"))
    status, out, talk = await cashbot(*export, env=env)
    assert (status, out) == (1, "")
    assert "name a new folder" in talk
