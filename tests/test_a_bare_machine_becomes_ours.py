"""The scripts and files by which a laptop, a test machine or a dyno becomes ready."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from handlers.reactions import HANDLERS

ROOT = Path(__file__).parent.parent


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``command`` at the root of the project with nothing but ``environment``."""
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH of stand-ins: dpkg knows one package, apt-get and sudo say what they were asked."""
    scripts = {
        "dpkg-query": 'for name; do :; done; [ "$name" = there ] && echo -n "installed "',
        "apt-get": 'echo "apt-get $*" >&2',
        "sudo": 'echo sudo >&2; exec "$@"',
        "id": "echo 1000",
    }
    for name, script in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    for name in ("bash", "sh", "env", "grep"):
        (tmp_path / name).symlink_to(Path("/bin") / name)
    return tmp_path


def test_only_what_is_missing_is_installed(machine: Path) -> None:
    """A package that is there is not asked for again, and sudo serves whoever is not root."""
    done = run(".ci/apt-install", "there", "missing", PATH=str(machine))
    asked = done.stderr.splitlines()
    assert asked[-1] == "apt-get -qq install --yes --no-install-recommends missing"
    assert (done.returncode, "sudo" in asked) == (0, True)


def test_nothing_is_asked_when_nothing_is_missing(machine: Path) -> None:
    """The second run touches neither apt nor sudo."""
    done = run(".ci/apt-install", "there", PATH=str(machine))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_sudo_one_is_told_what_to_run(machine: Path) -> None:
    """Whoever may not install gets the line for whoever may."""
    (machine / "sudo").unlink()
    done = run(".ci/apt-install", "missing", PATH=str(machine))
    assert done.returncode == 1
    assert "as root: apt-get install --no-install-recommends missing" in done.stderr


def test_another_system_is_told_what_to_install(machine: Path) -> None:
    """Without apt-get the need is named in words any system understands."""
    (machine / "apt-get").unlink()
    done = run(".ci/apt-install", "missing", PATH=str(machine))
    assert done.returncode == 1
    assert "install Tesseract 5 with ukr, rus and eng" in done.stderr


def test_the_callers_settings_do_not_reach_what_runs() -> None:
    """A DATABASE_URL, a PGHOST or a PYTHONPATH left over in a shell changes nothing."""
    kept = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "LANG": "C.UTF-8"}
    lost = {"DATABASE_URL": "x", "PGHOST": "x", "PYTHONPATH": "x", "PORTMONE_LOGIN": "x y"}
    done = run(".ci/clean-env", "env", **kept, **lost)
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert {name: seen.get(name) for name in kept} == kept
    assert not seen.keys() & lost.keys()


def test_a_dyno_finds_its_languages(tmp_path: Path) -> None:
    """The apt buildpack leaves Tesseract's languages where only .profile knows to look."""
    languages = tmp_path / ".apt/usr/share/tesseract-ocr/5/tessdata"
    languages.mkdir(parents=True)
    tell = '. ./.profile; echo "$TESSDATA_PREFIX"'
    assert run("/bin/bash", "-euc", tell, HOME=str(tmp_path)).stdout.strip() == str(languages)
    told = run("/bin/bash", "-euc", tell, HOME=str(tmp_path), TESSDATA_PREFIX="/mine")
    assert told.stdout.strip() == "/mine"


def test_the_deployment_guides_processes_are_there() -> None:
    """Users scale processes by the names of their guide."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    processes = dict(line.split(": ", 1) for line in lines)
    guide = {"release", "web", "worker", "ocr-worker", "bonus-worker", "rules-worker"}
    assert guide | {"projector"} == processes.keys()
    assert all(command.startswith("python -m cashbot ") for command in processes.values())


def test_every_handler_can_be_given_more_dynos() -> None:
    """Each handler has a process in the Procfile, and each named there exists."""
    procfile = (ROOT / "Procfile").read_text()
    named = " ".join(re.findall(r"cashbot handle (.+)", procfile)).split()
    assert sorted(named) == sorted(HANDLERS)


def test_the_button_asks_for_secrets_and_invents_none() -> None:
    """app.json holds no secret's value; keys of our own are generated for each app."""
    app = json.loads((ROOT / "app.json").read_text())
    secret = {
        name: entry
        for name, entry in app["env"].items()
        if re.search(r"SECRET|TOKEN|PASSWORD|KEY", name)
    }
    assert not [name for name, entry in secret.items() if "value" in entry]
    assert secret["ENCRYPTION_SECRET"]["generator"] == "secret"


def test_help_names_every_command() -> None:
    """`make help` is made from the Makefile itself, so that it cannot lag behind."""
    told = re.findall(
        r"^make (\w+)", run("/usr/bin/make", "help", PATH="/usr/bin:/bin").stdout, re.MULTILINE
    )
    assert told == [
        "help",
        "setup",
        "demo",
        "test",
        "check",
        "bench",
        "money",
        "journey",
        "eval",
        "teach",
        "lock",
    ]
