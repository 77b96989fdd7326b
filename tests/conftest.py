"""A real Postgres for every test: one server per test process, one fresh database per test."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest

from bot.connection.types_on_use import import_types_on_use
from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import wheel_binaries
from eventstore.migrate import migrate
from eventstore.pool import Pool, open_pool

if TYPE_CHECKING:
    from tests.telegram_server.keys import ServerKey
    from tests.telegram_server.server import TelegramServer

#: By major version: 18 comes with our wheel, 15 is the oldest we promise, Debian 12's own.
BINARIES = {"18": None, "15": Path("/usr/lib/postgresql/15/bin")}
#: Names by which a caller's environment could reach into a test.
FOREIGN_PREFIXES = (
    "API_GATEWAY_", "APP_ENV", "AWS_", "CASHBOT_", "DATABASE_", "DYNO", "ENCRYPTION_",
    "LOG_LEVEL", "METRICS_", "OCR_", "PG", "PORT", "PUBLIC_", "REDIS_", "STORAGE_", "TELEGRAM_",
    "TESSDATA_", "TESSERACT_", "WEB_", "WORKER_",
)  # fmt: skip
TEMPLATE = "cashbot_template"

# How long one drawn example takes is the machine's affair; the whole test has its time-out.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests run on the oldest Postgres we promise as well as on the newest."""
    parser.addoption("--postgres", choices=sorted(BINARIES), default="18", help="major version")


def pytest_configure() -> None:
    """Forget the caller's settings: a test sees only what it sets; import what the bot imports."""
    import_types_on_use()
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES):
            del os.environ[name]


@pytest.fixture(scope="session")
def binaries(pytestconfig: pytest.Config) -> Path:
    """Folder of the Postgres programs under test."""
    folder = BINARIES[pytestconfig.getoption("--postgres")]
    return folder or wheel_binaries()


@pytest.fixture(scope="session")
def server(binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server for this test process; it forgets what a crash of the machine would lose."""
    home = tmp_path_factory.mktemp("postgres")
    running = EmbeddedPostgres(home=home, binaries=binaries, durable=False)
    try:
        with running:
            migrate(running.ensure_database(TEMPLATE))
            yield running
    finally:
        running.remove()


@pytest.fixture(scope="session")
def admin(server: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A connection that may create and drop databases."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    """Numbers that make the database names of this test process."""
    return count(1)


@pytest.fixture
def database_url(
    server: EmbeddedPostgres, admin: psycopg.Connection, database_numbers: Iterator[int]
) -> Iterator[str]:
    """URL of a fresh database with the newest schema, dropped after the test."""
    name = f"test_{next(database_numbers)}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield server.url(name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections to a fresh database, with the product's own time-outs."""
    connections = await open_pool(database_url, size=10, name="test")
    try:
        yield connections
    finally:
        connections.terminate()  # a failed test may hold one: waiting for it would hang us all


@pytest.fixture(scope="session")
def telegram_key() -> "ServerKey":
    """The RSA key of every Telegram server of this test process."""
    from tests.telegram_server.keys import ServerKey  # most tests need none of it

    return ServerKey.generate()


@pytest.fixture
async def telegram(telegram_key: "ServerKey") -> AsyncIterator["TelegramServer"]:
    """A Telegram of this test's own; it fails the test that asked it what it cannot do."""
    from tests.telegram_server.server import TelegramServer  # a second of imports

    async with TelegramServer(telegram_key) as running:
        yield running
