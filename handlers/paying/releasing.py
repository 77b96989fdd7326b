"""What must be shown before held money goes again, and the fact that lets it go."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from eventstore.catalogue import PayoutsHeld, PayoutsReleased
from eventstore.errors import EventStoreError, WrongExpectedVersion
from eventstore.identity import KYIV, PAYOUTS_SWITCH, Sha256, sha256_of
from eventstore.store import Context, EventStore, Recorded
from handlers.paying.hold import Switch, append_behind, switch_of
from handlers.paying.statements import Line, moment_in, read_statement

REACH_NEEDED = (
    "give --reaches with --after-restore: until when Portmone made the statement, as in"
    " 2026-11-27T20:31 (Kyiv's time unless an offset says otherwise)"
)

_CONTEXT = Context(correlation_id="payouts-switch", causation_id=None, actor="operator")


class HeldAgain(EventStoreError):
    """Something new was noticed while the statement was applied."""

    def __init__(self) -> None:
        super().__init__("payouts were held anew meanwhile; look at `payouts status`, run it again")


class StatementNeeded(EventStoreError):
    """More holds money than a person's pause: this database may not know what was paid."""

    def __init__(self) -> None:
        super().__init__(
            "give Portmone's statement with --after-restore, or say --without-statement: then"
            " whatever was paid after the backup is paid again"
        )


class PauseStands(EventStoreError):
    """A person paused money for ``reasons``: who settles a restore does not end that unasked."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            f"payouts are paused ({'; '.join(reasons)}): ask who paused them, then say"
            " --also-paused; or leave them held until the pause may end too"
        )


class StatementTooShort(EventStoreError):
    """The statement cannot tell of all that may have been paid; the message says what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the statement was not used: {why}")


class Shown(Struct, frozen=True, kw_only=True):
    """A statement as an operator shows it after a restore."""

    lines: list[Line]
    #: SHA-256 of the file
    evidence: Sha256
    #: until when it tells of what was paid, in words of who got it
    reaches: datetime

    @staticmethod
    def of(content: bytes, reaches: str) -> "Shown":
        """Return what is shown; raises ``StatementUnusable``, ``StatementTooShort``."""
        moment = moment_in(reaches)
        if moment is None:
            raise StatementTooShort(f"--reaches {reaches!r} is no time; {REACH_NEEDED}")
        return Shown(lines=read_statement(content), evidence=sha256_of(content), reaches=moment)


def check_reach(shown: Shown, switch: Sequence[Recorded], *, now: datetime) -> None:
    """Raise ``StatementTooShort`` unless it can tell of all that was paid before the newest hold.

    ``switch`` are the facts of ``PAYOUTS_SWITCH``. A last line proves no reach: more may have been
    paid behind it when the file was made already.
    """
    if not shown.lines:
        raise StatementTooShort(
            "it has no lines, so nobody can tell that it is one of ours; let it begin earlier,"
            " before the backup; if Portmone never booked anything, say --without-statement"
        )
    if shown.reaches > now:
        raise StatementTooShort("no statement reaches into the future; mend --reaches")
    held = [fact.recorded_at for fact in switch if _of_a_restore(fact)]
    if held and shown.reaches < held[-1]:
        raise StatementTooShort(
            f"it must reach until payouts were held, {_whole_second_after(held[-1])}, or later:"
            " what was paid until then would be paid again; get a newer one, and say its time"
            " with --reaches"
        )


def _of_a_restore(fact: Recorded) -> bool:
    return isinstance(fact.event, PayoutsHeld) and fact.event.cause != "paused"


def _whole_second_after(moment: datetime) -> str:
    """Return the first whole second not before ``moment``: what is told may be copied."""
    whole = datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC)
    return whole.astimezone(KYIV).isoformat()


def released_by(shown: Shown | None, *, reason: str) -> PayoutsReleased:
    """Return the fact that lets money go, with what ``shown`` is said to reach."""
    if shown is None:
        return PayoutsReleased(reason=reason, evidence_sha256=None)
    reaches = shown.reaches.isoformat(timespec="seconds")
    return PayoutsReleased(
        reason=f"{reason} (the statement reaches {reaches})", evidence_sha256=shown.evidence
    )


def pause_in_the_way(switch: Switch) -> PauseStands | None:
    """Return what forbids that ``switch`` is released on account of a restore, None for nothing."""
    reasons = [hold.reason or "no reason" for hold in switch.holds if hold.cause == "paused"]
    return PauseStands(reasons) if reasons else None


async def release(
    store: EventStore, records: Sequence[Recorded], released: PayoutsReleased
) -> bool:
    """Let money go behind ``records``; False if another operator did so, else ``HeldAgain``."""
    try:
        await store.append(append_behind(PAYOUTS_SWITCH, records, released), context=_CONTEXT)
    except WrongExpectedVersion as race:
        now = await store.read_stream(PAYOUTS_SWITCH)
        if switch_of((), [record.event for record in now]).held is not None:
            raise HeldAgain from race
        return False
    return True
