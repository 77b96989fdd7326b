"""How much one person may ask for in a minute before we stop listening for a while."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from eventstore.identity import ShopperId

#: An album has ten photos; whoever writes more than two of them in a minute is a program.
WISHES_PER_MINUTE_MAX = 20
#: People remembered; the one heard least lately is forgotten first.
PEOPLE_MAX = 10_000
MINUTE_SECONDS = 60.0


class Crowd:
    """Counts wishes in this process: a guard of the log, not a rule that anybody relies on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: OrderedDict[ShopperId, deque[float]] = OrderedDict()

    def lets_in(self, shopper: ShopperId) -> bool:
        """Count one wish of ``shopper``; False when there were too many in the last minute."""
        now = self._clock()
        heard = self._heard.setdefault(shopper, deque(maxlen=WISHES_PER_MINUTE_MAX))
        self._heard.move_to_end(shopper)
        while len(self._heard) > PEOPLE_MAX:
            self._heard.popitem(last=False)
        if len(heard) == WISHES_PER_MINUTE_MAX and now - heard[0] < MINUTE_SECONDS:
            return False
        heard.append(now)
        return True
