"""The command `payouts list`."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eventstore.groups import Groups
from eventstore.log import OpenLog
from eventstore.showing import uah
from eventstore.store import now_utc
from projections import payouts
from projections.payouts import Payout

#: As the table of payouts knows them.
PAYOUT_STATES = (
    "requested", "attempted", "refused", "billed", "sent", "unknown", "confirmed", "failed"
)  # fmt: skip
#: Columns of a terminal that nobody looks at.
PLAIN_COLUMNS = 160


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this file's command to ``groups``."""
    groups.payouts.command("list")(_list_command(open_log))


def _list_command(open_log: OpenLog) -> Callable[..., None]:
    def command(
        *,
        unknown: Annotated[
            bool, typer.Option("--unknown", help="Open ones in doubt: unknown or contradicted.")
        ] = False,
        contradicted: Annotated[
            bool, typer.Option("--contradicted", help="Contradicted ones, ended or not.")
        ] = False,
        state: Annotated[str | None, typer.Option(help=f"Of: {', '.join(PAYOUT_STATES)}.")] = None,
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="Payouts shown.")] = 50,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    ) -> None:
        """List payouts, those in doubt first, then the oldest; no phone is shown.

        Example: python -m cashbot payouts list --unknown
        """
        if state is not None and state not in PAYOUT_STATES:
            told = f"no state {state!r}; there are: {', '.join(PAYOUT_STATES)}"
            print(told, file=sys.stderr)
            raise typer.Exit(2)
        wanted = {"in_doubt": unknown, "disputed": contradicted, "state": state, "limit": limit}
        found = asyncio.run(_listed(open_log, wanted))
        if as_json:
            for each in found:
                print(msgspec.json.encode(_row(each, now_utc())).decode())
        elif found:
            _show(found, now_utc())
        if not found:
            print("no such payouts", file=sys.stderr)
        elif len(found) == limit:
            print(f"the first {limit}; more with --limit", file=sys.stderr)

    return command


async def _listed(open_log: OpenLog, wanted: Mapping[str, Any]) -> list[Payout]:
    async with open_log("payouts", 1) as log:
        return await payouts.listed(log.pool, **wanted)


def _row(payout: Payout, now: datetime) -> dict[str, Any]:
    age_seconds = round((now - payout.requested_at).total_seconds())
    return {**msgspec.to_builtins(payout), "age_seconds": age_seconds}


def _show(found: Sequence[Payout], now: datetime) -> None:
    table = Table("payout", "state", "age", "amount", "bill", "code", "contradictions", box=None)
    for each in found:
        table.add_row(
            each.payout,
            each.state,
            _age((now - each.requested_at).total_seconds()),
            uah(each.amount_kopecks),
            each.bill or "",
            each.code or "",
            str(each.contradictions or ""),
        )
    Console(width=None if sys.stdout.isatty() else PLAIN_COLUMNS).print(table)


def _age(seconds: float) -> str:
    """Return an age as a person says it: minutes, hours, then days."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
