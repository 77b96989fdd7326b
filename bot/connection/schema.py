"""Telegram's own words, as the library has them: classes it generates, whose types none knows."""

from typing import Any

from pyrogram import raw

#: methods one may ask
functions: Any = raw.functions
#: what Telegram tells
types: Any = raw.types
