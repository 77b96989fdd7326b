"""The composition root: the environment becomes settings, settings become a wired process.

The only file that reads the environment and names concrete classes; nothing imports it.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cache
from itertools import chain
from typing import Annotated, Literal

import structlog
import typer
from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import bot.cli
import eventstore.cli
import eventstore.proving.cli
import eventstore.vault_cli
import handlers.cli
import handlers.judging.what_if_cli
import handlers.people.shoppers_cli
import handlers.sandbox_cli
import projections.cli
import projections.travel_cli
import web.cli
import web.surroundings
from bot.account import BotSettings
from bot.errors import BotError
from bot.settings import TelegramVariables, bot_of, tell_what_is_not_needed
from eventstore.chats import NOTICES
from eventstore.errors import EventStoreError
from eventstore.groups import Groups, groups_of
from eventstore.log import Log, OpenLog
from eventstore.process import configure_logging, serve, stop_signals
from eventstore.settings import configured_log, database
from eventstore.worker import Worker
from handlers.assembly import open_workers
from handlers.goods.products import load_products
from handlers.reactions import HANDLERS, REACTIONS
from handlers.settings import HandlerVariables, bank_of, parts_of, reader_of, webhook_tokens
from projections.chats import Chats
from projections.payouts import Payouts
from projections.product_bonuses import ProductBonuses
from projections.receipts import Receipts
from projections.review_queue import ReviewQueue
from web.settings import WebVariables, public_address

log = structlog.get_logger()

PROJECTIONS = (Receipts(), Payouts(), ReviewQueue(), ProductBonuses(), Chats())
#: Parts of ``run``.
ROLES = ("projector", *HANDLERS, "bot")

#: Variables that belong together: all or none, since half a group is a mistake.
GROUPS = {
    "STORAGE": ("STORAGE_ENDPOINT", "STORAGE_BUCKET", "STORAGE_ACCESS_KEY", "STORAGE_SECRET_KEY"),
    "PORTMONE": (
        "PORTMONE_LOGIN",
        "PORTMONE_PASSWORD",
        "PORTMONE_PAYEE_ID",
        "PORTMONE_WEBHOOK_TOKEN",
    ),
    "TELEGRAM": ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_ID", "TELEGRAM_API_HASH"),
}
NEEDED_IN_PROD = {"DATABASE_URL", "ENCRYPTION_SECRET", "SUPPORT_CONTACT", *chain(*GROUPS.values())}
#: Of the deployment guide; accepted so that its commands work.
NOT_USED_YET = ("REDIS_URL",)
#: Connections of ``run``; with its LISTEN, the lock on the bot's session and the web's five they
#: are 12 of essential-0's 20.
RUN_CONNECTIONS = 5


class Settings(HandlerVariables, TelegramVariables, WebVariables, BaseSettings):
    """The environment, by the names of the deployment guide; README has the table."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    app_env: Literal["local", "dev", "prod"] = "local"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    worker_roles: str = ",".join(ROLES)

    @field_validator("worker_roles")
    @classmethod
    def _known(cls, roles: str) -> str:
        if unknown := {role.strip() for role in roles.split(",")} - set(ROLES):
            raise ValueError(f"no role {', '.join(sorted(unknown))}; there are: {', '.join(ROLES)}")
        return roles


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings; exit with status 2 and every problem at once, by variable name."""
    problems = [*_missing(environ)]
    try:
        settings = Settings()
    except ValidationError as malformed:
        for error in malformed.errors(include_input=False, include_url=False):
            name = str(error["loc"][0]).upper()
            told = error["msg"].removeprefix("Value error, ").removeprefix(name).lstrip()
            problems.append(f"{name}: {told}")
    if problems:
        whole = "\n  ".join(("cashbot cannot start; set these variables right:", *problems))
        print(whole, file=sys.stderr)
        raise SystemExit(2)
    return settings


def _missing(environ: Mapping[str, str]) -> Iterator[str]:
    named = {name for name, value in environ.items() if value}
    if environ.get("APP_ENV") == "prod":
        yield from (f"{name}: needed in prod" for name in sorted(NEEDED_IN_PROD - named))
        return
    for group in GROUPS.values():
        if named & set(group):
            present = ", ".join(sorted(named & set(group)))
            yield from (f"{name}: needed with {present}" for name in group if name not in named)


def forget_product_variables(environ: MutableMapping[str, str]) -> None:
    """Remove every variable of ours: the demo runs on embedded defaults, whoever calls it."""
    for name in (*Settings.model_fields, *NOT_USED_YET):
        environ.pop(name.upper(), None)


def web_settings(settings: Settings) -> web.surroundings.Settings:
    """Return what the environment decides for the web."""
    return web.surroundings.Settings(
        environment=settings.app_env,
        webhook_tokens=webhook_tokens(settings),
        intake_enabled=settings.sandbox and settings.app_env != "prod",
        sandbox=settings.sandbox,
        demo=settings.sandbox and settings.app_env == "local",
    )


def bot_settings(settings: Settings) -> BotSettings:
    """Return what the environment decides for the bot."""
    address = public_address(settings, sandbox=settings.sandbox, port=settings.port) or ""
    pays = parts_of(settings).pays
    return bot_of(settings, sandbox=settings.sandbox, pays=pays, public_url=address)


def host_of(settings: Settings) -> str:
    """Return the address to serve on: the pages beside the sandbox are for this machine."""
    return "127.0.0.1" if settings.sandbox else "0.0.0.0"  # noqa: S104 - the dyno's router


async def run_worker(settings: Settings) -> None:
    """Run the read models and every handler, less what WORKER_ROLES leaves out."""
    roles = {role.strip() for role in settings.worker_roles.split(",")}
    names = [name for name in HANDLERS if name in roles]
    projects = "projector" in roles
    with stop_signals() as stop:
        async with (
            configured_log(settings, "worker", RUN_CONNECTIONS) as opened,
            open_workers(opened, names, parts=parts_of(settings)) as workers,
        ):
            talks = "bot" in roles
            bots = [bot.cli.beside_others(opened, bot_settings(settings))] if talks else []
            await serve(
                *workers,
                *bots,
                followers=(
                    opened.vault.obey_tombstones(),
                    *(projections.cli.followers_of(opened, PROJECTIONS) if projects else ()),
                ),
                stop=stop,
            )


def build_app() -> typer.Typer:
    """Return the command line; settings are read when a command runs, not for --help."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="cashbot: a receipt photo becomes a paid bonus. Data on stdout, talk on stderr.",
    )

    @cache
    def current() -> Settings:
        settings = load_settings(os.environ)
        configure_logging(level=settings.log_level, for_people=settings.app_env == "local")
        if unused := [name for name in NOT_USED_YET if os.environ.get(name)]:
            log.info("settings.not_used_yet", variables=unused)
        tell_what_is_not_needed(settings)
        return settings

    def wired(name: str, connections: int) -> AbstractAsyncContextManager[Log]:
        return configured_log(current(), name, connections)

    _register_rooms(groups_of(app), current=current, wired=wired)
    _register_whole(app, current=current, wired=wired)
    return app


def _register_rooms(groups: Groups, *, current: Callable[[], Settings], wired: OpenLog) -> None:
    """Add the commands of each room."""

    def opened_database() -> AbstractContextManager[str]:
        return database(current())

    def working(opened: Log, names: Sequence[str]) -> AbstractAsyncContextManager[list[Worker]]:
        return open_workers(opened, names, parts=parts_of(current()))

    eventstore.cli.register(groups, open_log=wired, open_database=opened_database)
    eventstore.proving.cli.register(
        groups,
        open_log=wired,
        open_database=opened_database,
        # Not those for what is old: that is still to be deleted.
        handlers=(*dict.fromkeys(REACTIONS.values()), NOTICES),
    )
    eventstore.vault_cli.register(groups, open_log=wired)
    projections.cli.register(
        groups, open_log=wired, projections=PROJECTIONS, spell_phone=handlers.cli.spelled_phone
    )
    projections.travel_cli.register(groups, open_log=wired, projections=PROJECTIONS)
    handlers.cli.register(
        groups,
        open_log=wired,
        open_workers=working,
        make_reader=lambda: reader_of(current()),
        products=load_products(),
        money_can_move=lambda: not current().sandbox,
    )
    handlers.people.shoppers_cli.register(
        groups,
        open_log=wired,
        open_workers=working,
        pays=lambda: parts_of(current()).pays,
    )
    handlers.judging.what_if_cli.register(groups, open_log=wired)
    handlers.sandbox_cli.register(
        groups.app,
        open_bank=lambda **asked: bank_of(current(), **asked),
        in_prod=lambda: os.environ.get("APP_ENV") == "prod",
    )
    bot.cli.register(groups.app, open_log=wired, settings=lambda: bot_settings(current()))
    web.cli.register(
        groups.app,
        open_log=wired,
        settings=lambda: web_settings(current()),
        address=lambda: (host_of(current()), current().port),
        admins=lambda: sorted(current().telegram_admin_ids),
    )


def _register_whole(app: typer.Typer, *, current: Callable[[], Settings], wired: OpenLog) -> None:
    """Add the commands that run several rooms at once."""

    @app.command("run")
    def run() -> None:
        """Run everything behind the edges: all read models and handlers (Procfile: worker)."""
        asyncio.run(run_worker(current()))

    @app.command("demo")
    def demo(
        once: Annotated[bool, typer.Option("--once", help="End after the samples.")] = False,
    ) -> None:
        """Start everything on embedded defaults and send sample receipts; moves no money.

        Stays up and prints the address of a page where one drops a photo. With --once it uses
        a new temporary folder, and its last line is one JSON object; status 0 only if every
        sample had its expected outcome.
        """
        # It draws pictures: 20 MB that no other process needs.
        from handlers.demo import DemoFailed, run_demo  # noqa: PLC0415

        forget_product_variables(os.environ)
        try:
            asyncio.run(run_demo(environ=os.environ, open_log=wired, once=once))
        except DemoFailed as failure:
            print(failure, file=sys.stderr)
            raise typer.Exit(1) from failure


def main() -> None:
    """Run a command; what we can name is said in one line, not in a traceback."""
    try:
        build_app()(prog_name="python -m cashbot")
    except (EventStoreError, BotError, OSError) as trouble:
        print(f"cashbot: {str(trouble) or type(trouble).__name__}", file=sys.stderr)
        raise SystemExit(1) from trouble


if __name__ == "__main__":
    main()
