"""A person has a payout tried again that surely moved no money, with the newest phone."""

from collections.abc import Sequence
from contextlib import suppress

from eventstore.catalogue import (
    Event,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutReopened,
)
from eventstore.errors import EventIdReused, LogUnavailable, WrongExpectedVersion
from eventstore.identity import PayoutId, edge_event_id
from eventstore.people import Leaving, join_in
from eventstore.pool import Connection
from eventstore.store import Append, Context, EventStore, Recorded
from handlers.paying.heard import unweighed_ok
from handlers.paying.payout_answers import after
from handlers.paying.payout_steps import (
    Final,
    Owed,
    final_outcome,
    owed,
    since_opened,
    understood,
    was_paid,
)
from handlers.paying.resolve_payout import RACES_MAX, PayoutRefusal, known_payout
from handlers.people.standing import left_since, standing_now

#: Ends after which surely no money moved.
HARMLESS = frozenset({"refused", "not_sent", "unsupported_operator"})


def why_not(history: Sequence[Event]) -> str | None:
    """Return what forbids that a payout is tried again, None when nothing does; pure.

    A callback's no and a person's withdrawal are others' last words; where anything was ever
    unknown or contradicted since it was opened, only a person's resolution makes it sure.
    """
    since = since_opened(history)
    final = final_outcome(history)
    if any(isinstance(event, Final) and was_paid(event) for event in history):
        return "was paid"
    if final is None:
        return "has not ended: it is tried by itself, or waits for `payouts resolve`"
    behind = since[list(since).index(final) + 1 :]
    if any(isinstance(event, PayoutContradicted) for event in behind):
        return "was contradicted after its end: money may have moved"
    if not isinstance(final, PayoutFailed):
        return None
    if final.cause not in HARMLESS:
        return f"ended by {final.cause}: it is not tried again"
    if _doubted(since):
        return "was in doubt before its end: money may have moved"
    return None


def is_tried_again(history: Sequence[Event]) -> bool:
    """Tell whether a person had it tried again and that goes on; pure.

    One that fell in doubt since waits for a person.
    """
    since = since_opened(history)
    opened_again = isinstance(since[0], PayoutReopened)
    return opened_again and final_outcome(history) is None and not _doubted(since)


def _doubted(since: Sequence[Event]) -> bool:
    return any(isinstance(event, PayoutOutcomeUnknown | PayoutContradicted) for event in since)


async def replay(store: EventStore, payout: PayoutId, *, reason: str) -> bool:
    """Open ``payout`` anew; False when that was done and it is under way.

    ``reason`` is checked by ``checked_reason``. Raises ``PayoutRefusal``, ``LogUnavailable``.
    """
    for _ in range(RACES_MAX):
        records = await known_payout(store, payout)
        history = understood(records)
        if history is None:
            raise PayoutRefusal(payout, "can be read by a newer release only: use that one")
        if is_tried_again(history):
            return False
        if (fault := why_not(history)) is not None:
            raise PayoutRefusal(payout, fault)
        if (bill := await unweighed_ok(store, records)) is not None:
            raise PayoutRefusal(
                payout,
                f"may be paid by bill {bill}, of which a callback said ok: wait until that"
                " is applied; if it fits no payout, `payouts callbacks` shows it",
            )
        # The same wish has the same id: it follows the end that it undoes.
        event_id = edge_event_id(records[0].stream, f"reopened/{records[-1].version}")
        try:
            reopened, seen = await _reopened(store, records, reason)
            append = after(records[-1], (event_id, reopened))
            with suppress(WrongExpectedVersion, EventIdReused):  # something was told meanwhile
                about = records[0].metadata.correlation_id
                await _append(store, append, owed(history), seen=seen, about=about)
                return True
        except Leaving as leaving:
            raise PayoutRefusal(payout, "is of a shopper who asked to be forgotten") from leaving
    raise LogUnavailable("other writers win every race for this payout; try again")


async def _reopened(
    store: EventStore, records: Sequence[Recorded], reason: str
) -> tuple[PayoutReopened, int]:
    """Return the fact, and the version of the shopper's stream it was made from."""
    bonus = owed([record.event for record in records])
    told, standing = await standing_now(store, bonus.shopper)
    if left_since(told, records[0]):
        raise PayoutRefusal(bonus.payout, "is of a shopper who was forgotten since: it stays so")
    if standing.phone is None:
        raise PayoutRefusal(bonus.payout, "is of a shopper without a phone: there is no one to pay")
    reopened = PayoutReopened(
        phone_sealed=standing.phone.phone_sealed,
        phone_fingerprint=standing.phone.phone_fingerprint,
        reason=reason,
    )
    return reopened, told[-1].version


async def _append(store: EventStore, append: Append, bonus: Owed, *, seen: int, about: str) -> None:
    """Append unless the shopper leaves meanwhile: then nothing new may be begun."""

    async def in_time(connection: Connection) -> None:
        await join_in(connection, bonus.shopper, seen=seen)

    context = Context(correlation_id=about, causation_id=None, actor="operator")
    await store.append_with(append, context=context, also=in_time)
