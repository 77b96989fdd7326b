"""What Telegram shows beside the chat: the commands, in each language and for whom."""

import structlog
from pyrogram import Client
from pyrogram.errors.rpc_error import RPCError
from pyrogram.types import BotCommand, BotCommandScopeChat

from bot.commands import described
from bot.texts import CODES, Texts
from eventstore.catalogue import Locale

log = structlog.get_logger()


async def introduce(client: Client, texts: dict[Locale, Texts], *, staff: frozenset[int]) -> None:
    """Set the commands; the bot serves without them too, so that trouble is only told.

    Who has an app in none of our languages sees the first of them.
    """
    try:
        for locale in CODES:
            commands = _listed(texts[locale], staff=False)
            await client.set_bot_commands(commands, language_code=locale)
        await client.set_bot_commands(_listed(texts[CODES[0]], staff=False))
        for each in sorted(staff):
            scope = BotCommandScopeChat(each)
            await client.set_bot_commands(_listed(texts[CODES[0]], staff=True), scope)
    except (RPCError, OSError, TimeoutError, KeyError) as trouble:
        log.warning("bot.commands_not_set", error=type(trouble).__name__)


def _listed(texts: Texts, *, staff: bool) -> list[BotCommand]:
    return [BotCommand(name, told) for name, told in described(texts, staff=staff)]
