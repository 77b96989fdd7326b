"""What comes from Telegram becomes facts: who wrote, what it is, and who takes it.

Every update is taken again until it is a fact, and a repeated one adds nothing: the id of each
fact follows from the message or the press. Nothing is said here; ``notices`` does that.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from msgspec.structs import replace
from pyrogram.errors import FloodWait
from pyrogram.types import CallbackQuery, Message

from bot.connection.verdicts import passes
from bot.errors import MustWait, TelegramAway
from bot.intake import Intake, is_file
from bot.onboarding import START, Onboarding, written_at
from bot.presses import Presses
from bot.text_commands import TextCommands
from bot.words.commands import STAFF_COMMANDS
from bot.writer import Writer
from eventstore.attachments import AttachmentsUnavailable
from eventstore.chats import wish_id
from eventstore.doubt import IN_DOUBT, jittered
from eventstore.errors import LogUnavailable
from eventstore.vault import Vault
from handlers.commands import Commands, ForgettingUnderWay, WrittenBeforeForgetting

log = structlog.get_logger()

#: Log, photo store or Telegram are away: the update waits for them, whoever wrote it.
TROUBLE = (TelegramAway, LogUnavailable, AttachmentsUnavailable, *IN_DOUBT)
#: First pause before an update is taken again, doubled up to the second.
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.5, 30.0
#: Photos of so many people are looked at at once; those that must wait leave their place.
PHOTOS_AT_ONCE = 16
#: An update that fails for a reason of its own is given up after so many tries, and told of.
FAILURES_MAX = 3


class Conversation:
    """Takes what people write and press."""

    def __init__(
        self,
        *,
        commands: Commands,
        vault: Vault,
        bot: int,
        staff: frozenset[int],
        onboarding: Onboarding,
        intake: Intake,
        text_commands: TextCommands,
        presses: Presses,
    ) -> None:
        """Give each kind of thing to whom it concerns; ``bot`` and ``staff`` are Telegram ids."""
        self._bot = bot
        self._commands = commands
        self._vault = vault
        self._staff = staff
        self._onboarding = onboarding
        self._intake = intake
        self._text_commands = text_commands
        self._presses = presses
        self._places = asyncio.Semaphore(PHOTOS_AT_ONCE)

    async def on_message(self, message: Message) -> None:
        """Take a message of a private chat."""
        if is_file(message):
            await _until_taken(lambda: self._take_in_place(message))
        else:
            await _until_taken(lambda: self._take_message(message))

    async def on_press(self, press: CallbackQuery) -> None:
        """Take a pressed button."""
        await _until_taken(lambda: self._take_press(press))

    async def _take_in_place(self, message: Message) -> None:
        async with self._places:
            await self._take_message(message)

    async def _take_message(self, message: Message) -> None:
        assert message.from_user is not None, "private messages are somebody's"
        # Another bot, which another token brings, numbers its messages anew.
        wish = f"message/{self._bot}/{message.id}"
        writer = await self._writer(message.from_user.id, message.id, wish)
        await self._unless_leaving(writer, self._message_taken(message, writer))

    async def _message_taken(self, message: Message, writer: Writer) -> None:
        if _is_past(message, writer):
            return
        if wish_id(writer.shopper, writer.wish) in writer.now.begun_by:
            await self._obey_first_word(message, writer)  # it comes again
            return
        begins = (message.text or "").startswith(START)
        if not begins and writer.now.gone and not writer.now.started:
            return  # they were forgotten, and nothing of them is kept until they ask for it
        if (begins or not writer.now.started) and await self._onboarding.start(message, writer):
            await self._obey_first_word(message, writer)
            return
        if message.contact is not None:
            await self._onboarding.take_contact(writer, message, message.contact)
        elif is_file(message):
            await self._intake.take(writer, message)
        else:
            await self._text_commands.take(writer, message.text or "")

    async def _obey_first_word(self, message: Message, writer: Writer) -> None:
        """Do what staff ask for beside beginning: it may be the red switch."""
        text = (message.text or "").lower().removeprefix("/")
        if writer.staff and text.startswith(STAFF_COMMANDS):
            command = replace(writer, wish=f"{writer.wish}/command")  # the wish is the beginning
            await self._text_commands.take(command, message.text or "")

    async def _take_press(self, press: CallbackQuery) -> None:
        below = press.message.id if press.message is not None else 0
        writer = await self._writer(press.from_user.id, below, f"press/{self._bot}/{press.id}")
        if not writer.now.started:
            log.warning("bot.press_dropped", shopper=writer.shopper)
            return
        await self._unless_leaving(writer, self._presses.take(writer, _data_of(press)))

    async def _writer(self, user_id: int, message: int, wish: str) -> Writer:
        shopper = await self._vault.shopper_id(f"telegram:{user_id}")
        return Writer(
            shopper=shopper,
            now=await self._commands.shopper_now(shopper),
            user_id=user_id,
            message=message,
            wish=wish,
            staff=user_id in self._staff,
        )

    async def _unless_leaving(self, writer: Writer, taken: Awaitable[None]) -> None:
        """Take it, or tell a shopper who asked to be forgotten that this is under way."""
        try:
            await taken
        except WrittenBeforeForgetting:
            log.info("bot.message_of_before")
        except ForgettingUnderWay:
            await self._commands.ask(
                writer.shopper, "leaving", message=writer.message, wish=writer.wish
            )


def _is_past(message: Message, writer: Writer) -> bool:
    """Tell whether its writer was forgotten since."""
    forgotten_at = writer.now.forgotten_at
    return forgotten_at is not None and written_at(message) < forgotten_at.replace(microsecond=0)


def _data_of(press: CallbackQuery) -> str:
    data = press.data or b""
    return data if isinstance(data, str) else data.decode(errors="replace")


async def _until_taken(take: Callable[[], Awaitable[None]]) -> None:
    """Take an update again while something is away; what fails by itself is given up, and told."""
    pause, failures = PAUSE_SECONDS, 0
    while True:
        try:
            await take()
            return
        except Exception as trouble:
            if (seconds := _told_to_wait(trouble)) is not None:
                log.warning("bot.must_wait", seconds=round(seconds))
                await asyncio.sleep(seconds + jittered(PAUSE_SECONDS))
                continue
            if isinstance(trouble, TROUBLE) or passes(trouble):
                log.warning("bot.waits", error=type(trouble).__name__)
                await asyncio.sleep(jittered(pause))
                pause = min(2 * pause, PAUSE_SECONDS_MAX)
                continue
            log.exception("bot.update_failed")
            failures += 1
            if failures == FAILURES_MAX:
                log.error("bot.update_given_up")
                return
            await asyncio.sleep(jittered(PAUSE_SECONDS))


def _told_to_wait(trouble: Exception) -> float | None:
    """Return for how many seconds there is no use in another try, None when nobody said so."""
    if isinstance(trouble, FloodWait):
        return float(str(trouble.value))
    return trouble.seconds if isinstance(trouble, MustWait) else None
