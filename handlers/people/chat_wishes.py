"""What shoppers say in Telegram, and what staff may do there at once."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec.structs import replace

from eventstore.attachments import TOMBSTONES, all_keys
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
from eventstore.chats import (
    Chat,
    ShopperNow,
    chat_of,
    last_forgetting,
    now_of,
    sealed_chat,
    wish_id,
)
from eventstore.errors import EventIdReused
from eventstore.identity import (
    PAYOUTS_SWITCH,
    ReceiptId,
    ShopperId,
    chat_stream,
    edge_event_id,
    receipt_stream,
    shopper_stream,
)
from eventstore.reasons import may_name_somebody
from eventstore.store import Recorded
from eventstore.tombstones import VaultClosed
from eventstore.vault import KeyDestroyed
from handlers.paying.pausing import pause
from handlers.people.certificates import tombstone_at
from handlers.people.standing import Standing, Wish, add_to
from handlers.wishes import CommandError, Wishes, context_of, refused_while_leaving

#: A campaign as Telegram lets a link carry it (core.telegram.org/api/links#bot-links).
_SOURCE = re.compile(r"[A-Za-z0-9_-]{0,64}")

#: Who changes the language more often in a day plays with the button: each change is read with
#: all that the shopper does later.
LANGUAGES_PER_DAY_MAX = 10


class ReceiptNotTheirs(CommandError):
    """A shopper asked about a receipt that they did not send, or not since they were forgotten."""

    def __init__(self, receipt: ReceiptId) -> None:
        self.receipt = receipt
        super().__init__(f"{receipt} is no receipt of this shopper's; tell them nothing of it")


class WrittenBeforeForgetting(CommandError):
    """What came was written before its writer was forgotten: nobody comes back by it."""

    def __init__(self, shopper: ShopperId) -> None:
        self.shopper = shopper
        super().__init__(f"{shopper} was forgotten after this was written; take nothing from it")


class ChatWishes(Wishes):
    """What comes from a chat."""

    async def start_shopper(
        self,
        shopper: ShopperId,
        *,
        user_id: int,
        access_hash: int,
        locale: Locale,
        wish: str,
        written_at: datetime,
        source: str = "",
        message: int | None = None,
    ) -> bool:
        """Record that ``shopper`` wrote to the bot; return False for the same chat again.

        A chat that the bot must address otherwise, as it must with a new token, is recorded anew,
        in the language they are spoken to by then. ``wish`` is as in ``ask``. ``written_at`` is
        told in whole seconds. A ``source`` that no link of ours carries counts as none. Raises
        ``ForgettingUnderWay``, and ``WrittenBeforeForgetting`` also where a restored log knows of
        no forgetting.
        """
        if await self._is_buried_since(shopper, written_at):
            raise WrittenBeforeForgetting(shopper)
        chat = Chat(user_id=user_id, access_hash=access_hash)
        campaign = _campaign(source)
        begins = False

        async def start_now(records: Sequence[Recorded], _: Standing) -> Wish | None:
            nonlocal begins
            now = now_of([record.event for record in records])
            event_id = wish_id(shopper, wish)
            heard = await self._store.read_events([event_id])
            begins = not heard and not await self._is_chat(shopper, now.chat_sealed, chat)
            if not begins:
                return None
            return (
                event_id,
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

    async def choose_language(self, shopper: ShopperId, locale: Locale, *, wish: str = "") -> bool:
        """Record the language ``shopper`` wants; return False for the one in force.

        It adds nothing, nor does one more than ``LANGUAGES_PER_DAY_MAX``, nor a ``wish``, as in
        ``ask``, that comes again. Raises ``ForgettingUnderWay``.
        """
        day_ago = self._clock() - timedelta(days=1)
        heard_as, kept = wish_id(shopper, wish), False

        async def choice_now(records: Sequence[Recorded], _: Standing) -> Wish | None:
            nonlocal kept
            kept = False
            if wish and await self._store.read_events([heard_as]):
                return None
            if now_of([record.event for record in records]).locale == locale:
                kept = True
                return None
            chosen = [record for record in records if isinstance(record.event, LanguageChosen)]
            if sum(each.recorded_at > day_ago for each in chosen) >= LANGUAGES_PER_DAY_MAX:
                return None
            name = f"language/{len(chosen)}/{locale}"
            event_id = heard_as if wish else edge_event_id(shopper_stream(shopper), name)
            return event_id, LanguageChosen(locale=locale)

        with refused_while_leaving():
            await add_to(self._store, shopper, choice_now)
        return not kept

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
        """Return how far ``shopper`` has come; of a stranger, that they have not begun.

        Whose chat does not open is gone, whatever a restored log says.
        """
        records = await self._store.read_stream(shopper_stream(shopper))
        end = last_forgetting(records)
        starts = [each.event_id for each in records if isinstance(each.event, ShopperStarted)]
        now = replace(
            now_of([record.event for record in records]),
            begun_by=frozenset(starts),
            forgotten_at=end.recorded_at if end else None,
        )
        with suppress(VaultClosed):  # then nothing can be sealed or kept for anybody either
            if not now.started or await self._opened(shopper, now.chat_sealed):
                return now
            return replace(now, started=False, gone=True)
        return now

    async def pause_payouts(self, *, by: str, reason: str, wish: str) -> bool:
        """Let no money leave until `payouts resume`, as `payouts pause` does.

        ``by`` names the member of staff for auditors. Return whether it was this wish that
        paused; what is paused already stays as it is. ``wish`` is as in ``ask``: one that comes
        again does not undo a `payouts resume`. Raises ``ReasonTooPersonal``.
        """
        event_id = edge_event_id(PAYOUTS_SWITCH, f"{by}/{wish}")
        return await pause(self._store, reason=reason, actor=f"staff:{by}", event_id=event_id)

    async def _hear(self, shopper: ShopperId, wish: str, fact: Event) -> None:
        stream = chat_stream(shopper)
        with suppress(EventIdReused):  # it was heard before
            await self._store.append_last(
                stream, wish_id(shopper, wish), fact, context=context_of(shopper, "shopper")
            )

    async def _check_theirs(self, shopper: ShopperId, receipt: ReceiptId) -> None:
        story = await self._store.read_stream(receipt_stream(receipt))
        sent = story[0].event if story else None
        if not isinstance(sent, ReceiptUploaded) or sent.shopper != shopper:
            raise ReceiptNotTheirs(receipt)
        end = last_forgetting(await self._store.read_stream(shopper_stream(shopper)))
        if end is not None and story[0].position < end.position:
            raise ReceiptNotTheirs(receipt)

    async def _is_chat(self, shopper: ShopperId, chat_sealed: str | None, chat: Chat) -> bool:
        """Tell whether ``chat`` stands there and opens: a restored log may not know of a
        forgetting whose tombstone it obeyed.
        """
        return await self._opened(shopper, chat_sealed) == chat

    async def _opened(self, shopper: ShopperId, chat_sealed: str | None) -> Chat | None:
        if chat_sealed is not None:
            with suppress(KeyDestroyed):
                return await chat_of(self._vault, shopper, chat_sealed)
        return None

    async def _is_buried_since(self, shopper: ShopperId, written_at: datetime) -> bool:
        for key in await all_keys(self._attachments, f"{TOMBSTONES}/{shopper}"):
            buried_at = (await tombstone_at(self._attachments, key)).written_at
            if written_at < buried_at.replace(microsecond=0):
                return True
        return False


def _campaign(source: str) -> str:
    """Return which link somebody came by, "" for what none of ours carries, as a phone: it would
    stand in the log for ever.
    """
    is_ours = _SOURCE.fullmatch(source) and not may_name_somebody(source)
    return source if is_ours else ""
