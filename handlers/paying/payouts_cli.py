"""Commands that hold all money and let it go: `payouts pause`, `payouts resume`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from eventstore.catalogue import PayoutsReleased
from eventstore.groups import Groups
from eventstore.identity import PAYOUTS_SWITCH, EventId
from eventstore.log import OpenLog
from eventstore.reasons import checked_reason
from eventstore.store import now_utc
from handlers.paying import payout_cli, statement_cli, status_cli
from handlers.paying.hold import Hold, switch_of
from handlers.paying.pausing import pause
from handlers.paying.releasing import (
    REACH_NEEDED,
    PauseStands,
    Shown,
    StatementNeeded,
    StatementTooShort,
    check_reach,
    pause_in_the_way,
    release,
    released_by,
)
from handlers.paying.statement_cli import CONNECTIONS, compare, settle, tell, tell_span

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
Reaches = Annotated[
    str | None,
    typer.Option(help="Until when the statement reaches, e.g. 2026-11-27T20:31, Kyiv's time."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]


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
        reaches: Reaches = None,
        without_statement: Without = False,
        also_paused: AlsoPaused = False,
        dry_run: DryRun = False,
    ) -> None:
        """Let money go; after a restore compare Portmone's statement first and settle it.

        A pause needs no more than a reason; one beside a restore needs --also-paused. The
        statement must reach from before the backup until the hold that `payouts status` tells, or
        later: --reaches says until when Portmone made it, for its last line cannot tell. It is
        UTF-8 with the columns billId, comment, contractNumber, amount, status and time. Nothing
        is applied unless every line is understood; after a crash the same call again goes on. A
        payout that the statement does not name stays as it is.

        Example: python -m cashbot payouts resume --after-restore june.csv
        --reaches 2026-06-30T18:00 --reason "disk died"
        """
        if after_restore is not None and without_statement:
            print("give --after-restore or --without-statement, not both", file=sys.stderr)
            raise typer.Exit(2)
        if (after_restore is None) != (reaches is None):
            print(REACH_NEEDED, file=sys.stderr)
            raise typer.Exit(2)
        why = checked_reason(reason)
        try:
            file, until = after_restore, reaches or ""
            shown = None if file is None else Shown.of(file.read_bytes(), until)
            resumed = _resume(
                open_log,
                shown,
                released_by(shown, reason=why),
                informed=shown is not None or without_statement,
                also_paused=also_paused,
                dry_run=dry_run,
            )
            asyncio.run(resumed)
        except (StatementNeeded, StatementTooShort, PauseStands) as needed:
            print(needed, file=sys.stderr)
            raise typer.Exit(2) from needed

    return command


async def _resume(
    open_log: OpenLog,
    shown: Shown | None,
    released: PayoutsReleased,
    *,
    informed: bool,
    also_paused: bool,
    dry_run: bool,
) -> None:
    """Release all that holds; ``informed``: a statement is there, or none is wanted."""
    async with open_log("payouts", CONNECTIONS) as log:
        await Hold(store=log.store, attachments=log.attachments).look()  # nobody may have noticed
        records = await log.store.read_stream(PAYOUTS_SWITCH)
        switch = switch_of((), [record.event for record in records])
        if switch.must_compare and not informed:
            raise StatementNeeded
        if shown is not None:
            check_reach(shown, records, now=now_utc())
            tell_span(shown.lines)
            tell(await compare(log, shown.lines, shown.evidence))
        pause = pause_in_the_way(switch) if informed and not also_paused else None
        if dry_run:
            print(*([pause] if pause else []), "nothing was changed", sep="\n", file=sys.stderr)
            return
        if pause is not None:
            raise pause
        if shown is not None:
            await settle(log, shown.lines, shown.evidence)
        if switch.held is None:
            print("payouts were not held", file=sys.stderr)
            return
        by_us = await release(log.store, records, released)
    print(
        "payouts go again" if by_us else "payouts go again: somebody else released them meanwhile",
        file=sys.stderr,
    )
