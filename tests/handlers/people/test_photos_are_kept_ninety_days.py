"""Photos, previews, words and callbacks' bodies go after 90 days; facts and hashes stay."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstore.attachments import KEPT, AttachmentsUnavailable, FolderAttachments, all_keys
from eventstore.attachments_s3 import S3Attachments
from eventstore.catalogue import (
    BodyExpired,
    PayoutAttempted,
    PayoutOutcomeUnknown,
    PayoutRequested,
    PayoutResolved,
    PhotoExpired,
    ReceiptAccepted,
    ReceiptReferred,
)
from eventstore.identity import (
    Kopecks,
    Sha256,
    callback_of,
    callback_stream,
    payout_of,
    payout_stream,
    sha256_of,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.subscription import Listener
from eventstore.worker import Worker
from handlers.expire_attachments import ExpireAttachments
from handlers.people.person import DESTROYED
from handlers.people.under_way import under_way
from handlers.reactions import AGES, types_of
from tests.eventstore.test_attachments_are_written_once import (
    make_bucket,
    s3_endpoint,
    settings_for,
)
from tests.handlers.people.keeping import Archive
from tests.handlers.people.leaving import PHONE, REJECTED
from tests.handlers.people.test_an_export_is_whole import exported
from tests.story import CONTEXT, append_of, facts, until

__all__ = ["s3_endpoint"]

REFERRED = ReceiptReferred(reasons=["no_total"], rules="1")
ACCEPTED = ReceiptAccepted(
    darnitsa_items=[], amount_kopecks=Kopecks(100), rules="1", products=Sha256("00")
)


@pytest.fixture
def archive(pool: Pool, tmp_path: Path) -> Archive:
    """Where photos grow old."""
    return Archive(pool=pool, folder=tmp_path / "attachments")


@pytest.fixture(params=["folder", "s3"])
async def either(
    request: pytest.FixtureRequest, pool: Pool, tmp_path: Path
) -> AsyncIterator[Archive]:
    """The same over each kind of store."""
    if request.param == "folder":
        yield Archive(pool=pool, folder=tmp_path)
        return
    async with S3Attachments.connected(settings_for(request.getfixturevalue("s3_endpoint"))) as s3:
        await make_bucket(s3)
        yield Archive(pool=pool, folder=tmp_path, elsewhere=s3)


async def held(archive: Archive) -> set[str]:
    """Return the keys of all that is kept for a time."""
    folders = ("photos", "words", "callbacks")
    pages = [await all_keys(archive.attachments, folder) for folder in folders]
    return {key for page in pages for key in page}


async def test_what_is_old_is_deleted_and_what_is_young_is_not(either: Archive) -> None:
    """Photo, preview and words of the old one; its facts and hashes still stand."""
    ann = await either.arrive("ann")
    old, gone = await either.sent(ann)
    await either.days_pass(1)
    assert await held(either) == gone
    await either.days_pass(KEPT.days - 2)
    assert await held(either) == gone
    before = await either.story(old)
    await either.days_pass(1)
    assert await held(either) == set()
    assert await either.story(old) == [*before, PhotoExpired()]
    assert await either.waiting() == 0
    await either.days_pass(365)
    assert await either.story(old) == [*before, PhotoExpired()]


async def test_nobody_elses_photo_goes_with_it(archive: Archive) -> None:
    """Each receipt has its own 90 days, and each shopper their own things."""
    ann, bob = await archive.arrive("ann"), await archive.arrive("bob")
    await archive.sent(ann)
    await archive.days_pass(30)
    _, own = await archive.sent(ann)
    _, bobs = await archive.sent(bob)
    await archive.days_pass(60)
    assert await held(archive) == own | bobs


async def test_who_waits_for_a_person_keeps_the_photo_and_stops_nobody(archive: Archive) -> None:
    """In review, or not read yet: later. The others, also of the same shopper, go on."""
    ann = await archive.arrive("ann")
    unread = await archive.send(ann)
    referred, kept = await archive.sent(ann, REFERRED)
    _, gone = await archive.sent(ann)
    await archive.days_pass(KEPT.days + 1)
    assert not gone & await held(archive)
    assert kept < await held(archive)
    assert len(await archive.story(unread)) == 1
    await archive.days_pass(30)
    assert kept < await held(archive)
    for receipt, behind in ((referred, 2), (unread, 0)):
        append = append_of(f"receipt-{receipt}", REJECTED, expected=behind)
        await archive.store.append(append, context=CONTEXT)
    await archive.days_pass(0.1)
    assert await held(archive) == set()


async def test_money_in_doubt_keeps_photo_and_body(archive: Archive) -> None:
    """Portmone, or a person, may still ask; once it is settled they go."""
    ann = await archive.arrive("ann")
    receipt, kept = await archive.sent(ann, ACCEPTED)
    requested = PayoutRequested(
        payout=payout_of(receipt), receipt=receipt, shopper=ann, amount_kopecks=Kopecks(100),
        phone_sealed="sealed", phone_fingerprint=await archive.vault.fingerprint(PHONE),
    )  # fmt: skip
    tried = PayoutAttempted(step="create", attempt=1)
    doubt = PayoutOutcomeUnknown(step="create", cause="timeout")
    stream = payout_stream(requested.payout)
    append = append_of(stream, requested, tried, doubt)
    await archive.store.append(append, context=CONTEXT)
    kept.add(await archive.hear(receipt, phone=None))
    await archive.days_pass(KEPT.days + 1)
    assert await held(archive) == kept
    end = PayoutResolved(outcome="failed", bill=None, evidence_sha256=Sha256("e" * 64))
    await archive.store.append(append_of(stream, end, expected=2), context=CONTEXT)
    await archive.days_pass(0.1)
    assert await held(archive) == set()


async def test_bodies_go_with_their_own_fact(archive: Archive) -> None:
    """Also of a callback that fits nothing; what it said stays."""
    ann = await archive.arrive("ann")
    receipt, _ = await archive.sent(ann)
    body = await archive.hear(receipt, phone="380501112233")
    stream = callback_stream(callback_of(body.partition("/")[2]))
    (said,) = await facts(archive.store, stream)
    await archive.days_pass(KEPT.days - 0.01)
    assert body in await held(archive)
    await archive.days_pass(1)
    assert await facts(archive.store, stream) == [said, BodyExpired()]
    assert await held(archive) == set()


async def test_a_younger_upload_keeps_the_same_bytes(archive: Archive) -> None:
    """The first receipt's time is over, the second one's is not."""
    ann = await archive.arrive("ann")
    photo = b"\xff\xd8\xff the very same"
    first = await archive.commands.record_upload(ann, photo, source="web", upload_id="1")
    await archive.read(ann, first, REJECTED)
    await archive.days_pass(KEPT.days - 1)
    second = await archive.commands.record_upload(ann, photo, source="web", upload_id="2")
    reading = await archive.read(ann, second, REJECTED)
    await archive.days_pass(1)
    assert (await archive.story(first))[-1] == PhotoExpired()
    hashes = sha256_of(photo), reading.preview_sha256, reading.words_sha256
    assert {key.rpartition("/")[2] for key in await held(archive)} == {*hashes}
    await archive.days_pass(KEPT.days - 1.5)
    assert len(await held(archive)) == 3
    await archive.days_pass(0.5)
    assert await held(archive) == set()


async def test_a_running_process_deletes_what_is_old(archive: Archive) -> None:
    """By its own clock, from the first fact of a log of years on; what is young is no work yet."""
    archive.now -= KEPT
    ann = await archive.arrive("ann")
    old, _ = await archive.sent(ann)
    archive.now += KEPT
    _, young = await archive.sent(ann)
    await seal_until_rest(archive.pool)
    worker = Worker(
        store=archive.store,
        listener=Listener("", name="never-run"),
        handler=archive.expirer(),
        types=types_of(ExpireAttachments.name),
        concurrency=2,
        age=AGES[ExpireAttachments.name],
    )
    async with in_background(worker.run()):
        done = "SELECT EXISTS (SELECT FROM cursors WHERE name LIKE 'later/%' AND seq > 0)"
        await until(f"{done} AND NOT EXISTS (SELECT FROM work)", archive.pool)
    assert (await archive.story(old))[-1] == PhotoExpired()
    assert await held(archive) == young


async def test_a_store_that_is_away_is_asked_again(archive: Archive) -> None:
    """That is no failed try, and nothing is set aside for an operator."""
    ann = await archive.arrive("ann")
    await archive.sent(ann)
    archive.elsewhere = Away(root=archive.folder)
    for _ in range(8):
        await archive.days_pass(KEPT.days)
    assert await archive.pool.fetchval("SELECT count(parked_at) FROM work") == 0
    archive.elsewhere = None
    await archive.days_pass(0.1)
    assert await held(archive) == set()


class Away(FolderAttachments):
    """A folder that deletes nothing."""

    async def delete(self, key: str) -> None:
        """Fail."""
        raise AttachmentsUnavailable(key, "no answer")


async def test_who_leaves_later_is_forgotten_as_ever(archive: Archive) -> None:
    """The certificate lists what was still there, and nothing is left to be done."""
    ann = await archive.arrive("ann")
    await archive.sent(ann)
    await archive.days_pass(KEPT.days + 1)
    _, kept = await archive.sent(ann)
    forgotten = await archive.forget(ann)
    assert forgotten is not None
    assert forgotten.attachments == len(kept)
    await archive.days_pass(KEPT.days + 1)
    assert await archive.waiting() == 0
    assert await under_way(archive.store, ann, pays=True) == []


async def test_who_was_forgotten_and_returns_has_ninety_days_anew(archive: Archive) -> None:
    """The same bytes in a second life go when that receipt's own time is over."""
    ann, photo = await archive.arrive("ann"), b"\xff\xd8\xff again"
    receipt = await archive.commands.record_upload(ann, photo, source="web", upload_id="1")
    await archive.read(ann, receipt, REJECTED)
    assert await archive.forget(ann) is not None
    await archive.arrive("ann")
    receipt = await archive.commands.record_upload(ann, photo, source="web", upload_id="2")
    await archive.read(ann, receipt, REJECTED)
    assert len(await held(archive)) == 3
    await archive.days_pass(KEPT.days + 1)
    assert await held(archive) == set()


async def test_an_export_says_what_is_destroyed(archive: Archive, database_url: str) -> None:
    """The fact that it is, and no attachment; what is younger is all there."""
    ann = await archive.arrive("ann")
    receipt, _ = await archive.sent(ann)
    await archive.hear(receipt, phone=None)
    await archive.days_pass(KEPT.days + 1)
    _, kept = await archive.sent(ann)
    person = await exported(database_url, archive.folder, ann)
    assert {each.key for each in person.attachments} == kept
    opened = [fact.opened for fact in person.facts if fact.type == "ReceiptRead"]
    assert opened == [{"words_sha256": DESTROYED}, {"words_sha256": []}]
    told = [fact.type for fact in person.facts]
    assert told.count("PhotoExpired") == told.count("BodyExpired") == 1
