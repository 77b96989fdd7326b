"""What a person and a bot can do to each other, each way once, through the real client."""

import asyncio
import os
from io import BytesIO

import pytest
from pyrogram import types
from pyrogram.connection.transport import TCPAbridgedO, TCPIntermediate, TCPIntermediateO
from pyrogram.enums import ChatAction, ParseMode

from tests.telegram_server.clients import Clients, echo, heard, pressed
from tests.telegram_server.server import TelegramServer

#: More than the client fetches at once.
LARGE_BYTES = (1 << 20) + 12_345


async def test_a_bot_logs_in_and_answers(telegram: TelegramServer, new_client: Clients) -> None:
    """A bot logs in once, and what a person says reaches it and is answered."""
    client = new_client()
    echo(client)
    await client.start()
    ann = telegram.person(first_name="Ann", language_code="uk")
    ann.say("привіт")
    shown = await ann.sees("heard: привіт")
    assert telegram.logins == 1
    assert shown.texts == ["heard: привіт"]
    assert client.me is not None
    assert client.me.is_bot


@pytest.mark.parametrize("transport", [TCPAbridgedO, TCPIntermediate, TCPIntermediateO])
async def test_other_transports_carry_the_same(
    telegram: TelegramServer, new_client: Clients, transport: type
) -> None:
    """Packets may be framed in other ways, obfuscated or not."""
    client = new_client(protocol_factory=transport)
    echo(client)
    await client.start()
    ann = telegram.person()
    ann.say("x" * 1000)
    await ann.sees("x" * 1000)


async def test_commands_come_with_language(telegram: TelegramServer, new_client: Clients) -> None:
    """A command is marked as one, and whoever gave it has a name and a language."""
    client = new_client()
    queue = heard(client)
    await client.start()
    telegram.person(first_name="Іван", language_code="uk").say("😀 /start now")
    message = await queue.get()
    assert message.entities is not None
    [entity] = message.entities
    assert (entity.offset, entity.length) == (3, 6)
    assert message.from_user is not None
    assert (message.from_user.first_name, message.from_user.language_code) == ("Іван", "uk")


async def test_contacts_tell_whose_they_are(telegram: TelegramServer, new_client: Clients) -> None:
    """A contact is one's own or somebody else's, after a keyboard that asked for it."""
    client = new_client()
    queue = heard(client)
    await client.start()
    ann = telegram.person()
    ann.say("hi")
    ask = types.KeyboardButton("My number", request_contact=True)
    await client.send_message(ann.id, "?", reply_markup=types.ReplyKeyboardMarkup([[ask]]))
    shown = await ann.sees("?")
    assert shown.keyboard is not None
    assert (shown.keyboard.rows, shown.keyboard.asks_for_contact) == ([["My number"]], True)
    ann.share_contact("380671234567", owner=ann.id)
    ann.share_contact("380671234568")
    await queue.get()
    own, foreign = (await queue.get()).contact, (await queue.get()).contact
    assert own is not None
    assert foreign is not None
    assert (own.phone_number, own.user_id) == ("380671234567", ann.id)
    assert foreign.user_id != ann.id
    await client.send_message(ann.id, "thanks", reply_markup=types.ReplyKeyboardRemove())
    assert (await ann.sees("thanks")).removes_keyboard


async def test_photos_and_files_are_fetched(telegram: TelegramServer, new_client: Clients) -> None:
    """A photo of more than one piece and a file come over as they were sent."""
    client = new_client()
    queue = heard(client)
    await client.start()
    ann = telegram.person()
    photo, file = os.urandom(LARGE_BYTES), os.urandom(1000)
    ann.send_photo(photo, caption="receipt")
    ann.send_file(file, name="r.png", mime="image/png")
    first, second = await queue.get(), await queue.get()
    assert first.caption == "receipt"
    assert first.photo is not None
    assert first.photo.file_size == LARGE_BYTES
    assert second.document is not None
    assert (second.document.file_name, second.document.mime_type) == ("r.png", "image/png")
    fetched = [await client.download_media(each, in_memory=True) for each in (first, second)]
    assert [each.getvalue() for each in fetched if isinstance(each, BytesIO)] == [photo, file]


async def test_files_wait_at_the_gate(telegram: TelegramServer, new_client: Clients) -> None:
    """A test can stop all fetching of files in the middle and let it go on."""
    client = new_client()
    queue = heard(client)
    await client.start()
    telegram.person().send_photo(b"photo")
    message = await queue.get()
    telegram.hold_files.set()
    fetching = asyncio.create_task(client.download_media(message, in_memory=True))
    await telegram.hold_files.reached()
    assert not fetching.done()
    telegram.hold_files.clear()
    fetched = await fetching
    assert isinstance(fetched, BytesIO)
    assert fetched.getvalue() == b"photo"


async def test_an_album_is_several_messages(telegram: TelegramServer, new_client: Clients) -> None:
    """Three photos of one album come as three messages with one group."""
    client = new_client()
    queue = heard(client)
    await client.start()
    ann = telegram.person()
    for number in range(3):
        ann.send_photo(b"%d" % number, album=77)
    messages = [await queue.get() for _ in range(3)]
    assert {str(message.media_group_id) for message in messages} == {"77"}
    assert len({message.id for message in messages}) == 3


async def test_buttons_are_pressed_and_edited(
    telegram: TelegramServer, new_client: Clients
) -> None:
    """A press reaches the bot with its data; it is answered, and the message changes in place."""
    client = new_client()
    presses = pressed(client)
    await client.start()
    ann = telegram.person()
    ann.say("hi")
    buttons = [
        [types.InlineKeyboardButton("Yes", callback_data="yes:1")],
        [types.InlineKeyboardButton("Rules", url="https://example.org/rules")],
    ]
    await client.send_message(ann.id, "Sure?", reply_markup=types.InlineKeyboardMarkup(buttons))
    shown = await ann.sees("Sure?")
    assert shown.buttons == [[("Yes", "yes:1")], [("Rules", "https://example.org/rules")]]
    with pytest.raises(AssertionError, match="no button 'no'"):
        ann.press(shown, "no")
    query_id = ann.press(shown, "yes:1")
    query = await presses.get()
    assert query.data == "yes:1"
    await query.answer("noted")
    assert await ann.answered(query_id) == "noted"
    assert query.message is not None
    await query.message.edit_text("Done")
    assert await ann.sees("Done") is shown
    assert (shown.texts, shown.buttons, shown.edits) == (["Sure?", "Done"], [], 1)


async def test_a_bot_sends_a_photo(telegram: TelegramServer, new_client: Clients) -> None:
    """A photo that the bot uploads is what the person gets, with its formatted caption."""
    client = new_client()
    await client.start()
    ann = telegram.person()
    said = ann.say("hi")
    content = os.urandom(600_000)
    photo = BytesIO(content)
    photo.name = "sample.jpg"
    parameters = types.ReplyParameters(message_id=said)
    await client.send_chat_action(ann.id, ChatAction.UPLOAD_PHOTO)
    await client.send_photo(
        ann.id, photo, "<b>so</b> it goes", ParseMode.HTML, reply_parameters=parameters
    )
    shown = await ann.sees("so it goes")
    assert shown.attached is not None
    assert shown.attached.content == content
    assert [(entity.offset, entity.length) for entity in shown.entities] == [(0, 2)]
    assert shown.reply_to == said
    assert ann.typing == ["SendMessageUploadPhotoAction"]


async def test_a_bot_takes_back_a_message(telegram: TelegramServer, new_client: Clients) -> None:
    """A message that the bot deletes is not seen any more."""
    client = new_client()
    await client.start()
    ann = telegram.person()
    ann.say("hi")
    message = await client.send_message(ann.id, "oops")
    assert message is not None
    await client.delete_messages(ann.id, message.id)
    assert [shown.deleted for shown in ann.screen] == [True]
    with pytest.raises(AssertionError, match=r"oops"):
        await ann.sees("oops", seconds=0)


async def test_a_bot_dresses_itself(telegram: TelegramServer, new_client: Clients) -> None:
    """Commands are kept by language, can be taken back, and stand in the menu."""
    client = new_client()
    await client.start()
    await client.set_bot_commands([types.BotCommand("start", "Почати")], language_code="uk")
    await client.set_bot_commands([types.BotCommand("start", "Start")])
    assert telegram.commands == {
        ("Default", "uk"): [("start", "Почати")],
        ("Default", ""): [("start", "Start")],
    }
    await client.delete_bot_commands(language_code="uk")
    menu: types.MenuButton = types.MenuButtonCommands()  # type: ignore[no-untyped-call] # theirs
    await client.set_chat_menu_button(menu_button=menu)
    assert list(telegram.commands) == [("Default", "")]
    assert telegram.telegram.menu_buttons == {0: "BotMenuButtonCommands"}


async def test_strangers_are_not_written_to(telegram: TelegramServer, new_client: Clients) -> None:
    """A bot that forgot whom it met may ask by id alone; one whom it never met it may not."""
    first = new_client()
    await first.start()
    ann, bob = telegram.person(), telegram.person()
    ann.say("hi")
    await first.stop()
    second = new_client()
    await second.start()
    await second.send_message(ann.id, "again")
    await ann.sees("again")
    with pytest.raises(Exception, match="PEER_ID_INVALID"):
        await second.send_message(bob.id, "hello")
    assert bob.screen == []
