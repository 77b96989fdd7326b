"""Commands that hold all money and let it go: `payouts pause`, `payouts resume`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from eventstore.catalogue import Event, PayoutsReleased
from eventstore.errors import EventStoreError, WrongExpectedVersion
from eventstore.groups import Groups
from eventstore.identity import PAYOUTS_SWITCH, EventId, sha256_of
from eventstore.log import Log, OpenLog
from eventstore.reasons import checked_reason
from eventstore.store import Context, Recorded
from handlers.paying import payout_cli, statement_cli, status_cli
from handlers.paying.hold import Hold, Switch, append_behind, switch_of
from handlers.paying.pausing import pause
from handlers.paying.statement_cli import CONNECTIONS, compare, settle, tell, tell_span
from handlers.paying.statements import read_statement

Statement = Annotated[
    Path | None,
    typer.Option("--after-restore", help="Portmone's statement, CSV.", exists=True, dir_okay=False),
]
Without = Annotated[
    bool,
    typer.Option("--without-statement", help="Let money go unchecked: see what is risked."),
]
AlsoPaused = Annotated[
    bool, typer.Option("--also-paused", help="End what a person paused, too: ask them first.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]

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


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this room's commands on money to ``groups``."""
    groups.payouts.command("pause")(_pause_command(open_log))
    groups.payouts.command("resume")(_resume_command(open_log))
    status_cli.register(groups, open_log=open_log)
    statement_cli.register(groups, open_log=open_log)
    payout_cli.register(groups, open_log=open_log)


def _pause_command(open_log: OpenLog) -> Callable[[str], None]:
    def command(reason: Reason) -> None:
        """Let no money leave, and nobody be told anything, until `payouts resume`.

        A request that is under way gets its answer; callbacks are heard as ever.
        """
        by_us = asyncio.run(_pause(open_log, checked_reason(reason)))
        print("payouts are paused" if by_us else "payouts were paused already", file=sys.stderr)

    return command


async def _pause(open_log: OpenLog, reason: str) -> bool:
    async with open_log("payouts", CONNECTIONS) as log:
        wish = EventId(uuid4())
        return await pause(log.store, reason=reason, actor="operator", event_id=wish)


def _resume_command(open_log: OpenLog) -> Callable[..., None]:
    def command(
        *,
        reason: Reason,
        after_restore: Statement = None,
        without_statement: Without = False,
        also_paused: AlsoPaused = False,
        dry_run: DryRun = False,
    ) -> None:
        """Let money go; after a restore compare Portmone's statement first and settle it.

        A pause needs no more than a reason; one beside a restore needs --also-paused. The
        statement must reach from before the backup until now. It is UTF-8 with the columns
        billId, comment, contractNumber, amount, status and time. Nothing is applied unless every
        line is understood; after a crash the same call again goes on. A payout that the
        statement does not name stays as it is.

        Example: python -m cashbot payouts resume --after-restore june.csv --reason "disk died"
        """
        if after_restore is not None and without_statement:
            print("give --after-restore or --without-statement, not both", file=sys.stderr)
            raise typer.Exit(2)
        content = None if after_restore is None else after_restore.read_bytes()
        released = PayoutsReleased(
            reason=checked_reason(reason),
            evidence_sha256=None if content is None else sha256_of(content),
        )
        resumed = _resume(
            open_log,
            content,
            released,
            informed=content is not None or without_statement,
            also_paused=also_paused,
            dry_run=dry_run,
        )
        try:
            asyncio.run(resumed)
        except (StatementNeeded, PauseStands) as needed:
            print(needed, file=sys.stderr)
            raise typer.Exit(2) from needed

    return command


async def _resume(
    open_log: OpenLog,
    content: bytes | None,
    released: PayoutsReleased,
    *,
    informed: bool,
    also_paused: bool,
    dry_run: bool,
) -> None:
    """Release all that holds; ``informed``: a statement is there, or none is wanted."""
    lines = [] if content is None else read_statement(content)
    evidence = released.evidence_sha256
    async with open_log("payouts", CONNECTIONS) as log:
        await _hold(log).look()  # nobody may have noticed yet
        records = await log.store.read_stream(PAYOUTS_SWITCH)
        switch = switch_of((), _events(records))
        if switch.must_compare and not informed:
            raise StatementNeeded
        if evidence is not None:
            tell_span(lines)
            tell(await compare(log, lines, evidence))
        pause = _pause_in_the_way(switch) if informed and not also_paused else None
        if dry_run:
            print(*([pause] if pause else []), "nothing was changed", sep="\n", file=sys.stderr)
            return
        if pause is not None:
            raise pause
        if evidence is not None:
            await settle(log, lines, evidence)
        if switch.held is None:
            print("payouts were not held", file=sys.stderr)
            return
        by_us = await _release(log, records, released)
    print(
        "payouts go again" if by_us else "payouts go again: somebody else released them meanwhile",
        file=sys.stderr,
    )


def _pause_in_the_way(switch: Switch) -> PauseStands | None:
    """Return what forbids that ``switch`` is released on account of a restore, None for nothing."""
    reasons = [hold.reason or "no reason" for hold in switch.holds if hold.cause == "paused"]
    return PauseStands(reasons) if reasons else None


async def _release(log: Log, records: Sequence[Recorded], released: PayoutsReleased) -> bool:
    """Let money go behind ``records``; False if another operator did so, else ``HeldAgain``."""
    try:
        await log.store.append(append_behind(PAYOUTS_SWITCH, records, released), context=_CONTEXT)
    except WrongExpectedVersion as race:
        now = await log.store.read_stream(PAYOUTS_SWITCH)
        if switch_of((), _events(now)).held is not None:
            raise HeldAgain from race
        return False
    return True


def _hold(log: Log) -> Hold:
    return Hold(store=log.store, attachments=log.attachments)


def _events(records: Sequence[Recorded]) -> list[Event | None]:
    return [record.event for record in records]
