"""Migrations can be applied, repeated and undone."""

import psycopg

from eventstore.embedded import EmbeddedPostgres
from eventstore.migrate import MIGRATIONS, migrate, pending, psycopg_url, roll_back

TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_name !~ 'yoyo'
"""


def test_every_migration_can_be_undone(server: EmbeddedPostgres) -> None:
    """Forward, back and forward again: nothing is left behind, and nothing is missing."""
    url = server.ensure_database("forward_and_back")
    applied = migrate(url)
    assert len(applied) == len([*MIGRATIONS.glob("*.sql")]) / 2
    assert migrate(url) == []

    assert sorted(roll_back(url)) == sorted(applied)
    with psycopg.connect(url) as connection:
        assert connection.execute(TABLES).fetchall() == []
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.execute(functions).fetchone() == (0,)
    assert sorted(pending(url)) == sorted(applied)

    assert migrate(url) == applied
    assert pending(url) == []


def test_herokus_spelling_of_the_url_is_understood() -> None:
    """postgres:// and postgresql:// both lead to psycopg 3."""
    for scheme in ("postgres", "postgresql"):
        url = psycopg_url(f"{scheme}://user:secret@host:5432/name?sslmode=require")
        assert url == "postgresql+psycopg://user:secret@host:5432/name?sslmode=require"
