"""Five photos within a minute are a person's; the sixth is not taken, however they are sent."""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace

from eventstore.catalogue import EVENTS, PolicyAdopted
from eventstore.codec import Codec
from eventstore.identity import POLICY_STREAM, ReceiptId, ShopperId, receipt_stream
from eventstore.people import SQL, count_alone, uploads_of
from eventstore.pool import Connection, Pool
from handlers.commands import ForgettingUnderWay, UploadRefused
from handlers.judging.policy import TODAY
from handlers.judging.terms import policy_now
from tests.handlers.people.leaving import Office
from tests.handlers.people.test_the_same_bytes_are_known import an_upload
from tests.statements import overheard
from tests.story import CONTEXT, append_of, until

PHOTO = b"\xff\xd8\xff and so on"


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people send photos."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def allow(office: Office, uploads: int) -> None:
    """Let so many photos be taken within a minute from now on."""
    now = (await policy_now(office.store)).policy
    limits = replace(now.limits, uploads_per_minute_max=uploads)
    adopted = PolicyAdopted(policy=replace(now, limits=limits), reason="a test")
    end = (await office.store.read_stream(POLICY_STREAM))[-1].version
    await office.store.append(append_of(POLICY_STREAM, adopted, expected=end), context=CONTEXT)


async def send_named(office: Office, shopper: ShopperId, name: str) -> ReceiptId:
    """Let the shopper send the photo called ``name``."""
    return await office.commands.record_upload(
        shopper, PHOTO + name.encode(), source="telegram", upload_id=name
    )


async def test_the_sixth_photo_of_a_minute_is_not_taken(office: Office) -> None:
    """Nothing is kept of it; others may send, and so may who waits a minute."""
    ann, bob = await office.arrive("ann"), await office.arrive("bob", phone="380670000002")
    for _ in range(5):
        await office.send(ann)
    before = office.files()
    with pytest.raises(UploadRefused, match="too_many"):
        await office.send(ann)
    assert office.files() == before
    await office.send(bob)
    await office.time_passes(seconds=61)
    await office.send(ann)
    assert len(await uploads_of(office.store, ann)) == 6


async def test_of_many_photos_at_once_five_are_taken(office: Office) -> None:
    """Thirty presses in several processes at the same moment: not one more slips through."""
    ann = await office.arrive("ann")
    answers = await asyncio.gather(*(office.send(ann) for _ in range(30)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, UploadRefused)]
    assert {each.reason for each in refused} == {"too_many"}
    assert len(refused) == 25
    assert len(await uploads_of(office.store, ann)) == 5


async def test_a_photo_waits_for_one_that_is_being_taken(pool: Pool, office: Office) -> None:
    """Neither is committed when both are counted: the second one waits, and is one too many."""
    ann = await office.arrive("ann")
    await allow(office, 1)
    first = replace(an_upload(ann), receipt=ReceiptId("first"))

    async def until_another_waits(connection: Connection) -> None:
        assert await count_alone(connection, ann, office.now) == 1
        await until(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)", pool
        )

    append = append_of(receipt_stream(first.receipt), first)
    taking = office.store.append_with(append, context=CONTEXT, also=until_another_waits)
    _, answer = await asyncio.gather(taking, office.send(ann), return_exceptions=True)
    assert isinstance(answer, UploadRefused)
    assert await uploads_of(office.store, ann) == [first.receipt]


async def test_a_photo_that_came_before_is_never_too_many(office: Office) -> None:
    """Repeated after a crash it is the same receipt, also when fewer are allowed by now."""
    ann = await office.arrive("ann")
    receipts = [await send_named(office, ann, str(number)) for number in range(5)]
    assert [await send_named(office, ann, str(number)) for number in range(5)] == receipts
    await allow(office, 1)
    again = await asyncio.gather(*(send_named(office, ann, str(number)) for number in range(5)))
    assert again == receipts


async def test_how_many_is_the_policys(office: Office) -> None:
    """What is adopted holds for the next photo."""
    ann = await office.arrive("ann")
    await allow(office, 7)
    for _ in range(7):
        await office.send(ann)
    with pytest.raises(UploadRefused, match="too_many"):
        await office.send(ann)


async def test_a_policy_from_before_means_five(pool: Pool, office: Office) -> None:
    """A fact that knows no such limit is read as ever, and its shape is no new one."""
    await policy_now(office.store)
    text = await pool.fetchval("SELECT data::text FROM events WHERE type = 'PolicyAdopted'")
    old = json.loads(text)
    assert old["policy"]["limits"].pop("uploads_per_minute_max") == 5
    codec = Codec(EVENTS)
    assert codec.decode("PolicyAdopted", 1, json.dumps(old)) == codec.decode(
        "PolicyAdopted", 1, text
    )
    assert codec.encode(PolicyAdopted(policy=TODAY, reason="r"))[1] == 1


async def test_counting_reads_the_shoppers_own_uploads_only(pool: Pool, office: Office) -> None:
    """However long the log: what stands between them is not looked at."""
    shoppers = [await office.arrive(uuid4().hex) for _ in range(20)]
    for shopper in shoppers * 3:
        await office.send(shopper)
    async with pool.acquire() as connection:
        await connection.execute("ANALYZE events")
        await connection.execute("SET enable_seqscan = off")  # all these facts fit one page
        plan = await connection.fetch(f"EXPLAIN {SQL['uploads_since']}", shoppers[0], office.now)
    assert "uploads_of_a_shopper" in " ".join(row[0] for row in plan)


async def send_admitted(office: Office, shopper: ShopperId, name: str) -> ReceiptId:
    """Let the shopper send the photo called ``name`` as the bot takes it: asked about before."""
    admission = await office.commands.check_upload(shopper, upload_id=name)
    photo = PHOTO + name.encode()
    return await office.commands.record_upload(
        shopper, photo, source="telegram", upload_id=name, admission=admission
    )


async def test_who_was_admitted_is_not_asked_about_again(
    database_url: str, pool: Pool, tmp_path: Path
) -> None:
    """Behind the door there is one transaction and no look: others wait for this photo's room."""
    ann = await Office(pool=pool, folder=tmp_path / "attachments").arrive("ann")
    async with overheard(database_url) as (own, said):
        office = Office(pool=own, folder=tmp_path / "attachments")
        admission = await office.commands.check_upload(ann, upload_id="1")
        said.clear()
        await office.commands.record_upload(
            ann, PHOTO, source="telegram", upload_id="1", admission=admission
        )
    assert (said[0], said[1], said[-1]) == ("BEGIN", "append_events", "COMMIT")
    assert said.count("BEGIN") == said.count("uploads_since") == 1
    assert {"read_stream", "read_lasts"}.isdisjoint(said)


async def test_of_many_who_were_admitted_at_once_five_are_taken(office: Office) -> None:
    """Being admitted is no promise: what is one too many is refused as it is recorded."""
    ann = await office.arrive("ann")
    named = [str(number) for number in range(8)]
    admitted = [await office.commands.check_upload(ann, upload_id=name) for name in named]
    sending = (
        office.commands.record_upload(
            ann, PHOTO + name.encode(), source="telegram", upload_id=name, admission=admission
        )
        for name, admission in zip(named, admitted, strict=True)
    )
    answers = await asyncio.gather(*sending, return_exceptions=True)
    refused = [each.reason for each in answers if isinstance(each, UploadRefused)]
    assert refused == ["too_many"] * 3
    assert len(await uploads_of(office.store, ann)) == 5


async def test_who_wants_to_be_forgotten_after_being_admitted_is_refused(office: Office) -> None:
    """The wish came while the photo was on its way."""
    ann = await office.arrive("ann")
    admission = await office.commands.check_upload(ann, upload_id="1")
    await office.commands.request_forgetting(ann, reason="a test", actor="shopper")
    with pytest.raises(ForgettingUnderWay):
        await office.commands.record_upload(
            ann, PHOTO, source="telegram", upload_id="1", admission=admission
        )
    assert await uploads_of(office.store, ann) == []


async def test_an_admitted_photo_that_came_before_is_never_too_many(office: Office) -> None:
    """Taken again after a crash it is the same receipt."""
    ann = await office.arrive("ann")
    receipts = [await send_admitted(office, ann, str(number)) for number in range(5)]
    assert [await send_admitted(office, ann, str(number)) for number in range(5)] == receipts
