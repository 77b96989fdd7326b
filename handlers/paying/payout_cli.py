"""Commands on one payout: `payouts resolve`, `payouts replay`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from eventstore.groups import Groups
from eventstore.identity import BillId, PayoutId, payout_in
from eventstore.log import OpenLog
from eventstore.reasons import checked_reason
from handlers.paying import callbacks_cli
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import BILL_NEEDED, Resolution, Resolver

CONNECTIONS = 2

Payout = Annotated[str, typer.Argument(help="Id of the payout, as `payouts list` names it.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]
Evidence = Annotated[
    Path,
    typer.Option(
        help="What shows it: a page of Portmone's statement, a letter. At most 10 MB.",
        exists=True,
        dir_okay=False,
    ),
]


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add the commands on one payout, and on what fits none, to ``groups``."""
    groups.payouts.command("resolve")(_resolve_command(open_log))
    groups.payouts.command("replay")(_replay_command(open_log))
    callbacks_cli.register(groups, open_log=open_log)


def _resolve_command(open_log: OpenLog) -> Callable[..., None]:
    def command(
        payout: Payout,
        *,
        evidence: Evidence,
        reason: Reason,
        paid: Annotated[bool, typer.Option("--paid", help="Money moved.")] = False,
        failed: Annotated[bool, typer.Option("--failed", help="No money moved.")] = False,
        bill: Annotated[
            str | None,
            typer.Option(help="Portmone's bill: of --paid always, else where the log knows none."),
        ] = None,
    ) -> None:
        """Say how an open payout ended: one in doubt, contradicted, or with a bill at rest.

        One that ended may be spoken of while something contradicts that, see `payouts list
        --contradicted`: one that failed as paid after all, or any as it ended. What was paid stays
        paid, and nothing is sent.

        Prints the fact as JSON. The evidence is kept sealed for the shopper, and its SHA-256 in
        the fact. After a crash the same call again adds nothing.

        Example: python -m cashbot payouts resolve ID --paid --bill 900 --evidence page.pdf
        --reason "booked"
        """
        if paid == failed:
            print("say --paid or --failed, one of the two", file=sys.stderr)
            raise typer.Exit(2)
        if paid and bill is None:
            print(BILL_NEEDED, file=sys.stderr)
            raise typer.Exit(2)
        said = Resolution(
            payout=_named(payout),
            outcome="paid" if paid else "failed",
            evidence=evidence.read_bytes(),
            reason=checked_reason(reason),
            bill=None if bill is None else BillId(bill),
        )
        print(asyncio.run(_resolve(open_log, said)))

    return command


async def _resolve(open_log: OpenLog, said: Resolution) -> str:
    async with open_log("payouts", CONNECTIONS) as log:
        resolver = Resolver(store=log.store, vault=log.vault, attachments=log.attachments)
        return msgspec.json.encode(await resolver.resolve(said)).decode()


def _replay_command(open_log: OpenLog) -> Callable[[str, str], None]:
    def command(payout: Payout, reason: Reason) -> None:
        """Have a payout tried again that surely moved no money, with the shopper's newest phone.

        That is one which Portmone refused, which never left, whose operator was not supported,
        or which a person resolved as failed. A running worker then pays it.
        """
        by_us = asyncio.run(_replay(open_log, _named(payout), checked_reason(reason)))
        told = "it is tried again" if by_us else "it is being tried again already"
        print(told, file=sys.stderr)

    return command


async def _replay(open_log: OpenLog, payout: PayoutId, reason: str) -> bool:
    async with open_log("payouts", CONNECTIONS) as log:
        return await replay(log.store, payout, reason=reason)


def _named(payout: str) -> PayoutId:
    """Return the id however it was written; misuse ends with status 2."""
    named = payout_in(payout)
    if named is None:
        print(f"{payout!r} is no payout id; `payouts list` names them", file=sys.stderr)
        raise typer.Exit(2)
    return named
