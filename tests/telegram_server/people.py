"""A pretended shopper: what one does with a bot, and what one sees of it."""

import asyncio
import itertools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.telegram_server.files import Stored
from tests.telegram_server.screens import Attached, Shown
from tests.telegram_server.telegram import Telegram
from tests.telegram_server.tl import T, Tl, utf16_length

#: How long a person looks at the screen before giving up.
PATIENCE_SECONDS = 20.0
#: What Telegram itself marks as a command.
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@\w+)?")


@dataclass
class Query:
    """One press of a button, and the bot's answer to it."""

    id: int
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""


class Person:
    """Somebody with a Telegram account; made by ``TelegramServer.person``."""

    def __init__(
        self,
        telegram: Telegram,
        person_id: int,
        *,
        first_name: str,
        last_name: str | None,
        username: str | None,
        language_code: str | None,
    ) -> None:
        """Open an account that the bot does not know yet."""
        self._telegram = telegram
        self._first_name = first_name
        self._last_name = last_name
        self._username = username
        self._language_code = language_code
        self._changed = asyncio.Event()
        self._query_ids = itertools.count(person_id << 20)
        self.id = person_id
        self.access_hash = int.from_bytes(os.urandom(8), "little", signed=True)
        #: Whether the person wrote to the bot, without which it may not write back.
        self.met = False
        self.blocks_bot = False
        self.deleted = False
        #: All the bot sent, in order; what was deleted says so.
        self.screen: list[Shown] = []
        #: What the bot was seen doing, such as "SendMessageTypingAction".
        self.typing: list[str] = []

    def account(self) -> Tl:
        """Return the account as the bot is told of it."""
        if self.deleted:
            return T.User(id=self.id, access_hash=self.access_hash, deleted=True)
        return T.User(
            id=self.id,
            access_hash=self.access_hash,
            first_name=self._first_name,
            last_name=self._last_name,
            username=self._username,
            lang_code=self._language_code,
        )

    def say(self, text: str) -> int:
        """Send a text, in which commands are marked; return the message's id."""
        entities = [
            T.MessageEntityBotCommand(
                offset=utf16_length(text[: found.start()]), length=utf16_length(found.group())
            )
            for found in _COMMAND.finditer(text)
        ]
        return self._telegram.hears(self, text, entities=entities or None)

    def send_photo(self, content: bytes, caption: str = "", album: int | None = None) -> int:
        """Send a photo, in an album with others of the same number; return the message's id."""
        stored = self._keep(content, name="", mime="image/jpeg")
        return self._telegram.hears(self, caption, media=stored.as_photo(), grouped_id=album)

    def send_file(
        self,
        content: bytes,
        name: str = "r.jpg",
        mime: str = "image/jpeg",
        album: int | None = None,
        caption: str = "",
    ) -> int:
        """Send a file as it is; return the message's id."""
        stored = self._keep(content, name=name, mime=mime)
        return self._telegram.hears(self, caption, media=stored.as_document(), grouped_id=album)

    def share_contact(self, phone: str, owner: int | None = None) -> int:
        """Send a contact card: one's own with ``owner`` one's id, else somebody's or nobody's."""
        mine = owner == self.id
        card = T.MessageMediaContact(
            phone_number=phone,
            first_name=self._first_name if mine else "Somebody",
            last_name=(self._last_name or "") if mine else "Else",
            vcard="",
            user_id=owner or 0,
        )
        return self._telegram.hears(self, "", media=card)

    def press(self, shown: Shown, data: str) -> int:
        """Press the button with this callback data; return the id of the query.

        Raises:
            AssertionError: There is no such button under the message as it looks now.
        """
        there = [meaning for row in shown.buttons for _, meaning in row]
        assert data in there, f"no button {data!r} under {shown.text!r}, only {there}"
        assert not shown.deleted, f"{shown.text!r} is not there any more"
        query = Query(next(self._query_ids))
        self._telegram.queries[query.id] = query
        update = T.UpdateBotCallbackQuery(
            query_id=query.id,
            user_id=self.id,
            peer=T.PeerUser(user_id=self.id),
            msg_id=shown.id,
            chat_instance=self.id,
            data=data.encode(),
        )
        self._telegram.push([update], self, keep=True)
        return query.id

    async def answered(self, query_id: int, seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until the bot answered a press; return what it told, "" for nothing."""
        query = self._telegram.queries[query_id]
        async with asyncio.timeout(seconds):
            await query.answered.wait()
        return query.text

    async def sees(
        self, wanted: str | Callable[[Shown], bool], seconds: float = PATIENCE_SECONDS
    ) -> Shown:
        """Wait until a message on the screen has this text in it, or is one that is wanted.

        Raises:
            AssertionError: It did not come in so many ``seconds``; the message tells the screen.
        """
        fits = wanted if callable(wanted) else lambda shown: wanted in shown.text
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if found := next((s for s in self.screen if not s.deleted and fits(s)), None):
                        return found
                    await self._changed.wait()
        except TimeoutError:
            texts = [shown.text for shown in self.screen]
            raise AssertionError(f"no {wanted!r} in {seconds} s on the screen: {texts}") from None

    def looks_again(self) -> None:
        """Wake everybody who waits for this screen."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def block_bot(self) -> None:
        """Refuse everything the bot sends."""
        self.blocks_bot = True

    def unblock_bot(self) -> None:
        """Let the bot send again."""
        self.blocks_bot = False

    def delete_account(self) -> None:
        """Leave Telegram for ever."""
        self.deleted = True

    def delete_message(self, shown: Shown) -> None:
        """Delete a message of the bot for both sides; a bot is not told of that."""
        self._telegram.said[shown.id].deleted = True
        shown.deleted = True

    def _keep(self, content: bytes, *, name: str, mime: str) -> Stored:
        return self._telegram.files.keep(Attached(content=content, name=name, mime=mime))
