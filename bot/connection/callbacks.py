"""What is done when something comes from Telegram, and whether it is let in at all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pyrogram import Client
from pyrogram.types import CallbackQuery, Message

OnMessage = Callable[[Message], Awaitable[None]]
OnPress = Callable[[CallbackQuery], Awaitable[None]]
#: Decides on what a Telegram id wrote at a time, as part of an album: False drops it.
LetsIn = Callable[[int, float, int | None], bool]
OnStarted = Callable[[Client], Awaitable[None]]


async def _nothing(_client: Client) -> None:
    """Do nothing when the bot is up."""


def everything(_person: int, _at: float, _album: int | None) -> bool:
    """Let in whatever is written."""
    return True


def _no_crowd() -> LetsIn:
    return everything


@dataclass(frozen=True, kw_only=True)
class Callbacks:
    """What is done when something comes; each must be repeatable.

    They try until the fact is there, or are cancelled: what was cut off comes again.
    """

    on_message: OnMessage
    on_press: OnPress
    #: makes for each start who is asked before anything waits; a new one, since what was
    #: unfinished at the end of a connection comes again
    new_crowd: Callable[[], LetsIn] = _no_crowd
    #: called at each start, once Telegram can be reached, and again if it fails
    on_started: OnStarted = field(default=_nothing)
