"""Ukrainian mobile numbers: one spelling, the operator's name, and a face safe to show."""

import re
from collections.abc import Sequence
from typing import Literal

import phonenumbers

from eventstore.policy import Operator

PhoneRefusal = Literal[
    "not_a_number",
    "not_ukrainian",
    "not_mobile",
    "unsupported_operator",
    "too_soon",  # after another one was shared
]

UKRAINE = 380
#: What people put between digits is short; a longer text is not a number at all.
PHONE_CHARACTERS_MAX = 40

_WRITTEN = re.compile(r"\+?[0-9 \u00a0().\u2010-\u2015-]+")
#: 8 067 123-45-67, the way a long-distance call used to be dialled.
_DIALLED_WITH_8 = re.compile(r"8(0[0-9]{9})")


class PhoneRefused(Exception):
    """The number is not taken; ``reason`` is a code that edges turn into words."""

    def __init__(self, reason: PhoneRefusal) -> None:
        self.reason = reason
        super().__init__(f"not a phone that is topped up now: {reason}; ask for another number")


def normalise(phone: str) -> str:
    """Return a number as people write it in the one spelling we keep: 380XXXXXXXXX.

    Raises ``PhoneRefused`` for anything but a Ukrainian mobile number.
    """
    number = _parse(phone)
    if number.country_code != UKRAINE:
        raise PhoneRefused("not_ukrainian")
    if not phonenumbers.is_valid_number(number):
        raise PhoneRefused("not_a_number")
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        raise PhoneRefused("not_mobile")
    return f"{number.country_code}{number.national_number}"


def _parse(phone: str) -> phonenumbers.PhoneNumber:
    text = phone.strip()
    if len(text) > PHONE_CHARACTERS_MAX or not _WRITTEN.fullmatch(text):
        raise PhoneRefused("not_a_number")
    if dialled := _DIALLED_WITH_8.fullmatch(re.sub(r"[^0-9+]", "", text)):
        text = dialled[1]
    try:
        return phonenumbers.parse(text, "UA")
    except phonenumbers.NumberParseException as error:
        raise PhoneRefused("not_a_number") from error


def operator_of(phone: str, operators: Sequence[Operator]) -> Operator | None:
    """Return who of ``operators`` was given the prefix of ``phone`` (380XXXXXXXXX).

    Numbers are portable since 2019, so this is a first guess only. None: nobody we can ask.
    """
    return next((each for each in operators if phone[3:5] in each.prefixes), None)


def supported(phone: str, operators: Sequence[Operator]) -> str:
    """Return the one spelling of a phone of one of ``operators``; raises ``PhoneRefused``."""
    number = normalise(phone)
    if operator_of(number, operators) is None:
        raise PhoneRefused("unsupported_operator")
    return number
