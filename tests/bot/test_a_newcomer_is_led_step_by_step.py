"""Whatever a newcomer sends out of turn, the answer is the next step."""

from collections.abc import Callable

import pytest

from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore.catalogue import (
    ConsentGiven,
    ContactDeclined,
    LanguageChosen,
    Locale,
    PhoneShared,
    PhotoDeclined,
    ReceiptUploaded,
    ShopperAsked,
    ShopperStarted,
)
from eventstore.identity import sha256_of
from tests.bot.conftest import NewTalk
from tests.bot.talks import PHONE, PHOTO, Talk, asks_consent, asks_phone, consent_of, has
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()


def said_in(key: str, locale: Locale = "uk") -> str:
    """Return a text without places as a screen shows it."""
    return plain(TEXTS[locale](key))


async def keys(talk: Talk, person: Person) -> list[str]:
    """Return what a person was told, by keys, once all is told."""
    await talk.all_told()
    return [each.key for each in await talk.answers(person)]


@pytest.mark.parametrize("first", ["hello", "/help", "+380671234567"])
async def test_any_first_message_starts(talk: Talk, telegram: TelegramServer, first: str) -> None:
    """Who does not know of /start is welcomed as well, in Ukrainian where their app's is none."""
    ann = telegram.person(language_code="fr")
    ann.say(first)
    await ann.sees(asks_consent)
    assert await keys(talk, ann) == ["start.welcome"]
    (started,) = await talk.own(ann, ShopperStarted)
    assert (started.locale, started.source) == ("uk", "")


async def test_start_again_tells_the_next_step(talk: Talk, telegram: TelegramServer) -> None:
    """Before consent, before the phone, and when all is ready; the campaign stays the first."""
    ann = telegram.person()
    ann.say("/start one")
    welcome = await ann.sees(asks_consent)
    ann.say("/start two")
    await has(ann, 2)
    ann.press(welcome, consent_of(welcome))
    await ann.sees(asks_phone)
    ann.say("/start")
    await has(ann, 4)
    ann.share_contact(PHONE, owner=ann.id)
    await ann.sees("+380 67 ••• •• 67")
    ann.say("/start three")
    await has(ann, 6)
    assert await keys(talk, ann) == [
        *("start.welcome", "start.welcome", "consent.given", "phone.ask"),
        *("phone.saved", "start.again"),
    ]
    (started,) = await talk.own(ann, ShopperStarted)
    assert started.source == "one"


@pytest.mark.parametrize("pays", [True, False])
async def test_minutes_are_promised_where_money_moves(
    new_talk: NewTalk, telegram: TelegramServer, pays: bool
) -> None:
    """Where the pay step is off bills rest, and nobody knows for how long."""
    async with new_talk(pays=pays) as talk:
        await talk.is_up()
        ann = telegram.person()
        ann.say("/start")
        welcome = await ann.sees(asks_consent)
        assert (TEXTS["uk"]("start.soon") in welcome.text) is pays


async def test_the_language_is_chosen_before_consent(talk: Talk, telegram: TelegramServer) -> None:
    """The text to agree to is read anew, and consent is to the one above the button."""
    ann = telegram.person()
    ann.say("/start")
    old = await ann.sees(asks_consent)
    ann.press(old, "language:en")
    new = await ann.sees(lambda shown: "I agree" in shown.text)
    assert consent_of(old) != consent_of(new)
    ann.press(old, consent_of(old))
    await ann.sees(asks_phone)
    (consent,) = await talk.own(ann, ConsentGiven)
    assert consent.locale == "uk"
    assert consent.text_sha256 == sha256_of(TEXTS["uk"]("consent.text").encode())


async def test_the_language_is_chosen_after_consent(talk: Talk, telegram: TelegramServer) -> None:
    """Everything is said in it from then on; the same one again is confirmed, and adds nothing."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.say("/language")
    asked = await ann.sees(lambda shown: "language:ru" in str(shown.buttons) and shown.id > 6)
    ann.press(asked, "language:ru")
    await ann.sees(TEXTS["ru"]("language.chosen"))
    ann.press(asked, "language:ru")
    await has(ann, 6)
    assert TEXTS["ru"]("language.chosen") in ann.screen[-1].text
    await talk.all_told()
    assert len(await talk.own(ann, LanguageChosen)) == 1


CONTACTS: dict[str, Callable[[Person], int]] = {
    "not_own": lambda ann: ann.share_contact(PHONE, owner=ann.id + 1),
    "not_ukrainian": lambda ann: ann.share_contact("+48512345678", owner=ann.id),
    "not_mobile": lambda ann: ann.share_contact("+380442345678", owner=ann.id),
    "unsupported_operator": lambda ann: ann.share_contact("+380911234567", owner=ann.id),
    "typed": lambda ann: ann.say("067 123-45-67"),
}


@pytest.mark.parametrize("reason", CONTACTS)
async def test_a_number_that_cannot_be_topped_up(
    talk: Talk, telegram: TelegramServer, reason: str
) -> None:
    """Somebody else's, a foreign one, a landline, an operator we cannot ask, a typed one."""
    ann = telegram.person()
    ann.say("/start")
    welcome = await ann.sees(asks_consent)
    ann.press(welcome, consent_of(welcome))
    await ann.sees(asks_phone)
    message = CONTACTS[reason](ann)
    refused = await ann.sees(said_in(f"contact.{reason}"))
    assert asks_phone(refused)
    assert await talk.own(ann, PhoneShared) == []
    assert await talk.own(ann, ContactDeclined) == [
        ContactDeclined(reason=reason, message=message)  # type: ignore[arg-type]  # a literal
    ]


async def test_a_second_number_comes_too_soon(talk: Talk, telegram: TelegramServer) -> None:
    """Within 24 hours it is not taken, and the first one stays."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.share_contact("380501234567", owner=ann.id)
    await ann.sees(said_in("contact.too_soon"))
    assert len(await talk.own(ann, PhoneShared)) == 1


async def test_the_same_number_again(talk: Talk, telegram: TelegramServer) -> None:
    """It is told that this is the one: nothing is added, and nobody waits for an answer."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.say("/change_phone")
    await has(ann, 4)
    ann.share_contact(PHONE, owner=ann.id)
    await has(ann, 5)
    await talk.all_told()
    assert (await keys(talk, ann))[3:] == ["phone.change", "phone.kept"]
    assert "+380 67 ••• •• 67" in ann.screen[-1].text
    assert len(await talk.own(ann, PhoneShared)) == 1


async def test_what_comes_before_consent(talk: Talk, telegram: TelegramServer) -> None:
    """A contact and a photo are answered by the text to agree to; nothing of them is kept."""
    ann = telegram.person()
    ann.say("/start")
    await ann.sees(asks_consent)
    ann.share_contact(PHONE, owner=ann.id)
    await has(ann, 2)
    ann.send_photo(PHOTO)
    await has(ann, 3)
    assert await keys(talk, ann) == ["start.welcome", "consent.needed", "consent.needed"]
    assert [each.about for each in await talk.own(ann, ShopperAsked)] == ["consent_needed"]
    assert [each.reason for each in await talk.own(ann, PhotoDeclined)] == ["no_consent"]
    assert telegram.calls_of("upload.GetFile") == 0


async def test_a_photo_before_the_phone(talk: Talk, telegram: TelegramServer) -> None:
    """The phone is asked for, and the photo is to be sent again."""
    ann = telegram.person()
    ann.say("/start")
    welcome = await ann.sees(asks_consent)
    ann.press(welcome, consent_of(welcome))
    await ann.sees(asks_phone)
    ann.send_photo(PHOTO)
    assert asks_phone(await ann.sees(said_in("phone.needed")))
    assert await talk.own(ann, ReceiptUploaded) == []


async def test_consent_to_an_older_text_is_asked_anew(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button of a message from before a new version counts as consent to nothing."""
    ann = telegram.person()
    with monkeypatch.context() as patch:
        patch.setattr("bot.presses.CONSENT_VERSION", "2030-01-01.1")
        ann.say("/start")
        welcome = await ann.sees(asks_consent)
        ann.press(welcome, consent_of(welcome))
        await talk.recorded(f"chat-{await talk.shopper(ann)}", 3)
    assert await keys(talk, ann) == ["start.welcome", "consent.needed"]
    assert await talk.own(ann, ConsentGiven) == []
