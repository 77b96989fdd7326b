"""How much one person may ask for in a minute before we stop listening for a while."""

from collections import OrderedDict, deque

#: An album has ten photos; whoever writes more than two of them in a minute is a program.
WISHES_PER_MINUTE_MAX = 20
#: People remembered; the one heard least lately is forgotten first.
PEOPLE_MAX = 10_000
MINUTE_SECONDS = 60.0


class Crowd:
    """Counts wishes in this process: a guard of the log, not a rule that anybody relies on."""

    def __init__(self) -> None:
        self._heard: OrderedDict[int, deque[float]] = OrderedDict()

    def lets_in(self, person: int, at: float) -> bool:
        """Count one wish of ``person``; False when there were too many in the minute before it.

        ``at``: when it was written, seconds since 1970. What was written in an hour in which we
        were away comes at once, and is not too much.
        """
        heard = self._heard.setdefault(person, deque(maxlen=WISHES_PER_MINUTE_MAX))
        self._heard.move_to_end(person)
        while len(self._heard) > PEOPLE_MAX:
            self._heard.popitem(last=False)
        if len(heard) == WISHES_PER_MINUTE_MAX and at - heard[0] < MINUTE_SECONDS:
            return False
        heard.append(at)
        return True
