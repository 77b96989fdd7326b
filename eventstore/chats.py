"""With whom we speak in Telegram, in which language, and how far they have come.

Both the bot, which reads streams itself, and the handlers go by this. Being forgotten draws a
line: nothing from before it counts.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from eventstore.catalogue import (
    ConsentGiven,
    Event,
    ForgettingRequested,
    LanguageChosen,
    Locale,
    PhoneShared,
    ShopperForgotten,
    ShopperStarted,
)
from eventstore.identity import (
    EventId,
    ShopperId,
    chat_stream,
    edge_event_id,
    outcome_event_id,
)
from eventstore.store import Recorded
from eventstore.vault import Vault

#: The field of ``ShopperStarted.chat_sealed`` in the vault.
CHAT = "chat"
#: The field of ``ShopperNotified.text_sealed``.
NOTICE = "notice"
#: Who says things in Telegram: its work and its cursor bear this name.
NOTICES = "bot.notices"
#: Spoken to whoever never said which one they want.
FIRST_LOCALE: Locale = "uk"


class Chat(Struct, frozen=True, kw_only=True):
    """Telegram's name of a person: what a bot needs to write to them."""

    user_id: int
    #: good for one bot only: another token gets another one
    access_hash: int


class ShopperNow(Struct, frozen=True, kw_only=True):
    """How far a shopper has come since they were last forgotten."""

    #: they wrote to the bot
    started: bool
    #: the one they chose, agreed in or have in their app, whichever was last
    locale: Locale
    consented: bool
    #: there is one to top up
    phone: bool
    #: they want to be forgotten, and that is not finished yet
    leaving: bool
    #: nothing personal is to be kept or sealed: forgotten and not back, or about to be
    gone: bool
    #: None: they did not start
    chat_sealed: str | None
    #: the facts of their beginnings, each under the ``wish_id`` of what was written
    begun_by: frozenset[EventId] = frozenset()
    #: when they were last forgotten; None: never
    forgotten_at: datetime | None = None


async def sealed_chat(vault: Vault, shopper: ShopperId, chat: Chat) -> str:
    """Return ``chat`` as ``ShopperStarted`` keeps it; raises ``VaultClosed``."""
    return await vault.seal(shopper, CHAT, msgspec.json.encode(chat))


async def chat_of(vault: Vault, shopper: ShopperId, chat_sealed: str) -> Chat:
    """Return what was sealed; raises ``KeyDestroyed``, ``SecretUnusable``, ``VaultClosed``."""
    return msgspec.json.decode(await vault.open(shopper, CHAT, chat_sealed), type=Chat)


def wish_id(shopper: ShopperId, wish: str) -> EventId:
    """Return the id of the one fact that what was written or pressed in a chat becomes."""
    return edge_event_id(chat_stream(shopper), wish)


def answer_to(fact: EventId) -> EventId:
    """Return the id of what its shopper was told because of ``fact``."""
    return outcome_event_id(fact, NOTICES, 0, 0)


def since_forgotten(facts: Sequence[Event | None]) -> Sequence[Event | None]:
    """Return those of a shopper's own facts that count; None is one of a newer release."""
    ends = [place for place, fact in enumerate(facts) if isinstance(fact, ShopperForgotten)]
    return facts[ends[-1] + 1 :] if ends else facts


def last_forgetting(own: Sequence[Recorded]) -> Recorded | None:
    """Return the fact behind which a shopper's facts count, all of them in ``own``; None: none."""
    ends = [fact for fact in own if isinstance(fact.event, ShopperForgotten)]
    return ends[-1] if ends else None


def now_of(facts: Sequence[Event | None]) -> ShopperNow:
    """Return how far a shopper with these facts, all of their own stream, has come."""
    since = since_forgotten(facts)
    starts = [fact for fact in since if isinstance(fact, ShopperStarted)]
    spoken = [
        fact for fact in since if isinstance(fact, ShopperStarted | LanguageChosen | ConsentGiven)
    ]
    leaving = any(isinstance(fact, ForgettingRequested) for fact in since)
    return ShopperNow(
        started=bool(starts),
        locale=spoken[-1].locale if spoken else FIRST_LOCALE,
        consented=any(isinstance(fact, ConsentGiven) for fact in since),
        phone=any(isinstance(fact, PhoneShared) for fact in since),
        leaving=leaving,
        gone=leaving or (bool(facts) and not since),
        chat_sealed=starts[-1].chat_sealed if starts else None,
    )
