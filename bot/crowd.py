"""How much one person may ask for before we stop listening for a while."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from math import inf

#: An album has ten photos; whoever writes more than two of them in a minute is hardly a person.
WISHES_PER_MINUTE_MAX = 20
#: Of so many albums beyond that one photo is let in all the same: their writer is told.
ALBUMS_MORE_PER_MINUTE_MAX = 5
#: So are those who write all day: each wish is read, recorded and answered.
WISHES_PER_DAY_MAX = 300
#: People remembered; the one heard least lately is forgotten first.
PEOPLE_MAX = 10_000
MINUTE_SECONDS, DAY_SECONDS = 60.0, 24 * 3600.0


@dataclass(slots=True)
class _Heard:
    """What one person was heard with."""

    #: when, the newest ones
    at: deque[float] = field(default_factory=lambda: deque(maxlen=WISHES_PER_MINUTE_MAX))
    #: the newest album of which a photo was let in
    album: int | None = None
    #: when one was let in beyond the limit of a minute
    beyond_at: deque[float] = field(
        default_factory=lambda: deque(
            [-inf] * ALBUMS_MORE_PER_MINUTE_MAX, ALBUMS_MORE_PER_MINUTE_MAX
        )
    )
    #: days since 1970, and how many in that one
    day: float = 0.0
    that_day: int = 0


class Crowd:
    """Counts wishes of one connection: a guard of the log, not a rule that anybody relies on."""

    def __init__(self, *, spared: frozenset[int] = frozenset()) -> None:
        """Let those who are ``spared``, such as staff amid an incident, always in."""
        self._spared = spared
        self._heard: OrderedDict[int, _Heard] = OrderedDict()

    def lets_in(self, person: int, at: float, album: int | None = None) -> bool:
        """Count one wish of ``person``; False when there were too many in its minute or day.

        ``at``: when it was written, seconds since 1970. What was written in an hour in which we
        were away comes at once, and is not too much. ``album``: the one that it is a photo of.
        """
        if person in self._spared:
            return True
        heard = self._heard.setdefault(person, _Heard())
        self._heard.move_to_end(person)
        while len(self._heard) > PEOPLE_MAX:
            self._heard.popitem(last=False)
        if heard.day != at // DAY_SECONDS:
            heard.day, heard.that_day = at // DAY_SECONDS, 0
        if heard.that_day == WISHES_PER_DAY_MAX or not _fits_the_minute(heard, at, album):
            return False
        heard.that_day += 1
        heard.album = album or heard.album
        return True


def _fits_the_minute(heard: _Heard, at: float, album: int | None) -> bool:
    if len(heard.at) < WISHES_PER_MINUTE_MAX or at - heard.at[0] >= MINUTE_SECONDS:
        heard.at.append(at)
        return True
    if album in (None, heard.album) or at - heard.beyond_at[0] < MINUTE_SECONDS:
        return False
    heard.beyond_at.append(at)
    return True
