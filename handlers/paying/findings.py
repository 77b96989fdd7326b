"""What lines of a statement mean here, each for itself."""

from typing import Literal

from msgspec import Struct

from eventstore.catalogue import Event
from eventstore.identity import BillId, Kopecks, PayoutId, payout_in
from handlers.paying.statements import Line

#: matched: both say the same, or there is nothing to say yet; resolved: the statement ends the
#: payout; differs: a person must look; only_theirs: money moved that this log knows nothing of;
#: only_ours: asked for in the statement's time, not failed here, and not in it;
#: unknown_unpaid: a bill of theirs without money; newer: a newer release must read the payout.
What = Literal[
    "matched", "resolved", "differs", "only_theirs", "only_ours", "unknown_unpaid", "newer"
]
About = Literal["bill", "status", "amount", "phone"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one line of the statement means here, or that there is no line."""

    #: of the file, None for what stands in the log alone
    line: int | None
    what: What
    bill: BillId | None
    payout: PayoutId | None
    amount_kopecks: Kopecks
    #: in what the two differ
    about: About | None = None
    #: what is added to the log, None when that is nothing
    fact: Event | None = None


def finding_of(
    line: Line,
    what: What,
    *,
    payout: PayoutId | None = None,
    about: About | None = None,
    fact: Event | None = None,
) -> Finding:
    """Return that ``line`` means ``what``; the payout is the one it names, unless told."""
    return Finding(
        line=line.number,
        what=what,
        bill=line.bill,
        payout=payout or payout_in(line.comment),
        amount_kopecks=line.amount_kopecks,
        about=about,
        fact=fact,
    )
