"""The command `receipts what-if`."""

import asyncio
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eventstore.groups import Groups
from eventstore.log import OpenLog
from eventstore.moments import parse_moment, seq_at
from eventstore.showing import progress, uah
from handlers.files import FileUnusable
from handlers.goods.product_list import product_list
from handlers.goods.products import ProductList, load_list
from handlers.judging.otherwise import Difference, Tally
from handlers.judging.policy import TODAY, load_policy
from handlers.judging.terms import adopted_policy
from handlers.judging.what_if import WhatIf

_COLOURS = {"accepted": "green", "rejected": "red", "referred": "yellow"}


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add the command to ``groups``."""
    groups.receipts.command("what-if")(_what_if_command(open_log))


def _what_if_command(
    open_log: OpenLog,
) -> Callable[[Path | None, Path | None, str, bool], None]:
    def command(
        policy: Annotated[
            Path | None,
            typer.Option(
                help="TOML file of other numbers; today's without it.", exists=True, dir_okay=False
            ),
        ] = None,
        products: Annotated[
            Path | None,
            typer.Option(
                help="Another list, like handlers/goods/products.tsv.", exists=True, dir_okay=False
            ),
        ] = None,
        since: Annotated[
            str, typer.Option(help="Judge what was read after this SEQ or TIME (Kyiv's).")
        ] = "0",
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON object per difference, then a summary.")
        ] = False,
    ) -> None:
        """Decide history again by other rules; say who would be decided otherwise.

        Changes nothing and pays nothing. A policy file sets what shall differ from
        the policy in force, as for `policy adopt`: bonus_kopecks, age_days_max,
        accepted_per_day_max, and in the table "thresholds" auto_accept,
        manual_review and totals_tolerance_percent. Claims and daily limits follow from the new
        decisions. What would go to a person counts as not granted.

        Example: python -m cashbot receipts what-if --policy longer.toml --since 2026-11-01
        """
        try:
            if policy is not None:
                load_policy(policy)  # a mistake is told before a database is opened
            asked = None if products is None else _listed(products)
        except FileUnusable as unusable:
            print(unusable, file=sys.stderr)
            raise typer.Exit(2) from unusable
        show = _Json() if as_json else _Page()
        asyncio.run(_what_if(open_log, policy, asked, since=since, show=show))

    return command


def _listed(path: Path) -> ProductList:
    """Return the list in ``path``; raises ``FileUnusable`` when it is none."""
    try:
        listed = load_list(path)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, csv.Error) as malformed:
        columns = "name_uk, name_en and evidence, separated by tabs"
        raise FileUnusable(path, [f"a product list has columns {columns}"]) from malformed
    if not listed.products:
        raise FileUnusable(path, ["it names no product"])
    return listed


async def _what_if(
    open_log: OpenLog,
    file: Path | None,
    asked: ProductList | None,
    *,
    since: str,
    show: "_Json | _Page",
) -> None:
    moment = parse_moment(since)
    async with open_log("what-if", 1) as log:
        adopted = await adopted_policy(log.store)
        policy = TODAY if adopted is None else adopted.policy
        if file is not None:
            policy = load_policy(file, base=policy)
        after, head = await seq_at(log.store, moment), await log.store.head()
        listed = asked or await product_list(log.store)
        walk = WhatIf(store=log.store, policy=policy, listed=listed)
        with progress("deciding again", total=head, beside=show.console) as told:
            async for difference in walk.differences(since=after, until=head, told=told):
                show.difference(difference)
    show.tally(walk.tally)


class _Json:
    """Shows differences and their sum to programs."""

    console = None

    def difference(self, difference: Difference) -> None:
        fields = msgspec.to_builtins(difference) | {"difference_kopecks": difference.kopecks}
        print(msgspec.json.encode(fields).decode())

    def tally(self, tally: Tally) -> None:
        moves = [
            {"was": was, "would_be": would_be} | msgspec.to_builtins(move)
            for (was, would_be), move in tally.moves.items()
        ]
        total = {"difference_kopecks": tally.after_kopecks - tally.before_kopecks, "moves": moves}
        print(msgspec.json.encode({"summary": msgspec.structs.asdict(tally) | total}).decode())


class _Page:
    """Shows differences and their sum to people."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)

    def difference(self, difference: Difference) -> None:
        was, would_be = difference.was, difference.would_be
        colour = _COLOURS[would_be.state]
        show = self.console.print
        show(f"[bold]{difference.receipt}[/]  [dim]seq {difference.seq}[/]", soft_wrap=True)
        show(f"  shopper {difference.shopper}", soft_wrap=True)
        money = uah(difference.kopecks, sign=True)
        show(f"  {was} → [{colour}]{would_be}[/]   [bold]{money}[/]", soft_wrap=True)

    def tally(self, tally: Tally) -> None:
        if not tally.otherwise:
            self.console.print(
                f"no difference: {tally.receipts} receipts would be decided as they were"
            )
            return
        self.console.print()
        self.console.print(_moves(tally))
        self.console.print()
        what = f"{tally.otherwise} of {tally.receipts} receipts would be decided otherwise"
        self.console.print(f"[bold]{what}[/]", soft_wrap=True)
        self.console.print(_states(tally))


def _moves(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("was")
    table.add_column("would be")
    table.add_column("receipts", justify="right")
    table.add_column("difference", justify="right", no_wrap=True)
    moves = sorted(tally.moves.items(), key=lambda item: -item[1].receipts)
    for (was, would_be), move in moves:
        table.add_row(was, would_be, str(move.receipts), uah(move.kopecks, sign=True))
    return table


def _states(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in ("before", "after", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for state, before in tally.before.items():
        after = tally.after[state]
        table.add_row(state, str(before), str(after), f"{after - before:+}")
    before, after = tally.before_kopecks, tally.after_kopecks
    table.add_row("granted", uah(before), uah(after), uah(after - before, sign=True), style="bold")
    return table
