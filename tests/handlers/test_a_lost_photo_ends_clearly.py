"""A photo that is gone is no work without end: its shopper is asked for another."""

import asyncio
from pathlib import Path

import pytest

from eventstore.attachments import KEPT, photo_key
from eventstore.catalogue import PhotoExpired, ReceiptRead, ReceiptUnreadable, WorkSkipped
from eventstore.identity import ReceiptId, ShopperId, sha256_of, work_stream
from eventstore.pool import Pool
from eventstore.worklist import ATTEMPTS_MAX
from handlers.read_receipt import ReadReceipt
from tests.handlers.people.keeping import Archive
from tests.handlers.people.leaving import REJECTED
from tests.handlers.test_no_photo_is_read_twice import PHOTO, Counting, decided, read_by, told
from tests.story import CONTEXT, append_of


@pytest.fixture
def archive(pool: Pool, tmp_path: Path) -> Archive:
    """Where photos come in and grow old."""
    return Archive(pool=pool, folder=tmp_path / "attachments")


async def send(archive: Archive, shopper: ShopperId, upload: str) -> ReceiptId:
    """Let the shopper send the one photo."""
    return await archive.commands.record_upload(shopper, PHOTO, source="web", upload_id=upload)


async def test_a_photo_that_is_lost_is_unreadable_in_the_end(archive: Archive) -> None:
    """The store is asked again first, and no operator is."""
    receipt = await send(archive, await archive.arrive("ann"), "1")
    await archive.attachments.delete(photo_key(ShopperId("ann"), sha256_of(PHOTO)))
    for _ in range(ATTEMPTS_MAX):
        assert len(await archive.story(receipt)) == 1
        await archive.time_passes(minutes=10)
        await read_by(archive, Counting())
    assert (await archive.story(receipt))[1:] == [ReceiptUnreadable(reason="reading_failed")]
    assert await archive.waiting() == 0


async def test_a_photo_sent_again_after_its_time_is_read_anew(archive: Archive) -> None:
    """Words and preview of the first reading are gone, the new ones are whole."""
    ann, reader = await archive.arrive("ann"), Counting()
    first = await send(archive, ann, "1")
    await read_by(archive, reader)
    await decided(archive, first)
    await archive.days_pass(KEPT.days)
    assert (await archive.story(first))[-1] == PhotoExpired()
    (read,) = await told(archive, reader, ann, ["2"])
    assert isinstance(read, ReceiptRead)
    assert reader.asked == 2
    sent_again = {photo_key(ann, read.preview_sha256), photo_key(ann, sha256_of(PHOTO))}
    assert sent_again <= archive.files()


async def test_a_reading_that_is_shared_lives_as_long_as_the_younger_receipt(
    archive: Archive,
) -> None:
    """The second receipt names words and preview of the first one's reading."""
    ann, reader = await archive.arrive("ann"), Counting()
    first = await send(archive, ann, "1")
    await read_by(archive, reader)
    await decided(archive, first)
    await archive.days_pass(80)
    second = await send(archive, ann, "2")
    await read_by(archive, reader)
    await decided(archive, second)
    assert reader.asked == 1
    await archive.days_pass(10)
    assert (await archive.story(first))[-1] == PhotoExpired()
    assert len(archive.files()) == 3
    await archive.days_pass(80)
    assert archive.files() == set()


async def test_whoever_expires_last_deletes_what_several_share(archive: Archive) -> None:
    """In any order, also when all are looked at in the same moment."""
    ann = await archive.arrive("ann")
    for number in range(6):
        receipt = await send(archive, ann, f"{number}")
        await archive.read(ann, receipt, REJECTED)
        archive.now += KEPT / 90
    await archive.time_passes(days=KEPT.days)
    await asyncio.gather(*(archive.work_off(archive.expirer()) for _ in range(4)))
    assert archive.files() == set()
    assert await archive.waiting() == 0


async def test_a_reading_that_was_given_up_keeps_no_photo_and_hinders_no_forgetting(
    archive: Archive,
) -> None:
    """An operator skipped it: nothing follows from the receipt, before and after it expired."""
    ann = await archive.arrive("ann")
    receipt = await send(archive, ann, "1")
    await archive.work_off(archive.expirer())
    seq = (await archive.store.read_stream(append_of(f"receipt-{receipt}").stream))[0].seq
    assert seq is not None
    skipped = WorkSkipped(handler=ReadReceipt.name, seq=seq, reason="poison")
    acts = append_of(work_stream(ReadReceipt.name, seq), skipped)
    await archive.store.append(acts, context=CONTEXT)
    await archive.days_pass(KEPT.days)
    assert (await archive.story(receipt))[-1] == PhotoExpired()
    assert archive.files() == set()
    assert await archive.forget(ann) is not None
