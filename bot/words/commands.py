"""The commands that Telegram lists, per language and for whom."""

from bot.words.texts import Texts

#: R1; in the order of the menu.
COMMANDS = (
    "start",
    "help",
    "history",
    "change_phone",
    "language",
    "privacy",
    "delete_me",
    "support",
)
#: Beside those, for TELEGRAM_ADMIN_IDS alone.
STAFF_COMMANDS = ("status", "pause_payouts", "console")
#: Telegram's limit.
DESCRIPTION_CHARACTERS_MAX = 256


def described(texts: Texts, *, staff: bool) -> list[tuple[str, str]]:
    """Return the commands with what each does, for a shopper or for ``staff``."""
    names = (*COMMANDS, *STAFF_COMMANDS) if staff else COMMANDS
    return [(name, texts(f"command.{name}")) for name in names]
