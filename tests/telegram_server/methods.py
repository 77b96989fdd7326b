"""Telegram's methods as a bot calls them; each refuses what Telegram refuses."""

import time
from collections.abc import Callable

from tests.telegram_server.people import Person
from tests.telegram_server.refusals import check_caption, check_markup, check_text
from tests.telegram_server.screens import Attached, Shown
from tests.telegram_server.sessions import Session
from tests.telegram_server.telegram import Said, Telegram
from tests.telegram_server.tl import F, RpcFailure, T, Tl, objects, written

Method = Callable[[Telegram, Session, Tl], Tl]


def send_message(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Show a text to a person."""
    person = _listener(telegram, request.peer)
    check_text(request.message, request.entities)
    check_markup(request.reply_markup)
    return _say(telegram, person, request)


def send_media(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Show an uploaded photo or file to a person."""
    person = _listener(telegram, request.peer)
    check_caption(request.message, request.entities)
    check_markup(request.reply_markup)
    photo = isinstance(request.media, T.InputMediaUploadedPhoto)
    if not photo and not isinstance(request.media, T.InputMediaUploadedDocument):
        raise RpcFailure(400, "MEDIA_INVALID")
    mime = "image/jpeg" if photo else request.media.mime_type
    stored = telegram.files.keep(telegram.files.uploaded(request.media.file, mime=mime))
    media = stored.as_photo() if photo else stored.as_document()
    return _say(telegram, person, request, attached=stored.what, media=media)


def edit_message(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Change a text that the bot said, or the buttons under it."""
    person = _known(telegram, request.peer)
    said = _own(telegram, person, request.id)
    text = said.message.message if request.message is None else request.message
    entities = said.message.entities if request.message is None else request.entities
    (check_text if said.message.media is None else check_caption)(text, entities)
    check_markup(request.reply_markup)
    message = said.message
    before = _look(message.message, message.entities, message.reply_markup)
    if before == _look(text, entities, request.reply_markup):
        raise RpcFailure(400, "MESSAGE_NOT_MODIFIED")
    message.message, message.entities = text, entities or None
    message.reply_markup, message.edit_date = request.reply_markup, int(time.time())
    assert said.shown is not None
    said.shown.dress(text, entities, request.reply_markup)
    said.shown.edits += 1
    return telegram.updates([telegram.edits(said)], person)


def delete_messages(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Take messages out of chats; ids that are not there count for nothing."""
    there = [said for each in request.id if (said := telegram.said.get(each)) and not said.deleted]
    for said in there:
        telegram.removes(said)
    return T.messages.AffectedMessages(pts=telegram.state.pts, pts_count=len(there))


def get_messages(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Return messages by id, and an empty one for each that is not there."""
    wanted = [each.id for each in objects(request.id)]
    found = [telegram.said.get(each) for each in wanted]
    there = [said for said in found if said and not said.deleted]
    messages = [
        said.message if said and not said.deleted else T.MessageEmpty(id=each)
        for said, each in zip(found, wanted, strict=True)
    ]
    people = {said.person.id: said.person.account() for said in there}
    return T.messages.Messages(
        messages=messages, topics=[], chats=[], users=[*people.values(), telegram.bot]
    )


def set_typing(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Show a person what the bot is doing."""
    _listener(telegram, request.peer).typing.append(type(request.action).__name__)
    return True


def answer_callback(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Tell a person what came of a press."""
    query = telegram.queries.get(request.query_id)
    if query is None:
        raise RpcFailure(400, "QUERY_ID_INVALID")
    query.text = request.message or ""
    query.answered.set()
    return True


def _say(
    telegram: Telegram,
    person: Person,
    request: Tl,
    *,
    attached: Attached | None = None,
    **fields: Tl,
) -> Tl:
    if request.random_id in telegram.random_ids:
        telegram.duplicates.append(request.random_id)
        raise RpcFailure(500, "RANDOM_ID_DUPLICATE")
    telegram.random_ids.add(request.random_id)
    shown = Shown(id=0, text=request.message, random_id=request.random_id, attached=attached)
    shown.dress(request.message, request.entities, request.reply_markup)
    if isinstance(request.reply_to, T.InputReplyToMessage):
        shown.reply_to = request.reply_to.reply_to_msg_id
        fields["reply_to"] = T.MessageReplyHeader(reply_to_msg_id=shown.reply_to)
    update = telegram.says(
        person,
        shown,
        entities=request.entities or None,
        reply_markup=request.reply_markup,
        **fields,
    )
    told = T.UpdateMessageID(id=shown.id, random_id=request.random_id)
    return telegram.updates([told, update], person)


def _look(text: str, entities: list[Tl] | None, markup: Tl | None) -> tuple[str, list[bytes]]:
    """Return what can be compared: objects of the library are equal by fields, whatever class."""
    dressed = [*(entities or []), *([] if markup is None else [markup])]
    return text, [written(each) for each in dressed]


def _known(telegram: Telegram, peer: Tl) -> Person:
    """Return whom the bot means; refuse a stranger."""
    person = telegram.people.get(getattr(peer, "user_id", 0))
    if person is None or person.access_hash != peer.access_hash or not person.met:
        raise RpcFailure(400, "PEER_ID_INVALID")
    return person


def _listener(telegram: Telegram, peer: Tl) -> Person:
    """Return whom the bot means; refuse a stranger and whoever does not want to hear it."""
    person = _known(telegram, peer)
    if person.deleted:
        raise RpcFailure(400, "INPUT_USER_DEACTIVATED")
    if person.blocks_bot:
        raise RpcFailure(403, "USER_IS_BLOCKED")
    return person


def _own(telegram: Telegram, person: Person, message_id: int) -> Said:
    """Return a message that the bot may change: its own, still there, without a keyboard."""
    said = telegram.said.get(message_id)
    if said is None or said.deleted or said.person is not person or said.shown is None:
        raise RpcFailure(400, "MESSAGE_ID_INVALID")
    if not isinstance(said.message.reply_markup, T.ReplyInlineMarkup | None):
        raise RpcFailure(400, "MESSAGE_ID_INVALID")
    return said


MESSAGE_METHODS: dict[type, Method] = {
    F.messages.SendMessage: send_message,
    F.messages.SendMedia: send_media,
    F.messages.EditMessage: edit_message,
    F.messages.DeleteMessages: delete_messages,
    F.messages.GetMessages: get_messages,
    F.messages.SetTyping: set_typing,
    F.messages.SetBotCallbackAnswer: answer_callback,
}
