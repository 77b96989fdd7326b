"""Commands on read models: `projector`, `projections status`, `projections rebuild`."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eventstore.groups import Groups
from eventstore.log import Log, OpenLog
from eventstore.process import run_until_stopped, stop_signals
from projections import figures_cli, payouts_cli, receipts_cli, review_cli
from projections.projector import Projection, Projector, Standing, standings
from projections.receipts_cli import SpellPhone

#: Projections take turns at them: a transaction is short, and essential-0 has 20 in all.
CONNECTIONS = 3


def register(
    groups: Groups,
    *,
    open_log: OpenLog,
    projections: Sequence[Projection],
    spell_phone: SpellPhone,
) -> None:
    """Add this room's commands to ``groups``, apart from those through time."""
    groups.app.command("projector")(_projector_command(open_log, projections))
    groups.projections.command("status")(_status_command(open_log))
    groups.projections.command("rebuild")(_rebuild_command(open_log, projections))
    payouts_cli.register(groups, open_log=open_log)
    receipts_cli.register(groups, open_log=open_log, spell_phone=spell_phone)
    review_cli.register(groups, open_log=open_log)
    figures_cli.register(groups, open_log=open_log)


def projectors(log: Log, projections: Sequence[Projection]) -> list[Projector]:
    """Return a projector for each of ``projections``."""
    return [Projector(store=log.store, projection=projection) for projection in projections]


def followers_of(log: Log, projections: Sequence[Projection]) -> list[Coroutine[Any, Any, None]]:
    """Return what follows the ledger: a projector for each of ``projections``, and the signer."""
    followed = [each.run(log.listener) for each in projectors(log, projections)]
    return [*followed, log.checkpoints.run(log.listener)]


def _projector_command(open_log: OpenLog, projections: Sequence[Projection]) -> Callable[[], None]:
    def command() -> None:
        """Keep all read models up with the log. More than one may run: the others stand by."""
        asyncio.run(_project(open_log, projections))

    return command


async def _project(open_log: OpenLog, projections: Sequence[Projection]) -> None:
    with stop_signals() as stop:
        async with open_log("projector", CONNECTIONS) as log:
            followers = followers_of(log, projections)
            await run_until_stopped(followers=followers, stop=stop)


def _status_command(open_log: OpenLog) -> Callable[[bool], None]:
    def command(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    ) -> None:
        """Show how far each reader of the log is behind its head."""
        _print_standings(asyncio.run(_standings(open_log)), as_json=as_json)

    return command


async def _standings(open_log: OpenLog) -> list[Standing]:
    async with open_log("projections", 1) as log:
        return await standings(log.store)


def _print_standings(found: Sequence[Standing], *, as_json: bool) -> None:
    if as_json:
        for standing in found:
            print(msgspec.json.encode(standing).decode())
        return
    table = Table("reader", "seq", "behind", "moved at (UTC)", "notify missed", box=None)
    for standing in found:
        moved = standing.moved_at.strftime("%Y-%m-%d %H:%M:%S")
        numbers = map(str, (standing.seq, standing.behind, moved, standing.notify_missed))
        table.add_row(standing.name, *numbers)
    Console().print(table)


def _rebuild_command(open_log: OpenLog, projections: Sequence[Projection]) -> Callable[[str], None]:
    known = {projection.name: projection for projection in projections}

    def command(
        name: Annotated[str, typer.Argument(help=f"One of: {', '.join(known)}; or all.")],
    ) -> None:
        """Empty a read model and make it again from the first fact on.

        Pages see it fill up meanwhile. Nothing is paid and nobody is told anything: read
        models cannot reach the world. Safe to stop: whatever runs next goes on from there.
        """
        chosen = list(known.values()) if name == "all" else [known[name]] if name in known else []
        if not chosen:
            print(f"no read model {name!r}; there are: {', '.join(known)}", file=sys.stderr)
            raise typer.Exit(2)
        asyncio.run(_rebuild(open_log, chosen))

    return command


async def _rebuild(open_log: OpenLog, projections: Sequence[Projection]) -> None:
    async with open_log("rebuild", CONNECTIONS) as log:
        for projection, projector in zip(projections, projectors(log, projections), strict=True):
            total = await projector.rebuild()
            print(f"{projection.name}: {total} facts replayed")
