"""How somebody becomes a shopper: start, consent, phone, language; and how they leave."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from pyrogram.types import Contact, Message

from bot.words.consent import CONSENT_TEXT, CONSENT_VERSION
from bot.words.texts import Texts, locale_of
from bot.writer import Writer
from eventstore.catalogue import ContactRefusal, Locale
from handlers.commands import Commands, PhoneRefused

#: Farmers of bonuses change numbers all day; people hardly ever do.
PHONE_CHANGE_SECONDS_MIN = 24 * 3600.0
#: What Telegram sends for who presses its first button, and whoever wants to begin anew.
START = "/start"
#: What is written about a forgetting that the shopper asked for.
FORGETTING_REASON = "the shopper asked for it in Telegram"

#: Asks the library by which number a person's account is addressed besides its id.
AccessHashOf = Callable[[int], Awaitable[int]]


def written_at(message: Message) -> datetime:
    """Return when Telegram says that ``message`` was written, in whole seconds."""
    assert message.date is not None, "Telegram dates messages"
    return message.date.astimezone(UTC)  # the library says it in local time, without saying so


class Onboarding:
    """Takes what shoppers say about themselves."""

    def __init__(
        self, *, commands: Commands, texts: dict[Locale, Texts], access_hash_of: AccessHashOf
    ) -> None:
        self._commands = commands
        self._texts = texts
        self._access_hash_of = access_hash_of

    async def start(self, message: Message, writer: Writer) -> bool:
        """Know a new shopper, or one who was forgotten, or a chat that is addressed otherwise.

        Return False for who is known as they are. A campaign stands behind ``/start``. Raises
        ``WrittenBeforeForgetting``.
        """
        command, _, campaign = (message.text or "").partition(" ")
        return await self._commands.start_shopper(
            writer.shopper,
            user_id=writer.user_id,
            access_hash=await self._access_hash_of(writer.user_id),
            wish=writer.wish,
            written_at=written_at(message),
            locale=locale_of(message.from_user.language_code if message.from_user else None),
            source=campaign.strip() if command == START else "",
            message=message.id,
        )

    async def take_consent(self, writer: Writer, locale: Locale) -> None:
        """Record that the shopper agreed to the very text that was shown, in ``locale``."""
        await self._commands.give_consent(
            writer.shopper,
            text_version=CONSENT_VERSION,
            text=self._texts[locale](CONSENT_TEXT),
            locale=locale,
        )

    async def take_contact(self, writer: Writer, message: Message, contact: Contact) -> None:
        """Record the phone: only one's own contact proves that it is one's own.

        What was declined before stays declined, and an earlier number does not come back.
        """
        if await self._commands.heard(writer.shopper, writer.wish):
            return None
        if contact.user_id != writer.user_id:
            return await self._decline(writer, "not_own")
        if not writer.now.consented:
            return await self._commands.ask(
                writer.shopper, "consent_needed", message=writer.message, wish=writer.wish
            )
        try:
            taken = await self._commands.share_phone(
                writer.shopper,
                contact.phone_number,
                change_after_seconds=PHONE_CHANGE_SECONDS_MIN,
                wish=writer.wish,
            )
        except PhoneRefused as refused:
            return await self._decline(writer, refused.reason)
        if not taken:
            await self._commands.ask(
                writer.shopper, "phone_kept", message=writer.message, wish=writer.wish
            )
        return None

    async def _decline(self, writer: Writer, reason: ContactRefusal) -> None:
        await self._commands.decline_contact(
            writer.shopper, reason, message=writer.message, wish=writer.wish
        )

    async def refuse_typed(self, writer: Writer) -> None:
        """Tell that a number written by hand proves nothing."""
        await self._decline(writer, "typed")

    async def choose_language(self, writer: Writer, locale: Locale) -> None:
        """Speak ``locale`` from now on; say so also when nothing changes."""
        if not await self._commands.choose_language(writer.shopper, locale, wish=writer.wish):
            await self._commands.ask(
                writer.shopper, "language_kept", message=writer.message, wish=writer.wish
            )

    async def leave(self, writer: Writer) -> None:
        """Forget the shopper, once what is owed is paid."""
        await self._commands.request_forgetting(
            writer.shopper, reason=FORGETTING_REASON, actor="shopper"
        )
