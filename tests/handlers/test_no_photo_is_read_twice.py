"""The same bytes from the same shopper are read once; for anybody else they are read anew."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from eventstore.attachments import photo_key, words_key
from eventstore.catalogue import Event, ReceiptRead, ReceiptUnreadable, ReceiptUploaded
from eventstore.identity import ReceiptId, ShopperId, photo_stream, receipt_stream, sha256_of
from eventstore.pool import Pool
from handlers.ports import Reading, Unreadable, Word
from handlers.read_receipt import ReadReceipt
from handlers.same_bytes import uploads_before
from tests.handlers.people.leaving import REJECTED, Office
from tests.handlers.people.test_an_export_is_whole import exported
from tests.handlers.readings import reading_of, sold
from tests.handlers.test_readings_keep_their_evidence import PLACE
from tests.story import CONTEXT, append_of, facts

PHOTO = b"\xff\xd8\xff and so on"
SEEN: Reading = reading_of(
    sold("Цитрамон-Дарниця", 10398),
    words=[Word(text="СУМА", place=PLACE, confidence=0.9)],
    preview_jpeg=b"\xff\xd8\xff preview",
    look="ab" * 32,
    marks=["edited_by_program"],
)
BLURRED = Unreadable(reason="blurred", preview_jpeg=b"\xff\xd8\xff", seconds=0.2, reader="test")


class Counting:
    """A reader that always says the same and counts how often it was asked."""

    def __init__(self, says: Reading | Unreadable = SEEN, *, version: str = "test") -> None:
        self.says, self.version = says, version
        self.asked = 0

    async def read(self, photo: bytes) -> Reading | Unreadable:
        """Count, and say it."""
        self.asked += 1
        return self.says


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where photos come in."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def told(
    office: Office, reader: Counting, shopper: ShopperId, uploads: Sequence[str]
) -> list[Event]:
    """Let ``shopper`` send the photo under each upload id, each read before the next is sent."""
    said = []
    for upload in uploads:
        receipt = await office.commands.record_upload(
            shopper, PHOTO, source="web", upload_id=upload
        )
        await read_by(office, reader)
        said.append((await facts(office.store, receipt_stream(receipt)))[-1])
    return said


async def read_by(office: Office, reader: Counting) -> None:
    """Let ``reader`` read what waits."""
    await office.work_off(
        ReadReceipt(
            store=office.store,
            attachments=office.attachments,
            vault=office.vault,
            reader=reader,
            time_limit_seconds=5,
        )
    )


async def decided(office: Office, receipt: ReceiptId) -> None:
    """Let nothing of the receipt be under way."""
    append = append_of(receipt_stream(receipt), REJECTED, expected=1)
    await office.store.append(append, context=CONTEXT)


async def test_a_photo_sent_again_is_told_by_its_first_reading(office: Office) -> None:
    """Whole, with look, marks, words and preview; nobody reads it, so it takes no time."""
    reader = Counting()
    first, second, third = await told(office, reader, await office.arrive("ann"), "123")
    assert reader.asked == 1
    assert isinstance(first, ReceiptRead)
    assert (first.look, first.marks) == (SEEN.look, SEEN.marks)
    assert second == third == msgspec.structs.replace(first, seconds=0.0)


async def test_what_could_not_be_read_is_not_tried_again(office: Office) -> None:
    """The same pixels are as blurred as before."""
    reader = Counting(BLURRED)
    first, second = await told(office, reader, await office.arrive("ann"), "12")
    assert reader.asked == 1
    assert isinstance(first, ReceiptUnreadable)
    assert second == msgspec.structs.replace(first, seconds=0.0)


async def test_a_reader_that_failed_is_asked_again(office: Office) -> None:
    """It crashed, or the file was too large for it: another try may go otherwise."""
    reader = Counting(Unreadable(reason="reading_failed", preview_jpeg=None, seconds=1.0))
    ann = await office.arrive("ann")
    await told(office, reader, ann, "1")
    reader.says = SEEN
    (second,) = await told(office, reader, ann, "2")
    assert reader.asked == 2
    assert isinstance(second, ReceiptRead)


async def test_another_reader_reads_anew(office: Office) -> None:
    """A newer one may make out more; what it says counts from then on."""
    ann = await office.arrive("ann")
    await told(office, Counting(), ann, "1")
    newer = Counting(msgspec.structs.replace(SEEN, reader="newer"), version="newer")
    said = await told(office, newer, ann, "23")
    assert newer.asked == 1
    assert [fact.reader for fact in said if isinstance(fact, ReceiptRead)] == ["newer"] * 2


async def test_anothers_photo_is_read_anew(office: Office) -> None:
    """Words and preview of one person are no evidence in the hands of another."""
    reader = Counting()
    ann, bob = await office.arrive("ann"), await office.arrive("bob")
    await told(office, reader, ann, "1")
    (read,) = await told(office, reader, bob, "1")
    assert reader.asked == 2
    assert isinstance(read, ReceiptRead)
    sealed = await office.attachments.get(words_key(bob, read.words_sha256))
    assert await office.vault.open(bob, "words", sealed.decode())


async def test_only_ones_own_uploads_are_asked_the_newest_first(office: Office) -> None:
    """Not this one, and nobody else's."""
    ann, bob = await office.arrive("ann"), await office.arrive("bob")
    senders = (ann, bob, ann, ann)
    receipts = [
        await office.commands.record_upload(who, PHOTO, source="web", upload_id=str(number))
        for number, who in enumerate(senders)
    ]
    (uploaded,) = await facts(office.store, receipt_stream(receipts[3]))
    assert isinstance(uploaded, ReceiptUploaded)
    seen = await office.store.read_stream(photo_stream(sha256_of(PHOTO)))
    asked = uploads_before(uploaded, seen)
    assert asked == [receipt_stream(receipts[2]), receipt_stream(receipts[0])]


@pytest.mark.parametrize("lost", ["words", "preview", "key"])
async def test_what_is_not_all_there_is_read_anew(office: Office, lost: str) -> None:
    """Without words or preview, or a key that opens them, nobody could judge the reading."""
    ann, reader = await office.arrive("ann"), Counting()
    (first,) = await told(office, reader, ann, "1")
    assert isinstance(first, ReceiptRead)
    if lost == "key":
        key_id = await office.vault.key_id(ann)
        assert key_id is not None
        await office.vault.destroy(ann, key_id)
    else:
        words, preview = first.words_sha256, first.preview_sha256
        key = words_key(ann, words) if lost == "words" else photo_key(ann, preview)
        await office.attachments.delete(key)
    (second,) = await told(office, reader, ann, "2")
    assert reader.asked == 2
    assert isinstance(second, ReceiptRead)
    sealed = await office.attachments.get(words_key(ann, second.words_sha256))
    assert await office.vault.open(ann, "words", sealed.decode())


async def test_who_was_forgotten_and_returns_is_read_anew(office: Office) -> None:
    """What was made out before went with the key; the bytes are still known."""
    ann, reader = await office.arrive("ann"), Counting()
    receipt = await office.commands.record_upload(ann, PHOTO, source="web", upload_id="1")
    await read_by(office, reader)
    await decided(office, receipt)
    assert await office.forget(ann) is not None
    await told(office, reader, await office.arrive("ann"), "2")
    assert reader.asked == 2


async def test_a_shared_reading_is_exported_twice_and_forgotten_once(
    office: Office, database_url: str
) -> None:
    """Both receipts tell their words; when the shopper goes nothing of either is left."""
    ann, reader = await office.arrive("ann"), Counting()
    await told(office, reader, ann, "12")
    person = await exported(database_url, office.folder, ann)
    read = [fact for fact in person.facts if fact.type == "ReceiptRead"]
    assert [fact.opened for fact in read] == [{"words_sha256": ["СУМА"]}] * 2
    assert len(person.attachments) == 3
    for receipt in person.receipts:
        await decided(office, receipt)
    forgotten = await office.forget(ann)
    assert forgotten is not None
    assert forgotten.attachments == 3
    assert not [key for key in office.files() if key.startswith(("photos/", "words/"))]
