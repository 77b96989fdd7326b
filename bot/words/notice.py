"""One thing to say, whatever the language, and its rendering for a chat. Pure.

Values are raw and say by the ending of their name how a language writes them:
``bonus_kopecks`` fills {bonus} as money, ``until_at`` (ISO 8601) fills {until} as a moment,
``state_key`` fills {state} with the text at that key, ``age_days`` and ``total_receipts`` fill
{age} and {total} with so many of them. All others fill the place of their own name, escaped.
"""

import re
from datetime import datetime
from html import escape, unescape
from typing import Literal

from msgspec import Struct

from bot.words.texts import Texts

#: Of text without its tags: more is not read in a chat (Telegram would take 4,096).
TEXT_CHARACTERS_MAX = 1_000
#: Two buttons then fit a row of a narrow phone.
LABEL_CHARACTERS_MAX = 24
#: Telegram's limit for what a pressed button sends back.
ACTION_BYTES_MAX = 64
#: Behind a text about money beside the sandbox.
SANDBOX_NOTE = "sandbox.note"

Keyboard = Literal["share_phone", "remove"]

_SHARE_PHONE = "button.share_phone"
_ABOUT_MONEY = (
    "help.what",
    "history.line",
    "phone.kept",
    "phone.saved",
    "receipt.bill",
    "receipt.delayed",
    "receipt.not_paid.",
    "receipt.paid",
    "receipt.paying",
    "receipt.unknown",
    "reminder",
    "start.",
    "why.accepted",
    "why.bill",
    "why.not_paid",
    "why.paid",
    "why.rules",
    "why.unknown",
)
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"</?[bi]>")


class Button(Struct, frozen=True):
    """A button under a text: it sends ``action`` back, or opens ``url``."""

    #: key of a text
    label: str
    #: at most ``ACTION_BYTES_MAX`` bytes; {locale} stands for the language it is shown in
    action: str = ""
    url: str = ""
    #: fills {number} of the label
    number: str = ""


class Notice(Struct, frozen=True, kw_only=True):
    """One thing to say."""

    #: of a text
    key: str
    #: fill the text; recorded in clear: nothing personal
    parameters: dict[str, str] = {}
    #: fill the text; only in the sealed copy
    personal: dict[str, str] = {}
    #: said beneath, each a paragraph; only their keys, parameters and personal count
    parts: tuple["Notice", ...] = ()
    #: rows
    buttons: tuple[tuple[Button, ...], ...] = ()
    #: what takes the place of the letters
    keyboard: Keyboard | None = None


class RenderedButton(Struct, frozen=True):
    """A button in a language; sealed by its fields' names, as the rest of a notice."""

    label: str
    action: str
    url: str


class Rendered(Struct, frozen=True, kw_only=True):
    """A notice in a language, as Telegram takes it."""

    #: HTML: <b>, <i> and links
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...]
    keyboard: Keyboard | None
    #: of the button that shares the phone; "" without one
    keyboard_label: str


def rendered(notice: Notice, texts: Texts, *, sandbox: bool) -> Rendered:
    """Return ``notice`` in the language of ``texts``; beside the ``sandbox`` money is not real.

    Raises ``TextUnknown`` and ``PlacesUnfilled``.
    """
    paragraphs = [_text(each, texts) for each in (notice, *notice.parts)]
    if sandbox and is_about_money(notice):
        paragraphs.append(f"<i>{texts(SANDBOX_NOTE)}</i>")
    return Rendered(
        text="\n\n".join(paragraphs),
        buttons=tuple(tuple(_button(each, texts) for each in row) for row in notice.buttons),
        keyboard=notice.keyboard,
        keyboard_label=texts(_SHARE_PHONE) if notice.keyboard == "share_phone" else "",
    )


def is_about_money(notice: Notice) -> bool:
    """Tell whether ``notice`` could make somebody wait for money."""
    return any(each.key.startswith(_ABOUT_MONEY) for each in (notice, *notice.parts))


def plain(text: str) -> str:
    """Return a rendered text without its tags; a link stands behind its words."""
    return unescape(_TAG.sub("", _LINK.sub(r"\2 (\1)", text)))


def masked(phone: str) -> str:
    """Return ``380671234567`` as ``+380 67 ••• •• 67``: enough to know one's own."""
    return f"+{phone[:3]} {phone[3:5]} ••• •• {phone[-2:]}"


def _button(button: Button, texts: Texts) -> RenderedButton:
    action = button.action.replace("{locale}", texts.locale)
    return RenderedButton(texts(button.label, number=button.number), action, button.url)


def _text(notice: Notice, texts: Texts) -> str:
    given = {**notice.parameters, **notice.personal}
    return texts(notice.key, **dict(_written(*each, texts) for each in given.items()))


def _written(name: str, value: str, texts: Texts) -> tuple[str, str]:
    """Return the place that a value fills, and the value as the language writes it."""
    place, _, kind = name.rpartition("_")
    match kind if place else "":
        case "kopecks":
            return place, texts.money(int(value))
        case "at":
            return place, texts.moment(datetime.fromisoformat(value))
        case "key":
            return place, texts(value)
        case "days" | "receipts":
            return place, texts.plural(f"unit.{kind}", int(value))
    return name, escape(value)
