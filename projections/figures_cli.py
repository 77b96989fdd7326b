"""Commands that add up: `receipts bonuses`, `receipts statistics`."""

import asyncio
import csv
import sys
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import msgspec
from rich.table import Table

from eventstore.groups import Groups
from eventstore.log import OpenLog
from eventstore.showing import plain, uah
from projections.asking import AsJson, Since, Until, console, in_order
from projections.product_bonuses import ProductSum, Whole, sums, whole
from projections.statistics import Statistics, statistics

#: The first three are those of the predecessor's export.
COLUMNS = (
    "product_name", "sku_code", "quantity", "receipts_accepted", "receipts_paid", "paid_kopecks"
)  # fmt: skip
#: How a cell begins that a spreadsheet takes for a formula; names come off photos.
FORMULA = ("=", "+", "-", "@")


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add the commands to ``groups``."""
    groups.receipts.command("bonuses")(_bonuses_command(open_log))
    groups.receipts.command("statistics")(_statistics_command(open_log))


def _bonuses_command(open_log: OpenLog) -> Callable[[date | None, date | None], None]:
    def command(since: Since = None, until: Until = None) -> None:
        """Print as CSV what was bought and paid of each product, the most frequent first.

        A day is that of acceptance. quantity is in packs. A receipt counts for each product
        on it; its one bonus is shared among them equally, so that paid_kopecks adds up. What
        was withdrawn is not in here, nor are the goods of forgotten shoppers.

        Example: python -m cashbot receipts bonuses --since 2026-11-01 > november.csv
        """
        in_order(since, until)
        found, behind = asyncio.run(_bonuses(open_log, since, until))
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_row(each) for each in found)
        _tell(behind)

    return command


async def _bonuses(
    open_log: OpenLog, since: date | None, until: date | None
) -> tuple[list[ProductSum], Whole]:
    async with open_log("bonuses", 1) as log:
        found = await sums(log.pool, since=since, until=until)
        return found, await whole(log.pool, since=since, until=until)


def _row(each: ProductSum) -> tuple[object, ...]:
    return (
        _cell(each.product_name),
        _cell(each.sku_code),
        _packs(each.quantity_milli),
        each.receipts_accepted,
        each.receipts_paid,
        each.paid_kopecks,
    )


def _cell(text: str) -> str:
    shown = plain(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown


def _packs(quantity_milli: int | None) -> str:
    """Return thousandths as packs, without noughts that say nothing."""
    if quantity_milli is None:
        return ""
    return f"{(Decimal(quantity_milli) / 1000).normalize():f}"


def _tell(behind: Whole) -> None:
    print(
        f"{behind.receipts_accepted} accepted, {behind.receipts_paid} of them paid:"
        f" {uah(behind.paid_kopecks)}",
        file=sys.stderr,
    )
    if behind.receipts_without_goods:
        print(
            f"{behind.receipts_without_goods} of them tell no goods (their shopper was forgotten,"
            f" or a person accepted them for none): {uah(behind.paid_without_goods_kopecks)} paid",
            file=sys.stderr,
        )


def _statistics_command(open_log: OpenLog) -> Callable[[bool], None]:
    def command(as_json: AsJson = False) -> None:
        """Say how the promotion goes: shoppers, receipts, bonuses, shares and times."""
        told = asyncio.run(_statistics(open_log))
        if as_json:
            print(msgspec.json.encode(told).decode())
        else:
            console().print(_sheet(told))

    return command


async def _statistics(open_log: OpenLog) -> Statistics:
    async with open_log("statistics", 1) as log:
        return await statistics(log.pool)


def _sheet(told: Statistics) -> Table:
    sheet = Table(box=None, pad_edge=False, show_header=False)
    sheet.add_column()
    sheet.add_column(justify="right")
    for name, figure in (
        ("shoppers who agreed", str(told.user_count)),
        ("receipts", str(told.receipt_count)),
        *_by_state(told.receipts),
        ("accepted of those decided", _percent(told.acceptance_rate)),
        ("referred to a person of those read", _percent(told.review_share)),
        ("waiting for a person now", str(told.waiting_for_a_person)),
        ("payouts", str(sum(told.payouts.values()))),
        *_by_state(told.payouts),
        ("bonuses that arrived", f"{told.bonus_count}, {uah(told.bonus_kopecks)}"),
        ("photo to money, half within", _seconds(told.seconds_to_paid_p50)),
        ("photo to money, nine tenths within", _seconds(told.seconds_to_paid_p90)),
    ):
        sheet.add_row(name, figure, style="dim" if name.startswith(" ") else "")
    return sheet


def _by_state(counted: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(f"  {state}", str(total)) for state, total in counted.items()]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"
