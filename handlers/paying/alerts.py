"""What a person must hear of at once: a line at level ERROR, whoever noticed it."""

from collections.abc import Sequence

import structlog
from msgspec import Struct

from eventstore.catalogue import CallbackUnmatched, PayoutContradicted
from eventstore.identity import PayoutId

log = structlog.get_logger()


def tell_unmatched(facts: Sequence[Struct | None]) -> None:
    """Raise an alarm for each callback among ``facts`` that was just said to fit no payout."""
    for fact in facts:
        if isinstance(fact, CallbackUnmatched):
            log.error("callback.unmatched", bill=fact.bill)


def tell_contradictions(payout: PayoutId | None, facts: Sequence[Struct | None]) -> None:
    """Raise an alarm for each contradiction among ``facts`` that were just recorded."""
    for fact in facts:
        if isinstance(fact, PayoutContradicted):
            log.error("payout.contradicted", payout=payout, bill=fact.bill, about=fact.about)
