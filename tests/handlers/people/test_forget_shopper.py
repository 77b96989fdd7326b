"""Who is forgotten is gone: from the vault, the photos, the words, and for every later request."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from eventstore.attachments import (
    certificate_key,
    evidence_key,
    photo_key,
    tombstone_key,
)
from eventstore.catalogue import (
    ForgettingRequested,
    PhoneShared,
    ReceiptReferred,
    ShopperForgotten,
)
from eventstore.errors import WrongExpectedVersion
from eventstore.identity import ReceiptId, ShopperId, sha256_of, shopper_stream
from eventstore.ledger import seal_until_rest
from eventstore.people import Leaving, join_in
from eventstore.pool import Pool
from eventstore.reasons import ReasonTooPersonal
from eventstore.vault import KeyDestroyed
from eventstore.worklist import Work
from handlers.commands import (
    ForgettingUnderWay,
    ShopperUnknown,
    UploadRefused,
)
from handlers.people.certificates import Certificate
from handlers.sweep_leftovers import LATE_SECONDS_MAX
from tests.handlers.people.leaving import PHONE, REJECTED, Office
from tests.story import facts, until

REFERRED = ReceiptReferred(reasons=["no_total"], rules="1")


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people are forgotten."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def phone_of(office: Office, shopper: ShopperId) -> str:
    """Return the sealed phone in force."""
    shared = await facts(office.store, shopper_stream(shopper))
    return [fact for fact in shared if isinstance(fact, PhoneShared)][-1].phone_sealed


async def test_a_forgotten_shoppers_things_are_destroyed_and_nobody_elses(office: Office) -> None:
    """Key, photos, words, evidence and callbacks about them; a neighbour keeps all of theirs."""
    bob = await office.arrive("bob", phone="380670000002")
    await office.read(bob, await office.send(bob), REJECTED)
    await office.hear(ReceiptId("of-bob"), phone="380670000002")
    neighbours = office.files()
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    await office.read(ann, receipt, REJECTED)
    await office.hear(receipt, phone=PHONE)
    await office.hear(receipt, phone=None)
    page = await office.vault.seal(ann, "evidence", b"a page")
    await office.attachments.put(evidence_key(ann, sha256_of(b"a page")), page.encode())
    own = office.files() - neighbours
    sealed = await phone_of(office, ann)

    forgotten = await office.forget(ann)

    assert forgotten is not None
    named = {key(ann, forgotten.key_id) for key in (tombstone_key, certificate_key)}
    assert office.files() == neighbours | named
    with pytest.raises(KeyDestroyed):
        await office.vault.open(ann, "phone", sealed)
    assert await office.vault.open(bob, "phone", await phone_of(office, bob)) == b"380670000002"
    assert forgotten.attachments == len(own) == 6


async def test_the_certificate_says_what_was_destroyed_and_is_named_by_the_fact(
    office: Office,
) -> None:
    """Each attachment with its hash, the key, the reason and the request's place in the log."""
    ann = await office.arrive("ann")
    reading = await office.read(ann, await office.send(ann), REJECTED)
    forgotten = await office.forget(ann)

    assert forgotten is not None
    content = await office.attachments.get(certificate_key(ann, forgotten.key_id))
    assert sha256_of(content) == forgotten.certificate_sha256
    certificate = msgspec.json.decode(content, type=Certificate)
    assert (certificate.shopper, certificate.key_id) == (ann, forgotten.key_id)
    assert (certificate.reason, certificate.receipts) == ("asked by letter", 1)
    request = await office.store.read_event(certificate.request_seq)
    assert request is not None
    assert isinstance(request.event, ForgettingRequested)
    kinds = sorted(each.kind for each in certificate.attachments)
    assert kinds == ["photo", "photo", "words"]
    hashes = {each.sha256 for each in certificate.attachments}
    assert {reading.preview_sha256, reading.words_sha256} < hashes
    assert PHONE[2:] not in content.decode()


async def test_what_is_not_decided_is_waited_for(office: Office) -> None:
    """The receipt is read and decided first; nothing is destroyed before."""
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    before = office.files()
    assert await office.forget(ann) is None
    assert office.files() == before
    await office.read(ann, receipt, REFERRED)
    await office.time_passes(minutes=1)
    assert await office.forget(ann) is not None


async def test_nothing_new_is_taken_from_who_is_leaving(office: Office) -> None:
    """Neither photo nor phone nor consent, until all is destroyed; a second wish adds nothing."""
    ann = await office.arrive("ann")
    await office.send(ann)
    await office.forget(ann)
    for _ in range(2):
        await office.commands.request_forgetting(ann, reason="again")
    with pytest.raises(ForgettingUnderWay):
        await office.send(ann)
    with pytest.raises(ForgettingUnderWay):
        await office.arrive("ann")
    with pytest.raises(ForgettingUnderWay):
        await office.commands.share_phone(ann, "380670000009")
    kinds = [type(fact) for fact in await facts(office.store, shopper_stream(ann))]
    assert kinds.count(ForgettingRequested) == 1


async def test_who_returns_begins_anew(office: Office) -> None:
    """Consent and phone are asked for again, a new key seals them, and no tombstone harms it."""
    ann = await office.arrive("ann")
    old = await phone_of(office, ann)
    first = await office.forget(ann)
    with pytest.raises(UploadRefused, match="no_consent"):
        await office.send(ann)
    await office.commands.give_consent(ann, text_version="1", text="yes", locale="uk")
    with pytest.raises(UploadRefused, match="no_phone"):
        await office.send(ann)
    await office.commands.share_phone(ann, PHONE)

    await office.send(ann)
    vault = office.vault
    assert await vault.open(ann, "phone", await phone_of(office, ann)) == PHONE.encode()
    with pytest.raises(KeyDestroyed):
        await vault.open(ann, "phone", old)
    assert first is not None
    assert await vault.key_id(ann) != first.key_id


async def test_one_can_be_forgotten_as_often_as_one_returns(office: Office) -> None:
    """Each time another key and another certificate."""
    keys = set()
    for _ in range(3):
        ann = await office.arrive("ann")
        forgotten = await office.forget(ann)
        assert forgotten is not None
        keys.add(forgotten.key_id)
    assert len(keys) == 3
    folders = ("tombstones", "certificates")
    assert office.files() == {f"{folder}/ann/{key}" for folder in folders for key in keys}


async def test_who_shared_nothing_can_be_forgotten_too(office: Office) -> None:
    """There is no key to destroy; that is certified all the same."""
    ann = ShopperId("ann")
    await office.commands.give_consent(ann, text_version="1", text="yes", locale="uk")
    forgotten = await office.forget(ann)
    assert forgotten is not None
    assert forgotten.attachments == 0
    assert not await office.pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = 'ann'")


async def test_a_wish_about_nobody_is_refused(office: Office) -> None:
    """Nothing is recorded; neither is a reason with somebody's number in it."""
    with pytest.raises(ShopperUnknown):
        await office.commands.request_forgetting(ShopperId("nobody"), reason="?")
    ann = await office.arrive("ann")
    with pytest.raises(ReasonTooPersonal):
        await office.commands.request_forgetting(ann, reason="called from 067 123-45-67")
    assert len(await facts(office.store, shopper_stream(ann))) == 2


async def test_many_workers_at_once_forget_once(office: Office) -> None:
    """One fact, one tombstone, one certificate, whoever comes first at which step."""
    ann = await office.arrive("ann")
    await office.read(ann, await office.send(ann), REJECTED)
    await office.commands.request_forgetting(ann, reason="asked by letter")
    await seal_until_rest(office.pool)
    request = (await office.store.read_stream(shopper_stream(ann)))[-1]
    assert request.seq is not None
    works = [
        Work(store=office.store, handler="forget_shopper", seq=request.seq, token=token,
             attempt=1, event=request)
        for token in range(6)
    ]  # fmt: skip
    for ended in await asyncio.gather(
        *(office.forgetter().handle(work) for work in works), return_exceptions=True
    ):
        assert ended is None or isinstance(ended, WrongExpectedVersion)
    assert len([key for key in office.files() if key.startswith("certificates/")]) == 1
    assert len(office.files()) == 2
    kinds = [type(fact) for fact in await facts(office.store, shopper_stream(ann))]
    assert kinds.count(ShopperForgotten) == 1


async def test_a_forgetting_waits_for_an_upload_that_came_first(office: Office) -> None:
    """The photo's fact is committed before the wish, so that whoever destroys sees it."""
    ann = await office.arrive("ann")
    seen = (await office.store.read_stream(shopper_stream(ann)))[-1].version
    async with office.pool.acquire() as connection, connection.transaction():
        await join_in(connection, ann, seen=seen)
        wish = asyncio.create_task(office.commands.request_forgetting(ann, reason="asked"))
        blocked = "SELECT exists(SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        await until(blocked, office.pool)
        assert not wish.done()
    await wish


async def test_an_upload_that_comes_second_is_refused(office: Office) -> None:
    """Though it had looked before: it looks again inside its transaction."""
    ann = await office.arrive("ann")
    seen = (await office.store.read_stream(shopper_stream(ann)))[-1].version
    await office.commands.request_forgetting(ann, reason="asked")
    async with office.pool.acquire() as connection, connection.transaction():
        with pytest.raises(Leaving):
            await join_in(connection, ann, seen=seen)


async def test_a_callback_about_somebody_forgotten_leaves_no_body(office: Office) -> None:
    """It is a fact like any other, but what Portmone wrote, phone included, is not kept."""
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    await office.read(ann, receipt, REJECTED)
    await office.owe(ann, receipt)
    kept = await office.hear(receipt, phone=None)
    assert kept in office.files()
    await office.forget(ann)
    late = await office.hear(receipt, phone=None)
    heard = "SELECT count(*) FROM events WHERE type = 'CallbackReceived'"
    assert await office.pool.fetchval(heard) == 2
    assert not office.files() & {kept, late}

    await office.arrive("ann")
    assert await office.hear(receipt, phone=None) in office.files()


async def test_what_came_late_is_deleted_later(office: Office) -> None:
    """A photo kept for an upload that was refused is named by no fact: it goes some minutes on."""
    ann = await office.arrive("ann")
    await office.forget(ann)
    late = photo_key(ann, sha256_of(b"late"))
    await office.attachments.put(late, b"late")
    await office.sweep()
    assert late in office.files()
    await office.time_passes(seconds=LATE_SECONDS_MAX + 1)
    await office.sweep()
    assert late not in office.files()


async def test_the_photos_of_who_returned_are_left_alone(office: Office) -> None:
    """They are of the new life."""
    ann = await office.arrive("ann")
    await office.forget(ann)
    await office.arrive("ann")
    await office.send(ann)
    before = office.files()
    await office.time_passes(seconds=LATE_SECONDS_MAX + 1)
    await office.sweep()
    assert office.files() == before
