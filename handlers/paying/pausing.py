"""A person holds all money back: at the command line or in the chat."""

from eventstore.catalogue import PayoutsHeld
from eventstore.errors import LogUnavailable, WrongExpectedVersion
from eventstore.identity import PAYOUTS_SWITCH
from eventstore.reasons import checked_reason
from eventstore.store import Context, EventStore
from handlers.paying.hold import RACES_MAX, append_behind, switch_of


async def pause(store: EventStore, *, reason: str, actor: str) -> bool:
    """Let no money leave until `payouts resume`; return whether it was us who paused.

    A hold of another cause stays beneath; what is paused already stays as it is. Raises
    ``ReasonTooPersonal``, ``LogUnavailable``.
    """
    held = PayoutsHeld(cause="paused", checkpoint_size=None, reason=checked_reason(reason))
    context = Context(correlation_id="payouts-switch", causation_id=None, actor=actor)
    for _ in range(RACES_MAX):
        records = await store.read_stream(PAYOUTS_SWITCH)
        if switch_of((), [record.event for record in records]).paused:
            return False
        try:
            await store.append(append_behind(PAYOUTS_SWITCH, records, held), context=context)
        except WrongExpectedVersion:
            continue  # held or released meanwhile
        return True
    raise LogUnavailable("the payouts' switch changes without pause; try again")
