"""Money is held while this database may not know what was paid; a person lets it go again.

A database that was restored, or that took over with its newest facts missing, owes what was
paid already. That is noticed when a process that pays starts, once a minute after that, and in
the transaction that lets a request leave. What is noticed becomes a fact, once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from msgspec import Struct

from eventstore.attachments import Attachments, AttachmentsUnavailable
from eventstore.catalogue import ClusterSeen, Event, PayoutsHeld
from eventstore.cluster import lost_checkpoints, sight, sight_now
from eventstore.errors import EventStoreError, LogUnavailable, WrongExpectedVersion
from eventstore.holding import is_restored, standing_holds
from eventstore.identity import CLUSTER_STREAM, PAYOUTS_SWITCH, EventId, StreamName
from eventstore.pool import Connection
from eventstore.store import Append, Context, EventStore, Recorded, now_utc

log = structlog.get_logger()

#: A look costs two reads and a listing: seldom enough to cost nothing, often enough for the one
#: case that only a look finds, a disk that was put back under a running process.
LOOK_SECONDS = 60.0
#: A look is good for so long: the attachment store may be away for some minutes without holding
#: anybody's bonus, but nothing leaves for ever on what was so once.
LOOK_GOOD_SECONDS = 600.0
#: What a person is told who asks how payouts stand when a look saw no attachments.
SILENT = (
    f"the attachment store does not answer: after {LOOK_GOOD_SECONDS // 60:.0f} min nothing leaves"
    " until it does; look at STORAGE_ENDPOINT or the disk"
)
#: Held payouts are looked at again after this: a person needs longer anyway, and thousands of
#: them must not keep a database busy.
HELD_SECONDS = 120.0
#: Checkpoints that one hold names, so that its fact stays small; older ones count as told.
TOLD_MAX = 1_000
#: Rounds of processes that start together and notice the same.
RACES_MAX = 100

_CONTEXT = Context(correlation_id="payouts-switch", causation_id=None, actor="hold")


class PayoutsOnHold(EventStoreError):
    """Nothing may leave now; ``why`` is a cause of ``PayoutsHeld``, or what is not known."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"payouts are held ({why}); `payouts status` says what to do")


class Switch(Struct, frozen=True, kw_only=True):
    """What stands in the log about this database and about holding money."""

    #: where the log last said it lives
    seen: str | None
    #: the newest fact that holds money, None when nothing does
    held: PayoutsHeld | None
    #: all that nobody released: a pause may stand on top of a restore
    holds: tuple[PayoutsHeld, ...]
    #: sizes of the lost checkpoints that a hold told of: they are known to be gone
    told: frozenset[int]
    #: all smaller ones are known too
    told_below: int

    @property
    def paused(self) -> bool:
        """Whether a person holds money, whatever else does."""
        return any(hold.cause == "paused" for hold in self.holds)

    @property
    def must_compare(self) -> bool:
        """Whether this database may not know what was paid: a statement must be compared."""
        return is_restored(self.holds)


def switch_of(cluster: Sequence[Event | None], switch: Sequence[Event | None]) -> Switch:
    """Return what the facts of both streams say; pure."""
    seen = [event.identity for event in cluster if isinstance(event, ClusterSeen)]
    holds = [event for event in switch if isinstance(event, PayoutsHeld)]
    standing = standing_holds(switch)
    told = [hold.checkpoints_lost for hold in holds]
    return Switch(
        seen=seen[-1] if seen else None,
        held=standing[-1] if standing else None,
        holds=standing,
        told=frozenset(size for sizes in told for size in sizes),
        told_below=max((sizes[0] for sizes in told if len(sizes) >= TOLD_MAX), default=0),
    )


def noticed(
    known: str | None, *, identity: str, lost: list[int]
) -> tuple[ClusterSeen | None, PayoutsHeld | None]:
    """Return what is to be recorded of database ``identity`` when ``known`` was expected; pure.

    ``lost`` are the sizes of checkpoints that tell of lost facts and were not told yet, in
    order. The first database of a log is no restore.
    """
    moved = known is not None and known != identity
    held: PayoutsHeld | None = None
    if moved or lost:
        held = PayoutsHeld(
            cause="restored" if moved else "checkpoint_ahead",
            checkpoint_size=lost[-1] if lost else None,
            checkpoints_lost=lost,
        )
    return (None if known == identity else ClusterSeen(identity=identity)), held


async def is_held(store: EventStore) -> bool:
    """Tell whether nobody may be paid, or told anything, from this database now."""
    now = await sight_now(store)
    return not (now.at_home and now.released)


class Hold:
    """The gate before everything that leaves for the world and cannot be taken back."""

    def __init__(
        self,
        *,
        store: EventStore,
        attachments: Attachments,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Compare ``store`` with the checkpoints among ``attachments``."""
        self._store = store
        self._attachments = attachments
        self._clock = clock
        #: the last look, and the last one that saw the attachments too
        self._looked_at: datetime | None = None
        self._good_at: datetime | None = None
        #: whether the last look saw no attachments, and an alarm told that this holds money
        self.attachments_silent = False
        self._silence_told = False
        #: where this process found the log: a database that was emptied knows nothing of it
        self._identity: str | None = None

    async def look(self) -> Switch:
        """Notice what there is to notice and return how the switch stands then.

        A silent attachment store stops nothing here; ``check`` remembers. Raises
        ``LogUnavailable``.
        """
        for _ in range(RACES_MAX):
            cluster = await self._store.read_stream(CLUSTER_STREAM)
            holds = await self._store.read_stream(PAYOUTS_SWITCH)
            switch = switch_of(_events(cluster), _events(holds))
            lost = await self._lost(switch)
            identity = (await sight_now(self._store)).identity
            seen, held = noticed(switch.seen or self._identity, identity=identity, lost=lost)
            try:
                await self._record(cluster, seen, holds, held)
            except WrongExpectedVersion:
                continue  # another process noticed first
            self._identity, self._looked_at = identity, self._clock()
            if held is None:
                return switch
            log.error("payouts.held", cause=held.cause, checkpoint_size=held.checkpoint_size)
            return switch_of([ClusterSeen(identity=identity)], [*_events(holds), held])
        raise LogUnavailable("the payouts' switch changes without pause; try again")

    async def look_if_due(self) -> None:
        """Look, if the last time was too long ago."""
        if self._since(self._looked_at) >= timedelta(seconds=LOOK_SECONDS):
            await self.look()

    async def check(self, connection: Connection) -> None:
        """Raise ``PayoutsOnHold`` unless a request may leave on what ``connection`` commits now.

        In the transaction that records the attempt: a database that took over between a look
        and the commit cannot slip in.
        """
        now = await sight(connection)
        if not now.at_home:
            self._looked_at = None  # the next look makes it a fact
            raise PayoutsOnHold("restored")
        if not now.released:
            raise PayoutsOnHold("held")
        if self._since(self._good_at) > timedelta(seconds=LOOK_GOOD_SECONDS):
            raise PayoutsOnHold("attachments_silent")

    async def _lost(self, switch: Switch) -> list[int]:
        """Return the newest lost checkpoints that no hold told of."""
        try:
            lost = await lost_checkpoints(
                self._store, self._attachments, beyond=max(0, switch.told_below - 1)
            )
        except AttachmentsUnavailable as silent:
            self._silent(str(silent))
            return []
        self._good_at = self._clock()
        self.attachments_silent = self._silence_told = False
        return [size for size in lost if size not in switch.told][-TOLD_MAX:]

    def _silent(self, error: str) -> None:
        """Remember that the attachments do not answer; alarm once, when that holds money."""
        self.attachments_silent = True
        if self._silence_told or self._since(self._good_at) <= timedelta(seconds=LOOK_GOOD_SECONDS):
            log.warning("payouts.checkpoints_unseen", error=error)
            return
        self._silence_told = True
        log.error("payouts.held_by_silent_attachments", error=error)

    async def _record(
        self,
        cluster: Sequence[Recorded],
        seen: ClusterSeen | None,
        holds: Sequence[Recorded],
        held: PayoutsHeld | None,
    ) -> None:
        """Append what was noticed, both in one append: either process tells it, or the other."""
        facts = ((CLUSTER_STREAM, cluster, seen), (PAYOUTS_SWITCH, holds, held))
        appends = [append_behind(stream, records, fact) for stream, records, fact in facts if fact]
        if appends:
            await self._store.append(*appends, context=_CONTEXT)

    def _since(self, moment: datetime | None) -> timedelta:
        """Return how long ago ``moment`` was; a clock that was set back says nothing good."""
        return timedelta.max if moment is None else abs(self._clock() - moment)


def append_behind(stream: StreamName, records: Sequence[Recorded], fact: Event) -> Append:
    """Return the append of ``fact`` behind ``records``, which are all of ``stream``."""
    return Append(stream=stream, expected=len(records) - 1, events=[(EventId(uuid4()), fact)])


def _events(records: Sequence[Recorded]) -> list[Event | None]:
    return [record.event for record in records]
