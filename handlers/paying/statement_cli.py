"""The command `payouts reconcile`, and how a statement's findings are told."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eventstore.groups import Groups
from eventstore.identity import Sha256, sha256_of
from eventstore.log import Log, OpenLog
from eventstore.reasons import checked_reason
from eventstore.showing import uah
from handlers.paying.evidence import keep_statement
from handlers.paying.findings import Finding, What
from handlers.paying.only_ours import only_ours
from handlers.paying.reconcile import Reconciliation
from handlers.paying.statements import Line, read_statement

#: One to read and one that a listing of attachments does not keep waiting.
CONNECTIONS = 2

TOLD: dict[What, str] = {
    "matched": "agree with the log, or say nothing final yet",
    "resolved": "end a payout that is open here",
    "differs": "contradict the log; a person must look",
    "only_theirs": "are top-ups this log knows nothing of; their phones get a person's look",
    "only_ours": "were asked for in that time and are not in the statement; a later one may tell",
    "unknown_unpaid": "are unpaid bills this log knows nothing of; nothing follows",
    "newer": "are about payouts that only a newer release can read; run this again with that",
}

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this file's command to ``groups``."""
    groups.payouts.command("reconcile")(_reconcile_command(open_log))


def _reconcile_command(open_log: OpenLog) -> Callable[[Path, bool, str | None, bool], None]:
    def command(
        statement: Annotated[
            Path, typer.Argument(help="Portmone's statement, CSV.", exists=True, dir_okay=False)
        ],
        apply: Annotated[bool, typer.Option("--apply", help="Settle what it settles.")] = False,
        reason: Annotated[
            str | None, typer.Option(help="With --apply: why; it stays in the log.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Compare Portmone's statement with the log: any day, restored or not.

        Shows what only one of the two knows and in what they differ; without --apply nothing
        changes. Columns as for `payouts resume`. Nothing is applied unless every line is
        understood; the same call again adds nothing.

        Example: python -m cashbot payouts reconcile june.csv
        """
        if apply != (reason is not None):
            print("--apply and --reason go together: say why, or only look", file=sys.stderr)
            raise typer.Exit(2)
        asyncio.run(_reconcile(open_log, statement.read_bytes(), reason, as_json=as_json))

    return command


async def _reconcile(
    open_log: OpenLog, content: bytes, reason: str | None, *, as_json: bool
) -> None:
    checked = None if reason is None else checked_reason(reason)
    lines, evidence = read_statement(content), sha256_of(content)
    async with open_log("payouts", CONNECTIONS) as log:
        found = await compare(log, lines, evidence, reason=checked)
        found += [each async for each in only_ours(log.store, lines, found)]
        if checked is not None:
            await settle(log, lines, evidence, reason=checked)
    if as_json:
        print(msgspec.json.encode(_summary(lines, found)).decode())
        return
    _show(found)
    tell_span(lines)
    tell_sums(found)
    if checked is None:
        print("nothing was changed; --apply --reason settles this", file=sys.stderr)


async def compare(
    log: Log, lines: Sequence[Line], evidence: Sha256, *, reason: str | None = None
) -> list[Finding]:
    """Return what ``lines`` would settle; changes nothing."""
    return await _findings(log, lines, evidence, applies=False, reason=reason)


async def settle(
    log: Log, lines: Sequence[Line], evidence: Sha256, *, reason: str | None = None
) -> None:
    """Settle what ``lines`` settle; the lines are kept first, as evidence of the facts."""
    await keep_statement(lines, evidence=evidence, vault=log.vault, attachments=log.attachments)
    await _findings(log, lines, evidence, applies=True, reason=reason)


async def _findings(
    log: Log, lines: Sequence[Line], evidence: Sha256, *, applies: bool, reason: str | None
) -> list[Finding]:
    statement = Reconciliation(
        store=log.store, vault=log.vault, evidence=evidence, applies=applies, reason=reason
    )
    return [finding async for finding in statement.findings(lines)]


def tell_span(lines: Sequence[Line]) -> None:
    """Say how much of time the statement covers."""
    span = "from {} to {}".format(*_span(lines)) if lines else "none at all"
    print(f"the statement has {len(lines)} lines, {span}", file=sys.stderr)


def tell(findings: Sequence[Finding]) -> None:
    """Print what is worth a look as JSON lines, and the sums in words."""
    for finding in findings:
        if finding.what != "matched":
            print(msgspec.json.encode(finding).decode())
    tell_sums(findings)
    print("payouts that the statement does not name stay as they are", file=sys.stderr)


def tell_sums(findings: Sequence[Finding]) -> None:
    """Say how many of each kind there are."""
    for what, total in Counter(finding.what for finding in findings).items():
        print(f"{total} {TOLD[what]}", file=sys.stderr)


def _span(lines: Sequence[Line]) -> tuple[str, str]:
    times = [line.at for line in lines]
    return min(times).isoformat(), max(times).isoformat()


def _summary(lines: Sequence[Line], findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "lines": len(lines),
        "span": _span(lines) if lines else None,
        "totals": Counter(finding.what for finding in findings),
        "findings": [finding for finding in findings if finding.what != "matched"],
    }


def _show(findings: Sequence[Finding]) -> None:
    table = Table("line", "what", "payout", "bill", "amount", box=None)
    for finding in findings:
        if finding.what != "matched":
            what = f"{finding.about} differs" if finding.about else finding.what.replace("_", " ")
            line = "" if finding.line is None else str(finding.line)
            amount = uah(finding.amount_kopecks)
            table.add_row(line, what, finding.payout or "", finding.bill or "", amount)
    if table.rows:
        Console(width=None if sys.stdout.isatty() else 160).print(table)
