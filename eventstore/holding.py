"""What holds money and words back by now, told from the facts of the payouts' switch."""

from collections.abc import Sequence

from eventstore.catalogue import Event, PayoutsHeld, PayoutsReleased


def standing_holds(switch: Sequence[Event | None]) -> tuple[PayoutsHeld, ...]:
    """Return the holds that nobody released, oldest first; ``switch`` is ``PAYOUTS_SWITCH``."""
    released = max(
        (at for at, event in enumerate(switch) if isinstance(event, PayoutsReleased)), default=-1
    )
    return tuple(event for event in switch[released + 1 :] if isinstance(event, PayoutsHeld))


def is_restored(holds: Sequence[PayoutsHeld]) -> bool:
    """Tell whether this database may not know what was paid and said: not only a person's pause."""
    return any(hold.cause != "paused" for hold in holds)
