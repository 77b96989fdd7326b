"""Callbacks that were refused: counted by reason, and told in one line a minute.

Whoever knocks at the door without a token must not fill the log: nothing of what was sent is
kept, and a thousand knocks are one line. The counts are of this process.
"""

import asyncio
from collections import Counter

import structlog

log = structlog.get_logger()

#: A flood of refusals is one line in this time.
PERIOD_SECONDS = 60.0


class Refusals:
    """Counts what was refused, and tells of it."""

    def __init__(self, *, period_seconds: float = PERIOD_SECONDS) -> None:
        """Tell ``period_seconds`` after the first refusal that was not told of."""
        self._period_seconds = period_seconds
        self._untold: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        #: reason -> how often, since this process started
        self.totals: Counter[str] = Counter()

    def count(self, why: str) -> None:
        """Count one refusal; ``why`` is a word of ours, nothing that was sent."""
        self.totals[why] += 1
        self._untold[why] += 1
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._period_seconds, self.tell)

    def tell(self) -> None:
        """Tell now of what was not told yet: before the process ends, say."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._untold:
            told = dict(sorted(self._untold.items()))
            log.warning("callbacks.refused", total=self._untold.total(), reasons=told)
            self._untold.clear()
