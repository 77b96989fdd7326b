"""What the log has and a statement of Portmone lacks."""

from collections.abc import AsyncIterator, Sequence
from itertools import groupby

from eventstore.catalogue import Event
from eventstore.payments import payouts_asked
from eventstore.store import EventStore
from handlers.paying.findings import Finding
from handlers.paying.payout_steps import bills_of, final_outcome, owed, was_paid
from handlers.paying.statements import Line

#: Payouts whose streams are read together.
STREAMS_TOGETHER = 500


async def only_ours(
    store: EventStore, lines: Sequence[Line], findings: Sequence[Finding]
) -> AsyncIterator[Finding]:
    """Yield what the log paid or still hopes for in the time of ``lines`` and none names.

    ``findings`` are those of the lines. What was asked for a moment before the last line may
    stand in the next statement.
    """
    times = [line.at for line in lines]
    named = {finding.payout for finding in findings}
    streams = await payouts_asked(store, min(times), max(times)) if times else []
    for place in range(0, len(streams), STREAMS_TOGETHER):
        facts = await store.read_streams(streams[place : place + STREAMS_TOGETHER])
        for _, records in groupby(facts, key=lambda fact: fact.stream):
            ours = lacking([record.event for record in records])
            if ours is not None and ours.payout not in named:
                yield ours


def lacking(history: Sequence[Event]) -> Finding | None:
    """Return what a statement that does not name this payout lacks, None for one that failed."""
    bonus, final, bills = owed(history), final_outcome(history), bills_of(history)
    if final is not None and not was_paid(final):
        return None
    return Finding(
        line=None,
        what="only_ours",
        bill=bills[-1] if bills else None,
        payout=bonus.payout,
        amount_kopecks=bonus.amount_kopecks,
    )
