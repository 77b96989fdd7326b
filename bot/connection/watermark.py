"""How far everything became a fact.

A *place* is how far a reader of Telegram's updates came. Telegram tells, for any place, what
came since (a *difference*) and the place behind it. The place we keep is the newest one that
leaves no unfinished message behind it. What is finished already though that place lies before
it is kept by id, so that nothing is handled twice after an orderly stop.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: Ids known to have come: a message may arrive by a push and again by a difference soon after.
SEEN_MAX = 10_000
#: Finished ids kept beside the place: more would only be handled again after a crash.
AHEAD_MAX = 1_000


class Place(NamedTuple):
    """How far a reader of Telegram's updates came."""

    #: messages so far
    pts: int
    #: updates of other kinds so far
    qts: int
    #: Telegram's clock, seconds since 1970
    date: int


class Progress(NamedTuple):
    """What is worth keeping: the next reader goes on from here."""

    place: Place
    #: ids, ascending, of finished messages that a difference from ``place`` brings again
    finished: tuple[int, ...]


class Watermark:
    """Follows each message from its arrival until it is finished."""

    def __init__(self, kept: Progress) -> None:
        """Go on from what was ``kept``."""
        #: the place to ask the next difference from
        self.newest = kept.place
        self._safe = kept.place
        self._ahead = set(kept.finished)
        self._seen = deque(kept.finished, maxlen=SEEN_MAX)
        self._known = set(kept.finished)
        self._unfinished: set[int] = set()
        #: places not yet safe, each with the ids its difference brought
        self._steps: deque[tuple[Place, frozenset[int]]] = deque()

    def arrived(self, message_id: int) -> bool:
        """Note a message; False when it came before, so that it is not handled again."""
        if message_id in self._known:
            return False
        if len(self._seen) == SEEN_MAX:
            self._known.discard(self._seen[0])
        self._seen.append(message_id)
        self._known.add(message_id)
        self._unfinished.add(message_id)
        return True

    def read(self, place: Place, message_ids: Sequence[int]) -> list[int]:
        """Note a difference from ``newest`` to ``place``; return the ids not seen before."""
        fresh = [message_id for message_id in message_ids if self.arrived(message_id)]
        self._steps.append((place, frozenset(message_ids)))
        self.newest = place
        self._advance()
        return fresh

    def finished(self, message_id: int) -> None:
        """Note that a message became a fact, or asked for none."""
        if message_id in self._unfinished:
            self._unfinished.discard(message_id)
            self._ahead.add(message_id)
            self._advance()

    def progress(self) -> Progress:
        """Return the newest place with nothing unfinished behind it, and what is beyond it."""
        return Progress(self._safe, tuple(sorted(self._ahead)[-AHEAD_MAX:]))

    def unfinished(self) -> frozenset[int]:
        """Return the ids of messages in hand or waiting."""
        return frozenset(self._unfinished)

    def _advance(self) -> None:
        while self._steps and self._unfinished.isdisjoint(self._steps[0][1]):
            self._safe, message_ids = self._steps.popleft()
            self._forget_up_to(message_ids)

    def _forget_up_to(self, message_ids: Iterable[int]) -> None:
        """Drop finished ids the place has passed: ids grow, so all up to the largest of them."""
        passed = max(message_ids, default=0)
        self._ahead = {message_id for message_id in self._ahead if message_id > passed}
