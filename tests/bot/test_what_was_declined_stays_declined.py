"""What was declined and is delivered again is neither taken nor told of a second time."""

from datetime import timedelta

import pytest

from eventstore.catalogue import ContactDeclined, PhoneShared, PhotoDeclined
from tests.bot.talks import PHOTO, Talk, asks_consent, has
from tests.bot.words import said
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

OTHER_PHONE = "380501234567"


async def comes_again(talk: Talk, ann: Person) -> None:
    """Let all that ``ann`` wrote be delivered again; only her next question is answered."""
    await talk.all_told()
    shown = len(ann.screen)
    await talk.reads_again()
    ann.say("/support")
    await has(ann, shown + 1)
    await talk.all_told()
    assert len(ann.screen) == shown + 1


@pytest.mark.parametrize("album", [None, 77])
async def test_a_photo_of_before_consent(
    talk: Talk, telegram: TelegramServer, album: int | None
) -> None:
    """Its shopper agreed later: not to this photo, nor to the others of its album."""
    ann = telegram.person()
    ann.say("/start")
    await ann.sees(asks_consent)
    for number in range(2):
        ann.send_photo(PHOTO + bytes([number]), album=album)
    await has(ann, 2 if album else 3)
    await talk.welcome(ann)
    await comes_again(talk, ann)
    assert await talk.receipts(ann) == []


@pytest.mark.parametrize("album", [None, 77])
async def test_one_photo_too_many(
    talk: Talk, telegram: TelegramServer, album: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its minute is over by then."""
    ann = telegram.person()
    await talk.welcome(ann)
    for number in range(7):
        ann.send_photo(PHOTO + bytes([number]), album=album)
    await has(ann, 3 + 5 + (1 if album else 2))
    await talk.all_told()
    monkeypatch.setattr("handlers.people.upload_wishes._MINUTE", timedelta(0))
    await comes_again(talk, ann)
    assert len(await talk.receipts(ann)) == 5


async def test_a_picture_in_an_album_with_another_file(
    talk: Talk, telegram: TelegramServer
) -> None:
    """What is no photo is declined, and the photo behind it taken."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.send_file(b"%PDF-1.7", mime="application/pdf", album=77)
    ann.send_file(PHOTO, mime="image/jpeg", album=77)
    await has(ann, 5)
    assert [each.reason for each in await talk.own(ann, PhotoDeclined)] == ["not_an_image"]
    assert len(await talk.receipts(ann)) == 1


async def test_a_number_of_before(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest one stays the one to top up, whatever came before it comes again."""
    monkeypatch.setattr("bot.onboarding.PHONE_CHANGE_SECONDS_MIN", 0.0)
    ann = telegram.person()
    telegram.telegram.seconds_ago = 3600
    await talk.welcome(ann)
    telegram.telegram.seconds_ago = 0
    ann.share_contact(OTHER_PHONE, owner=ann.id)
    await ann.sees("+380 50")
    await comes_again(talk, ann)
    phones = await talk.own(ann, PhoneShared)
    assert phones[-1].phone_fingerprint == await talk.log.vault.fingerprint(OTHER_PHONE)


async def test_a_number_that_came_too_soon(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day later it would not be too soon any more."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.share_contact(OTHER_PHONE, owner=ann.id)
    await has(ann, 4)
    monkeypatch.setattr("bot.onboarding.PHONE_CHANGE_SECONDS_MIN", 0.0)
    await comes_again(talk, ann)
    assert [each.reason for each in await talk.own(ann, ContactDeclined)] == ["too_soon"]
    (phone,) = await talk.own(ann, PhoneShared)
    assert phone.phone_fingerprint == await talk.log.vault.fingerprint(said.PHONE)
