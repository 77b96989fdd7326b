"""What is done when something comes from Telegram, and whether it is let in at all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pyrogram import Client
from pyrogram.types import CallbackQuery, Message

OnMessage = Callable[[Message], Awaitable[None]]
OnPress = Callable[[CallbackQuery], Awaitable[None]]
LetsIn = Callable[[int, float], bool]
OnStarted = Callable[[Client], Awaitable[None]]


async def _nothing(_client: Client) -> None:
    """Do nothing when the bot is up."""


def _everything(_person: int, _at: float) -> bool:
    """Let in whatever is written."""
    return True


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """What is done when something comes; each must be repeatable.

    They try until the fact is there, or are cancelled: what was cut off comes again.
    """

    on_message: OnMessage
    on_press: OnPress
    #: asked with a Telegram id and a time, before anything waits: False drops what came
    lets_in: LetsIn = _everything
    #: called at each start, once Telegram can be reached, and again if it fails
    on_started: OnStarted = field(default=_nothing)
