"""Commands on the product list: `products import`, `list`, `retire`, `explain`."""

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventstore.catalogue import Product, ProductRetired, ProductsImported
from eventstore.errors import EventStoreError
from eventstore.groups import Groups
from eventstore.identity import KYIV, Sku, sha256_of
from eventstore.log import OpenLog
from eventstore.reasons import checked_reason
from eventstore.showing import plain
from eventstore.store import now_utc
from handlers.files import FileUnusable
from handlers.goods.explaining import explain, rows_of
from handlers.goods.product_changes import Change, change_of, differences
from handlers.goods.product_files import read_products
from handlers.goods.product_list import product_list, tell, told_list
from handlers.goods.products import ProductList, earns_on, products_on

#: «482» is Ukraine's; a company has at least three digits more.
_PREFIX = re.compile(r"[0-9]{6,12}")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]
Day = Annotated[
    datetime | None,
    typer.Option(metavar="<date>", formats=["%Y-%m-%d"], help="Bought on this day, Kyiv's."),
]


class ProductUnknown(EventStoreError):
    """There is no product with this code."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
        super().__init__(f"no product {sku!r} is on the list; `products list` has the codes")


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add the commands to ``groups``."""
    groups.products.command("import")(_import_command(open_log))
    groups.products.command("list")(_list_command(open_log))
    groups.products.command("retire")(_retire_command(open_log))
    groups.products.command("explain")(_explain_command(open_log))


def _import_command(
    open_log: OpenLog,
) -> Callable[[Path, str, list[str] | None, bool, bool], None]:
    def command(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8.")],
        reason: Reason,
        maker_prefix: Annotated[
            list[str] | None,
            typer.Option(help="How the maker's barcodes begin, in place of all named so far."),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would change, and stop.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Put the goods of a file on the list, each in place of what its SKU was before.

        Columns: sku, name_uk; and as wanted name_en, aliases and barcodes
        (several parted by |), brand (yes: the name proves the maker),
        prescription (yes, no), active_from and active_until (days of purchase,
        2026-12-31). Nothing is applied unless every line is right. An entry of
        the built-in list (REG-…) gives way to a product of the same name. Goods
        that the file does not name stay as they are; the same file again
        changes nothing.

        Example: python -m cashbot products import goods.csv --reason "autumn list"
        """
        prefixes = maker_prefix or []
        if wrong := [prefix for prefix in prefixes if not _PREFIX.fullmatch(prefix)]:
            raise typer.BadParameter(f"{wrong[0]!r} must be 6 to 12 digits, like 4823006")
        content, because = file.read_bytes(), checked_reason(reason)

        def reads(listed: ProductList) -> list[Product]:
            return read_products(content, listed=listed, path=file)

        def tells(change: Change) -> ProductsImported:
            return change.fact(source=sha256_of(content), reason=because)

        try:
            done = asyncio.run(_import(open_log, reads, tells, prefixes, dry_run=dry_run))
        except FileUnusable as unusable:
            told = (f"{unusable.path} cannot be used; nothing was changed:", *unusable.problems)
            print("\n  ".join(map(plain, told)), file=sys.stderr)
            raise typer.Exit(2) from unusable
        _show_import(done, as_json=as_json)

    return command


class _Done(NamedTuple):
    """What an import came to."""

    change: Change
    listed: ProductList
    applied: bool


async def _import(
    open_log: OpenLog,
    reads: Callable[[ProductList], list[Product]],
    tells: Callable[[Change], ProductsImported],
    prefixes: Sequence[str],
    *,
    dry_run: bool,
) -> _Done:
    async with open_log("products", 1) as log:
        told = await told_list(log.store)
        change = change_of(told, reads(told.listed), prefixes)
        if change.is_empty:
            return _Done(change, told.listed, applied=False)
        fact = tells(change)
        if not dry_run:
            await tell(log.store, fact, behind=told)
    return _Done(change, told.after(fact), applied=not dry_run)


def _show_import(done: _Done, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(_as_fields(done)).decode())
    else:
        _tell_change(done.change)
    outcome = f"the list is {done.listed.sha256} now" if done.applied else "nothing was changed"
    print(f"{_summary(done.change)}; {outcome}", file=sys.stderr)


def _summary(change: Change) -> str:
    sums = f"{len(change.added)} added, {len(change.changed)} changed, {change.unchanged} unchanged"
    gone = len(change.given_way)
    return f"{sums}, {gone} of the register give way to them" if gone else sums


def _as_fields(done: _Done) -> dict[str, object]:
    change = done.change
    return {
        "added": [product.sku for product in change.added],
        "changed": {after.sku: differences(before, after) for before, after in change.changed},
        "unchanged": change.unchanged,
        "given_way": [product.sku for product in change.given_way],
        "maker_prefixes": change.maker_prefixes,
        "products": done.listed.sha256,
        "applied": done.applied,
    }


def _tell_change(change: Change) -> None:
    for product in change.added:
        print(f"added    {product.sku} {product.name_uk}")
    for before, after in change.changed:
        fields = (
            f"{name} {_value(old)} -> {_value(new)}"
            for name, (old, new) in differences(before, after).items()
        )
        print(f"changed  {after.sku} {after.name_uk}: {'; '.join(fields)}")
    for product in change.given_way:
        print(f"gives way {product.sku} {product.name_uk}")
    if change.maker_prefixes is not None:
        print(f"maker's barcodes begin with {', '.join(change.maker_prefixes)}")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "|".join(map(str, value)) or "none"
    return str(value or "none")


def _list_command(open_log: OpenLog) -> Callable[[datetime | None, bool], None]:
    def command(
        day: Day = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON object per product.")
        ] = False,
    ) -> None:
        """Show the whole list, or what of it earns when bought on a day."""
        listed = asyncio.run(_listed(open_log))
        goods = [each for each in listed.products if day is None or earns_on(each, day.date())]
        if as_json:
            for product in goods:
                print(msgspec.json.encode(product).decode())
        else:
            Console(highlight=False).print(_table(goods))
        print(
            f"{len(goods)} products; the maker's barcodes begin with"
            f" {', '.join(listed.prefixes)}; the list is {listed.sha256}",
            file=sys.stderr,
        )

    return command


async def _listed(open_log: OpenLog) -> ProductList:
    async with open_log("products", 1) as log:
        return await product_list(log.store)


def _table(goods: Sequence[Product]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("sku", no_wrap=True)
    table.add_column("name", overflow="fold")
    for heading in ("brand", "prescription", "from", "until", "barcodes"):
        table.add_column(heading)
    for product in goods:
        days = (str(day or "") for day in (product.active_from, product.active_until))
        prescription = {None: "", True: "yes", False: "no"}[product.prescription]
        brand, codes = "yes" if product.brand else "", " ".join(product.barcodes)
        cells = (product.sku, product.name_uk, brand, prescription, *days, codes)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def _retire_command(open_log: OpenLog) -> Callable[[str, datetime, str], None]:
    def command(
        sku: str,
        last_day: Annotated[
            datetime,
            typer.Option(
                metavar="<date>", formats=["%Y-%m-%d"], help="Of purchases that earn, Kyiv's."
            ),
        ],
        reason: Reason,
    ) -> None:
        """Let a product earn nothing when bought after its last day.

        It stays known, so that its receipts are refused and no person has to look. To let it
        earn again, import it.
        """
        asyncio.run(_retire(open_log, Sku(sku), last_day.date(), checked_reason(reason)))

    return command


async def _retire(open_log: OpenLog, sku: Sku, last_day: date, reason: str) -> None:
    async with open_log("products", 1) as log:
        told = await told_list(log.store)
        if (product := told.listed.product(sku)) is None:
            raise ProductUnknown(sku)
        if product.active_until != last_day:
            fact = ProductRetired(sku=sku, last_day=last_day, reason=reason)
            await tell(log.store, fact, behind=told)
    print(f"{sku} {product.name_uk} earns until {last_day}", file=sys.stderr)


def _explain_command(
    open_log: OpenLog,
) -> Callable[[str, str | None, datetime | None, bool], None]:
    def command(
        line: Annotated[str, typer.Argument(help="As the receipt prints it.")],
        barcode: Annotated[str | None, typer.Option(help="An EAN-13 printed beside it.")] = None,
        day: Day = None,
        as_json: AsJson = False,
    ) -> None:
        """Show why a printed line is one of the goods or not; without --day as if bought today.

        Example: python -m cashbot products explain "ЦИТРАМОН-Д №10"
        """
        bought = day.date() if day else now_utc().astimezone(KYIV).date()
        products = products_on(asyncio.run(_listed(open_log)), bought)
        told = explain(line, products, barcode=barcode)
        if as_json:
            print(msgspec.json.encode(told).decode())
            return
        for heading, words in rows_of(told, products):
            if words:
                print(f"{heading:14} {plain(words)}")

    return command
