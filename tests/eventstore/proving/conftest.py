"""What is slow to make is made once for all tests of a process."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from eventstore.embedded import EmbeddedPostgres
from tests.conftest import TEMPLATE
from tests.eventstore.proving.exports import Export, make_export


@pytest.fixture(scope="session")
def export(
    server: EmbeddedPostgres,
    admin: psycopg.Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Export]:
    """An export with several checkpoints and a tail that none covers."""
    admin.execute(f"CREATE DATABASE to_export TEMPLATE {TEMPLATE}")
    url, folder = server.url("to_export"), tmp_path_factory.mktemp("attachments")
    yield asyncio.run(make_export(url, folder))
    admin.execute("DROP DATABASE to_export WITH (FORCE)")
