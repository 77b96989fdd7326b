"""Finds a phone number in whatever bytes, however it is spelled or encoded."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path

#: Signs people put between the digits of a number, and the zero bytes of wide letters.
_BETWEEN = rb"[\s().\x00-]{0,3}"
#: Country and trunk prefixes are left out: what follows them is the number.
_NATIONAL_DIGITS = 9


def pattern_of(phone: str) -> re.Pattern[bytes]:
    """Return what finds ``phone`` (380XXXXXXXXX): as digits, spelled, in hex, in base64."""
    digits = phone[-_NATIONAL_DIGITS:].encode()
    spelled = _BETWEEN.join(re.escape(digits[at : at + 1]) for at in range(len(digits)))
    hexed = re.escape(digits.hex().encode())
    return re.compile(b"|".join((spelled, hexed, *_in_base64(digits))))


def _in_base64(digits: bytes) -> Iterable[bytes]:
    """Yield the letters that stand for ``digits`` wherever in a text they begin."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + digits + bytes(3))
        first = -(-before * 8 // 6)
        last = (before + len(digits)) * 8 // 6
        yield re.escape(encoded[first:last])


def traces(phone: str, places: Iterable[Path]) -> list[str]:
    """Return the files at or below ``places`` in which ``phone`` stands."""
    pattern = pattern_of(phone)
    files = [
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*")))
        if file.is_file()
    ]
    return [str(file) for file in files if pattern.search(file.read_bytes())]
