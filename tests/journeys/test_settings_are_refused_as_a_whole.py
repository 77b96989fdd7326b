"""A process starts with settings that fit together, or says everything that is wrong."""

import re
import textwrap
from pathlib import Path

from tests.processes import cashbot, environment, run

NEEDED_IN_PROD = {
    "DATABASE_URL",
    "ENCRYPTION_SECRET",
    "SUPPORT_CONTACT",
    "STORAGE_ENDPOINT",
    "STORAGE_BUCKET",
    "STORAGE_ACCESS_KEY",
    "STORAGE_SECRET_KEY",
    "PORTMONE_LOGIN",
    "PORTMONE_PASSWORD",
    "PORTMONE_PAYEE_ID",
    "PORTMONE_WEBHOOK_TOKEN",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_API_ID",
    "TELEGRAM_API_HASH",
}


def named_in(talk: str) -> set[str]:
    """Return the variables that ``talk`` complains of."""
    return set(re.findall(r"^  ([A-Z_]+):", talk, re.MULTILINE))


async def test_prod_names_everything_that_is_missing_at_once() -> None:
    """In prod nothing falls back to an embedded default."""
    for command in ("migrate", "web", "run"):
        status, out, talk = await cashbot(command, env=environment(APP_ENV="prod"))
        assert (status, out) == (2, "")
        assert named_in(talk) == NEEDED_IN_PROD


async def test_malformed_and_missing_variables_are_told_together() -> None:
    """A wrong port and a wrong secret are named beside what is missing, without their values."""
    env = environment(APP_ENV="prod", PORT="eighty", ENCRYPTION_SECRET="too-short-to-be-one")
    status, _, talk = await cashbot("web", env=env)
    assert status == 2
    assert named_in(talk) == NEEDED_IN_PROD | {"PORT"}
    assert "  ENCRYPTION_SECRET: must be 64 hex digits" in talk
    assert "Value error" not in talk
    assert "too-short-to-be-one" not in talk


async def test_a_role_nobody_knows_is_refused(tmp_path: Path) -> None:
    """A slip in WORKER_ROLES must not start a worker that pays nothing."""
    env = environment(WORKER_ROLES="projector,pay-bonus", CASHBOT_HOME=str(tmp_path))
    status, _, talk = await cashbot("run", env=env)
    assert status == 2
    assert named_in(talk) == {"WORKER_ROLES"}
    assert "pay_bonus" in talk


async def test_half_a_group_is_a_mistake_everywhere(tmp_path: Path) -> None:
    """A login without its password is not taken for "use the sandbox"."""
    env = environment(
        PORTMONE_LOGIN="me",
        STORAGE_BUCKET="photos",
        TELEGRAM_BOT_TOKEN="1:x",
        CASHBOT_HOME=str(tmp_path),
    )
    status, _, talk = await cashbot("run", env=env)
    assert status == 2
    assert named_in(talk) == {
        "PORTMONE_PASSWORD",
        "PORTMONE_PAYEE_ID",
        "PORTMONE_WEBHOOK_TOKEN",
        "STORAGE_ENDPOINT",
        "STORAGE_ACCESS_KEY",
        "STORAGE_SECRET_KEY",
        "TELEGRAM_API_ID",
        "TELEGRAM_API_HASH",
    }
    assert list(tmp_path.iterdir()) == []


async def test_help_needs_no_settings() -> None:
    """Every command explains itself, whatever the environment looks like."""
    script = textwrap.dedent("""
        import typer.testing, click, cashbot

        def helps(command, words):
            yield words
            for name, each in getattr(command, "commands", {}).items():
                yield from helps(each, [*words, name])

        app = cashbot.build_app()
        for words in helps(typer.main.get_command(app), []):
            answer = typer.testing.CliRunner().invoke(app, [*words, "--help"])
            assert answer.exit_code == 0 and len(answer.stdout) > 100, (words, answer)
            print(" ".join(words))
    """)
    status, out, talk = await run("-c", script, env=environment(APP_ENV="prod"))
    assert status == 0, talk
    assert {"migrate", "web", "projector", "handle", "run", "demo", "submit", "read"} <= set(
        out.splitlines()
    )
    assert {"events tail", "events show", "projections status", "projections rebuild"} <= set(
        out.splitlines()
    )
