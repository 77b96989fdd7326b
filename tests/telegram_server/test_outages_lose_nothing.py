"""Whatever breaks, each thing that a person said reaches the bot, in order."""

from pathlib import Path
from typing import Any

import pyrogram
import pytest
from pyrogram.types import Message

from tests.telegram_server.clients import Clients, echo, heard, leave, losing, pressed
from tests.telegram_server.server import TelegramServer


async def test_a_dropped_connection_is_taken_up(
    telegram: TelegramServer, new_client: Clients
) -> None:
    """What is said while the line is down comes once when it is up again."""
    client = new_client()
    echo(client)
    await client.start()
    ann = telegram.person()
    await telegram.drop_connections()
    ann.say("hello?")
    await ann.sees("heard: hello?")
    ann.say("still there?")
    await ann.sees("heard: still there?")
    assert [shown.text for shown in ann.screen] == ["heard: hello?", "heard: still there?"]


@pytest.mark.parametrize("reset", [False, True])
async def test_an_outage_is_lived_through(
    telegram: TelegramServer, new_client: Clients, reset: bool
) -> None:
    """A server that refuses or resets for a while loses nothing and doubles nothing."""
    client = new_client()
    echo(client)
    lost = losing(client)
    await client.start()
    ann = telegram.person()
    await telegram.pause(reset=reset)
    ann.say("hello?")
    await (telegram.knocked() if reset else lost.wait())
    await telegram.resume()
    ann.say("still there?")
    await ann.sees("heard: still there?")
    await ann.sees("heard: hello?")
    assert len(ann.screen) == 2


async def catch_up(client: pyrogram.Client, wanted: int) -> list[Message]:
    """Start ``client`` and return the first messages it hears."""
    queue = heard(client)
    await client.start()
    return [await queue.get() for _ in range(wanted)]


@pytest.mark.parametrize("slice_size", [100, 2])
async def test_a_restart_catches_up(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path, slice_size: int
) -> None:
    """What people said while no client ran comes at the next start, in order, without a login."""
    telegram.telegram.slice_size = slice_size
    before = new_client(workdir=tmp_path, skip_updates=False)
    echo(before)
    await before.start()
    ann, bob = telegram.person(), telegram.person(first_name="Bob")
    ann.say("one")
    await ann.sees("heard: one")
    await before.stop()
    ann.say("two")
    bob.say("three")
    ann.send_photo(b"four", caption="four")
    after = new_client(workdir=tmp_path, skip_updates=False, workers=1)
    messages = await catch_up(after, 3)
    assert [message.text or message.caption for message in messages] == ["two", "three", "four"]
    assert [message.from_user and message.from_user.first_name for message in messages] == [
        "Ann", "Bob", "Ann",
    ]  # fmt: skip
    assert telegram.logins == 1


async def test_a_killed_client_catches_up(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path
) -> None:
    """A client that never said good-bye does not keep its key from the next."""
    killed = new_client(workdir=tmp_path, skip_updates=False)
    await killed.start()
    ann = telegram.person()
    session: Any = killed.session
    await session.stop()
    ann.say("anybody?")
    await leave(killed)
    after = new_client(workdir=tmp_path, skip_updates=False)
    [message] = await catch_up(after, 1)
    assert message.text == "anybody?"


async def test_the_difference_is_honest(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path
) -> None:
    """A bot that was away is told of its own messages too, of edits, and of nothing deleted."""
    telegram.telegram.slice_size = 4
    client = new_client(workdir=tmp_path)
    await client.start()
    start = telegram.telegram.state.pts
    ann = telegram.person()
    ann.say("hi")
    said = await client.send_message(ann.id, "draft")
    gone = await client.send_message(ann.id, "gone")
    assert said is not None
    assert gone is not None
    await client.edit_message_text(ann.id, said.id, "final")
    await client.delete_messages(ann.id, gone.id)
    part = telegram.telegram.difference(start)
    assert part.intermediate_state.pts == start + 4
    assert [message.message for message in part.new_messages] == ["hi", "final"]
    assert [message.out for message in part.new_messages] == [None, True]
    assert [type(update).__name__ for update in part.other_updates] == ["UpdateEditMessage"]
    rest = telegram.telegram.difference(start + 4)
    assert [update.messages for update in rest.other_updates] == [[gone.id]]
    assert rest.state.pts == telegram.telegram.state.pts
    assert type(telegram.telegram.difference(rest.state.pts)).__name__ == "DifferenceEmpty"


async def test_a_press_waits_for_the_bot(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path
) -> None:
    """A button that was pressed while no client ran is told to the next that starts."""
    client = new_client(workdir=tmp_path)
    await client.start()
    ann = telegram.person()
    ann.say("hi")
    button = pyrogram.types.InlineKeyboardButton("Go", callback_data="go")
    markup = pyrogram.types.InlineKeyboardMarkup([[button]])
    await client.send_message(ann.id, "Ready?", reply_markup=markup)
    await client.stop()
    telegram.forget_keys()
    query_id = ann.press(await ann.sees("Ready?"), "go")
    after = new_client()
    presses = pressed(after)
    await after.start()
    query = await presses.get()
    await query.answer()
    assert await ann.answered(query_id) == ""


async def test_the_library_overruns_its_own_gap(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path
) -> None:
    """Left to itself, a client that hears somebody while it starts never asks what it missed."""
    before = new_client(workdir=tmp_path, skip_updates=False)
    await before.start()
    await before.stop()
    ann = telegram.person()
    ann.say("missed")
    telegram.meanwhile["users.GetFullUser"].append(lambda: ann.say("just now"))
    [message] = await catch_up(new_client(workdir=tmp_path, skip_updates=False), 1)
    assert message.text == "just now"
    [asked] = [request for name, request in telegram.calls if name == "updates.GetDifference"][1:]
    assert asked.pts == telegram.telegram.state.pts
