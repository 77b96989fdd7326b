"""How the promotion goes, in a few figures."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from eventstore import sql
from eventstore.identity import Kopecks
from projections import payouts, receipts, review_queue
from projections.receipts import Reads

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: States of receipts that nobody has read.
NOT_READ = ("uploaded", "unreadable")
#: States in which a receipt was refused, for whatever reason.
REFUSED = ("unreadable", "rejected")
#: States in which a receipt has earned its bonus, whatever became of the money.
ACCEPTED = ("accepted", "paying", "bill_created", "pay_unknown", "paid", "pay_failed")


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it now; a share is None where there is nothing to take it of."""

    #: shoppers who ever agreed, forgotten ones included
    user_count: int
    receipt_count: int
    #: bonuses that arrived
    bonus_count: int
    bonus_kopecks: Kopecks
    #: accepted of those accepted or refused, 0..1
    acceptance_rate: float | None
    #: of the receipts that were read, those that ever waited for a person, 0..1
    review_share: float | None
    waiting_for_a_person: int
    #: from photo to money, of the receipts that are paid
    seconds_to_paid_p50: float | None
    seconds_to_paid_p90: float | None
    #: by state
    receipts: dict[str, int]
    payouts: dict[str, int]


async def statistics(reads: Reads) -> Statistics:
    """Return the figures as the read models have them now."""
    of_receipts, of_payouts = await receipts.counts(reads), await payouts.counts(reads)
    shoppers, referred, paid = [
        await reads.fetchrow(SQL[name]) for name in ("shoppers", "referred", "paid")
    ]
    accepted = _among(of_receipts, ACCEPTED)
    whole = sum(of_receipts.values())
    return Statistics(
        user_count=shoppers["total"],
        receipt_count=whole,
        bonus_count=of_payouts.get("confirmed", 0),
        bonus_kopecks=paid["kopecks"],
        acceptance_rate=_share(accepted, accepted + _among(of_receipts, REFUSED)),
        review_share=_share(referred["total"], whole - _among(of_receipts, NOT_READ)),
        waiting_for_a_person=(await review_queue.load(reads)).items,
        seconds_to_paid_p50=paid["seconds_p50"],
        seconds_to_paid_p90=paid["seconds_p90"],
        receipts=dict(sorted(of_receipts.items())),
        payouts=dict(sorted(of_payouts.items())),
    )


def _among(counted: Mapping[str, int], states: Iterable[str]) -> int:
    return sum(counted.get(state, 0) for state in states)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
