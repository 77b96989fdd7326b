"""What Telegram refuses in a message, so that a bot that passes here is not refused there."""

from urllib.parse import urlsplit

from tests.telegram_server.tl import RpcFailure, T, Tl, utf16_length

#: Telegram's limits, in UTF-16 code units.
TEXT_MAX = 4096
CAPTION_MAX = 1024
#: … and in bytes.
CALLBACK_DATA_MAX = 64


def check_text(text: str, entities: list[Tl] | None) -> None:
    """Refuse an empty or too long text, and entities that lie outside it."""
    if not text.strip():
        raise RpcFailure(400, "MESSAGE_EMPTY")
    if utf16_length(text) > TEXT_MAX:
        raise RpcFailure(400, "MESSAGE_TOO_LONG")
    _check_entities(text, entities)


def check_caption(text: str, entities: list[Tl] | None) -> None:
    """Refuse a too long text under a photo or file, and entities that lie outside it."""
    if utf16_length(text) > CAPTION_MAX:
        raise RpcFailure(400, "MEDIA_CAPTION_TOO_LONG")
    _check_entities(text, entities)


def check_markup(markup: Tl | None) -> None:
    """Refuse buttons that carry too much or lead nowhere, and keyboards without a button."""
    if isinstance(markup, T.ReplyInlineMarkup):
        for row in markup.rows:
            for button in row.buttons:
                _check_button(button)
    if isinstance(markup, T.ReplyInlineMarkup | T.ReplyKeyboardMarkup) and not any(
        row.buttons for row in markup.rows
    ):
        raise RpcFailure(400, "REPLY_MARKUP_INVALID")


def _check_button(button: Tl) -> None:
    if not button.text.strip():
        raise RpcFailure(400, "BUTTON_TEXT_INVALID")
    kind = button.type
    if isinstance(kind, T.InlineButtonTypeCallback) and not (
        1 <= len(kind.data) <= CALLBACK_DATA_MAX
    ):
        raise RpcFailure(400, "BUTTON_DATA_INVALID")
    if isinstance(kind, T.InlineButtonTypeUrl):
        address = urlsplit(kind.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise RpcFailure(400, "BUTTON_URL_INVALID")


def _check_entities(text: str, entities: list[Tl] | None) -> None:
    end = utf16_length(text)
    for entity in entities or []:
        if entity.offset < 0 or entity.length < 1 or entity.offset + entity.length > end:
            raise RpcFailure(400, "ENTITY_BOUNDS_INVALID")
