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


def test_a_number_that_is_missing_is_told_of() -> None:
    """Whoever counts finds in the next migration that none was lost."""
    files = sorted(path for path in MIGRATIONS.glob("*.sql") if ".rollback." not in path.name)
    numbers = [int(path.name[:4]) for path in files]
    lost = [
        (before + 1, path.name)
        for before, number, path in zip(numbers, numbers[1:], files[1:], strict=False)
        if number != before + 1
        and f"-- {before + 1:04} was never given" not in path.read_text(encoding="utf-8")
    ]
    assert not lost
