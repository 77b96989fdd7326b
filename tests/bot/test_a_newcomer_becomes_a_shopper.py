"""From /start to a saved phone, in each language, with everything said on the way recorded."""

from typing import get_args

import pytest

from bot.words.consent import CONSENT_TEXT, CONSENT_VERSION
from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore.catalogue import (
    ConsentGiven,
    Locale,
    PhoneShared,
    ShopperStarted,
)
from eventstore.identity import sha256_of
from tests.bot.talks import PHONE, Talk, asks_consent, asks_phone, consent_of
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()


@pytest.mark.parametrize("locale", get_args(Locale))
async def test_from_start_to_a_saved_phone(
    talk: Talk, telegram: TelegramServer, locale: Locale
) -> None:
    """In three languages: three messages, and consent to the very text that was shown."""
    ann = telegram.person(language_code=locale)
    ann.say("/start june_26")
    welcome = await ann.sees(asks_consent)
    shown = TEXTS[locale](CONSENT_TEXT)
    assert plain(shown) in welcome.text
    await ann.answered(ann.press(welcome, consent_of(welcome)))
    await ann.sees(asks_phone)
    ann.share_contact(f"+{PHONE}", owner=ann.id)
    saved = await ann.sees("+380 67 ••• •• 67")
    assert saved.removes_keyboard
    await talk.all_told()
    assert [each.key for each in await talk.answers(ann)] == [
        "start.welcome",
        "consent.given",
        "phone.saved",
    ]
    (started,) = await talk.own(ann, ShopperStarted)
    assert (started.locale, started.source) == (locale, "june_26")
    (consent,) = await talk.own(ann, ConsentGiven)
    assert consent == ConsentGiven(
        text_version=CONSENT_VERSION, text_sha256=sha256_of(shown.encode()), locale=locale
    )
    (phone,) = await talk.own(ann, PhoneShared)
    shopper = await talk.shopper(ann)
    assert await talk.log.vault.open(shopper, "phone", phone.phone_sealed) == PHONE.encode()
