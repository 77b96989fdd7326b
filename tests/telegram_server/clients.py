"""Bots on the real library, small enough for a test."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

import pyrogram
from pyrogram import filters
from pyrogram.handlers import CallbackQueryHandler, DisconnectHandler, MessageHandler
from pyrogram.types import CallbackQuery, Message

#: How long a client that could not start may take to leave.
_LEAVING_SECONDS = 5

#: What a bot hears of people, and not of itself.
FROM_PEOPLE = filters.incoming & filters.private


class Clients(Protocol):
    """Makes clients that leave after the test."""

    def __call__(self, **options: Any) -> pyrogram.Client:
        """Return a client that is not started yet, with these options of the library."""


def a_client(**options: Any) -> pyrogram.Client:
    """Return a bot; its session is kept in memory, or in the folder ``workdir``."""
    fields: dict[str, Any] = {"api_id": 1, "api_hash": "hash", "bot_token": "6000000000:secret"}
    kept = {} if "workdir" in options else {"in_memory": True}
    return pyrogram.Client("bot", **(fields | kept | options))


async def leave(client: pyrogram.Client) -> None:
    """Stop a client in whatever state it is."""
    if client.is_initialized:
        await client.stop()
        return
    with suppress(Exception):
        async with asyncio.timeout(_LEAVING_SECONDS):
            if client.is_connected:
                await client.disconnect()


def echo(client: pyrogram.Client) -> None:
    """Let the bot say each text again; to be called before it starts."""

    async def say_again(_: pyrogram.Client, message: Message) -> None:
        assert message.chat is not None
        assert message.chat.id is not None
        await client.send_message(message.chat.id, f"heard: {message.text}")

    client.add_handler(MessageHandler(say_again, FROM_PEOPLE & filters.text))


def heard(client: pyrogram.Client) -> asyncio.Queue[Message]:
    """Return a queue of what the bot hears; to be called before it starts."""
    queue: asyncio.Queue[Message] = asyncio.Queue()

    async def put(_: pyrogram.Client, message: Message) -> None:
        await queue.put(message)

    client.add_handler(MessageHandler(put, FROM_PEOPLE))
    return queue


def losing(client: pyrogram.Client) -> asyncio.Event:
    """Return what is set when the bot loses its connection; to be called before it starts."""
    lost = asyncio.Event()

    async def note(*_: object) -> None:
        lost.set()

    client.add_handler(DisconnectHandler(note))
    return lost


def pressed(client: pyrogram.Client) -> asyncio.Queue[CallbackQuery]:
    """Return a queue of the buttons people press; to be called before it starts."""
    queue: asyncio.Queue[CallbackQuery] = asyncio.Queue()

    async def put(_: pyrogram.Client, query: CallbackQuery) -> None:
        await queue.put(query)

    client.add_handler(CallbackQueryHandler(put))
    return queue
