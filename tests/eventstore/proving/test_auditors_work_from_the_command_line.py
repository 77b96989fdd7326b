"""Auditors export, verify, prove and import by commands that say what they found."""

import json
import tomllib
from pathlib import Path

import pytest

from eventstore.embedded import EmbeddedPostgres
from eventstore.pool import Pool
from tests.eventstore.proving.logs import grow
from tests.processes import ROOT, cashbot, environment, run

Env = dict[str, str]


@pytest.fixture
async def env(pool: Pool, database_url: str, tmp_path: Path) -> Env:
    """The environment of a log of some facts, signed in part."""
    env = environment(DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path / "home"))
    await grow(pool, 300)
    status, _, talk = await cashbot("events", "checkpoint", env=env)
    assert status == 0, talk
    await grow(pool, 50)
    return env


async def test_an_export_is_verified_without_any_database(env: Env, tmp_path: Path) -> None:
    """The auditor needs the file and the key; no database is named, made or started."""
    file, home = tmp_path / "log.ndjson", tmp_path / "auditor"
    status, out, talk = await cashbot("events", "export", str(file), env=env)
    assert (status, out) == (0, ""), talk
    _, key, _ = await cashbot("events", "key", env=env)
    offline = environment(CASHBOT_HOME=str(home))
    status, out, talk = await cashbot(
        "events", "verify", str(file), "--key", key, "--json", env=offline
    )
    assert status == 0, talk
    report = json.loads(out)
    assert (report["kind"], report["events"], report["signed"]) == ("ok", 350, 300)
    assert not home.exists()
    pinned = tmp_path / "key"
    pinned.write_text(key)
    status, out, _ = await cashbot("events", "verify", str(file), "--key", str(pinned), env=offline)
    assert status == 0
    assert "not signed" in out


async def test_a_tampered_export_ends_with_its_own_status(env: Env, tmp_path: Path) -> None:
    """The kind is the exit status, the first bad seq and what to do stand in the verdict."""
    await cashbot("events", "export", str(tmp_path / "log"), env=env)
    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    lines[57] = lines[57].replace(b"actor", b"actot")
    (tmp_path / "changed").write_bytes(b"".join(lines))
    (tmp_path / "cut").write_bytes(b"".join(lines[:40]))
    for name, status, told in (("changed", 10, "seq 57"), ("cut", 13, "seq 40")):
        answered, out, _ = await cashbot("events", "verify", str(tmp_path / name), env=env)
        assert answered == status
        assert told in out
        assert "do" in out


async def test_the_log_is_verified_where_it_is(env: Env) -> None:
    """Without a file the database is examined, and the copies of its checkpoints."""
    status, out, talk = await cashbot("events", "verify", "--json", env=env)
    assert status == 0, talk
    assert json.loads(out)["subject"] == "log"
    copy = next(Path(env["CASHBOT_HOME"]).rglob("checkpoints/*"))
    copy.unlink()
    status, out, _ = await cashbot("events", "verify", "--json", env=env)
    assert (status, json.loads(out)["kind"]) == (11, "missing")


async def test_a_proof_is_one_file(env: Env, tmp_path: Path) -> None:
    """A fact is proved in a file, which is verified alone."""
    file = tmp_path / "proof.json"
    status, out, talk = await cashbot("events", "proof", "57", str(file), env=env)
    assert (status, out) == (0, ""), talk
    _, shown, _ = await cashbot("events", "proof", "57", env=env)
    assert shown == file.read_text()
    offline = environment(CASHBOT_HOME=str(tmp_path / "auditor"))
    status, out, _ = await cashbot("events", "verify", str(file), "--json", env=offline)
    assert (status, json.loads(out)["subject"]) == (0, "proof")


async def test_an_export_is_imported_elsewhere(
    env: Env, tmp_path: Path, server: EmbeddedPostgres
) -> None:
    """In another database it is the same log, and no handler begins before its end."""
    file, again = tmp_path / "log", tmp_path / "again"
    await cashbot("events", "export", str(file), env=env)
    elsewhere = env | {"DATABASE_URL": server.ensure_database(f"import_{tmp_path.name[-20:]}")}
    await cashbot("migrate", env=elsewhere)
    status, _, talk = await cashbot("events", "import", str(file), env=elsewhere)
    assert status == 0, talk
    await cashbot("events", "export", str(again), env=elsewhere)
    assert file.read_bytes() == again.read_bytes()
    status, _, talk = await cashbot("events", "import", str(file), env=elsewhere)
    assert status == 1
    assert talk.splitlines()[-1].endswith("import into an empty one")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("verify", "nowhere"), "cannot be read: No such file"),
        (("verify", "."), "cannot be read: Is a directory"),
        (("verify", "Makefile", "--key", "x"), "not a verifier key"),
        (("verify", "Makefile", "--checkpoint", "nowhere"), "cannot be read"),
        (("verify", "Makefile", "--checkpoint", "/dev/null"), "/dev/null is no checkpoint: "),
        (("verify", "Makefile", "--checkpoint", "Makefile"), "Makefile is no checkpoint: "),
        (("import", "nowhere"), "cannot be read"),
        (("export", "-", "--format", "parquet"), "Parquet needs a file"),
    ],
)
async def test_what_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """A wrong path or key ends with one sentence, before any database is opened."""
    env = environment(CASHBOT_HOME=str(tmp_path / "home"))
    status, out, talk = await cashbot("events", *arguments, env=env)
    assert (status, out) == (1, "")
    assert told in talk
    assert talk.count("\n") == 1
    assert not (tmp_path / "home").exists()


async def test_an_analyst_without_pyarrow_is_told_which_to_install(
    env: Env, tmp_path: Path
) -> None:
    """The very version that is pinned, under its own name: another's package could bear ours."""
    script = "import sys, cashbot; sys.modules['pyarrow'] = None; cashbot.main()"
    file = tmp_path / "log.parquet"
    command = ("events", "export", str(file), "--format", "parquet")
    status, out, talk = await run("-c", script, *command, env=env)
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (pyarrow,) = pinned["project"]["optional-dependencies"]["parquet"]
    assert (status, out) == (1, "")
    assert talk.endswith(f"Parquet needs pyarrow: pip install {pyarrow}\n")
    assert not file.exists()
