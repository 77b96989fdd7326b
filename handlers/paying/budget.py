"""How much may still be asked of Portmone today: the day's running total, as its stream tells it.

A total is written in the append that lets a request leave, at an expected version: of two
workers that saw the same total one writes it, and the other looks again.
"""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from eventstore.catalogue import BudgetExhausted, BudgetUsed
from eventstore.errors import EventStoreError, LogUnavailable
from eventstore.identity import (
    KYIV,
    EventId,
    Kopecks,
    PayoutId,
    StreamName,
    budget_stream,
    edge_event_id,
)
from eventstore.store import NO_STREAM, Append, Recorded


class Budget(Struct, frozen=True, kw_only=True):
    """What a Kyiv day may cost and has cost so far."""

    stream: StreamName
    #: of the last fact of the stream
    version: int
    limit_kopecks: Kopecks
    used_kopecks: Kopecks
    #: it was told that this limit is reached
    exhausted: bool

    @property
    def left_kopecks(self) -> Kopecks:
        """What may still be asked for; never less than nothing."""
        return Kopecks(max(0, self.limit_kopecks - self.used_kopecks))

    def use(self, payout: PayoutId, amount: Kopecks) -> Append:
        """Return the append that counts ``payout``; raises ``OverBudget``.

        A payout has one such fact a day, whatever happens: its id says so.
        """
        if amount > self.left_kopecks:
            raise OverBudget(self)
        used = BudgetUsed(
            payout=payout,
            amount_kopecks=amount,
            used_kopecks=Kopecks(self.used_kopecks + amount),
        )
        return self._append(used_id(self.stream, payout), used)

    def exhaust(self) -> Append | None:
        """Return the append that tells of the end of the budget, None when it was told."""
        if self.exhausted:
            return None
        told = BudgetExhausted(budget_kopecks=self.limit_kopecks, used_kopecks=self.used_kopecks)
        name = f"exhausted/{self.limit_kopecks}/{self.used_kopecks}"
        return self._append(edge_event_id(self.stream, name), told)

    def _append(self, event_id: EventId, fact: BudgetUsed | BudgetExhausted) -> Append:
        return Append(stream=self.stream, expected=self.version, events=[(event_id, fact)])


class OverBudget(EventStoreError):
    """The next payout would exceed the day's budget: it waits."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        super().__init__("the day's budget is used up; `payouts status` says when money goes again")


def used_id(stream: StreamName, payout: PayoutId) -> EventId:
    """Return the id of the fact that counts ``payout`` in the day's ``stream``."""
    return edge_event_id(stream, f"used/{payout}")


def budget_after(stream: StreamName, last: Recorded | None, *, limit_kopecks: Kopecks) -> Budget:
    """Return how the budget stands after the ``last`` fact of its stream, None: a new day.

    Raises ``LogUnavailable`` when only a newer release can read that fact.
    """
    if last is None:
        version, used, exhausted = NO_STREAM, Kopecks(0), False
    elif isinstance(told := last.event, BudgetUsed | BudgetExhausted):
        version, used = last.version, told.used_kopecks
        exhausted = isinstance(told, BudgetExhausted) and told.budget_kopecks >= limit_kopecks
    else:
        raise LogUnavailable("the day's budget is for a newer release: start that one")
    return Budget(
        stream=stream,
        version=version,
        limit_kopecks=limit_kopecks,
        used_kopecks=used,
        exhausted=exhausted,
    )


def stream_of(moment: datetime) -> StreamName:
    """Return the stream of the Kyiv day of ``moment``."""
    return budget_stream(_day(moment))


def seconds_to_midnight(moment: datetime) -> float:
    """Return the seconds from ``moment`` to the next Kyiv midnight."""
    midnight = datetime.combine(_day(moment) + timedelta(days=1), time.min, tzinfo=KYIV)
    # In UTC: a difference within one zone would ignore the night on which clocks are changed.
    return (midnight.astimezone(UTC) - moment.astimezone(UTC)).total_seconds()


def _day(moment: datetime) -> date:
    return moment.astimezone(KYIV).date()
