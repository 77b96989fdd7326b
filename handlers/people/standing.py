"""What a shopper's own stream says now, and how something is added to it.

Being forgotten draws a line: consent and phone from before it count no more.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from eventstore.catalogue import Event, PhoneShared, ShopperForgotten
from eventstore.chats import now_of, since_forgotten
from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.identity import EventId, ShopperId, shopper_stream
from eventstore.people import Leaving
from eventstore.pool import Connection
from eventstore.store import Append, Context, EventStore, Recorded

#: Rounds of two browser tabs of one shopper racing for the shopper's stream.
RACES_MAX = 100

#: A fact with its id.
Wish = tuple[EventId, Event]


class Standing(Struct, frozen=True, kw_only=True):
    """How a shopper stands with us."""

    #: there is a fact since the shopper was last forgotten
    known: bool
    consented: bool
    #: the one to top up
    phone: PhoneShared | None
    #: the shopper wants to be forgotten, and that is not finished yet
    leaving: bool
    #: how often the shopper was forgotten
    forgotten: int
    #: as ``ShopperNow.gone``
    gone: bool


def standing_of(facts: Sequence[Event | None]) -> Standing:
    """Return how a shopper with these facts stands; None is one of a newer release."""
    now, since = now_of(facts), since_forgotten(facts)
    phones = [fact for fact in since if isinstance(fact, PhoneShared)]
    return Standing(
        known=bool(since),
        consented=now.consented,
        phone=phones[-1] if phones else None,
        leaving=now.leaving,
        forgotten=sum(isinstance(fact, ShopperForgotten) for fact in facts),
        gone=now.gone,
    )


def left_since(told: Sequence[Recorded], begun: Recorded) -> bool:
    """Tell whether the shopper whose facts are ``told`` asked to be forgotten after ``begun``,
    whoever came back since.
    """
    now = standing_of([fact.event for fact in told])
    then = standing_of([fact.event for fact in told if fact.position < begun.position])
    return now.leaving or now.forgotten > then.forgotten


async def standing_now(store: EventStore, shopper: ShopperId) -> tuple[list[Recorded], Standing]:
    """Return the shopper's facts and what they say; raises ``Leaving``."""
    records = await store.read_stream(shopper_stream(shopper))
    standing = standing_of([record.event for record in records])
    if standing.leaving:
        raise Leaving(shopper)
    return records, standing


async def _nothing(_: Connection) -> None:
    """Do nothing else in a transaction."""


async def add_to(
    store: EventStore,
    shopper: ShopperId,
    wish: Callable[[Sequence[Recorded], Standing], Awaitable[Wish | None]],
    *,
    actor: str = "shopper",
    also: Callable[[Connection], Awaitable[None]] = _nothing,
) -> None:
    """Add what ``wish`` makes of the shopper's facts, anew after each lost race.

    ``also`` runs in the same transaction. Raises ``Leaving``, ``LogUnavailable``.
    """
    for _ in range(RACES_MAX):
        records, standing = await standing_now(store, shopper)
        fact = await wish(records, standing)
        if fact is None:
            return
        stream = shopper_stream(shopper)
        append = Append(stream=stream, expected=len(records) - 1, events=[fact])
        context = Context(correlation_id=shopper, causation_id=None, actor=actor)
        with suppress(WrongExpectedVersion, EventIdReused):
            await store.append_with(append, context=context, also=also)
            return
    raise LogUnavailable("this shopper's facts change without pause; try again")
