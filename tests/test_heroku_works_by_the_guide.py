"""Whoever deploys by the guide finds each of its commands and variables, and what replaced some."""

import json
import re
from pathlib import Path

import pytest

from cashbot import NEEDED_IN_PROD, NOT_USED_YET, Settings
from tests.processes import environment, run

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "heroku.md").read_text(encoding="utf-8")

#: What the guide has people type, less options that only choose among log lines.
COMMANDS = (
    "heroku create",
    "heroku buildpacks",
    "heroku buildpacks:add",
    "heroku addons",
    "heroku addons:create heroku-postgresql:mini",
    "heroku addons:create heroku-redis:mini",
    "heroku config:get",
    "heroku run alembic upgrade head",
    "heroku run python -m alembic upgrade head",
    "heroku run python",
    "release: alembic upgrade head",
    "git push heroku main",
    "heroku ps",
    "heroku ps:scale web=1",
    "heroku ps:scale worker=1",
    "heroku ps:scale ocr-worker=1 bonus-worker=1 rules-worker=1",
    "heroku ps:restart worker",
    "heroku ps:resize web=standard-1x worker=standard-1x",
    "heroku logs --tail",
    "curl https://your-app-name.herokuapp.com/healthz",
    "/metrics",
)
VARIABLES = {
    "API_GATEWAY_URL", "APP_ENV", "DATABASE_URL", "ENCRYPTION_SECRET", "LOG_LEVEL",
    "PORTMONE_LOGIN", "PORTMONE_PASSWORD", "PORTMONE_PAYEE_ID", "PORTMONE_WEBHOOK_TOKEN",
    "REDIS_URL", "STORAGE_ACCESS_KEY", "STORAGE_BUCKET", "STORAGE_ENDPOINT",
    "STORAGE_SECRET_KEY", "TELEGRAM_ADMIN_IDS", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_URL",
}  # fmt: skip
#: Set by Heroku or an add-on, so that nobody types it.
GIVEN = {"DATABASE_URL": "postgres://user:password@host:5432/name"}


def variables() -> dict[str, tuple[str, str]]:
    """Return the table: name -> whether the guide has it, and whether prod needs it."""
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    return {name: (guide, prod) for names, guide, prod in rows for name in named_in(names)}


def named_in(text: str) -> list[str]:
    """Return the variables that stand in ``text`` as code."""
    return re.findall(r"`([A-Z_]+)`", text)


def settings_typed() -> dict[str, str]:
    """Return what the page's commands set, as a shell would."""
    typed = re.findall(r'([A-Z_]+)=("[^"]+"|\S+)', " ".join(re.findall(r"config:set (.+)", PAGE)))
    return {name: "0" * 64 if "openssl" in value else value for name, value in typed}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_is_answered(command: str) -> None:
    """It works as it is, or its replacement stands beside it."""
    assert f"`{command}`" in PAGE


def test_every_variable_of_the_guide_is_answered() -> None:
    """And those that the guide does not know are marked."""
    table = variables()
    assert {name for name, (guide, _) in table.items() if guide == "yes"} == VARIABLES
    known = {name.upper() for name in Settings.model_fields} | set(NOT_USED_YET)
    assert table.keys() <= known


def test_what_prod_needs_is_marked() -> None:
    """No variable is missed by whoever reads the page."""
    needed = {name for name, (_, prod) in variables().items() if prod.startswith("yes")}
    assert needed == NEEDED_IN_PROD


def test_the_button_asks_for_what_prod_needs() -> None:
    """app.json asks for all of it, and the page tells of all it asks for."""
    app = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    asked = {name for name, entry in app["env"].items() if entry.get("required", True)}
    assert asked >= NEEDED_IN_PROD - GIVEN.keys()
    assert app["env"].keys() <= variables().keys()


def test_every_process_has_its_place_on_the_page() -> None:
    """The Procfile's names are those that are scaled, released and logged there."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    for name, command in (line.split(": ", 1) for line in lines):
        assert re.search(rf"\b{name}(=1|:)", PAGE), name
        assert name != "release" or f"`release: {command}`" in PAGE


async def test_the_pages_own_settings_start_in_prod() -> None:
    """Typed as they stand there, with the add-on's, they are whole and well formed."""
    script = "import os, cashbot; print(cashbot.load_settings(os.environ).app_env)"
    env = environment(**settings_typed(), **GIVEN)
    status, out, talk = await run("-c", script, env=env)
    assert (status, out) == (0, "prod\n"), talk


async def test_the_guides_settings_alone_are_refused_by_name() -> None:
    """What it does not know is told to whoever follows it to the letter."""
    guide = {name: value for name, value in settings_typed().items() if name in VARIABLES}
    script = "import os, cashbot; cashbot.load_settings(os.environ)"
    status, _, talk = await run("-c", script, env=environment(**guide, **GIVEN))
    assert status == 2
    missing = re.findall(r"^  ([A-Z_]+): needed in prod", talk, re.MULTILINE)
    assert missing == ["SUPPORT_CONTACT", "TELEGRAM_API_HASH", "TELEGRAM_API_ID"]
