"""Why a field has its value lies sealed beside the photo, for a person who must judge."""

from pathlib import Path

import msgspec
import pytest

from eventstore.attachments import AttachmentMissing, words_key
from eventstore.catalogue import Box, ReceiptRead
from eventstore.identity import ReceiptId, ShopperId, receipt_stream
from eventstore.pool import Pool
from handlers.ports import (
    Candidate,
    Evidence,
    FieldEvidence,
    Reading,
    ReadRow,
    Unreadable,
    Word,
)
from handlers.read_receipt import ReadReceipt, evidence_in
from tests.handlers.people.leaving import REJECTED, Office
from tests.handlers.people.test_an_export_is_whole import exported
from tests.handlers.readings import reading_of, sold
from tests.story import CONTEXT, append_of, facts

PLACE = Box(left=0.1, top=0.2, width=0.4, height=0.02)
WORDS = [
    Word(text="СУМА", place=PLACE, confidence=0.9, row=0),
    Word(text="103.98", place=PLACE, confidence=0.8, source="digits", row=0),
]
ROWS = [ReadRow(text="СУМА 193.98", second="CYMA 103.98", place=PLACE)]
TOTAL = FieldEvidence(
    field="total",
    value="10398",
    sources=["digits", "arithmetic"],
    confidence=0.97,
    candidates=[
        Candidate(value="10398", weight=5.0, sources=["digits", "arithmetic"]),
        Candidate(value="19398", weight=0.7, sources=["text"]),
    ],
)
SEEN: Reading = reading_of(
    sold("Цитрамон-Дарниця", 10398),
    words=WORDS,
    rows=ROWS,
    fields=[TOTAL],
    confidences={"total": 0.97},
)


class OneReading:
    """A reader that always says the same."""

    version = SEEN.reader

    async def read(self, photo: bytes) -> Reading | Unreadable:
        """Return it, whatever the photo."""
        return SEEN


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """A place to leave from."""
    return Office(pool=pool, folder=tmp_path)


async def let_read(office: Office, shopper: ShopperId) -> tuple[ReceiptId, ReceiptRead]:
    """Let a photo of ``shopper`` be read; return its receipt and the fact."""
    receipt = await office.send(shopper)
    handler = ReadReceipt(
        store=office.store,
        attachments=office.attachments,
        vault=office.vault,
        reader=OneReading(),
        time_limit_seconds=5,
    )
    await office.work_off(handler)
    read = (await facts(office.store, receipt_stream(receipt)))[-1]
    assert isinstance(read, ReceiptRead)
    return receipt, read


async def opened(office: Office, shopper: ShopperId, read: ReceiptRead) -> bytes:
    """Return what the reading's words attachment holds."""
    sealed = await office.attachments.get(words_key(shopper, read.words_sha256))
    return await office.vault.open(shopper, "words", sealed.decode())


async def test_words_rows_and_the_weighing_of_fields_are_kept_sealed(office: Office) -> None:
    """The fact says who agreed and how surely; all that was weighed opens with the key."""
    ann = await office.arrive("ann")
    _, read = await let_read(office, ann)
    assert read.confidences == {"total": 0.97}
    assert "193.98" not in msgspec.json.encode(read).decode()
    sealed = await office.attachments.get(words_key(ann, read.words_sha256))
    assert "103.98" not in sealed.decode()
    kept = evidence_in(await opened(office, ann, read))
    assert kept == Evidence(words=WORDS, rows=ROWS, fields=[TOTAL])


async def test_words_kept_by_older_readers_still_open(office: Office) -> None:
    """They are a bare list."""
    old = b'[{"text":"\xd0\xa7","place":{"left":0,"top":0,"width":1,"height":1},"confidence":0.5}]'
    (word,) = evidence_in(old).words
    assert (word.text, word.confidence, word.source, word.row) == ("Ч", 0.5, "text", None)


async def test_an_export_holds_every_text_that_was_made_out(
    office: Office, database_url: str
) -> None:
    """Words, second readings and values that were weighed, the chosen one and the others."""
    ann = await office.arrive("ann")
    await let_read(office, ann)
    person = await exported(database_url, office.folder, ann)
    (read,) = (fact for fact in person.facts if fact.type == "ReceiptRead")
    assert read.opened == {
        "words_sha256": ["СУМА", "103.98", "CYMA 103.98", "10398", "19398"],
    }


async def test_who_is_forgotten_leaves_no_evidence(office: Office) -> None:
    """What was weighed goes with the words."""
    ann = await office.arrive("ann")
    receipt, read = await let_read(office, ann)
    await office.store.append(
        append_of(receipt_stream(receipt), REJECTED, expected=1), context=CONTEXT
    )
    assert await office.forget(ann) is not None
    with pytest.raises(AttachmentMissing):
        await office.attachments.get(words_key(ann, read.words_sha256))
