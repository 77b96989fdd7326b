"""Commands that find receipts: `receipts list`, `receipts search`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from eventstore.groups import Groups
from eventstore.identity import KYIV, BillId, Kopecks, PayoutId, ShopperId
from eventstore.log import Log, OpenLog
from eventstore.showing import plain, uah
from projections.asking import (
    AsJson,
    Limit,
    Since,
    Until,
    console,
    in_order,
    kopecks,
    printable,
)
from projections.finding import RECEIPT_STATES, Wanted, find, shoppers_with_phone
from projections.receipts import Receipt

LIMIT = 50
#: Read from stdin, a phone stays out of the shell's history.
STDIN = "-"

#: Spells a phone in the one way that is kept; raises ``typer.BadParameter`` for what is none.
SpellPhone = Callable[[str], str]

_COLOURS = {
    "paid": "green",
    "review": "yellow",
    "pay_unknown": "bold red",
    "pay_failed": "red",
    "rejected": "red",
    "unreadable": "red",
}


def _text(help_: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(parser=printable, metavar="<str>", help=help_)
    return option


def _state(text: str) -> str:
    if text not in RECEIPT_STATES:
        raise typer.BadParameter(f"no state {text!r}; there are: {', '.join(RECEIPT_STATES)}")
    return text


State = Annotated[
    str | None,
    typer.Option(parser=_state, metavar="<state>", help=f"One of: {', '.join(RECEIPT_STATES)}."),
]
Reason = Annotated[str | None, _text("A code: too_old, low_confidence, blurred, callback …")]
Shopper = Annotated[str | None, _text("Id of the shopper, as facts name it.")]
Phone = Annotated[
    str | None,
    typer.Option(metavar="<phone>", help="Shared by the shopper; - reads it from stdin."),
]
TelegramId = Annotated[int | None, typer.Option(min=1, help="Of the shopper.")]
FiscalNumber = Annotated[str | None, _text("Of the register.")]
ReceiptNumber = Annotated[str | None, _text("As the paper or the QR has it.")]
Bill = Annotated[str | None, _text("Portmone's.")]
Payout = Annotated[str | None, _text("Id of the payout.")]
Merchant = Annotated[str | None, _text("A part of the seller's name, in any case.")]
Total = Annotated[
    Kopecks | None, typer.Option(parser=kopecks, metavar="<uah>", help="Like 123.45.")
]


def register(groups: Groups, *, open_log: OpenLog, spell_phone: SpellPhone) -> None:
    """Add the commands to ``groups``."""
    groups.receipts.command("list")(_list_command(open_log, spell_phone))
    groups.receipts.command("search")(_search_command(open_log))


def _list_command(open_log: OpenLog, spell_phone: SpellPhone) -> Callable[..., None]:
    def command(
        *,
        state: State = None,
        reason: Reason = None,
        shopper: Shopper = None,
        phone: Phone = None,
        telegram_id: TelegramId = None,
        since: Since = None,
        until: Until = None,
        fiscal_number: FiscalNumber = None,
        receipt_number: ReceiptNumber = None,
        bill: Bill = None,
        payout: Payout = None,
        merchant: Merchant = None,
        total: Total = None,
        limit: Limit = LIMIT,
        as_json: AsJson = False,
    ) -> None:
        """List receipts, the newest first; of what is given all must be so.

        A phone or Telegram id becomes a keyed hash at once and is neither kept nor
        printed; nobody who was forgotten is found by it. A day is that of the upload.

        Examples: python -m cashbot receipts list --state review
                  python -m cashbot receipts list --phone - --since 2026-11-01
                  python -m cashbot receipts list --merchant подорожник --total 86,50
        """
        in_order(since, until)
        wanted = Wanted(
            state=state,
            reason=reason,
            since=since,
            until=until,
            fiscal_number=fiscal_number,
            receipt_number=receipt_number,
            bill=None if bill is None else BillId(bill),
            payout=None if payout is None else PayoutId(payout),
            merchant=merchant,
            total_kopecks=total,
        )
        person = _Person(
            shopper=shopper,
            phone=None if phone is None else spell_phone(_typed(phone)),
            telegram_id=telegram_id,
        )
        _show(asyncio.run(_found(open_log, wanted, person, limit)), limit, as_json=as_json)

    return command


def _search_command(open_log: OpenLog) -> Callable[..., None]:
    def command(
        text: Annotated[str, typer.Argument(parser=printable, metavar="text")],
        since: Since = None,
        until: Until = None,
        limit: Limit = LIMIT,
        as_json: AsJson = False,
    ) -> None:
        """Find the receipts that a scrap of knowledge is about, the newest first.

        TEXT is an id of a receipt, payout or shopper, a bill, a number from the paper or the
        QR, or a part of the seller's name. For a phone see `receipts list --phone`.

        Example: python -m cashbot receipts search "000315311 00256"
        """
        in_order(since, until)
        wanted = Wanted(anything=text, since=since, until=until)
        _show(asyncio.run(_found(open_log, wanted, _Person(), limit)), limit, as_json=as_json)

    return command


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked for; a phone is spelled in the one way that is kept."""

    shopper: str | None = None
    phone: str | None = None
    telegram_id: int | None = None


def _typed(phone: str) -> str:
    return sys.stdin.readline().strip() if phone == STDIN else phone


async def _found(open_log: OpenLog, wanted: Wanted, person: _Person, limit: int) -> list[Receipt]:
    async with open_log("receipts", 1) as log:
        shoppers = await _shoppers(log, person)
        if shoppers is not None:
            wanted = msgspec.structs.replace(wanted, shoppers=sorted(shoppers))
        return await find(log.pool, wanted, limit=limit)


async def _shoppers(log: Log, person: _Person) -> set[ShopperId] | None:
    """Return who is meant by all that is said of them, None when nothing is."""
    meant: list[set[ShopperId]] = []
    if person.shopper is not None:
        meant.append({ShopperId(person.shopper)})
    if person.phone is not None:
        fingerprint = await log.vault.fingerprint(person.phone)
        meant.append({*await shoppers_with_phone(log.pool, fingerprint)})
    if person.telegram_id is not None:
        meant.append({await log.vault.shopper_id(f"telegram:{person.telegram_id}")})
    return set.intersection(*meant) if meant else None


def _show(found: Sequence[Receipt], limit: int, *, as_json: bool) -> None:
    if as_json:
        for receipt in found:
            print(msgspec.json.encode(receipt).decode())
    elif found:
        console().print(_table(found))
    if not found:
        print("no receipt is like that", file=sys.stderr)
    elif len(found) == limit:
        print(f"these are the newest {limit}; --limit shows more", file=sys.stderr)


def _table(found: Sequence[Receipt]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("uploaded (Kyiv)", "receipt", "state"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", overflow="fold")
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("shop", overflow="fold")
    table.add_column("bill", overflow="fold")
    for receipt in found:
        state = Text(receipt.state, style=_COLOURS.get(receipt.state, ""))
        total = "" if receipt.total_kopecks is None else uah(receipt.total_kopecks)
        shop = Text(plain(receipt.merchant or ""))
        if receipt.forgotten_at is not None:
            shop = Text("shopper forgotten", style="dim")
        table.add_row(
            _kyiv(receipt.uploaded_at),
            Text(plain(receipt.receipt)),
            state,
            ", ".join(receipt.reasons),
            total,
            shop,
            Text(plain(receipt.bill or "")),
        )
    return table


def _kyiv(moment: datetime) -> str:
    return moment.astimezone(KYIV).strftime("%Y-%m-%d %H:%M")
