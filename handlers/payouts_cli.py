"""Commands on money as a whole: `payouts status`, `payouts resume`."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from eventstore.catalogue import PayoutsReleased
from eventstore.errors import EventStoreError, WrongExpectedVersion
from eventstore.groups import Groups
from eventstore.identity import PAYOUTS_SWITCH, Sha256, sha256_of
from eventstore.log import Log, OpenLog
from eventstore.reasons import checked_reason
from eventstore.store import Context, Recorded
from handlers.evidence import keep_statement
from handlers.hold import Hold, append_behind, switch_of
from handlers.reconcile import Finding, Reconciliation, What
from handlers.statements import Line, read_statement

#: One to read and one that a listing of attachments does not keep waiting.
CONNECTIONS = 2

TOLD: dict[What, str] = {
    "matched": "agree with the log, or say nothing final yet",
    "resolved": "end a payout that is open here",
    "differs": "contradict the log; a person must look",
    "only_theirs": "are top-ups this log knows nothing of; their phones get a person's look",
    "unknown_unpaid": "are unpaid bills this log knows nothing of; nothing follows",
    "newer": "are about payouts that only a newer release can read; run this again with that",
}

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Statement = Annotated[
    Path | None,
    typer.Option("--after-restore", help="Portmone's statement, CSV.", exists=True, dir_okay=False),
]
Without = Annotated[
    bool,
    typer.Option("--without-statement", help="Let money go unchecked: see what is risked."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.")]


class HeldAgain(EventStoreError):
    """Something new was noticed while the statement was applied."""

    def __init__(self) -> None:
        super().__init__("payouts were held anew meanwhile; look at `payouts status`, run it again")


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this room's commands on money to ``groups``."""
    groups.payouts.command("status")(_status_command(open_log))
    groups.payouts.command("resume")(_resume_command(open_log))


def _status_command(open_log: OpenLog) -> Callable[[bool], None]:
    def command(as_json: AsJson = False) -> None:
        """Say whether anything holds payouts back; a restore is noticed here too."""
        told = asyncio.run(_status(open_log))
        if as_json:
            print(msgspec.json.encode(told).decode())
        elif told["held"]:
            print(f"payouts are held since {told['since']}: {told['cause']}")
            print("get Portmone's statement of that time, then see `payouts resume --help`")
        else:
            print("payouts go")

    return command


async def _status(open_log: OpenLog) -> dict[str, object]:
    async with open_log("payouts", CONNECTIONS) as log:
        switch = await _hold(log).look()
        records = await log.store.read_stream(PAYOUTS_SWITCH)
    return {
        "held": switch.held is not None,
        "cause": None if switch.held is None else switch.held.cause,
        "checkpoint_size": None if switch.held is None else switch.held.checkpoint_size,
        "since": records[-1].recorded_at.isoformat(timespec="seconds") if records else None,
        "identity": switch.seen,
    }


def _resume_command(open_log: OpenLog) -> Callable[[str, Path | None, bool, bool], None]:
    def command(
        reason: Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")],
        after_restore: Statement = None,
        without_statement: Without = False,
        dry_run: DryRun = False,
    ) -> None:
        """Compare Portmone's statement with the log, settle what it settles, let money go.

        The statement must reach from before the backup until now. It is UTF-8 with the columns
        billId, comment, contractNumber, amount, status and time. Nothing is applied unless every
        line is understood; after a crash the same call again goes on. A payout that the
        statement does not name stays as it is.

        Example: python -m cashbot payouts resume --after-restore june.csv --reason "disk died"
        """
        if (after_restore is None) != without_statement:
            print(
                "give Portmone's statement with --after-restore, or say --without-statement: then"
                " whatever was paid after the backup is paid again",
                file=sys.stderr,
            )
            raise typer.Exit(2)
        content = None if after_restore is None else after_restore.read_bytes()
        asyncio.run(_resume(open_log, content, reason, dry_run=dry_run))

    return command


async def _resume(open_log: OpenLog, content: bytes | None, reason: str, *, dry_run: bool) -> None:
    released = PayoutsReleased(
        reason=checked_reason(reason),
        evidence_sha256=None if content is None else sha256_of(content),
    )
    lines = [] if content is None else read_statement(content)
    async with open_log("payouts", CONNECTIONS) as log:
        await _hold(log).look()  # nobody may have noticed yet
        records = await log.store.read_stream(PAYOUTS_SWITCH)
        evidence = released.evidence_sha256
        if evidence is not None:
            _tell_span(lines)
            _tell(await _findings(log, lines, evidence, applies=False))
        if dry_run:
            print("nothing was changed", file=sys.stderr)
            return
        if evidence is not None:
            await keep_statement(
                lines, evidence=evidence, vault=log.vault, attachments=log.attachments
            )
            await _findings(log, lines, evidence, applies=True)
        if switch_of((), [record.event for record in records]).held is None:
            print("payouts were not held", file=sys.stderr)
            return
        by_us = await _release(log, records, released)
    print(
        "payouts go again" if by_us else "payouts go again: somebody else released them meanwhile",
        file=sys.stderr,
    )


async def _release(log: Log, records: Sequence[Recorded], released: PayoutsReleased) -> bool:
    """Let money go behind ``records``; False if another operator did so, else ``HeldAgain``."""
    context = Context(correlation_id="payouts-switch", causation_id=None, actor="operator")
    try:
        await log.store.append(append_behind(PAYOUTS_SWITCH, records, released), context=context)
    except WrongExpectedVersion as race:
        now = await log.store.read_stream(PAYOUTS_SWITCH)
        if switch_of((), [record.event for record in now]).held is not None:
            raise HeldAgain from race
        return False
    return True


def _hold(log: Log) -> Hold:
    return Hold(store=log.store, attachments=log.attachments)


async def _findings(
    log: Log, lines: Sequence[Line], evidence: Sha256, *, applies: bool
) -> list[Finding]:
    statement = Reconciliation(store=log.store, vault=log.vault, evidence=evidence, applies=applies)
    return [finding async for finding in statement.findings(lines)]


def _tell_span(lines: Sequence[Line]) -> None:
    times = sorted(line.at for line in lines)
    span = f"from {times[0].isoformat()} to {times[-1].isoformat()}" if times else "none at all"
    print(f"the statement has {len(lines)} lines, {span}", file=sys.stderr)


def _tell(findings: Sequence[Finding]) -> None:
    """Print what is worth a look as JSON lines, and the sums in words."""
    for finding in findings:
        if finding.what != "matched":
            print(msgspec.json.encode(finding).decode())
    for what, total in Counter(finding.what for finding in findings).items():
        print(f"{total} {TOLD[what]}", file=sys.stderr)
    print("payouts that the statement does not name stay as they are", file=sys.stderr)
