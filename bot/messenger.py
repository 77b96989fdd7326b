"""How words leave: by Telegram, or, where there is none, into the log alone.

Both keep one promise: the same ``random_id`` shows one message, however often it is asked for.
"""

from typing import Literal, Protocol

from msgspec import Struct

from bot.words.notice import Rendered
from eventstore.chats import Chat

#: Telegram's ids of messages are positive 32-bit numbers.
_MESSAGE_ID_MAX = 2**31 - 1


class Sent(Struct, frozen=True, kw_only=True):
    """What became of a message."""

    outcome: Literal["sent", "edited", "unchanged", "blocked", "gone", "refused"]
    #: Telegram's id, None when nobody knows it: it was sent just before a crash, or not at all
    message: int | None = None


class NotNow(Exception):
    """Nothing can be sent for now; try again in ``seconds``."""

    def __init__(self, seconds: float, why: str) -> None:
        self.seconds = seconds
        super().__init__(f"{why}; trying again in {seconds:.0f} s")


class Messenger(Protocol):
    """Says something in a chat."""

    #: False: who has no chat is spoken to as well
    needs_chat: bool

    async def send(
        self, chat: Chat | None, words: Rendered, *, random_id: int, last: bool = False
    ) -> Sent:
        """Send a message; repeated with the same ``random_id`` it is the same one.

        ``last``: no other try follows, so that words which are not taken count as refused.
        Raises ``NotNow``.
        """

    async def edit(self, chat: Chat | None, message: int, words: Rendered) -> Sent | None:
        """Let ``message`` say something else; None when there is no such message any more.

        Raises ``NotNow``.
        """


class RecordingMessenger:
    """Where no token is: what it is given stands in ``ShopperNotified`` and nowhere else."""

    needs_chat = False

    async def send(
        self, _chat: Chat | None, _words: Rendered, *, random_id: int, last: bool = False
    ) -> Sent:
        """Say that it was sent, under an id that follows from ``random_id``."""
        return Sent(outcome="sent", message=random_id % _MESSAGE_ID_MAX + 1)

    async def edit(self, _chat: Chat | None, message: int, _words: Rendered) -> Sent:
        """Say that it was edited."""
        return Sent(outcome="edited", message=message)
