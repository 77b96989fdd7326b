"""What Telegram shows beside the chat: the commands, in each language and for whom."""

from collections.abc import Awaitable

import structlog
from pyrogram import Client
from pyrogram.errors.rpc_error import RPCError
from pyrogram.types import BotCommand, BotCommandScopeChat

from bot.words.commands import described
from bot.words.texts import CODES, Texts
from eventstore.catalogue import Locale

log = structlog.get_logger()


async def introduce(client: Client, texts: dict[Locale, Texts], *, staff: frozenset[int]) -> None:
    """Set the commands; the bot serves without them too, so that trouble is only told.

    Who has an app in none of our languages sees the first of them. Who is staff and never wrote
    to the bot gets theirs at the start after that: Telegram does not let it know them before.
    """
    for locale in CODES:
        commands = _listed(texts[locale], staff=False)
        await _unless_refused(client.set_bot_commands(commands, language_code=locale))
    first = texts[CODES[0]]
    await _unless_refused(client.set_bot_commands(_listed(first, staff=False)))
    for each in sorted(staff):
        scope = BotCommandScopeChat(each)
        await _unless_refused(client.set_bot_commands(_listed(first, staff=True), scope))


async def _unless_refused(setting: Awaitable[bool]) -> None:
    """Set what can be set: each on its own, so that one refusal costs nobody else their menu."""
    try:
        await setting
    except (RPCError, OSError, TimeoutError, KeyError) as trouble:
        log.warning("bot.commands_not_set", error=type(trouble).__name__)


def _listed(texts: Texts, *, staff: bool) -> list[BotCommand]:
    return [BotCommand(name, told) for name, told in described(texts, staff=staff)]
