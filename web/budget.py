"""What this Kyiv day may cost and has cost so far."""

from datetime import datetime
from pathlib import Path

import msgspec

from eventstore import sql
from eventstore.catalogue import PolicyAdopted
from eventstore.identity import KYIV, POLICY_STREAM, Kopecks, budget_stream
from eventstore.policy import Policy
from projections.receipts import Reads

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A day's budget."""

    limit_kopecks: Kopecks
    used_kopecks: Kopecks

    @property
    def left_kopecks(self) -> Kopecks:
        """What may still be asked of Portmone; never less than nothing."""
        return Kopecks(max(0, self.limit_kopecks - self.used_kopecks))


async def budget_today(reads: Reads) -> Budget:
    """Return today's budget; without a policy, the one that is built in."""
    today = budget_stream(datetime.now(KYIV).date())
    row = await reads.fetchrow(SQL["budget"], POLICY_STREAM, today)
    policy = Policy(rules="built in")
    if row["policy"] is not None:
        policy = msgspec.json.decode(row["policy"], type=PolicyAdopted).policy
    return Budget(limit_kopecks=policy.budget_per_day_kopecks, used_kopecks=row["used_kopecks"])
