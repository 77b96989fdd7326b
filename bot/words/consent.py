"""What a shopper agrees to: the text at ``consent.text``, and which version of it that is."""

from bot.words.texts import Texts
from eventstore.identity import Sha256, sha256_of

#: Another text is another version, in all languages: a test holds their hashes beside it.
CONSENT_VERSION = "2026-11-27.2"
CONSENT_TEXT = "consent.text"


def consent_sha256(texts: Texts) -> Sha256:
    """Return the SHA-256 of the very text that is shown, for ``ConsentGiven``."""
    return sha256_of(texts(CONSENT_TEXT).encode())
