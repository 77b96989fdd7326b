"""What a decision is made by: the policy in force and the list of goods.

Read anew for each decision and each payment: both are short streams, and what was adopted a
moment ago holds at once in every process.
"""

from contextlib import suppress
from datetime import date
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from eventstore.catalogue import PolicyAdopted
from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.identity import POLICY_STREAM, EventId, edge_event_id
from eventstore.policy import Policy
from eventstore.store import NO_STREAM, Append, Context, EventStore, Recorded
from handlers.goods.product_list import product_list
from handlers.goods.products import Products, products_on
from handlers.judging.policy import TODAY
from handlers.rules import RULES

#: Rounds of a new database whose first processes all begin with the same fact.
_ROUNDS_MAX = 3
_CONTEXT = Context(correlation_id="system-policy", causation_id=None, actor="release")


class InForce(Struct, frozen=True, kw_only=True):
    """A policy, and the fact that decisions cite for it."""

    policy: Policy
    #: of its ``PolicyAdopted``
    adopted_by: EventId


async def adopted_policy(store: EventStore) -> InForce | None:
    """Return what was adopted last, None in a log that nobody decided anything in yet.

    Raises ``LogUnavailable`` also when only a newer release can read it.
    """
    lasts = await store.read_lasts([POLICY_STREAM])
    return in_force(lasts[POLICY_STREAM]) if lasts else None


def in_force(last: Recorded) -> InForce:
    """Return what the last fact of the policy's stream says; raises ``LogUnavailable``."""
    if not isinstance(last.event, PolicyAdopted):
        raise LogUnavailable("the policy in force is for a newer release: start that one")
    return InForce(policy=last.event.policy, adopted_by=last.event_id)


async def policy_now(store: EventStore) -> InForce:
    """Return the policy in force; a log without one adopts the built-in one first.

    Raises ``LogUnavailable``.
    """
    for _ in range(_ROUNDS_MAX):
        if (adopted := await adopted_policy(store)) is not None:
            return adopted
        fact = (
            edge_event_id(POLICY_STREAM, "built-in"),
            PolicyAdopted(policy=TODAY, reason="built in"),
        )
        first = Append(stream=POLICY_STREAM, expected=NO_STREAM, events=[fact])
        with suppress(WrongExpectedVersion, EventIdReused):  # another process adopted one first
            await store.append(first, context=_CONTEXT)
    raise LogUnavailable("the policy's stream gives no answer; try again")


class Terms(Struct, frozen=True, kw_only=True):
    """All that a decision cites besides what the receipt itself says."""

    policy: Policy
    #: the ``PolicyAdopted`` it comes from, None when it was made up to ask "what if"
    adopted_by: EventId | None = None
    products: Products


class TermsNow(Protocol):
    """Says by what is decided now."""

    async def at(self, bought_on: date) -> Terms:
        """Return the terms for what was bought on that Kyiv day."""


class TermsBook:
    """The terms as the log tells them."""

    def __init__(self, *, store: EventStore) -> None:
        """Read both from ``store``."""
        self._store = store

    async def at(self, bought_on: date) -> Terms:
        """Return what is in force, under this release's rules; raises ``LogUnavailable``."""
        now = await policy_now(self._store)
        listed = await product_list(self._store)
        return Terms(
            policy=replace(now.policy, rules=RULES),
            adopted_by=now.adopted_by,
            products=products_on(listed, bought_on),
        )
