"""A database that cannot be used, said in one line to whoever runs a command."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import asyncpg

from eventstore.errors import DatabaseUnusable, SchemaMissing

#: As asyncpg and libpq name themselves in a URL.
SCHEMES = ("postgres", "postgresql")
#: Something of ours is not there: an empty database, or one of an older release.
WITHOUT_SCHEMA = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)
#: What whoever sets DATABASE_URL, or runs the server, can mend.
UNUSABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,  # it starts, stops, or hung up
    asyncpg.InterfaceError,
)


def check_url(url: str) -> None:
    """Raise ``ValueError`` unless ``url`` may lead to a Postgres; it tells nothing of ``url``.

    A password with / or # in it cuts a URL in the wrong place, and would be told as a host.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
        if parts.scheme in SCHEMES and "@" not in parts.path + parts.fragment:
            return
    raise ValueError(
        "a URL like postgresql://user:password@host:5432/name is needed, with / and # in the"
        " password written as %2F and %23"
    )


def place_of(url: str) -> str:
    """Return which database ``url`` names, without user and password."""
    parts = urlsplit(url)
    return f"database {parts.path.strip('/') or '(unnamed)'} at {_address(parts.netloc)}"


def _address(netloc: str) -> str:
    return netloc.rpartition("@")[2] or "a local socket"


def unusable(url: str, why: object) -> DatabaseUnusable:
    """Return the error for the database of ``url``; ``why`` may be of many lines."""
    return DatabaseUnusable(place_of(url), " ".join(str(why).split()) or type(why).__name__)


@contextmanager
def told_in_a_line(url: str) -> Iterator[None]:
    """Let what the driver raises of the database of ``url`` become an error that says what to do.

    Anything else stays as it is: a fault of ours needs its traceback.
    """
    try:
        yield
    except WITHOUT_SCHEMA as missing:
        raise SchemaMissing(place_of(url), str(missing).splitlines()[0]) from missing
    except UNUSABLE as trouble:
        raise unusable(url, trouble) from trouble
