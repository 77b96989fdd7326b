"""Commands on people: `shoppers forget`, `shoppers export`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from eventstore.catalogue import ShopperForgotten
from eventstore.groups import Groups
from eventstore.identity import ShopperId, shopper_stream
from eventstore.log import Log, OpenLog
from eventstore.process import in_background
from eventstore.subscription import LEDGER, POLL_SECONDS
from handlers.cli import CONNECTIONS, OpenWorkers
from handlers.commands import Commands
from handlers.forget_shopper import ForgetShopper
from handlers.people.certificates import certificate_of
from handlers.people.person import PersonForgotten, PhotosFolderInUse, export_person, write_photos
from handlers.people.under_way import Open, Waits, under_way
from handlers.wishes import CommandError

#: Exit status: the request stands and something must be finished first.
NOT_YET = 3

WAITS: dict[Waits, str] = {
    "for_us": "is still on its way: workers must be running; see also `work parked`",
    "for_portmone": "waits for Portmone's callback",
    "for_a_person": "has an unknown or contradicted outcome: a person must find out and resolve it",
}


def register(
    groups: Groups,
    *,
    open_log: OpenLog,
    open_workers: OpenWorkers,
    pays: Callable[[], bool],
) -> None:
    """Add this topic's commands to ``groups``; ``pays`` tells whether the pay step is on."""
    groups.shoppers.command("forget")(_forget_command(open_log, open_workers, pays))
    groups.shoppers.command("export")(_export_command(open_log))


def _forget_command(
    open_log: OpenLog, open_workers: OpenWorkers, pays: Callable[[], bool]
) -> Callable[[str, str, float], None]:
    def command(
        shopper: Annotated[str, typer.Argument(help="Id of the shopper, as facts name it.")],
        reason: Annotated[
            str, typer.Option(help="Who asked and how; it stays in the log: nothing personal.")
        ],
        wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end.")] = 60.0,
    ) -> None:
        """Forget a person for good; prints the certificate of what was destroyed.

        First finishes receipts and payouts that are under way. Status 3 if something is open
        when the time is over: it is named, the request stands, and a worker finishes it later.
        The key, the photos and the words read are destroyed; history and proofs stay valid.
        """
        try:
            found = asyncio.run(
                _forget(open_log, open_workers, ShopperId(shopper), reason, wait, pays=pays())
            )
        except CommandError as refused:
            print(refused, file=sys.stderr)
            raise typer.Exit(1) from refused
        if isinstance(found, bytes):
            print(found.decode(), end="")
            return
        for each in found:
            what = f"payout {each.payout} of" if each.payout else "receipt"
            print(f"{what} {each.receipt} {WAITS[each.waits]}", file=sys.stderr)
        print("the request stands; a worker forgets the shopper once it can", file=sys.stderr)
        raise typer.Exit(NOT_YET)

    return command


async def _forget(
    open_log: OpenLog,
    open_workers: OpenWorkers,
    shopper: ShopperId,
    reason: str,
    seconds: float,
    *,
    pays: bool,
) -> bytes | list[Open]:
    """Return the certificate, or what is still open when it is no use to wait longer."""
    async with (
        open_log("shoppers", CONNECTIONS) as log,
        open_workers(log, [ForgetShopper.name]) as workers,
    ):
        commands = Commands(store=log.store, attachments=log.attachments, vault=log.vault)
        await commands.request_forgetting(shopper, reason=reason)
        async with in_background(*(worker.run() for worker in workers)):
            forgotten = await _until_forgotten(log, shopper, seconds, pays=pays)
        if forgotten is None:
            return await under_way(log.store, shopper, pays=pays)
        return await certificate_of(log.attachments, shopper, forgotten)


async def _until_forgotten(
    log: Log, shopper: ShopperId, seconds: float, *, pays: bool
) -> ShopperForgotten | None:
    """Return the fact; None after ``seconds``, or as soon as a person has to act first."""
    ends_at = asyncio.get_running_loop().time() + seconds
    async with log.listener.woken_by(LEDGER) as wakes:
        while True:
            facts = await log.store.read_stream(shopper_stream(shopper))
            if isinstance(facts[-1].event, ShopperForgotten):
                return facts[-1].event
            waiting = await under_way(log.store, shopper, pays=pays)
            left = ends_at - asyncio.get_running_loop().time()
            if left <= 0 or any(each.waits == "for_a_person" for each in waiting):
                return None
            await wakes.wait(min(left, POLL_SECONDS))


def _export_command(open_log: OpenLog) -> Callable[[str, Path | None], None]:
    def command(
        shopper: Annotated[str, typer.Argument(help="Id of the shopper, as facts name it.")],
        photos: Annotated[
            Path | None, typer.Option(file_okay=False, help="Empty folder for the photos.")
        ] = None,
    ) -> None:
        """Print everything held about a person as one JSON object, opened and readable.

        It holds personal data in clear: give it to that person and to nobody else.
        """
        try:
            print(asyncio.run(_export(open_log, ShopperId(shopper), photos)))
        except (CommandError, PersonForgotten, PhotosFolderInUse) as refused:
            print(refused, file=sys.stderr)
            raise typer.Exit(1) from refused

    return command


async def _export(open_log: OpenLog, shopper: ShopperId, photos: Path | None) -> str:
    async with open_log("shoppers", 2) as log:
        person = await export_person(log, shopper)
        if photos is not None:
            written = await write_photos(log, person, photos)
            print(f"{written} photos written to {photos}", file=sys.stderr)
    return msgspec.json.format(msgspec.json.encode(person), indent=2).decode()
