"""What a shopper agrees to: the text at ``consent.text``, and which version of it that is."""

#: Another text is another version, in all languages: a test holds their hashes beside it.
CONSENT_VERSION = "2026-11-27.2"
CONSENT_TEXT = "consent.text"
