"""How everything stands, as far as the read models and a few short streams tell at once."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import msgspec

from eventstore import sql
from eventstore.catalogue import PayoutsHeld
from eventstore.identity import KYIV, PAYOUTS_SWITCH
from projections import payouts, receipts, review_queue
from projections.receipts import Reads
from projections.review_queue import Load
from web.budget import Budget, budget_today

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: Alerts on the page; all of them are in `events tail`.
ALERTS_MAX = 10


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that holds money."""

    #: as in ``PayoutsHeld``
    cause: str
    reason: str | None
    since: datetime


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that a person must hear of."""

    type: str
    #: what it is about: a payout, a callback, a day
    about: str
    #: its fields
    facts: dict[str, Any]
    at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that the first page tells."""

    #: empty: money goes
    holds: list[Held]
    #: receipts by state: those that came in on this Kyiv day, and all
    receipts_today: dict[str, int]
    receipts: dict[str, int]
    review: Load
    payouts_unknown: int
    payouts_contradicted: int
    parked: int
    budget: Budget
    alerts: list[Alert]


async def standing_now(reads: Reads) -> Standing:
    """Return how everything stands."""
    midnight = datetime.combine(datetime.now(KYIV).date(), time.min, tzinfo=KYIV)
    return Standing(
        holds=[_held(row) for row in await reads.fetch(SQL["holds"], PAYOUTS_SWITCH)],
        receipts_today=await receipts.counts(reads, since=midnight),
        receipts=await receipts.counts(reads),
        review=await review_queue.load(reads),
        payouts_unknown=(await payouts.counts(reads)).get("unknown", 0),
        payouts_contradicted=await payouts.contradicted(reads),
        parked=(await reads.fetchrow(SQL["parked"]))["total"],
        budget=await budget_today(reads),
        alerts=[_alert(row) for row in await reads.fetch(SQL["alerts"], ALERTS_MAX)],
    )


def _held(row: Any) -> Held:
    held = msgspec.json.decode(row["data"], type=PayoutsHeld)
    return Held(cause=held.cause, reason=held.reason, since=row["recorded_at"])


def _alert(row: Any) -> Alert:
    return Alert(
        type=row["type"],
        about=row["stream"].partition("-")[2],
        facts=msgspec.json.decode(row["data"]),
        at=row["recorded_at"],
    )
