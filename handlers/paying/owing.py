"""What is owed and can never leave, since it exceeds all that a whole day may cost."""

from itertools import groupby

from msgspec import Struct

from eventstore.catalogue import PolicyAdopted
from eventstore.identity import POLICY_STREAM, Kopecks
from eventstore.payments import owed_above
from eventstore.showing import uah
from eventstore.store import EventStore
from handlers.paying.payout_steps import Send, next_step, owed, understood


class OverADay(Struct, frozen=True, kw_only=True):
    """Bonuses granted by a larger policy than the budget of now."""

    payouts: int
    #: of the largest one
    most_kopecks: Kopecks

    def __str__(self) -> str:
        how = f"{self.payouts} of up to {uah(self.most_kopecks)}"
        return f"owed bonuses exceed a whole day's budget and never leave: {how}"


async def over_a_day(store: EventStore, *, limit_kopecks: Kopecks) -> OverADay | None:
    """Return what would leave by itself, and with ``limit_kopecks`` a day never does.

    Only a policy that granted more can have left such a bonus: of most logs nothing more is read.
    """
    told = [fact.event for fact in await store.read_stream(POLICY_STREAM)]
    granted = [event.policy.bonus_kopecks for event in told if isinstance(event, PolicyAdopted)]
    if max(granted, default=0) <= limit_kopecks:
        return None
    facts = await store.read_streams(await owed_above(store, limit_kopecks))
    waiting: list[Kopecks] = []
    for _, records in groupby(facts, key=lambda fact: fact.stream):
        history = understood(list(records))
        if history is not None and isinstance(next_step(history, pays=True), Send):
            waiting.append(owed(history).amount_kopecks)
    return OverADay(payouts=len(waiting), most_kopecks=max(waiting)) if waiting else None
