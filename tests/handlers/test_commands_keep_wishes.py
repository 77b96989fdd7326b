"""A wish at the door becomes a fact once, or is refused with a reason; none is lost silently."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from eventstore.attachments import FolderAttachments, photo_key
from eventstore.catalogue import ConsentGiven, PhoneShared, ReceiptUploaded
from eventstore.identity import ShopperId, receipt_stream, sha256_of, shopper_stream
from eventstore.pool import Pool
from eventstore.store import now_utc
from eventstore.vault import Vault
from handlers.commands import Commands, PhoneRefused, UploadRefused
from handlers.people.photos import PHOTO_BYTES_MAX
from tests.story import a_store, facts

ANN = ShopperId("ann")
PHOTO = b"\xff\xd8\xff and so on"


@pytest.fixture
def attachments(tmp_path: Path) -> FolderAttachments:
    """Where photos go."""
    return FolderAttachments(root=tmp_path)


@pytest.fixture
def commands(pool: Pool, attachments: FolderAttachments) -> Commands:
    """The door."""
    vault = Vault(pool=pool, secret=bytes(32))
    return Commands(store=a_store(pool), attachments=attachments, vault=vault)


async def welcome(commands: Commands) -> None:
    """Let Ann agree and share a phone."""
    await commands.give_consent(ANN, text_version="1", text="yes", locale="uk")
    await commands.share_phone(ANN, "067 000 00 01")


async def test_an_upload_is_a_fact_with_its_photo(
    pool: Pool, commands: Commands, attachments: FolderAttachments
) -> None:
    """The photo lies under its shopper and SHA-256 before the fact names it; twice is once."""
    await welcome(commands)
    receipt = await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")
    assert receipt == await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")

    (uploaded,) = await facts(a_store(pool), receipt_stream(receipt))
    assert isinstance(uploaded, ReceiptUploaded)
    assert uploaded.photo_sha256 == sha256_of(PHOTO)
    assert await attachments.get(photo_key(ANN, uploaded.photo_sha256)) == PHOTO


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "not_an_image"),
        (PHOTO + bytes(PHOTO_BYTES_MAX), "too_large"),
    ],
)
async def test_what_is_no_photo_is_refused_with_its_reason(
    pool: Pool, commands: Commands, photo: bytes, reason: str
) -> None:
    """Nothing is kept of it."""
    await welcome(commands)
    with pytest.raises(UploadRefused) as refused:
        await commands.record_upload(ANN, photo, source="web", upload_id="1")
    assert refused.value.reason == reason
    assert not await pool.fetchval("SELECT count(*) FROM events WHERE type = 'ReceiptUploaded'")


async def test_without_consent_and_phone_no_photo_is_taken(commands: Commands) -> None:
    """First the consent, then the phone, then the photo."""
    with pytest.raises(UploadRefused, match="no_consent"):
        await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")
    await commands.give_consent(ANN, text_version="1", text="yes", locale="uk")
    with pytest.raises(UploadRefused, match="no_phone"):
        await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")


async def test_another_photo_under_the_same_upload_is_refused(commands: Commands) -> None:
    """An upload id stands for one photo."""
    await welcome(commands)
    await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")
    with pytest.raises(UploadRefused, match="upload_id_reused"):
        await commands.record_upload(ANN, PHOTO + b"!", source="web", upload_id="1")


async def test_the_same_consent_and_phone_again_add_nothing(pool: Pool, commands: Commands) -> None:
    """However the number is spelled; a new number is a new fact, and so is the old one after it."""
    await welcome(commands)
    await welcome(commands)
    await commands.share_phone(ANN, "+380 (67) 000-00-01")
    await commands.share_phone(ANN, "0670000002")
    await commands.share_phone(ANN, "80670000001")
    kinds = [type(fact) for fact in await facts(a_store(pool), shopper_stream(ANN))]
    assert kinds == [ConsentGiven, PhoneShared, PhoneShared, PhoneShared]


async def test_who_must_wait_keeps_the_number_they_have(
    pool: Pool, commands: Commands, attachments: FolderAttachments
) -> None:
    """Another number is refused for a day after the last one; the same one and others' are not."""
    await welcome(commands)
    day = 86_400.0
    await commands.share_phone(ANN, "0670000001", change_after_seconds=day)
    await commands.share_phone(ShopperId("bob"), "0670000002", change_after_seconds=day)
    with pytest.raises(PhoneRefused, match="too_soon"):
        await commands.share_phone(ANN, "0670000002", change_after_seconds=day)
    late = Commands(
        store=a_store(pool),
        attachments=attachments,
        vault=Vault(pool=pool, secret=bytes(32)),
        clock=lambda: now_utc() + timedelta(days=1),
    )
    await late.share_phone(ANN, "0670000002", change_after_seconds=day)
    assert len(await facts(a_store(pool), shopper_stream(ANN))) == 3


async def test_an_old_number_that_comes_again_stays_old(pool: Pool, commands: Commands) -> None:
    """Telegram delivers again what was shared, and what was refused: the newest one stays."""
    await welcome(commands)
    share = partial(commands.share_phone, ANN)
    assert await share("0670000002", wish="message/1") is True
    await commands.decline_contact(ANN, "too_soon", message=2, wish="message/2")
    assert await share("0670000003", wish="message/3") is True
    before = await facts(a_store(pool), shopper_stream(ANN))
    for number in (2, 1, 3):
        assert await share(f"067000000{number}", wish=f"message/{number}") is True
    assert await facts(a_store(pool), shopper_stream(ANN)) == before
    assert await share("0670000003", wish="message/4") is False


async def test_many_phones_shared_at_once_are_all_recorded(pool: Pool, commands: Commands) -> None:
    """Nobody is told "yes" for a wish that was lost in a race."""
    numbers = [f"38067{number:07}" for number in range(1, 31)]
    await asyncio.gather(*(commands.share_phone(ANN, number) for number in numbers))
    assert len(await facts(a_store(pool), shopper_stream(ANN))) == len(numbers)


async def test_no_phone_stands_in_the_log_in_clear(pool: Pool, commands: Commands) -> None:
    """Neither in facts nor in their metadata."""
    await welcome(commands)
    await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")
    everything = await pool.fetchval(
        "SELECT string_agg(stream || type || data::text || metadata::text, ' ') FROM events"
    )
    assert "0670000001"[1:] not in everything
