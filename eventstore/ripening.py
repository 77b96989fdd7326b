"""Work made of facts only once they are old: until then they wait in the ledger, as they stand.

What is due in 90 days could wait as work, but at 10,000 facts a day that would be 900,000 items
which every look for work has in its way. The ledger keeps the facts anyway, and a cursor that
follows its head at a distance costs one row.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from eventstore.store import QUERIES, EventStore, now_utc
from eventstore.worklist import PLAN_EVENTS_MAX, Planned, Worklist

#: Items due at once; more stay in the ledger until these are done, as when a log of years is
#: looked at for the first time. What waits for something else, or for a person, is not counted.
DUE_ITEMS_MAX = 10_000


class RipeningWorklist(Worklist):
    """The work of one handler that looks at facts when they are so old."""

    def __init__(
        self,
        *,
        store: EventStore,
        handler: str,
        types: frozenset[str],
        age: timedelta,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Plan facts of ``types`` that are older than ``age``."""
        super().__init__(store=store, handler=handler, types=types)
        self._age = age
        self._clock = clock

    @property
    def cursor(self) -> str:
        """Name of the planner's cursor, which is far behind the head and means to be."""
        return f"later/{self._handler}"

    async def _look(self) -> Planned | None:
        """Pass what lies before the first fact that is too young, None while enough is due.

        One that is out of order by its writer's clock makes the others wait for it, at most as
        long as its seal takes to be old enough.
        """
        pool = self._store.pool
        if await pool.fetchval(QUERIES["has_enough_to_do"], self._handler, DUE_ITEMS_MAX):
            return None
        ripe_until = self._clock() - self._age
        ripe = await pool.fetchrow(QUERIES["ripe_ahead"], self.cursor, PLAN_EVENTS_MAX, ripe_until)
        if ripe is None:
            return None
        after, upto = ripe
        done = await pool.fetchrow(
            QUERIES["plan_work"], self._handler, self._types, after, upto, self.cursor
        )
        assert done is not None, "it counts"
        return Planned(passed=upto - after, **done)
