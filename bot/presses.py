"""Buttons under messages: what each of them asks for."""

import re
from typing import get_args
from uuid import UUID

import structlog

from bot.onboarding import Onboarding
from bot.text_commands import TextCommands
from bot.words.consent import CONSENT_VERSION
from bot.words.telling_staff import MARK_CHARACTERS
from bot.writer import Writer
from eventstore.catalogue import Locale, Question
from eventstore.identity import ReceiptId
from handlers.commands import Commands, ReceiptNotTheirs

log = structlog.get_logger()

#: Buttons that are a question and nothing else.
QUESTIONS: dict[str, Question] = {
    "again": "photo",
    "phone": "change_phone",
    "support": "support",
    "delete_not": "delete_me_not",
}
LOCALES: dict[str, Locale] = {locale: locale for locale in get_args(Locale)}


#: As ``telling_staff.mark`` makes it.
_MARK = re.compile(f"[0-9a-f]{{{MARK_CHARACTERS}}}")


class Presses:
    """Takes what is pressed; a button of an older release asks for nothing."""

    def __init__(
        self, *, commands: Commands, onboarding: Onboarding, text_commands: TextCommands
    ) -> None:
        self._commands = commands
        self._onboarding = onboarding
        self._text_commands = text_commands

    async def take(self, writer: Writer, data: str) -> None:
        """Do what the button asks for whose data came back."""
        action, _, about = data.partition(":")
        if action in QUESTIONS:
            await self._ask(writer, QUESTIONS[action])
        elif action == "why" and (receipt := _receipt_in(about)) is not None:
            await self._explain(writer, receipt)
        elif action == "agree":
            await self._agree(writer, *about.rpartition(":")[::2])
        elif action == "language" and about in LOCALES:
            await self._onboarding.choose_language(writer, LOCALES[about])
        elif action == "delete":
            await self._onboarding.leave(writer)
        elif action == "seen" and writer.staff and _MARK.fullmatch(about):
            await self._ask(writer, "acknowledged")
        elif action == "pause" and writer.staff:
            await self._text_commands.take(writer, "/pause_payouts")
        else:
            log.warning("bot.button_unknown")  # anything can be sent back: it is not ours to log

    async def _agree(self, writer: Writer, version: str, locale: str) -> None:
        """Take consent to the text of today; one of another day is shown anew first."""
        if writer.now.consented:
            return
        if version == CONSENT_VERSION and locale in LOCALES:
            await self._onboarding.take_consent(writer, LOCALES[locale])
        else:
            await self._ask(writer, "consent_needed")

    async def _explain(self, writer: Writer, receipt: ReceiptId) -> None:
        try:
            await self._ask(writer, "why", receipt)
        except ReceiptNotTheirs:
            log.warning("bot.receipt_of_another", shopper=writer.shopper)

    async def _ask(self, writer: Writer, about: Question, receipt: ReceiptId | None = None) -> None:
        await self._commands.ask(
            writer.shopper, about, message=writer.message, wish=writer.wish, receipt=receipt
        )


def _receipt_in(about: str) -> ReceiptId | None:
    """Return the receipt that a button names, None for what is no id of ours."""
    try:
        return ReceiptId(about) if str(UUID(about)) == about else None
    except ValueError:
        return None
