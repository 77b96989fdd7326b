"""The schema, by yoyo over psycopg 3."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from yoyo import get_backend, read_migrations
from yoyo.backends import DatabaseBackend

from eventstore.troubles import unusable

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def psycopg_url(url: str) -> str:
    """Return ``url`` so that yoyo uses psycopg 3: it takes any other scheme for psycopg 2."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg"))


@contextmanager
def _locked_backend(url: str) -> Iterator[DatabaseBackend]:
    try:
        backend = get_backend(psycopg_url(url))
    except psycopg.OperationalError as away:
        raise unusable(url, away) from away
    try:
        with backend.lock():
            yield backend
    finally:
        backend.connection.close()


def migrate(url: str) -> list[str]:
    """Bring the schema of ``url`` up to date; return the names of what was applied.

    Two processes that migrate at once wait for each other; a second run applies nothing.
    """
    with _locked_backend(url) as backend:
        missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
        backend.apply_migrations(missing)
    return [migration.id for migration in missing]


def roll_back(url: str) -> list[str]:
    """Undo every migration of ``url``, newest first, dropping all data; return their names."""
    with _locked_backend(url) as backend:
        applied = backend.to_rollback(read_migrations(str(MIGRATIONS)))
        backend.rollback_migrations(applied)
    return [migration.id for migration in applied]


def pending(url: str) -> list[str]:
    """Return the names of migrations that ``url`` still lacks."""
    with _locked_backend(url) as backend:
        missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
    return [migration.id for migration in missing]
