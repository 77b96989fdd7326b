"""Says things in Telegram; what each of its answers means stands here.

Requests go out raw: only so is the ``random_id`` ours, which makes a repeated send the same
message, and only so does a refusal arrive that the library takes for a broken server and repeats.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from pyrogram.enums import ParseMode
from pyrogram.errors import (
    BadRequest,
    FloodPremiumWait,
    FloodWait,
    Forbidden,
    InputUserDeactivated,
    MessageNotModified,
    PeerIdInvalid,
    RandomIdDuplicate,
    UserDeactivated,
    UserIsBlocked,
)
from pyrogram.errors.exceptions.internal_server_error_500 import RandomIdDuplicate500
from pyrogram.errors.rpc_error import RPCError

from bot.connection.heeding import heeding
from bot.connection.schema import functions, types
from bot.connection.telegram import Telegram
from bot.connection.verdicts import passes
from bot.errors import TelegramAway
from bot.keyboards import markup_of
from bot.messenger import NotNow, Sent
from bot.words.notice import Rendered
from eventstore.chats import Chat

log = structlog.get_logger()

#: An answer takes a fraction of a second; a request without one is repeated, and shows once.
ANSWER_SECONDS_MAX = 15.0
#: After most troubles Telegram is back in seconds.
TROUBLE_SECONDS = 3.0


class TelegramMessenger:
    """Sends by the bot that runs in this process."""

    needs_chat = True

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    async def send(
        self, chat: Chat | None, words: Rendered, *, random_id: int, last: bool = False
    ) -> Sent:
        """Send a message; a repeated ``random_id`` counts as sent, under an id nobody knows.

        A chat that takes nothing from us, for whichever of its reasons, counts as blocked.
        Raises ``NotNow``, and what Telegram refuses the words with unless it is the ``last`` try.
        """
        with _patience():
            request = functions.messages.SendMessage(
                peer=await self._peer(chat), random_id=random_id, **await self._content(words)
            )
            try:
                return Sent(outcome="sent", message=_message_in(await self._ask(request)))
            except (RandomIdDuplicate, RandomIdDuplicate500):
                return Sent(outcome="sent")
            except (InputUserDeactivated, UserDeactivated, PeerIdInvalid):
                return Sent(outcome="gone")
            except (Forbidden, UserIsBlocked):
                return Sent(outcome="blocked")
            except BadRequest as refusal:
                if not last:
                    raise
                log.error("notice.refused", error=str(refusal.ID))
                return Sent(outcome="refused")

    async def edit(self, chat: Chat | None, message: int, words: Rendered) -> Sent | None:
        """Let ``message`` say something else; None when that cannot be: it was deleted, mostly.

        Raises ``NotNow``.
        """
        with _patience():
            request = functions.messages.EditMessage(
                peer=await self._peer(chat), id=message, **await self._content(words)
            )
            try:
                await self._ask(request)
            except MessageNotModified:
                return Sent(outcome="unchanged", message=message)
            except UserIsBlocked:
                return Sent(outcome="blocked", message=message)
            except (InputUserDeactivated, UserDeactivated, PeerIdInvalid):
                return Sent(outcome="gone", message=message)
            except (BadRequest, Forbidden):
                return None
            return Sent(outcome="edited", message=message)

    async def _ask(self, request: Any) -> Any:
        """Return Telegram's answer; raises what it refuses with, ``TelegramAway``, ``OSError``.

        A session that goes down or comes up has parts missing, which the library finds out by
        ``AttributeError``; and one whose encrypting thread was ended, by ``RuntimeError``.
        """
        session = self._telegram.client.session
        if session is None or not session.is_started.is_set():
            raise TelegramAway(TROUBLE_SECONDS)
        try:
            answer = await heeding(session.send(request, timeout=ANSWER_SECONDS_MAX))
        except (AttributeError, RuntimeError) as broken:
            if session.is_started.is_set():
                raise
            raise TelegramAway(TROUBLE_SECONDS) from broken
        if isinstance(answer, types.BadMsgNotification):
            raise TimeoutError("Telegram ignored the request: our clock or its numbers were off")
        return answer

    async def _peer(self, chat: Chat | None) -> Any:
        assert chat is not None, "it is needed"
        await self._telegram.remember_peer(chat.user_id, chat.access_hash)
        return await self._telegram.client.resolve_peer(chat.user_id)

    async def _content(self, words: Rendered) -> dict[str, Any]:
        client, markup = self._telegram.client, markup_of(words)
        parsed = await client.parser.parse(words.text, ParseMode.HTML)
        return {
            "message": parsed["message"],
            "entities": parsed["entities"] or None,
            "no_webpage": True,
            "reply_markup": await markup.write(client) if markup else None,
        }


@contextmanager
def _patience() -> Iterator[None]:
    """Turn what passes by itself into ``NotNow``."""
    try:
        yield
    except (FloodWait, FloodPremiumWait) as flood:
        raise NotNow(float(flood.seconds or TROUBLE_SECONDS), "Telegram asks us to wait") from flood
    except TelegramAway as away:
        raise NotNow(away.retry_seconds, "Telegram is away") from away
    except (OSError, TimeoutError) as trouble:
        raise NotNow(TROUBLE_SECONDS, "Telegram does not answer") from trouble
    except RPCError as refusal:
        if passes(refusal):
            raise NotNow(TROUBLE_SECONDS, f"Telegram answers {refusal.ID}") from refusal
        raise


def _message_in(answer: Any) -> int | None:
    """Return the id of the message that an answer to a send is about."""
    if isinstance(answer, types.UpdateShortSentMessage):
        return int(answer.id)
    for update in getattr(answer, "updates", ()):  # too many to tell, or another kind of yes
        if isinstance(update, types.UpdateMessageID):
            return int(update.id)
    return None
