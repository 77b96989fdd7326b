"""Whoever sends a photo, its bytes are known from then on, in the same breath as the upload."""

import asyncio
from pathlib import Path

import pytest

from eventstore.catalogue import LookTaken, PhotoSeen, ReceiptRead, ReceiptUploaded
from eventstore.claims import look_of
from eventstore.errors import EventIdReused
from eventstore.identity import (
    ReceiptId,
    ShopperId,
    edge_event_id,
    photo_stream,
    receipt_stream,
    sha256_of,
    shopper_stream,
)
from eventstore.people import Leaving
from eventstore.pool import Pool
from eventstore.store import NO_STREAM, Append, now_utc
from handlers.people.uploads import Pace, add_upload
from tests.handlers.people.leaving import LOOK, Office
from tests.handlers.people.test_an_export_is_whole import exported
from tests.story import CONTEXT, facts, given

PHOTO = b"\xff\xd8\xff and so on"
SEEN = photo_stream(sha256_of(PHOTO))
#: Of somebody who sends very little.
PACE = Pace(uploads_max=1, since=now_utc())


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where photos come in."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def sent(office: Office, shopper: ShopperId, upload_id: str) -> ReceiptId:
    """Let ``shopper`` send the photo."""
    return await office.commands.record_upload(shopper, PHOTO, source="web", upload_id=upload_id)


async def test_each_upload_says_whose_receipt_its_bytes_are(office: Office) -> None:
    """Sent again and by somebody else: three receipts, and all three stand with the bytes."""
    ann, bob = await office.arrive("ann"), await office.arrive("bob")
    receipts = [await sent(office, ann, "1"), await sent(office, ann, "2")]
    receipts.append(await sent(office, bob, "1"))
    assert await facts(office.store, SEEN) == [
        PhotoSeen(receipt=receipt, shopper=shopper)
        for receipt, shopper in zip(receipts, (ann, ann, bob), strict=True)
    ]
    assert len({*receipts}) == 3


async def test_an_upload_repeated_after_a_crash_is_seen_once(office: Office) -> None:
    """Also when the same bytes came in by another upload meanwhile."""
    ann = await office.arrive("ann")
    first = await sent(office, ann, "1")
    await sent(office, ann, "2")
    assert await sent(office, ann, "1") == first
    assert len(await facts(office.store, SEEN)) == 2
    assert len(await facts(office.store, receipt_stream(first))) == 1


async def test_the_same_bytes_sent_at_once_are_each_recorded_once(office: Office) -> None:
    """Two people, ten uploads, each twice: nobody is refused, nothing is lost or doubled."""
    people = [await office.arrive("ann"), await office.arrive("bob")]
    wishes = [(person, str(number)) for person in people for number in range(5)] * 2
    receipts = await asyncio.gather(*(sent(office, *wish) for wish in wishes))
    seen = await facts(office.store, SEEN)
    assert sorted(fact.receipt for fact in seen if isinstance(fact, PhotoSeen)) == sorted(
        {*receipts}
    )
    assert len(seen) == 10
    for receipt in {*receipts}:
        assert len(await facts(office.store, receipt_stream(receipt))) == 1


def an_upload(shopper: ShopperId, photo: bytes = PHOTO) -> ReceiptUploaded:
    """Return an upload that nothing was recorded of."""
    return ReceiptUploaded(
        receipt=ReceiptId("r"),
        shopper=shopper,
        photo_sha256=sha256_of(photo),
        photo_bytes=len(photo),
        source="web",
    )


async def test_an_upload_from_before_bytes_were_noted_is_still_the_same(office: Office) -> None:
    """Repeated it adds nothing; another photo under its id is refused as ever."""
    ann = await office.arrive("ann")
    old = an_upload(ann)
    stream = receipt_stream(old.receipt)
    fact = (edge_event_id(stream, "uploaded"), old)
    await office.store.append(
        Append(stream=stream, expected=NO_STREAM, events=[fact]), context=CONTEXT
    )
    await add_upload(office.store, old, seen=1, pace=PACE)
    with pytest.raises(EventIdReused):
        await add_upload(office.store, an_upload(ann, PHOTO + b"!"), seen=1, pace=PACE)
    assert await facts(office.store, stream) == [old]
    assert await facts(office.store, SEEN) == []


async def test_who_leaves_meanwhile_leaves_no_trace_of_a_photo(office: Office) -> None:
    """Refused is the whole upload, with what its bytes would tell."""
    ann = await office.arrive("ann")
    version_before = len(await facts(office.store, shopper_stream(ann))) - 1
    await office.commands.request_forgetting(ann, reason="asked by letter")
    with pytest.raises(Leaving):
        await add_upload(office.store, an_upload(ann), seen=version_before, pace=PACE)
    assert await facts(office.store, SEEN) == []
    assert await facts(office.store, receipt_stream(ReceiptId("r"))) == []


async def test_of_the_same_bytes_each_person_is_told_their_own(
    office: Office, database_url: str
) -> None:
    """Where one's photo was seen and how it looks, and nothing of who else sent it."""
    receipts = {}
    for name in ("ann", "bob"):
        receipts[name] = await sent(office, await office.arrive(name), "1")
        await office.read(ShopperId(name), receipts[name])
    story = await facts(office.store, receipt_stream(receipts["ann"]))
    (looks,) = {look_of(fact) for fact in story if isinstance(fact, ReceiptRead)}
    assert looks is not None
    taken = [LookTaken(receipt=receipt, look=LOOK) for receipt in receipts.values()]
    await given(office.store, looks, *taken)
    for name, receipt in receipts.items():
        person = await exported(database_url, office.folder, name)
        told = [fact for fact in person.facts if fact.stream in (SEEN, looks)]
        assert sorted(fact.type for fact in told) == ["LookTaken", "PhotoSeen"]
        assert all(receipt in bytes(fact.data).decode() for fact in told)
