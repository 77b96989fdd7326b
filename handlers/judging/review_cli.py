"""Commands of people who judge receipts: `review …`, `receipts override`, `claims release`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from eventstore.catalogue import DocumentKind, ReceiptCorrected
from eventstore.groups import Groups
from eventstore.identity import KYIV, ReceiptId
from eventstore.log import OpenLog
from eventstore.showing import kyiv_clock
from handlers.judging.review_items import ItemMalformed, item_of, kopecks_of
from handlers.judging.review_page import Page, page_of, print_page
from handlers.judging.reviewing import Reviews, Verdict
from handlers.wishes import CommandError

#: One to read and one that appends.
CONNECTIONS = 2

Receipt = Annotated[str, typer.Argument(help="Id of the receipt, as `review list` names it.")]
Reviewer = Annotated[str, typer.Option(help="Your name among colleagues.")]
Operator = Reviewer
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]

Act = Callable[[Reviews], Coroutine[Any, Any, str]]


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this topic's commands to ``groups``."""
    groups.review.command("take")(_take_command(open_log))
    groups.review.command("show")(_show_command(open_log))
    groups.review.command("correct")(_correct_command(open_log))
    groups.review.command("approve")(_settle_command(open_log, "approve"))
    groups.review.command("reject")(_settle_command(open_log, "reject"))
    groups.receipts.command("override")(_override_command(open_log))
    groups.claims.command("release")(_release_command(open_log))


def _run(open_log: OpenLog, act: Act) -> None:
    """Let ``act`` happen and print what it says; a refusal is said in one line."""

    async def acted() -> str:
        async with open_log("review", CONNECTIONS) as log:
            return await act(Reviews(store=log.store))

    try:
        print(asyncio.run(acted()), file=sys.stderr)
    except CommandError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from refused


def _take_command(open_log: OpenLog) -> Callable[[str, str], None]:
    def command(receipt: Receipt, reviewer: Reviewer) -> None:
        """Take a waiting receipt in hand for five minutes; colleagues are told so."""

        async def act(reviews: Reviews) -> str:
            taken = await reviews.take(ReceiptId(receipt), reviewer)
            return f"yours until {kyiv_clock(taken.until)}; see `review show`"

        _run(open_log, act)

    return command


def _show_command(open_log: OpenLog) -> Callable[[str, Path | None, bool], None]:
    def command(
        receipt: Receipt,
        photo: Annotated[
            Path | None, typer.Option(help="Write the upright photo, a JPEG, to this file.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Show what was read and why the receipt waits; opens what is sealed for its shopper."""
        asyncio.run(_show(open_log, ReceiptId(receipt), photo=photo, as_json=as_json))

    return command


async def _show(
    open_log: OpenLog, receipt: ReceiptId, *, photo: Path | None, as_json: bool
) -> None:
    async with open_log("review", CONNECTIONS) as log:
        page = await _or_exit(page_of(log, receipt))
        content = None if photo is None else await log.attachments.get(page.photo_key)
    if photo is not None and content is not None:
        await asyncio.to_thread(photo.write_bytes, content)
        print(f"the photo is in {photo}: it is personal, delete it afterwards", file=sys.stderr)
    if as_json:
        print(msgspec.json.encode(page).decode())
    else:
        print_page(page)


async def _or_exit(wanted: Awaitable[Page]) -> Page:
    try:
        return await wanted
    except CommandError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from refused


def _correct_command(open_log: OpenLog) -> Callable[..., None]:
    def command(
        receipt: Receipt,
        *,
        reviewer: Reviewer,
        reason: Reason,
        total: Annotated[str | None, typer.Option(help="Hryvnias: 46.50.")] = None,
        date: Annotated[
            datetime | None,
            typer.Option(
                metavar="<date and time>",
                help="Kyiv's, as printed: 2026-11-24 13:45.",
                formats=["%Y-%m-%d %H:%M"],
            ),
        ] = None,
        fiscal_number: Annotated[str | None, typer.Option(help="Of the register (ФН).")] = None,
        receipt_number: Annotated[str | None, typer.Option(help="Of the receipt.")] = None,
        merchant: Annotated[str | None, typer.Option(help="Seller, as printed.")] = None,
        document: Annotated[
            str | None, typer.Option(help="sale, return, not_fiscal, order or screenshot.")
        ] = None,
        item: Annotated[
            list[str] | None,
            typer.Option(help="NAME;QUANTITY;COST, once per line: all lines are named anew."),
        ] = None,
    ) -> None:
        """Say what is printed; the receipt is judged again by that, not read again.

        Example: python -m cashbot review correct ID --reviewer olha --reason "glare"
        --total 46.50 --item "Цитрамон-Дарниця табл. №10;1;36.50" --item "Пакет;1;10.00"
        """
        try:
            correction = ReceiptCorrected(
                reviewer=reviewer,
                reason=reason,
                merchant=merchant,
                items=[item_of(each) for each in item] if item else None,
                total_kopecks=None if total is None else kopecks_of(total),
                purchased_at=None if date is None else date.replace(tzinfo=KYIV),
                fiscal_number=fiscal_number,
                receipt_number=receipt_number,
                document=None if document is None else msgspec.convert(document, DocumentKind),
            )
        except (ItemMalformed, msgspec.ValidationError) as malformed:
            print(malformed, file=sys.stderr)
            raise typer.Exit(2) from malformed

        async def act(reviews: Reviews) -> str:
            await reviews.correct(ReceiptId(receipt), correction)
            return "corrected; a worker decides it anew, see `review show`"

        _run(open_log, act)

    return command


def _settle_command(open_log: OpenLog, verdict: Verdict) -> Callable[[str, str, str], None]:
    told = "Pay" if verdict == "approve" else "Refuse"

    def command(receipt: Receipt, reviewer: Reviewer, reason: Reason) -> None:
        async def act(reviews: Reviews) -> str:
            await reviews.settle(ReceiptId(receipt), verdict, reviewer=reviewer, reason=reason)
            return f"{verdict}d; a worker carries it out" if verdict == "approve" else "rejected"

        _run(open_log, act)

    command.__doc__ = f"{told} the bonus for a receipt you have in hand, in spite of every doubt."
    return command


def _override_command(open_log: OpenLog) -> Callable[[str, str, str, bool, bool], None]:
    def command(
        receipt: Receipt,
        operator: Operator,
        reason: Reason,
        approve: Annotated[bool, typer.Option("--approve", help="Grant the bonus.")] = False,
        reject: Annotated[bool, typer.Option("--reject", help="Refuse or withdraw it.")] = False,
    ) -> None:
        """Have a receipt decided otherwise; age and daily limit do not count, claims do."""
        if approve == reject:
            print("say either --approve or --reject", file=sys.stderr)
            raise typer.Exit(2)
        verdict: Verdict = "approve" if approve else "reject"

        async def act(reviews: Reviews) -> str:
            await reviews.override(ReceiptId(receipt), verdict, operator=operator, reason=reason)
            return "overridden; a worker carries it out"

        _run(open_log, act)

    return command


def _release_command(open_log: OpenLog) -> Callable[[str, str, str], None]:
    def command(receipt: Receipt, operator: Operator, reason: Reason) -> None:
        """Let another receipt have this one's claims; only while no payout was attempted.

        The bonus is withdrawn with them: nothing is paid for a receipt that holds no claim.
        """

        async def act(reviews: Reviews) -> str:
            await reviews.withdraw(ReceiptId(receipt), operator=operator, reason=reason)
            return "released; the bonus is withdrawn"

        _run(open_log, act)

    return command
