"""What a shopper agrees to, and which version of it, change together."""

from bot.words import telling
from bot.words.consent import CONSENT_TEXT, CONSENT_VERSION
from bot.words.notice import rendered
from bot.words.texts import load_texts
from eventstore.identity import sha256_of
from tests.bot.words.said import NEWCOMER

#: Version -> SHA-256 of its text in each language. A changed text is a new line here.
HELD = {
    "2026-11-27.1": {
        "uk": "8af40e85f11ad0fa8b6a363b9ffe39fad82691bf9f7296c46de21e6287c3bd50",
        "ru": "33f6c5bf552009a61778af0e53e874bb0eaebb2efd47504f13e5ecb3faf333ba",
        "en": "46e25bcf0fe7ceb4c8f31e15805cf55c8913386a9839fa30ddc421469eb6fbfd",
    },
    "2026-11-27.2": {
        "uk": "562d94d22027cbfeea57cea75aaa8d1224fcfbc4b3512ab3b5b3089c5aa45124",
        "ru": "e6c3ede228d201d3514e2e5a3d0b379472a24877c8f6b1783d87a47c4643ea33",
        "en": "e15f0fcdaca607ffcaf7ed090186920bc7e1def61eba8684478996749b2a12a8",
    },
}


def test_a_changed_text_is_another_version() -> None:
    """Whoever agreed can be shown the very words, by version and hash."""
    hashes = {
        locale: sha256_of(texts(CONSENT_TEXT).encode()) for locale, texts in load_texts().items()
    }
    assert hashes == HELD[CONSENT_VERSION], "give the changed text a new CONSENT_VERSION"


def test_what_is_hashed_is_what_is_shown() -> None:
    """The text stands whole under the welcome, with the button it speaks of."""
    for texts in load_texts().values():
        told = rendered(telling.answer_to("start", NEWCOMER), texts, sandbox=False)
        assert texts(CONSENT_TEXT) in told.text
        assert texts("button.agree") in texts(CONSENT_TEXT)
        assert told.buttons[0][0].action == f"agree:{CONSENT_VERSION}:{texts.locale}"
