"""A shopper's chat as a phone would show it: bubbles on the left and on the right.

What was said is opened here, for its shopper's own eyes (in the demo, of samples, for all).
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from markupsafe import Markup

from eventstore.errors import SecretUnusable
from eventstore.identity import ReceiptId, ShopperId
from eventstore.vault import KeyDestroyed
from projections import chats
from projections.chats import SAID, Said
from web.markup import safe_markup, web_address
from web.surroundings import Surroundings

log = structlog.get_logger()

#: Lines on the screen: opening one asks the database for its key, and a screen holds ten.
SHOWN_MAX = 60

#: Action of a button -> where on our pages one can do the same.
ACTS = {"again": "/intake#photo", "phone": "/intake#phone"}
#: ... and of one that asks about a receipt.
WHY = re.compile(r"why:([0-9A-Za-z-]{1,64})")


class _Button(msgspec.Struct, frozen=True):
    label: str
    action: str = ""
    url: str = ""


class _Notice(msgspec.Struct, frozen=True):
    """What was said, as ``ShopperNotified.text_sealed`` opens to."""

    text: str
    buttons: list[list[_Button]] = []
    #: of the one button that stands below the chat with it; "" without one
    keyboard_label: str = ""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A button under a bubble, as far as a page can have it."""

    label: str
    #: an address of the web
    url: str | None = None
    #: a place on the pages of the demo where the same can be done
    act: str | None = None


class Bubble(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the screen."""

    seq: int
    #: "bot" on the left, "shopper" on the right
    side: str
    #: key of our words for what the shopper did; "" where a text was said
    words: str = ""
    #: what was said; None: it opens no more
    text: Markup | None = None
    keys: list[list[Key]] = []
    #: label of the button that stands below the chat; "" without one
    keyboard: str = ""
    receipt: ReceiptId | None = None
    #: there is a picture of that receipt
    pictured: bool = False
    edited: bool = False
    #: "blocked", "gone" or "refused": it did not arrive
    lost: str | None = None
    at: datetime


async def conversation(surroundings: Surroundings, shopper: ShopperId | None) -> list[Bubble]:
    """Return the newest bubbles of a shopper's chat; none for who never came."""
    if shopper is None:
        return []
    said = await chats.conversation(surroundings.reads, shopper, limit=SHOWN_MAX)
    return await _bubbles(surroundings, shopper, said)


async def told_about(
    surroundings: Surroundings, shopper: ShopperId, receipt: ReceiptId
) -> list[Bubble]:
    """Return what ``shopper`` was told about their ``receipt``."""
    said = await chats.said_about(surroundings.reads, receipt, limit=SHOWN_MAX)
    return await _bubbles(surroundings, shopper, said)


async def _bubbles(
    surroundings: Surroundings, shopper: ShopperId, said: Sequence[Said]
) -> list[Bubble]:
    return [
        _said(line, await _opened(surroundings, shopper, line)) if line.type == SAID else _did(line)
        for line in said
    ]


async def _opened(surroundings: Surroundings, shopper: ShopperId, line: Said) -> _Notice | None:
    """Return what was said, None when it opens no more or is of a shape we do not know."""
    try:
        sealed = line.text_sealed or ""
        opened = await surroundings.vault.open(shopper, "notice", sealed)
        return msgspec.json.decode(opened, type=_Notice)
    except (KeyDestroyed, SecretUnusable, msgspec.DecodeError) as closed:
        log.warning("notice.not_shown", seq=line.seq, why=type(closed).__name__)
        return None


def _said(line: Said, notice: _Notice | None) -> Bubble:
    return Bubble(
        seq=line.seq,
        side="bot",
        text=None if notice is None else safe_markup(notice.text),
        keys=[] if notice is None else [[_key(each) for each in row] for row in notice.buttons],
        keyboard="" if notice is None else notice.keyboard_label,
        receipt=line.receipt,
        edited=line.edits > 0 or line.outcome == "edited",
        lost=line.outcome if line.outcome in ("blocked", "gone", "refused") else None,
        at=line.edited_at or line.at,
    )


def _key(button: _Button) -> Key:
    asked = WHY.fullmatch(button.action)
    act = f"/intake/receipts/{asked[1]}" if asked else ACTS.get(button.action)
    return Key(label=button.label, url=web_address(button.url), act=act)


def _did(line: Said) -> Bubble:
    words = f"did.{line.type}"
    if line.type == "ShopperAsked":
        words = f"asked.{line.about}"
    elif line.type == "LanguageChosen":
        words = f"chosen.{line.about}"
    return Bubble(
        seq=line.seq,
        side="shopper",
        words=f"chat.{words}",
        receipt=line.receipt if line.type == "ReceiptUploaded" else None,
        pictured=line.preview_sha256 is not None,
        at=line.at,
    )
