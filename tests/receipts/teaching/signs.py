"""One spelling for what looks the same in print. Pure."""

from handlers.reading.pixels.signs import SIGNS, of_one_alphabet

_ONE_SPELLING = str.maketrans({
    "–": "-", "—": "-", "−": "-", "‑": "-", "×": "х", "’": "'", "ʼ": "'", "`": "'", "‘": "'",
    "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "…": ".", "\u00a0": " ", "®": None,
    "™": None,
})  # fmt: skip
_KNOWN = frozenset(SIGNS)


def spelt(text: str) -> str:
    """Return ``text`` as the network is to say it: one blank between words, known signs only."""
    plain = of_one_alphabet(text.translate(_ONE_SPELLING))
    return " ".join("".join(sign for sign in plain if sign in _KNOWN or sign == " ").split())
