"""What every wish of an edge stands on, and the ways in which one cannot become a fact."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from eventstore.attachments import Attachments
from eventstore.catalogue import PhotoRefusal
from eventstore.chats import wish_id
from eventstore.identity import ShopperId
from eventstore.people import Leaving
from eventstore.store import Context, EventStore, now_utc
from eventstore.vault import Vault


class CommandError(Exception):
    """Base of every wish that cannot become a fact."""


class UploadRefused(CommandError):
    """The photo was not taken; ``reason`` is a code that edges turn into words."""

    def __init__(self, reason: PhotoRefusal) -> None:
        self.reason = reason
        super().__init__(f"the photo was not taken: {reason}")


class ForgettingUnderWay(UploadRefused):
    """The shopper asked to be forgotten; until that is done nothing new is taken from them."""

    def __init__(self) -> None:
        super().__init__("forgetting")


class ShopperUnknown(CommandError):
    """There is no shopper with this id."""

    def __init__(self, shopper: ShopperId) -> None:
        self.shopper = shopper
        super().__init__(f"there is no shopper {shopper!r}; ids stand in `events tail`")


class Wishes:
    """Base of the wishes that edges have, by whom they come from."""

    def __init__(
        self,
        *,
        store: EventStore,
        attachments: Attachments,
        vault: Vault,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """By ``clock`` it is told what comes too soon after what stands in the log."""
        self._store = store
        self._attachments = attachments
        self._vault = vault
        self._clock = clock

    async def heard(self, shopper: ShopperId, *wishes: str) -> bool:
        """Tell whether one of ``wishes`` of a chat is a fact already: it comes again."""
        return bool(await self._store.read_events([wish_id(shopper, each) for each in wishes]))


@contextmanager
def refused_while_leaving() -> Iterator[None]:
    """Tell in an edge's words that the shopper asked to be forgotten."""
    try:
        yield
    except Leaving as leaving:
        raise ForgettingUnderWay from leaving


def context_of(correlation: str, actor: str) -> Context:
    """Return what the metadata of a fact says that follows from no other."""
    return Context(correlation_id=correlation, causation_id=None, actor=actor)
