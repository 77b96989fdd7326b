"""A person holds all money back: at the command line or in the chat."""

from eventstore.catalogue import PayoutsHeld
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import PAYOUTS_SWITCH, EventId
from eventstore.reasons import checked_reason
from eventstore.store import Append, Context, EventStore
from handlers.paying.hold import RACES_MAX, switch_of


async def pause(store: EventStore, *, reason: str, actor: str, event_id: EventId) -> bool:
    """Let no money leave until `payouts resume`; return whether it was this wish that paused.

    ``event_id`` names the wish: one that comes again after money was released pauses nothing. A
    hold of another cause stays beneath; what is paused already stays as it is. Raises
    ``ReasonTooPersonal``, ``LogUnavailable``.
    """
    held = PayoutsHeld(cause="paused", checkpoint_size=None, reason=checked_reason(reason))
    context = Context(correlation_id="payouts-switch", causation_id=None, actor=actor)
    for _ in range(RACES_MAX):
        records = await store.read_stream(PAYOUTS_SWITCH)
        if any(record.event_id == event_id for record in records):
            return True
        if switch_of((), [record.event for record in records]).paused:
            return False
        try:
            append = Append(
                stream=PAYOUTS_SWITCH, expected=len(records) - 1, events=[(event_id, held)]
            )
            await store.append(append, context=context)
        except WrongExpectedVersion:
            continue  # held or released meanwhile
        return True
    raise LogUnavailable("the payouts' switch changes without pause; try again")
