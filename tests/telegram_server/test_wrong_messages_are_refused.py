"""What Telegram refuses is refused here, so that no test passes on what would fail there."""

import os
from typing import Any

import pytest
from pyrogram import Client, errors
from pyrogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer
from tests.telegram_server.tl import F, T

#: One more than a message may have; each of these letters counts twice.
TOO_LONG = "😀" * 2048 + "x"


@pytest.fixture
def ann(telegram: TelegramServer) -> Person:
    """A person who wrote to the bot."""
    person = telegram.person()
    person.say("hi")
    return person


def under(**button: Any) -> InlineKeyboardMarkup:
    """Return one button under a message."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("Go", **button)]])


async def send_raw(client: Client, ann: Person, **fields: object) -> None:
    """Send a message past the library's own checks."""
    peer = T.InputPeerUser(user_id=ann.id, access_hash=ann.access_hash)
    request = {"peer": peer, "message": "text", "random_id": int.from_bytes(os.urandom(7), "big")}
    await client.invoke(F.messages.SendMessage(**(request | fields)))


@pytest.mark.parametrize(("text", "word"), [(" ", "MESSAGE_EMPTY"), (TOO_LONG, "MESSAGE_TOO_LONG")])
async def test_texts_have_a_length(client: Client, ann: Person, text: str, word: str) -> None:
    """A text is not empty, and as long as Telegram counts at most."""
    with pytest.raises(errors.BadRequest, match=word):
        await send_raw(client, ann, message=text)
    await send_raw(client, ann, message=TOO_LONG[:-1])
    assert [shown.text for shown in ann.screen] == [TOO_LONG[:-1]]


@pytest.mark.parametrize("data", ["", "x" * 65])
async def test_buttons_carry_little(client: Client, ann: Person, data: str) -> None:
    """A button carries 1 to 64 bytes."""
    with pytest.raises(errors.BadRequest, match="BUTTON_DATA_INVALID"):
        await client.send_message(ann.id, "?", reply_markup=under(callback_data=data))
    await client.send_message(ann.id, "?", reply_markup=under(callback_data="x" * 64))
    assert len(ann.screen) == 1


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "https:///rules"])
async def test_buttons_lead_to_the_web(client: Client, ann: Person, url: str) -> None:
    """An address under a message is one of the web."""
    with pytest.raises(errors.BadRequest, match="BUTTON_URL_INVALID"):
        await client.send_message(ann.id, "?", reply_markup=under(url=url))


async def test_entities_lie_in_the_text(client: Client, ann: Person) -> None:
    """What is marked in a text is in the text."""
    inside = T.MessageEntityBold(offset=0, length=4)
    outside = T.MessageEntityBold(offset=1, length=4)
    await send_raw(client, ann, entities=[inside])
    with pytest.raises(errors.BadRequest, match="ENTITY_BOUNDS_INVALID"):
        await send_raw(client, ann, entities=[outside])


async def test_an_edit_changes_something(client: Client, ann: Person) -> None:
    """An edit to the same text and buttons is refused; other buttons or another look are not."""
    sent = await client.send_message(ann.id, "text", reply_markup=under(callback_data="1"))
    assert sent is not None
    with pytest.raises(errors.MessageNotModified):
        await sent.edit_text("text", reply_markup=under(callback_data="1"))
    await sent.edit_text("text", reply_markup=under(callback_data="2"))
    await sent.edit_text("**text**", reply_markup=under(callback_data="2"))
    await sent.edit_text("__text__", reply_markup=under(callback_data="2"))
    await sent.edit_text("__text__")
    assert ann.screen[0].edits == 4


async def test_only_own_messages_are_edited(
    telegram: TelegramServer, client: Client, ann: Person
) -> None:
    """A person's message, a deleted one and one of another chat cannot be changed."""
    bob = telegram.person()
    theirs = bob.say("hi")
    sent = await client.send_message(ann.id, "text")
    assert sent is not None
    for chat, message_id in ((bob, theirs), (bob, sent.id), (ann, 999)):
        with pytest.raises(errors.MessageIdInvalid):
            await client.edit_message_text(chat.id, message_id, "other")
    ann.delete_message(ann.screen[0])
    with pytest.raises(errors.MessageIdInvalid):
        await sent.edit_text("other")


async def test_a_keyboard_stays_as_it_is(client: Client, ann: Person) -> None:
    """A message that brought a keyboard cannot be changed."""
    markup = ReplyKeyboardMarkup([[KeyboardButton("Go")]])
    sent = await client.send_message(ann.id, "text", reply_markup=markup)
    assert sent is not None
    with pytest.raises(errors.MessageIdInvalid):
        await sent.edit_text("other")


async def test_people_are_known_by_their_hash(
    telegram: TelegramServer, client: Client, ann: Person
) -> None:
    """An id without the right access hash is nobody, and so is who never wrote to the bot."""
    guess = T.InputPeerUser(user_id=ann.id, access_hash=ann.access_hash ^ 1)
    with pytest.raises(errors.PeerIdInvalid):
        await send_raw(client, ann, peer=guess)
    bob = telegram.person()
    with pytest.raises(errors.PeerIdInvalid):
        await send_raw(client, bob)
    assert ann.screen == bob.screen == []


async def test_a_press_is_answered_if_there_was_one(client: Client) -> None:
    """An answer to a press that never was is refused."""
    with pytest.raises(errors.QueryIdInvalid):
        await client.answer_callback_query("12345")
