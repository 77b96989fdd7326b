"""What people write: commands, numbers written by hand, and everything else."""

import re
from functools import partial

from bot.onboarding import Onboarding
from bot.words.commands import COMMANDS, STAFF_COMMANDS
from bot.writer import Writer
from eventstore.catalogue import Question
from eventstore.reasons import ReasonTooPersonal
from handlers.commands import Commands

#: Digits and what people put between them; long enough for a phone and not for a receipt.
_PHONE = re.compile(r"\+?[\d\s()-]{9,20}")
#: A command may name the bot it is for, and say more behind a space; some phones begin it large.
_COMMAND = re.compile(r"/([a-z_]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)
#: What is written about a pause that nobody gave a reason for.
PAUSE_REASON = "paused in Telegram"


class TextCommands:
    """Takes what is written."""

    def __init__(self, *, commands: Commands, onboarding: Onboarding, console: bool) -> None:
        """``console``: there is an address at which staff can sign in."""
        self._commands = commands
        self._onboarding = onboarding
        self._console = console

    async def take(self, writer: Writer, text: str) -> None:
        """Do what ``text`` asks for, or ask back kindly."""
        found = _COMMAND.fullmatch(text.strip())
        name, rest = (found[1].lower(), found[2] or "") if found else ("", "")
        if writer.staff and name in STAFF_COMMANDS:
            return await self._take_from_staff(writer, name, rest)
        if name in COMMANDS:
            return await self._ask(writer, name)
        if not found and _PHONE.fullmatch(text.strip()):
            return await self._onboarding.refuse_typed(writer)
        return await self._ask(writer, "not_understood")

    async def _take_from_staff(self, writer: Writer, name: str, rest: str) -> None:
        if name == "console" and self._console:
            return await self._commands.invite_staff(writer.shopper, wish=writer.wish)
        if name == "pause_payouts" and not await self._paused(writer, rest):
            name = "status"  # they were paused before: it says so
        return await self._ask(writer, name)

    async def _paused(self, writer: Writer, reason: str) -> bool:
        pause = partial(self._commands.pause_payouts, by=writer.shopper, wish=writer.wish)
        try:
            said = f"{PAUSE_REASON}: {reason.strip()}" if reason.strip() else PAUSE_REASON
            return await pause(reason=said)
        except ReasonTooPersonal:
            return await pause(reason=PAUSE_REASON)

    async def _ask(self, writer: Writer, name: str) -> None:
        about: Question = name  # type: ignore[assignment]  # a name of ours is a question
        await self._commands.ask(writer.shopper, about, message=writer.message, wish=writer.wish)
