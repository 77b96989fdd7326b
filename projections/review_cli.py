"""The command that shows what waits for people: `review list`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
from rich.table import Table
from rich.text import Text

from eventstore.groups import Groups
from eventstore.log import OpenLog
from eventstore.showing import kyiv_clock, plain, uah
from eventstore.store import now_utc
from projections.asking import AsJson, Limit, console
from projections.review_queue import Load, Waiting, load, waiting

LIMIT = 50
#: R73: nobody waits longer for a person.
LATE = timedelta(hours=24)


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add the command to ``groups``."""
    groups.review.command("list")(_list_command(open_log))


def _list_command(open_log: OpenLog) -> Callable[[int, bool], None]:
    def command(limit: Limit = LIMIT, as_json: AsJson = False) -> None:
        """List the receipts that wait for a person, the oldest first; red after a day.

        A name stands beside what a colleague has in hand now, and until when.
        """
        queue, found = asyncio.run(_waiting(open_log, limit))
        now = now_utc()
        if as_json:
            for each in found:
                print(_line(each, now))
        elif found:
            console().print(_table(found, now))
        many = "receipt waits" if queue.items == 1 else "receipts wait"
        print(f"{queue.items} {many} for a person", file=sys.stderr)

    return command


async def _waiting(open_log: OpenLog, limit: int) -> tuple[Load, list[Waiting]]:
    async with open_log("review", 1) as log:
        return await load(log.pool), await waiting(log.pool, limit=limit)


def _line(each: Waiting, now: datetime) -> str:
    more = {
        "age_seconds": round((now - each.waiting_since).total_seconds()),
        "held_by": each.held_at(now),
    }
    return msgspec.json.encode(msgspec.structs.asdict(each) | more).decode()


def _table(found: Sequence[Waiting], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("receipt", no_wrap=True)
    table.add_column("why", overflow="fold")
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("shop", overflow="fold")
    table.add_column("corrected", justify="right")
    table.add_column("in hand", overflow="fold")
    for each in found:
        age = now - each.waiting_since
        table.add_row(
            Text(_age(age), style="bold red" if age > LATE else ""),
            Text(plain(each.receipt)),
            ", ".join(each.reasons),
            "" if each.total_kopecks is None else uah(each.total_kopecks),
            Text(plain(each.merchant or "")),
            str(each.corrections or ""),
            Text(_in_hand(each, now)),
        )
    return table


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds())) // 60
    days, hours = minutes // (24 * 60), minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _in_hand(each: Waiting, now: datetime) -> str:
    holder = each.held_at(now)
    if holder is None or each.assigned_until is None:
        return ""
    return f"{plain(holder)} until {kyiv_clock(each.assigned_until)}"
