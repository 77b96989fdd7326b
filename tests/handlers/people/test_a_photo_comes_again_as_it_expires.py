"""The same bytes come in at the very moment their first receipt expires: they are kept."""

from pathlib import Path

import pytest

from eventstore.attachments import KEPT, AttachmentMissing, FolderAttachments, photo_key
from eventstore.catalogue import PhotoExpired
from eventstore.identity import ReceiptId, receipt_stream, sha256_of
from eventstore.pool import Pool
from tests.handlers.people.keeping import Archive
from tests.handlers.people.leaving import REJECTED
from tests.story import CONTEXT, append_of

PHOTO = b"\xff\xd8\xff" + b"the same bytes"


async def sent(archive: Archive, upload_id: str) -> ReceiptId:
    """Let Ann send the bytes."""
    upload = archive.commands.record_upload
    return await upload(await archive.arrive("ann"), PHOTO, source="web", upload_id=upload_id)


async def test_what_came_in_before_they_were_deleted_is_kept(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No fact without its photo: the new receipt has it, and expires in its own time."""
    archive = Archive(pool=pool, folder=tmp_path / "attachments")
    ann, first = await archive.arrive("ann"), await sent(archive, "1")
    decided = append_of(receipt_stream(first), REJECTED, expected=0)
    await archive.store.append(decided, context=CONTEXT)
    delete, again = FolderAttachments.delete, list[ReceiptId]()

    async def meanwhile(store: FolderAttachments, key: str) -> None:
        if not again:
            again.append(await sent(archive, "2"))
        await delete(store, key)

    key = photo_key(ann, sha256_of(PHOTO))
    with monkeypatch.context() as patch:
        patch.setattr(FolderAttachments, "delete", meanwhile)
        await archive.days_pass(KEPT.days + 1)
    assert PhotoExpired() in await archive.story(first)
    assert PhotoExpired() not in await archive.story(again[0])
    assert await archive.attachments.get(key) == PHOTO
    decided = append_of(receipt_stream(again[0]), REJECTED, expected=0)
    await archive.store.append(decided, context=CONTEXT)
    await archive.days_pass(KEPT.days + 1)
    with pytest.raises(AttachmentMissing):
        await archive.attachments.get(key)
