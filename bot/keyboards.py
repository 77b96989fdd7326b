"""Buttons as Telegram draws them."""

from pyrogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.words.notice import Rendered

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def markup_of(words: Rendered) -> Markup | None:
    """Return the buttons of a message; a message has one kind of them, or none."""
    if words.buttons:
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(button.label, url=button.url)
                    if button.url
                    else InlineKeyboardButton(button.label, callback_data=button.action)
                    for button in row
                ]
                for row in words.buttons
            ]
        )
    if words.keyboard == "share_phone":
        share = KeyboardButton(words.keyboard_label, request_contact=True)
        return ReplyKeyboardMarkup([[share]], resize_keyboard=True, one_time_keyboard=True)
    return ReplyKeyboardRemove() if words.keyboard == "remove" else None
