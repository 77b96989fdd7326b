"""Commands through time: `events replay`, `receipts explain`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventstore.cli import as_line
from eventstore.groups import Groups
from eventstore.identity import StreamName
from eventstore.log import OpenLog
from eventstore.moments import parse_moment, seq_at
from eventstore.showing import plain, progress, uah, utc
from eventstore.store import Recorded
from projections.as_of import Then, empty_models, replay, rows, then
from projections.explain import explain
from projections.lineage import receipt_named
from projections.one_stream import StreamThen, stream_then
from projections.projector import Projection
from projections.receipt_rows import NOT_SHOWN
from projections.telling import tree_of

AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object per line.")]


def register(groups: Groups, *, open_log: OpenLog, projections: Sequence[Projection]) -> None:
    """Add the commands to ``groups``."""
    groups.events.command("replay")(_replay_command(open_log, projections))
    groups.receipts.command("explain")(_explain_command(open_log))


def _replay_command(
    open_log: OpenLog, projections: Sequence[Projection]
) -> Callable[[str, str | None, bool, bool], None]:
    def command(
        until: Annotated[str, typer.Option(help="SEQ, or TIME as ISO 8601 (else Kyiv's).")],
        stream: Annotated[str | None, typer.Option(help="Only this one (receipt-…).")] = None,
        as_json: AsJson = False,
        all_rows: Annotated[
            bool, typer.Option("--rows", help="With --json: then every row behind it.")
        ] = False,
    ) -> None:
        """Show what was so at an earlier moment, from the log alone.

        Read models are made anew, apart from those in use, by the projections' own
        code; nothing else is touched. A TIME means the longest beginning of the log
        whose every fact was sealed by then, by the database's clock: facts are never
        ordered by the clocks of their writers.

        Examples: python -m cashbot events replay --until 1200 --stream receipt-…
                  python -m cashbot events replay --until 2026-11-24T09:30 --json
        """
        if all_rows and (stream is not None or not as_json):
            raise typer.BadParameter("--rows goes with --json and without --stream")
        if stream is None:
            replayed = _replay(open_log, projections, until, as_json=as_json, all_rows=all_rows)
            asyncio.run(replayed)
        else:
            asyncio.run(_replay_stream(open_log, until, StreamName(stream), as_json=as_json))

    return command


async def _replay_stream(
    open_log: OpenLog, until: str, stream: StreamName, *, as_json: bool
) -> None:
    moment = parse_moment(until)
    async with open_log("replay", 1) as log:
        seq = await seq_at(log.store, moment)
        told = await stream_then(log.store, log.url, stream, until=seq)
    _show_stream(told, as_json=as_json)


async def _replay(
    open_log: OpenLog,
    projections: Sequence[Projection],
    until: str,
    *,
    as_json: bool,
    all_rows: bool,
) -> None:
    moment = parse_moment(until)
    async with (
        open_log("replay", 1) as log,
        empty_models(log.url, projections) as connection,
    ):
        seq = await seq_at(log.store, moment)
        with progress("replaying", total=seq) as told:
            await replay(log.store, connection, projections, until=seq, told=told)
        state = await then(log.store, connection, seq)
        if not as_json:
            _show(state)
            return
        print(msgspec.json.encode(msgspec.structs.asdict(state) | {"money": state.money}).decode())
        if all_rows:
            async for table, row in rows(connection):
                print(msgspec.json.encode({"table": table, "row": row}).decode())


def _show(state: Then) -> None:
    console = Console(highlight=False)
    sealed = "before the first fact" if state.sealed_at is None else utc(state.sealed_at)
    console.print(f"[bold]as of seq {state.seq}[/], {sealed}\n")
    receipts = Table("receipts", "", box=None, pad_edge=False)
    receipts.columns[1].justify = "right"
    for name, total in state.receipts.items():
        receipts.add_row(name, str(total))
    receipts.add_row("all", str(sum(state.receipts.values())), style="bold")
    receipts.add_row("waiting for a person", str(state.waiting), style="dim")
    payouts = Table("payouts", "", "", box=None, pad_edge=False)
    payouts.columns[1].justify = payouts.columns[2].justify = "right"
    for name, each in state.payouts.items():
        payouts.add_row(name, str(each.payouts), uah(each.kopecks))
    payouts.add_row(
        "requested in all",
        str(sum(each.payouts for each in state.payouts.values())),
        uah(state.money["requested"]),
        style="bold",
    )
    console.print(receipts)
    console.print()
    console.print(payouts)


def _show_stream(told: StreamThen, *, as_json: bool) -> None:
    if as_json:
        facts = [msgspec.Raw(as_line(fact, as_json=True).encode()) for fact in told.facts]
        whole = {"stream": told.stream, "until": told.until, "state": told.state, "facts": facts}
        print(msgspec.json.encode(whole).decode())
        return
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("seq", "recorded", "fact"):
        table.add_column(heading, no_wrap=True)
    table.add_column("content", ratio=1)
    for fact in told.facts:
        content = Text(_content(fact), no_wrap=True, overflow="ellipsis")
        table.add_row(str(fact.seq), utc(fact.recorded_at), fact.type, content)
    console.print(table)
    console.print(f"\n[bold]what that comes to as of seq {told.until}[/]\n")
    state = Table(box=None, pad_edge=False, show_header=False)
    state.add_column(no_wrap=True)
    state.add_column(overflow="fold")
    for name, value in told.state.items():
        if value not in (None, []):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            state.add_row(name.replace("_", " "), Text(plain(shown)))
    console.print(state)


def _content(fact: Recorded) -> str:
    """Return a fact's fields on one line, without what is sealed: --json has the stored text."""
    fields: dict[str, object] = msgspec.json.decode(fact.data)
    shown = {name: value for name, value in fields.items() if name not in NOT_SHOWN}
    return plain(msgspec.json.encode(shown).decode())


def _explain_command(open_log: OpenLog) -> Callable[[str, bool], None]:
    def command(
        name: Annotated[str, typer.Argument(metavar="id", help="Of a receipt, payout or bill.")],
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object, whole.")] = False,
    ) -> None:
        """Tell the lineage of every kopeck: photo, words, fields, rule, payout, callback.

        Each fact with its seq, event id and leaf hash, who did it, and because of
        which other fact. Nothing sealed is opened. `events proof` proves any of them.
        """
        asyncio.run(_explain(open_log, name, as_json=as_json))

    return command


async def _explain(open_log: OpenLog, name: str, *, as_json: bool) -> None:
    async with open_log("explain", 1) as log:
        receipt = await receipt_named(log.store, name)
        explanation = await explain(log.store, log.url, receipt)
    if as_json:
        print(msgspec.json.encode(explanation).decode())
    else:
        Console(highlight=False).print(tree_of(explanation))
