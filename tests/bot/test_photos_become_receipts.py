"""What is sent as a photo becomes a receipt, once, or is declined with the reason."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

import bot.intake
from eventstore.attachments import photo_key
from eventstore.catalogue import PhotoDeclined, ReceiptUploaded
from eventstore.identity import receipt_stream, sha256_of
from tests.bot.conftest import NewTalk
from tests.bot.talks import PHOTO, Talk, has
from tests.telegram_server.server import TelegramServer

MEGABYTE = 1024 * 1024


def drawn(kind: str) -> bytes:
    """Return a small picture."""
    content = BytesIO()
    Image.new("RGB", (400, 600), "white").save(content, kind)
    return content.getvalue()


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
FILES = {
    "image/jpeg": drawn("JPEG"),
    "image/png": drawn("PNG"),
    "image/heic": HEIC,
    "image/webp": drawn("WEBP"),
}


async def test_a_photo_becomes_a_receipt(talk: Talk, telegram: TelegramServer) -> None:
    """It lies among the shopper's attachments as it came, over several pieces."""
    ann = telegram.person()
    shopper = await talk.welcome(ann)
    photo = PHOTO + bytes(range(256)) * 10_000
    ann.send_photo(photo, caption="my receipt")
    await has(ann, 4)
    (receipt,) = await talk.receipts(ann)
    (uploaded,) = await talk.facts(receipt_stream(receipt), ReceiptUploaded)
    assert (uploaded.source, uploaded.photo_bytes) == ("telegram", len(photo))
    assert await talk.log.attachments.get(photo_key(shopper, sha256_of(photo))) == photo


@pytest.mark.parametrize("mime", FILES)
async def test_a_picture_sent_as_a_file(talk: Talk, telegram: TelegramServer, mime: str) -> None:
    """Files keep the letters sharp: every format of phones is taken."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.send_file(FILES[mime], name="receipt", mime=mime)
    await has(ann, 4)
    assert len(await talk.receipts(ann)) == 1


@pytest.mark.parametrize("mime", ["application/octet-stream", "", "image"])
async def test_a_picture_of_an_unnamed_kind(
    talk: Talk, telegram: TelegramServer, mime: str
) -> None:
    """Some phones do not say what they send: its first bytes do."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.send_file(FILES["image/jpeg"], name="IMG_0001.JPG", mime=mime)
    await has(ann, 4)
    assert len(await talk.receipts(ann)) == 1


DECLINED = {
    "a PDF": (b"%PDF-1.7", "application/pdf", "not_an_image", 0),
    "a film": (b"ftyp", "video/mp4", "not_an_image", 0),
    "11 MB": (bytes(11 * MEGABYTE), "image/jpeg", "too_large", 0),
    "a text that says it is a picture": (b"hello", "image/jpeg", "not_an_image", 1),
    "nothing": (b"", "image/jpeg", "empty", None),
}


@pytest.mark.parametrize("what", DECLINED)
async def test_what_is_no_photo_is_declined(
    talk: Talk, telegram: TelegramServer, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shopper is told why; what need not be looked at is not even downloaded."""
    monkeypatch.setattr(bot.intake, "PAUSE_SECONDS", 0.01)
    content, mime, reason, downloads = DECLINED[what]
    ann = telegram.person()
    await talk.welcome(ann)
    ann.send_file(content, name="r", mime=mime)
    await has(ann, 4)
    await talk.all_told()
    assert [each.reason for each in await talk.own(ann, PhotoDeclined)] == [reason]
    assert (await talk.answers(ann))[-1].key == f"photo.{reason}"
    assert await talk.receipts(ann) == []
    assert downloads is None or telegram.calls_of("upload.GetFile") == downloads


async def test_an_album_of_three(talk: Talk, telegram: TelegramServer) -> None:
    """Each photo is a receipt with a message of its own."""
    ann = telegram.person()
    await talk.welcome(ann)
    for number in range(3):
        ann.send_photo(PHOTO + bytes([number]), album=77)
    await has(ann, 6)
    await talk.all_told()
    receipts = await talk.receipts(ann)
    assert len(receipts) == 3
    assert [len(await talk.told(each)) for each in receipts] == [1, 1, 1]
    assert len(ann.screen) == 6


async def test_an_album_of_ten(talk: Talk, telegram: TelegramServer) -> None:
    """Five receipts within a minute, and one message about the rest."""
    ann = telegram.person()
    await talk.welcome(ann)
    last = [ann.send_photo(PHOTO + bytes([number]), album=77) for number in range(10)][-1]
    await has(ann, 9)
    ann.say("/support")
    await ann.sees("@bonus_support")
    await talk.all_told()
    assert len(await talk.receipts(ann)) == 5
    (declined,) = await talk.own(ann, PhotoDeclined)
    assert declined.reason == "too_many"
    assert declined.message <= last
    assert len(ann.screen) == 3 + 5 + 1 + 1


async def test_photos_of_an_outage(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written ten minutes apart they were not too many: they are taken at the pace of any other."""
    monkeypatch.setattr("handlers.people.upload_wishes._MINUTE", timedelta(seconds=3))
    monkeypatch.setattr("bot.intake.PACE_PAUSE_SECONDS", 0.1)
    async with new_talk() as talk:
        await talk.is_up()
        ann = telegram.person()
        await talk.welcome(ann)
        await talk.all_told()
        await talk.stop()
        for number in range(8):
            telegram.telegram.seconds_ago = 7200 - 600 * number
            ann.send_photo(PHOTO + bytes([number]))
        telegram.telegram.seconds_ago = 0
        await talk.again()
        await has(ann, 3 + 8)
        assert len(await talk.receipts(ann)) == 8
        assert await talk.own(ann, PhotoDeclined) == []


async def test_a_photo_delivered_twice(talk: Talk, telegram: TelegramServer) -> None:
    """One receipt, and one message, also when the bot forgot how far it had read."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.send_photo(PHOTO)
    await has(ann, 4)
    await talk.all_told()
    await talk.reads_again()
    ann.say("/support")
    await ann.sees("@bonus_support")
    await talk.all_told()
    assert len(await talk.receipts(ann)) == 1
    assert telegram.calls_of("upload.GetFile") == 2
    assert len(ann.screen) == 5
    assert telegram.duplicates == []


async def test_a_file_that_telegram_does_not_give(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some tries the shopper is asked to send it again; what comes next is taken."""
    monkeypatch.setattr(bot.intake, "PAUSE_SECONDS", 0.01)
    ann = telegram.person()
    await talk.welcome(ann)
    refusals = [(400, "FILE_REFERENCE_EXPIRED")] * bot.intake.TRIES_MAX
    telegram.faults["upload.GetFile"].extend(refusals)
    ann.send_photo(PHOTO + b"1")
    await has(ann, 4)
    assert [each.reason for each in await talk.own(ann, PhotoDeclined)] == ["unavailable"]
    telegram.faults["upload.GetFile"].append((400, "FILE_REFERENCE_EXPIRED"))
    ann.send_photo(PHOTO + b"2")
    await has(ann, 5)
    assert len(await talk.receipts(ann)) == 1


async def test_a_photo_outlives_an_outage(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram goes while it gives the file: the photo is taken once it is back."""
    monkeypatch.setattr("bot.connection.client.DOWNLOAD_SECONDS_MAX", 2.0)
    ann = telegram.person()
    await talk.welcome(ann)
    telegram.hold_files.set()
    ann.send_photo(PHOTO)
    await telegram.hold_files.reached()
    await telegram.pause(reset=True)
    await telegram.knocked()
    telegram.hold_files.clear()
    await telegram.resume()
    await has(ann, 4)
    assert len(await talk.receipts(ann)) == 1
    assert await talk.own(ann, PhotoDeclined) == []
