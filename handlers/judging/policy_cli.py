"""Commands on the policy: `policy show`, `policy adopt`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventstore.catalogue import PolicyAdopted
from eventstore.groups import Groups
from eventstore.identity import POLICY_STREAM, EventId
from eventstore.log import OpenLog
from eventstore.policy import Policy
from eventstore.reasons import checked_reason
from eventstore.showing import plain, utc
from eventstore.store import Append, Context, EventStore, Recorded
from handlers.files import FileUnusable
from handlers.judging.policy import differences, load_policy, settings_of
from handlers.judging.terms import policy_now
from handlers.paying.owing import over_a_day
from handlers.rules import RULES

#: One short stream.
CONNECTIONS = 1

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this topic's commands to ``groups``."""
    groups.policy.command("show")(_show_command(open_log))
    groups.policy.command("adopt")(_adopt_command(open_log))


def _show_command(open_log: OpenLog) -> Callable[[bool, bool], None]:
    def command(
        history: Annotated[bool, typer.Option("--history", help="Every one so far.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Show the numbers in force, or what was adopted when and why."""
        told = asyncio.run(_adopted(open_log))
        shown = told if history else told[-1:]
        if as_json:
            for fact in shown:
                print(msgspec.json.encode(_as_data(fact)).decode())
        elif history:
            _print_history(told)
        else:
            _print_policy(shown[0])

    return command


async def _adopted(open_log: OpenLog) -> list[Recorded]:
    async with open_log("policy", CONNECTIONS) as log:
        await policy_now(log.store)
        return await log.store.read_stream(POLICY_STREAM)


def _as_data(fact: Recorded) -> dict[str, object]:
    return {
        "policy": fact.event_id,
        "adopted_at": fact.recorded_at,
        "reason": fact.event.reason,
        **msgspec.to_builtins(fact.event.policy),
    }


def _print_policy(fact: Recorded) -> None:
    console = Console(highlight=False)
    console.print(Text.assemble(("policy ", "bold"), str(fact.event_id)))
    console.print(Text(f"  adopted {utc(fact.recorded_at)}: {plain(fact.event.reason)}"))
    _print_table(console, ("key", "value"), settings_of(fact.event.policy))


def _print_history(told: list[Recorded]) -> None:
    console = Console(highlight=False)
    before: Policy | None = None
    for fact in told:
        policy: Policy = fact.event.policy
        heading = f"{utc(fact.recorded_at)}  {fact.event_id}"
        console.print(Text.assemble((heading, "bold"), f"  {plain(fact.event.reason)}"))
        if before is not None:
            _print_table(console, ("key", "was", "is"), differences(before, policy))
        before = policy


def _print_table(
    console: Console,
    columns: tuple[str, ...],
    rows: list[tuple[str, str]] | list[tuple[str, str, str]],
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _adopt_command(open_log: OpenLog) -> Callable[[Path, str, bool], None]:
    def command(
        file: Annotated[
            Path,
            typer.Argument(help="TOML; what it leaves out stays.", exists=True, dir_okay=False),
        ],
        reason: Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")],
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would change, and stop.")
        ] = False,
    ) -> None:
        """Grant and pay by other numbers from now on; prints what changes.

        Keys are those of `policy show`; operators and errors are tables whose rows are named
        anew all together. `receipts what-if --policy FILE` tells beforehand what it would mean.

        Example: python -m cashbot policy adopt winter.toml --reason "winter campaign"
        """
        try:
            changed = asyncio.run(_adopt(open_log, file, checked_reason(reason), dry_run=dry_run))
        except FileUnusable as unusable:
            print(unusable, file=sys.stderr)
            raise typer.Exit(2) from unusable
        if not changed:
            print("nothing would change: this policy is in force", file=sys.stderr)
        else:
            print("nothing was changed" if dry_run else "adopted", file=sys.stderr)

    return command


async def _adopt(open_log: OpenLog, file: Path, reason: str, *, dry_run: bool) -> bool:
    """Adopt what ``file`` says behind the policy it was compared with; False for no change.

    Raises ``FileUnusable``, ``WrongExpectedVersion`` when somebody adopted another one meanwhile.
    """
    async with open_log("policy", CONNECTIONS) as log:
        await policy_now(log.store)
        records = await log.store.read_stream(POLICY_STREAM)
        now: Policy = records[-1].event.policy
        wanted = _of_this_release(load_policy(file, base=now), file)
        changes = differences(now, wanted)
        if not changes:
            return False
        _print_table(Console(highlight=False), ("key", "was", "will be"), changes)
        if wanted.budget_per_day_kopecks < now.budget_per_day_kopecks:
            await _check_owed(log.store, wanted, file)
        if not dry_run:
            await _record(log.store, records, PolicyAdopted(policy=wanted, reason=reason))
    return True


async def _check_owed(store: EventStore, wanted: Policy, file: Path) -> None:
    """Raise ``FileUnusable`` if something owed exceeds what a day may cost by ``wanted``."""
    over = await over_a_day(store, limit_kopecks=wanted.budget_per_day_kopecks)
    if over is not None:
        problem = f"budget_per_day_kopecks: by this {over}; let it reach for the largest, or wait"
        raise FileUnusable(file, [problem])


def _of_this_release(policy: Policy, file: Path) -> Policy:
    """Return ``policy`` for the rules of this release; raises ``FileUnusable`` for others."""
    if policy.rules not in (RULES, file.stem[:64]):
        problem = f"rules: this release has {RULES}; leave the key out, or start the other release"
        raise FileUnusable(file, [problem])
    return replace(policy, rules=RULES)


async def _record(store: EventStore, records: list[Recorded], adopted: PolicyAdopted) -> None:
    fact = (EventId(uuid4()), adopted)
    append = Append(stream=POLICY_STREAM, expected=records[-1].version, events=[fact])
    context = Context(correlation_id="system-policy", causation_id=None, actor="operator")
    await store.append(append, context=context)
