"""ShopperForgotten -> deletes what was still on its way when the shopper was forgotten.

A photo is kept before its fact is written, and a worker that lost its lease may still keep a
preview: either can come after everything was deleted, and no fact will ever name it. So can
the body of a callback that looked for a wish to be forgotten before there was one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from eventstore.attachments import Attachments, own_keys
from eventstore.identity import ShopperId
from eventstore.store import EventStore, now_utc
from eventstore.worklist import Work
from handlers.people.mentions import bodies_about

log = structlog.get_logger()

#: An upload to a slow store takes two minutes with all its tries, a reading one.
LATE_SECONDS_MAX = 600.0


class SweepLeftovers:
    """Deletes once more, some minutes later, unless the shopper returned."""

    name = "sweep_leftovers"
    #: Hardly ever anything is left.
    time_limit_seconds = 60.0

    def __init__(
        self,
        *,
        store: EventStore,
        attachments: Attachments,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Delete from ``attachments``."""
        self._store = store
        self._attachments = attachments
        self._clock = clock

    async def handle(self, work: Work) -> None:
        """Wait, then delete; what a shopper who returned has sent since is left alone."""
        late_until = work.event.recorded_at + timedelta(seconds=LATE_SECONDS_MAX)
        seconds_left = (late_until - self._clock()).total_seconds()
        if seconds_left > 0:
            return await work.retry_later(min(seconds_left, LATE_SECONDS_MAX))
        if await self._store.read_stream(work.event.stream, after=work.event.version):
            return await work.finish()
        shopper = ShopperId(work.event.stream.partition("-")[2])
        for key in await own_keys(self._attachments, shopper):
            await self._attachments.delete(key)
            log.warning("shopper.leftover_deleted", key=key)
        for key in await bodies_about(self._store, shopper):  # hardly ever one is still there
            await self._attachments.delete(key)
        return await work.finish()
