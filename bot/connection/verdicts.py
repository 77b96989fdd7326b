"""What trouble with Telegram means: wait, log in anew, or end for good.

A login is the last resort: Telegram lets a bot log in a few times an hour and then makes it
wait for an hour. A silence is no proof that the key is bad, Telegram's own word is.
"""

from typing import NamedTuple

from pyrogram.errors import (
    AccessTokenExpired,
    AccessTokenInvalid,
    ApiIdInvalid,
    ApiIdPublishedFlood,
    AuthKeyDuplicated,
    FloodWait,
    Unauthorized,
)
from pyrogram.errors.rpc_error import RPCError

from bot.errors import KeyUnknown, StartUnanswered, TokenRefused
from eventstore.doubt import jittered

#: First pause after trouble; doubled each time it comes again, with jitter.
FIRST_PAUSE_SECONDS = 0.5
#: Telegram is asked again at least this often,
PAUSE_SECONDS_MAX = 60.0
#: ... and for a new login this often: each of them counts against us.
LOGIN_PAUSE_SECONDS_MAX = 300.0
#: The front door may fail to know a good key once, on a bad day of theirs.
UNKNOWN_KEYS_MAX = 2
#: So many starts without any answer, though the line was open: a fresh key may get one.
UNANSWERED_STARTS_MAX = 5
#: Serving for so long means that whatever was wrong is over.
WELL_AFTER_SECONDS = 60.0


#: Logged out, replaced, told to wait, broken: a later request may well be answered.
PASSING_CODES = frozenset({401, 406, 420, 500, 503, -503})


def passes(trouble: Exception) -> bool:
    """Tell whether ``trouble`` is an answer of Telegram that another time is not given."""
    return isinstance(trouble, RPCError) and trouble.CODE in PASSING_CODES


class Verdict(NamedTuple):
    """What to do before the next start."""

    #: forget the session, so that the next start logs in
    discard: bool
    pause_seconds: float


class Troubles:
    """What went wrong since Telegram was last well."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._unknown_keys = 0
        self._unanswered = 0

    def over(self) -> None:
        """Forget them: the bot has been served for a while."""
        self._in_a_row = self._unknown_keys = self._unanswered = 0

    def judge(self, trouble: Exception) -> Verdict:
        """Return what follows from ``trouble``; raises ``TokenRefused`` when nothing helps."""
        match trouble:
            case AccessTokenInvalid() | AccessTokenExpired():
                raise TokenRefused(str(trouble.ID), "TELEGRAM_BOT_TOKEN") from trouble
            case ApiIdInvalid() | ApiIdPublishedFlood():
                names = "TELEGRAM_API_ID and TELEGRAM_API_HASH"
                raise TokenRefused(str(trouble.ID), names) from trouble
            case FloodWait():
                return Verdict(discard=False, pause_seconds=float(str(trouble.value)) + 1)
        if discard := self._is_the_key_dead(trouble):
            self._unknown_keys = self._unanswered = 0
        self._in_a_row += 1
        pause = FIRST_PAUSE_SECONDS * 2.0 ** min(self._in_a_row - 1, 20)
        longest = LOGIN_PAUSE_SECONDS_MAX if discard else PAUSE_SECONDS_MAX
        return Verdict(discard=discard, pause_seconds=jittered(min(pause, longest)))

    def _is_the_key_dead(self, trouble: Exception) -> bool:
        match trouble:
            case Unauthorized() | AuthKeyDuplicated():
                return True
            case KeyUnknown():
                self._unknown_keys += 1
                return self._unknown_keys >= UNKNOWN_KEYS_MAX
            case StartUnanswered():
                self._unanswered += 1
                return self._unanswered >= UNANSWERED_STARTS_MAX
        return False
