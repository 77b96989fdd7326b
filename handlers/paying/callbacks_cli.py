"""The command `payouts callbacks`: what Portmone said that fits no payout."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eventstore.groups import Groups
from eventstore.identity import payout_in
from eventstore.log import OpenLog
from eventstore.payments import callbacks_unmatched
from eventstore.showing import uah
from eventstore.store import Recorded

#: Columns of a terminal that nobody looks at.
PLAIN_COLUMNS = 160


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this file's command to ``groups``."""
    groups.payouts.command("callbacks")(_callbacks_command(open_log))


def _callbacks_command(open_log: OpenLog) -> Callable[[bool], None]:
    def command(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    ) -> None:
        """List callbacks that fitted no payout and whose bill is nobody's yet; no phone is shown.

        Money may have moved: look the bill up at Portmone, then say whose it is with
        `payouts resolve ID --bill BILL`, or with a statement: `payouts reconcile`.

        Example: python -m cashbot payouts callbacks
        """
        found = asyncio.run(_unmatched(open_log))
        if as_json:
            for each in found:
                print(msgspec.json.encode(_row(each)).decode())
        elif found:
            _show(found)
        if not found:
            print("every callback has its payout", file=sys.stderr)

    return command


async def _unmatched(open_log: OpenLog) -> list[Recorded]:
    async with open_log("payouts", 1) as log:
        return await callbacks_unmatched(log.store)


def _row(told: Recorded) -> dict[str, Any]:
    callback = told.event
    return {
        "callback": told.stream.removeprefix("callback-"),
        "bill": callback.bill,
        "status": callback.status,
        "amount_kopecks": callback.amount_kopecks,
        # what others wrote is not shown: it may be a name
        "payout": payout_in(callback.comment),
        "received_at": told.recorded_at.isoformat(timespec="seconds"),
    }


def _show(found: Sequence[Recorded]) -> None:
    table = Table("received", "bill", "status", "amount", "names payout", box=None)
    for told in found:
        row, amount = _row(told), told.event.amount_kopecks
        table.add_row(
            row["received_at"],
            row["bill"],
            row["status"],
            "" if amount is None else uah(amount),
            row["payout"] or "",
        )
    Console(width=None if sys.stdout.isatty() else PLAIN_COLUMNS).print(table)
