"""One promise of both stores, a folder and S3: what was put is what is got, once and for all."""

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from eventstore.attachments import (
    AttachmentConflict,
    AttachmentKeyUnusable,
    AttachmentMissing,
    Attachments,
    AttachmentsUnavailable,
    FolderAttachments,
    callback_key,
    checkpoint_key,
    photo_key,
    tombstone_key,
    words_key,
)
from eventstore.attachments_s3 import S3Attachments, S3Settings
from eventstore.identity import ShopperId, sha256_of

PHOTO = b"\xff\xd8 made-up photo " * 1000
KEY = photo_key(ShopperId("shopper-1"), sha256_of(PHOTO))


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """An S3-compatible server on this machine, spoken to over real HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def settings_for(endpoint: str, bucket: str = "receipts") -> S3Settings:
    """Settings of a made-up account."""
    return S3Settings(
        endpoint=endpoint, bucket=bucket, access_key="made-up", secret_key="made-up-too"
    )


async def make_bucket(s3: S3Attachments) -> None:
    """Make an empty bucket, as an operator does before the first start."""
    client: Any = s3._client
    listed = await client.list_buckets()
    if not listed["Buckets"]:
        await client.create_bucket(Bucket="receipts")
    for entry in (await client.list_objects_v2(Bucket="receipts")).get("Contents", []):
        await client.delete_object(Bucket="receipts", Key=entry["Key"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the folder store keeps its files."""
    return tmp_path / "attachments"


@pytest.fixture(params=["folder", "s3"])
async def attachments(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Attachments]:
    """Each kind of store in turn, empty."""
    if request.param == "folder":
        yield FolderAttachments(root=folder)
        return
    endpoint: str = request.getfixturevalue("s3_endpoint")
    async with S3Attachments.connected(settings_for(endpoint)) as s3:
        await make_bucket(s3)
        yield s3


async def test_what_was_put_is_got(attachments: Attachments) -> None:
    """Bytes come back as they went in, empty ones too."""
    await attachments.put(KEY, PHOTO)
    await attachments.put(callback_key(sha256_of(b"")), b"")
    assert await attachments.get(KEY) == PHOTO
    assert await attachments.get(callback_key(sha256_of(b""))) == b""


async def test_the_same_bytes_again_change_nothing(attachments: Attachments) -> None:
    """A repeated put succeeds, as a repeated upload must."""
    await attachments.put(KEY, PHOTO)
    await attachments.put(KEY, PHOTO)
    assert await attachments.get(KEY) == PHOTO


async def test_other_bytes_are_refused_and_the_first_stay(attachments: Attachments) -> None:
    """Nothing is ever overwritten, whoever asks."""
    await attachments.put(KEY, PHOTO)
    with pytest.raises(AttachmentConflict, match=r"never overwritten"):
        await attachments.put(KEY, PHOTO + b"!")
    assert await attachments.get(KEY) == PHOTO


async def test_of_many_racing_writers_one_wins(attachments: Attachments) -> None:
    """Eight writers of different bytes: one is kept, seven are told."""
    contents = [bytes([number]) * 1000 for number in range(8)]
    answers = await asyncio.gather(
        *(attachments.put(KEY, content) for content in contents), return_exceptions=True
    )
    won = [content for content, answer in zip(contents, answers, strict=True) if answer is None]
    lost = [answer for answer in answers if isinstance(answer, AttachmentConflict)]
    assert (len(won), len(lost)) == (1, 7)
    assert await attachments.get(KEY) == won[0]


async def test_a_missing_attachment_is_named(attachments: Attachments) -> None:
    """The error carries the key, so that an operator can look for it."""
    with pytest.raises(AttachmentMissing) as missing:
        await attachments.get(KEY)
    assert missing.value.key == KEY


async def test_a_deleted_attachment_is_gone(attachments: Attachments) -> None:
    """Deleting is final, repeatable, and frees the key."""
    await attachments.put(KEY, PHOTO)
    await attachments.delete(KEY)
    await attachments.delete(KEY)
    with pytest.raises(AttachmentMissing):
        await attachments.get(KEY)
    await attachments.put(KEY, b"another life")
    assert await attachments.get(KEY) == b"another life"


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../secret", "photos/../../secret", "photos//x", "a/.b", "a\nb"]
)
async def test_a_key_cannot_lead_out(attachments: Attachments, key: str) -> None:
    """Keys that no key function makes are refused before anything is touched."""
    for act in (attachments.put(key, b""), attachments.get(key), attachments.delete(key)):
        with pytest.raises(AttachmentKeyUnusable):
            await act


async def test_keys_are_listed_in_order_behind_a_place(attachments: Attachments) -> None:
    """A reader finds what was written later than it knows, and nothing of another folder."""
    for size in (900, 20, 1000):
        await attachments.put(checkpoint_key(size), b"a note")
    await attachments.put(tombstone_key(ShopperId("shopper-1"), "a-key"), b"")
    assert await attachments.keys("checkpoints") == [*map(checkpoint_key, (20, 900, 1000))]
    assert await attachments.keys("checkpoints", after=checkpoint_key(900)) == [
        checkpoint_key(1000)
    ]
    assert await attachments.keys("tombstones") == ["tombstones/shopper-1/a-key"]
    assert await attachments.keys("photos") == []


def test_keys_say_whose_the_bytes_are() -> None:
    """Photos and words lie by shopper, so that forgetting one can find them."""
    shopper, digest = ShopperId("shopper-1"), sha256_of(b"x")
    assert photo_key(shopper, digest) == f"photos/shopper-1/{digest}"
    assert words_key(shopper, digest) == f"words/shopper-1/{digest}"
    assert callback_key(digest) == f"callbacks/{digest}"


async def test_files_are_for_their_owner_only(folder: Path) -> None:
    """A photo on disk can be read by the product's user and by nobody else."""
    await FolderAttachments(root=folder).put(KEY, PHOTO)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [sha256_of(PHOTO)]


async def test_a_full_or_broken_folder_is_an_unavailable_store(tmp_path: Path) -> None:
    """A disk that refuses a write is told apart from a conflict."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AttachmentsUnavailable, match=r"Not a directory"):
        await FolderAttachments(root=tmp_path / "file").put(KEY, PHOTO)


async def test_a_store_that_does_not_answer_names_what_to_check(unused_tcp_port: int) -> None:
    """No connection: the message points at STORAGE_ENDPOINT."""
    settings = settings_for(f"http://127.0.0.1:{unused_tcp_port}")
    async with S3Attachments.connected(settings) as s3:
        with pytest.raises(AttachmentsUnavailable, match=r"check STORAGE_ENDPOINT"):
            await s3.get(KEY)


async def test_a_store_that_refuses_names_what_to_check(s3_endpoint: str) -> None:
    """A wrong bucket: the message points at the bucket and the keys."""
    async with S3Attachments.connected(settings_for(s3_endpoint, bucket="none")) as s3:
        with pytest.raises(AttachmentsUnavailable, match=r"NoSuchBucket.*check STORAGE_BUCKET"):
            await s3.put(KEY, PHOTO)
