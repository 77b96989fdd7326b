"""How older shapes of facts are read: from each schema of a type to the next.

A fact whose values became more is a new schema though no field changed: older code then takes it
for one of a newer release, which it keeps and waits for, instead of failing on it.
"""

from collections.abc import Callable, Mapping
from typing import Any

#: Takes the stored fields of one schema and returns those of the next.
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def as_it_was(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields: only what they may say became more."""
    return fields


#: (type, schema) -> what leads to schema + 1.
UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("PayoutFailed", 1): as_it_was,  # since then also unsupported_operator, withdrawn
    ("PayoutsHeld", 1): as_it_was,  # also paused
    ("ReceiptReferred", 1): as_it_was,  # also doubts about photos, looks, totals and phones
    ("ReceiptRejected", 1): as_it_was,  # also prescription_only, by_reviewer, withdrawn
}
