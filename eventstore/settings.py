"""The log as the environment names it: its variables, and what they open.

Unset means embedded: a Postgres, a folder and a secret in CASHBOT_HOME.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from pydantic import BaseModel, SecretStr, field_validator

from eventstore.attachments import Attachments, FolderAttachments
from eventstore.errors import SecretUnusable
from eventstore.keyring import local_secret, parse_secret, parse_secrets
from eventstore.log import Log, open_log
from eventstore.troubles import check_url, told_in_a_line


class LogVariables(BaseModel):
    """Variables of this room, in lower case; README has the table."""

    cashbot_home: Path = Path("var")
    database_url: SecretStr | None = None
    encryption_secret: SecretStr | None = None
    encryption_secret_previous: SecretStr | None = None
    storage_endpoint: str | None = None
    storage_bucket: str | None = None
    storage_access_key: SecretStr | None = None
    storage_secret_key: SecretStr | None = None
    storage_region: str = "us-east-1"

    @field_validator("database_url")
    @classmethod
    def _of_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_url(url.get_secret_value())
        return url

    @field_validator("encryption_secret")
    @classmethod
    def _usable(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            try:
                parse_secret(secret.get_secret_value())
            except SecretUnusable as unusable:
                raise ValueError(str(unusable)) from unusable
        return secret

    @field_validator("encryption_secret_previous")
    @classmethod
    def _all_usable(cls, secrets: SecretStr | None) -> SecretStr | None:
        if secrets is not None:
            try:
                parse_secrets(secrets.get_secret_value())
            except SecretUnusable as unusable:
                raise ValueError(str(unusable)) from unusable
        return secrets


def secret_of(settings: LogVariables) -> bytes:
    """Return the bytes of ENCRYPTION_SECRET, or the secret of this home."""
    if settings.encryption_secret is not None:
        return parse_secret(settings.encryption_secret.get_secret_value())
    return local_secret(settings.cashbot_home / "encryption_secret")


def previous_secrets_of(settings: LogVariables) -> list[bytes]:
    """Return the bytes of each of ENCRYPTION_SECRET_PREVIOUS."""
    if settings.encryption_secret_previous is None:
        return []
    return parse_secrets(settings.encryption_secret_previous.get_secret_value())


@contextmanager
def database(settings: LogVariables) -> Iterator[str]:
    """Give the URL of the database: the named one, or an embedded one that is up to date.

    Raises ``DatabaseUnusable`` or ``SchemaMissing`` for what the named one is not fit for.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        with told_in_a_line(url):
            yield url
        return
    # 12 MB that a process with a database of its own does not need.
    from eventstore.embedded import EmbeddedPostgres  # noqa: PLC0415
    from eventstore.embedded_place import wheel_binaries  # noqa: PLC0415
    from eventstore.migrate import migrate  # noqa: PLC0415

    home = settings.cashbot_home / "postgres"
    with EmbeddedPostgres(home=home, binaries=wheel_binaries()) as server:
        url = server.ensure_database("cashbot")
        migrate(url)
        yield url


@asynccontextmanager
async def attachments_of(settings: LogVariables) -> AsyncIterator[Attachments]:
    """Give the attachment store: the named bucket, or a folder of this home."""
    if settings.storage_endpoint is None:
        yield FolderAttachments(root=settings.cashbot_home / "attachments")
        return
    # Half a second and 30 MB that a process without a bucket does not need.
    from eventstore.attachments_s3 import S3Attachments, S3Settings  # noqa: PLC0415

    assert settings.storage_bucket is not None, "half a group does not start"
    assert settings.storage_access_key is not None
    assert settings.storage_secret_key is not None
    named = S3Settings(
        endpoint=settings.storage_endpoint,
        bucket=settings.storage_bucket,
        access_key=settings.storage_access_key.get_secret_value(),
        secret_key=settings.storage_secret_key.get_secret_value(),
        region=settings.storage_region,
    )
    async with S3Attachments.connected(named) as attachments:
        yield attachments


@asynccontextmanager
async def configured_log(settings: LogVariables, name: str, connections: int) -> AsyncIterator[Log]:
    """Open the log on what ``settings`` names or on what is embedded."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(database(settings))
        attachments = await stack.enter_async_context(attachments_of(settings))
        yield await stack.enter_async_context(
            open_log(
                url,
                name=name,
                connections=connections,
                attachments=attachments,
                secret=secret_of(settings),
                previous=previous_secrets_of(settings),
            )
        )
