"""Attachments in an S3-compatible store, over aioboto3.

A module of its own because the library takes 40 MB: only who names a store pays for it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aioboto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from eventstore.attachments import (
    KEYS_MAX,
    AttachmentConflict,
    AttachmentError,
    AttachmentMissing,
    AttachmentsUnavailable,
    key_checked,
)

#: A healthy store connects in milliseconds.
CONNECT_SECONDS = 5
#: A photo of 10 MB over a slow line.
READ_SECONDS = 30
#: A read or a write-once put may be repeated safely.
ATTEMPTS_MAX = 3
#: S3's answer to If-None-Match when the object exists.
_TAKEN = "PreconditionFailed"
_MISSING = "NoSuchKey"
#: Another write of the object is under way; S3 says to ask again.
_BUSY = "ConditionalRequestConflict"


class S3Settings(Struct, frozen=True, kw_only=True):
    """Where an S3-compatible store is and how to enter it (the STORAGE_* variables)."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    #: what most stores that have no regions expect
    region: str = "us-east-1"


class S3Attachments:
    """Attachments in a bucket; open it with ``async with S3Attachments.connected(...)``."""

    def __init__(self, *, client: Any, settings: S3Settings) -> None:
        self._client = client
        self._settings = settings

    @classmethod
    @asynccontextmanager
    async def connected(cls, settings: S3Settings) -> AsyncIterator["S3Attachments"]:
        """Give attachments over one pool of connections, closed at the end."""
        session = aioboto3.Session()
        async with session.client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS_MAX, "mode": "standard"},
                s3={"addressing_style": "path"},  # what stores of one's own understand
                request_checksum_calculation="when_required",  # and newer checksums they do not
                response_checksum_validation="when_required",
            ),
        ) as client:
            yield cls(client=client, settings=settings)

    async def put(self, key: str, content: bytes) -> None:
        """Keep ``content`` as an object, unless one is there."""
        try:
            await self._ask("put_object", key, Body=content, IfNoneMatch="*")
        except AttachmentConflict:
            if await self.get(key) != content:
                raise

    async def get(self, key: str) -> bytes:
        """Return the object's bytes."""
        answer = await self._ask("get_object", key)
        try:
            async with answer["Body"] as body:
                content: bytes = await body.read()
        except (BotoCoreError, OSError, TimeoutError) as error:
            raise self._unreached(key, error) from error
        return content

    async def delete(self, key: str) -> None:
        """Remove the object, if it is there."""
        with suppress(AttachmentMissing):
            await self._ask("delete_object", key)

    async def keys(self, folder: str, *, after: str = "") -> list[str]:
        """Return the keys of objects below ``folder``."""
        prefix = f"{key_checked(folder)}/"
        listed = await self._call(
            "list_objects_v2", folder, Prefix=prefix, StartAfter=after, MaxKeys=KEYS_MAX
        )
        return [entry["Key"] for entry in listed.get("Contents", [])]

    async def _ask(self, operation: str, key: str, **parameters: Any) -> dict[str, Any]:
        """Call one S3 operation on ``key``."""
        return await self._call(operation, key, Key=key_checked(key), **parameters)

    async def _call(self, operation: str, key: str, **parameters: Any) -> dict[str, Any]:
        """Call one S3 operation and tell its errors, which are about ``key``, in our words."""
        call = getattr(self._client, operation)
        try:
            answer: dict[str, Any] = await call(Bucket=self._settings.bucket, **parameters)
        except ClientError as error:
            raise self._refused(key, error) from error
        except (BotoCoreError, OSError, TimeoutError) as error:
            raise self._unreached(key, error) from error
        return answer

    def _refused(self, key: str, error: ClientError) -> AttachmentError:
        """Say what the store's refusal means."""
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code == _TAKEN:
            return AttachmentConflict(key)
        if code == _MISSING:
            return AttachmentMissing(key)
        if code == _BUSY:
            return AttachmentsUnavailable(key, "another write of it is under way")
        bucket, endpoint = self._settings.bucket, self._settings.endpoint
        return AttachmentsUnavailable(
            key,
            f"{endpoint} answered {code} for bucket {bucket}: check STORAGE_BUCKET,"
            " STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY and STORAGE_REGION",
        )

    def _unreached(self, key: str, error: Exception) -> AttachmentsUnavailable:
        """Say that no answer came."""
        endpoint, kind = self._settings.endpoint, type(error).__name__
        return AttachmentsUnavailable(
            key, f"{endpoint} gave no answer ({kind}): check STORAGE_ENDPOINT"
        )
