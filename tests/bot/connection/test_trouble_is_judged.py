"""What trouble means: a login is the last resort, and never comes quickly again and again."""

import pytest
from pyrogram.errors import ApiIdInvalid, AuthKeyDuplicated, FloodWait, SessionRevoked

from bot.connection.verdicts import LOGIN_PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX, Troubles
from bot.errors import KeyUnknown, StartUnanswered, TokenRefused

#: Give or take half.
JITTER = 1.5


@pytest.mark.parametrize("trouble", [AuthKeyDuplicated(), SessionRevoked()])
def test_telegrams_own_word_on_the_key_is_enough(trouble: Exception) -> None:
    """Revoked or used by two: the session is worth nothing, log in."""
    assert Troubles().judge(trouble).discard


def test_a_key_unknown_once_may_be_known_again() -> None:
    """The first -404 is asked about again, the second one is believed; then it begins anew."""
    troubles = Troubles()
    told = [troubles.judge(KeyUnknown()).discard for _ in range(4)]
    assert told == [False, True, False, True]


def test_silence_is_no_proof_against_the_key() -> None:
    """A network that is down never costs the session, a silent Telegram only after a while."""
    troubles = Troubles()
    assert not any(troubles.judge(ConnectionError()).discard for _ in range(100))
    told = [troubles.judge(StartUnanswered()).discard for _ in range(5)]
    assert told == [False, False, False, False, True]


def test_pauses_grow_up_to_a_limit_and_begin_anew_when_all_is_well() -> None:
    """Half a second at first; a minute at most; five minutes between logins that do not help."""
    troubles = Troubles()
    pauses = [troubles.judge(OSError()).pause_seconds for _ in range(50)]
    assert pauses[0] < 1
    assert PAUSE_SECONDS_MAX / 2 <= pauses[-1] <= PAUSE_SECONDS_MAX * JITTER
    assert troubles.judge(SessionRevoked()).pause_seconds >= LOGIN_PAUSE_SECONDS_MAX / 2
    troubles.over()
    assert troubles.judge(OSError()).pause_seconds < 1


def test_a_flood_wait_is_obeyed() -> None:
    """An hour is an hour, and costs no session."""
    verdict = Troubles().judge(FloodWait(3600))
    assert verdict.pause_seconds > 3600
    assert not verdict.discard


def test_a_wrong_application_names_its_variables() -> None:
    """No retry makes a wrong API id right."""
    with pytest.raises(TokenRefused, match="TELEGRAM_API_ID and TELEGRAM_API_HASH"):
        Troubles().judge(ApiIdInvalid())
