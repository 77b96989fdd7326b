"""What a forgotten shopper's receipts still show: money and outcome, nothing of what was bought."""

from collections.abc import Sequence
from typing import Any

from eventstore.catalogue import ShopperForgotten
from eventstore.store import Recorded

Rows = Sequence[Sequence[Any]]


def forgettings(batch: Sequence[Recorded]) -> Rows:
    """Return shopper, seq and time of each forgetting in ``batch``."""
    return [
        (r.stream.partition("-")[2], r.seq, r.recorded_at)
        for r in batch
        if isinstance(r.event, ShopperForgotten)
    ]
