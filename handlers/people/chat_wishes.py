"""What shoppers say in Telegram, and what staff may do there at once."""

import re
from collections.abc import Sequence
from contextlib import suppress

from eventstore.catalogue import (
    ContactDeclined,
    ContactRefusal,
    Event,
    LanguageChosen,
    Locale,
    PhotoDeclined,
    PhotoRefusal,
    Question,
    ReceiptUploaded,
    ShopperAsked,
    ShopperStarted,
)
from eventstore.chats import Chat, ShopperNow, chat_of, now_of, sealed_chat
from eventstore.errors import EventIdReused
from eventstore.identity import (
    ReceiptId,
    ShopperId,
    chat_stream,
    edge_event_id,
    receipt_stream,
    shopper_stream,
)
from eventstore.store import Recorded
from eventstore.vault import KeyDestroyed
from handlers.paying.pausing import pause
from handlers.people.standing import Standing, Wish, add_to
from handlers.wishes import CommandError, Wishes, context_of, refused_while_leaving

#: A campaign as Telegram lets a link carry it (core.telegram.org/api/links#bot-links).
_SOURCE = re.compile(r"[A-Za-z0-9_-]{0,64}")


class ReceiptNotTheirs(CommandError):
    """A shopper asked about a receipt that they did not send."""

    def __init__(self, receipt: ReceiptId) -> None:
        self.receipt = receipt
        super().__init__(f"{receipt} is no receipt of this shopper's; tell them nothing of it")


class ChatWishes(Wishes):
    """What comes from a chat."""

    async def start_shopper(
        self,
        shopper: ShopperId,
        *,
        user_id: int,
        access_hash: int,
        locale: Locale,
        source: str = "",
        message: int | None = None,
    ) -> bool:
        """Record that ``shopper`` wrote to the bot; return False for the same chat again.

        A chat that the bot must address otherwise, as it must with a new token, is recorded anew,
        in the language they are spoken to by then. A ``source`` that no link of ours carries
        counts as none. Raises ``ForgettingUnderWay``.
        """
        chat = Chat(user_id=user_id, access_hash=access_hash)
        campaign = source if _SOURCE.fullmatch(source) else ""
        begins = False

        async def start_now(records: Sequence[Recorded], _: Standing) -> Wish | None:
            nonlocal begins
            now = now_of([record.event for record in records])
            begins = not await self._is_chat(shopper, now.chat_sealed, chat)
            if not begins:
                return None
            before = sum(isinstance(record.event, ShopperStarted) for record in records)
            return (
                edge_event_id(shopper_stream(shopper), f"started/{before}"),
                ShopperStarted(
                    chat_sealed=await sealed_chat(self._vault, shopper, chat),
                    locale=now.locale if now.started else locale,
                    source=campaign,
                    message=message,
                ),
            )

        with refused_while_leaving():
            await add_to(self._store, shopper, start_now)
        return begins

    async def choose_language(self, shopper: ShopperId, locale: Locale) -> None:
        """Record the language ``shopper`` wants; the one in force adds nothing.

        Raises ``ForgettingUnderWay``.
        """

        async def choice_now(records: Sequence[Recorded], _: Standing) -> Wish | None:
            if now_of([record.event for record in records]).locale == locale:
                return None
            before = sum(isinstance(record.event, LanguageChosen) for record in records)
            event_id = edge_event_id(shopper_stream(shopper), f"language/{before}/{locale}")
            return event_id, LanguageChosen(locale=locale)

        with refused_while_leaving():
            await add_to(self._store, shopper, choice_now)

    async def ask(
        self,
        shopper: ShopperId,
        about: Question,
        *,
        message: int,
        wish: str,
        receipt: ReceiptId | None = None,
    ) -> None:
        """Record a question that changes nothing but is answered.

        ``wish`` names what was written or pressed ("message/17"): the same one again adds
        nothing, whatever it says. Who is leaving may ask too. Raises ``ReceiptNotTheirs``.
        """
        if receipt is not None:
            await self._check_theirs(shopper, receipt)
        await self._hear(shopper, wish, ShopperAsked(about=about, message=message, receipt=receipt))

    async def decline_photo(
        self, shopper: ShopperId, reason: PhotoRefusal, *, message: int, wish: str
    ) -> None:
        """Record that what was sent as a photo is not taken; ``wish`` is as in ``ask``."""
        await self._hear(shopper, wish, PhotoDeclined(reason=reason, message=message))

    async def decline_contact(
        self, shopper: ShopperId, reason: ContactRefusal, *, message: int, wish: str
    ) -> None:
        """Record that a phone that was shared is not taken; ``wish`` is as in ``ask``."""
        await self._hear(shopper, wish, ContactDeclined(reason=reason, message=message))

    async def shopper_now(self, shopper: ShopperId) -> ShopperNow:
        """Return how far ``shopper`` has come; of a stranger, that they have not begun."""
        records = await self._store.read_stream(shopper_stream(shopper))
        return now_of([record.event for record in records])

    async def pause_payouts(self, *, by: str, reason: str) -> bool:
        """Let no money leave until `payouts resume`, as `payouts pause` does.

        ``by`` names the member of staff for auditors. Return whether it was this wish that
        paused; what is paused already stays as it is. Raises ``ReasonTooPersonal``.
        """
        return await pause(self._store, reason=reason, actor=f"staff:{by}")

    async def _hear(self, shopper: ShopperId, wish: str, fact: Event) -> None:
        stream = chat_stream(shopper)
        with suppress(EventIdReused):  # it was heard before
            await self._store.append_last(
                stream, edge_event_id(stream, wish), fact, context=context_of(shopper, "shopper")
            )

    async def _check_theirs(self, shopper: ShopperId, receipt: ReceiptId) -> None:
        story = await self._store.read_stream(receipt_stream(receipt))
        sent = story[0].event if story else None
        if not isinstance(sent, ReceiptUploaded) or sent.shopper != shopper:
            raise ReceiptNotTheirs(receipt)

    async def _is_chat(self, shopper: ShopperId, chat_sealed: str | None, chat: Chat) -> bool:
        """Tell whether ``chat`` stands there and opens: a restored log may not know of a
        forgetting whose tombstone it obeyed.
        """
        if chat_sealed is None:
            return False
        try:
            return await chat_of(self._vault, shopper, chat_sealed) == chat
        except KeyDestroyed:
            return False
