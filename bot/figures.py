"""How things stand, in the few figures that staff ask for in the chat."""

from datetime import datetime

from bot.telling_staff import Figures
from eventstore.catalogue import BudgetUsed
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
    today = budget_stream(at.astimezone(KYIV).date())
    lasts = await store.read_lasts([today, POLICY_STREAM])
    used = [
        fact.event.used_kopecks
        for fact in await store.read_stream(today)
        if isinstance(fact.event, BudgetUsed)
    ]
    policy = lasts[POLICY_STREAM].event.policy if POLICY_STREAM in lasts else Policy(rules="")
    left = policy.budget_per_day_kopecks - (used[-1] if used else 0)
    return Figures(
        held=holds[-1].cause if holds else "",
        in_review=(await review_queue.load(store.pool)).items,
        payouts_unknown=(await payouts.counts(store.pool)).get("unknown", 0),
        budget_left_kopecks=Kopecks(max(0, left)),
        work_parked=len(await parked_work(store)),
    )
