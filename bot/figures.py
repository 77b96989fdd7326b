"""How things stand, in the few figures that staff ask for in the chat."""

from datetime import datetime

from bot.words.telling_staff import Figures
from eventstore.catalogue import BudgetExhausted, BudgetUsed, PolicyAdopted
from eventstore.holding import standing_holds
from eventstore.identity import (
    KYIV,
    PAYOUTS_SWITCH,
    POLICY_STREAM,
    Kopecks,
    budget_stream,
)
from eventstore.parking import parked_work
from eventstore.policy import Policy
from eventstore.store import EventStore
from projections import payouts, review_queue


async def figures_now(store: EventStore, *, at: datetime) -> Figures:
    """Return the figures as the log and the read models have them ``at`` this moment."""
    switch = await store.read_stream(PAYOUTS_SWITCH)
    holds = standing_holds([fact.event for fact in switch])
    return Figures(
        held=holds[-1].cause if holds else "",
        in_review=(await review_queue.load(store.pool)).items,
        payouts_unknown=(await payouts.counts(store.pool)).get("unknown", 0),
        budget_left_kopecks=await budget_left(store, at=at),
        work_parked=len(await parked_work(store)),
    )


async def budget_left(store: EventStore, *, at: datetime) -> Kopecks:
    """Return what may still be asked of Portmone on the Kyiv day of ``at``."""
    today = budget_stream(at.astimezone(KYIV).date())
    lasts = await store.read_lasts([today, POLICY_STREAM])
    adopted, told = (
        lasts[stream].event if stream in lasts else None for stream in (POLICY_STREAM, today)
    )
    policy = adopted.policy if isinstance(adopted, PolicyAdopted) else Policy(rules="built in")
    used = told.used_kopecks if isinstance(told, BudgetUsed | BudgetExhausted) else 0
    return Kopecks(max(0, policy.budget_per_day_kopecks - used))
