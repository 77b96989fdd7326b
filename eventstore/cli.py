"""Commands on the log itself: `migrate`, `events`, `work`."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Annotated, Any

import msgspec
import typer

from eventstore import parking
from eventstore.groups import Groups
from eventstore.identity import StreamName
from eventstore.ledger import seal_until_rest
from eventstore.log import OpenLog
from eventstore.store import Recorded
from eventstore.subscription import keep_up, read_dense

#: Facts printed per reading.
PAGE_EVENTS = 500
#: Width at which a fact's content is cut in the table; --json shows all of it.
CONTENT_CHARACTERS_MAX = 100

#: What stood in a terminal a moment ago; the whole log is for programs.
TAIL_EVENTS = 20

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, whole.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the log: nothing personal.")]
#: ``parking.retry_parked`` or ``parking.skip_parked``.
Decide = Callable[..., Coroutine[Any, Any, None]]
OpenDatabase = Callable[[], AbstractContextManager[str]]


def register(groups: Groups, *, open_log: OpenLog, open_database: OpenDatabase) -> None:
    """Add this room's commands to ``groups``."""
    groups.app.command("migrate")(_migrate_command(open_database))
    groups.events.command("tail")(_tail_command(open_log))
    groups.events.command("show")(_show_command(open_log))
    groups.events.command("key")(_key_command(open_log))
    groups.events.command("checkpoint")(_checkpoint_command(open_log))
    groups.work.command("parked")(_parked_command(open_log))
    groups.work.command("retry")(_decide_command(open_log, parking.retry_parked, "runs again"))
    groups.work.command("skip")(_decide_command(open_log, parking.skip_parked, "is given up"))


def _migrate_command(open_database: OpenDatabase) -> Callable[[], None]:
    def command() -> None:
        """Bring the database's schema up to date; safe to repeat and to run twice at once."""
        from eventstore.migrate import migrate  # noqa: PLC0415 - 12 MB that others need not

        with open_database() as url:
            applied = migrate(url)
        for name in applied:
            print(name)
        print(f"{len(applied)} migrations applied", file=sys.stderr)

    return command


def _tail_command(open_log: OpenLog) -> Callable[[int | None, bool, bool], None]:
    def command(
        after: Annotated[
            int | None,
            typer.Option(min=0, help=f"Begin behind this seq; else with the last {TAIL_EVENTS}."),
        ] = None,
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Print the newest facts in the ledger's order; with --after 0 all of them.

        Example: python -m cashbot events tail --after 100 --follow --json
        """
        asyncio.run(_tail(open_log, after=after, follow=follow, as_json=as_json))

    return command


async def _tail(open_log: OpenLog, *, after: int | None, follow: bool, as_json: bool) -> None:
    async with open_log("events", 1) as log:
        last = max(0, await log.store.head() - TAIL_EVENTS) if after is None else after

        async def step() -> int:
            nonlocal last
            batch = await read_dense(log.store, after=last, limit=PAGE_EVENTS)
            for fact in batch:
                print(as_line(fact, as_json=as_json), flush=True)
            last += len(batch)
            return len(batch)

        if follow:
            await keep_up(step, store=log.store, listener=log.listener, name="events-tail")
        while await step():
            pass


def _show_command(open_log: OpenLog) -> Callable[[str, bool], None]:
    def command(
        what: Annotated[str, typer.Argument(help="A stream (receipt-…) or a seq.")],
        as_json: AsJson = False,
    ) -> None:
        """Print all facts of one stream, or the one fact with a seq."""
        if not asyncio.run(_show(open_log, what, as_json=as_json)):
            print(f"nothing is recorded under {what!r}; see `events tail`", file=sys.stderr)
            raise typer.Exit(1)

    return command


async def _show(open_log: OpenLog, what: str, *, as_json: bool) -> bool:
    async with open_log("events", 1) as log:
        if what.isdigit():
            fact = await log.store.read_event(int(what))
            facts = [fact] if fact else []
        else:
            facts = await log.store.read_stream(StreamName(what))
        for fact in facts:
            print(as_line(fact, as_json=as_json))
    return bool(facts)


def as_line(fact: Recorded, *, as_json: bool) -> str:
    """Return a fact as a line of a table, or as one JSON object."""
    if as_json:
        whole = {
            "seq": fact.seq,
            "stream": fact.stream,
            "version": fact.version,
            "event_id": fact.event_id,
            "type": fact.type,
            "data": msgspec.Raw(fact.data.encode()),
            "metadata": fact.metadata,
            "recorded_at": fact.recorded_at,
            "leaf_hash": fact.leaf_hash.hex(),
        }
        return msgspec.json.encode(whole).decode()
    seq = "unsealed" if fact.seq is None else str(fact.seq)
    when = fact.recorded_at.strftime("%Y-%m-%d %H:%M:%S")
    content = fact.data
    if len(content) > CONTENT_CHARACTERS_MAX:
        content = content[: CONTENT_CHARACTERS_MAX - 1] + "…"
    return f"{seq:>8}  {when}  {fact.type:<22} {fact.stream}/{fact.version}  {content}"


def _key_command(open_log: OpenLog) -> Callable[[], None]:
    def command() -> None:
        """Print the public half of the key that signs checkpoints, for auditors to pin.

        It is a verifier key of C2SP's signed-note: `events verify --key` takes it.
        """
        print(asyncio.run(_key(open_log)))

    return command


async def _key(open_log: OpenLog) -> str:
    async with open_log("key", 1) as log:
        return str((await log.checkpoints.key()).verifier)


def _checkpoint_command(open_log: OpenLog) -> Callable[[], None]:
    def command() -> None:
        """Sign what the ledger holds now, copy it to the attachments, and print the note.

        Running processes do so every minute while there is news. When there is none the newest
        checkpoint is printed again.
        """
        note = asyncio.run(_checkpoint(open_log))
        if note is None:
            print("the ledger is empty: there is nothing to sign yet", file=sys.stderr)
            raise typer.Exit(1)
        print(note, end="")

    return command


async def _checkpoint(open_log: OpenLog) -> str | None:
    async with open_log("checkpoint", 1) as log:
        await seal_until_rest(log.pool)
        await log.checkpoints.make()
        await log.checkpoints.copy()
        return await log.checkpoints.latest_note()


def _parked_command(open_log: OpenLog) -> Callable[[], None]:
    def command() -> None:
        """List parked work as JSON lines: handler, seq, stream, tries, since when, last error."""
        asyncio.run(_parked(open_log))

    return command


async def _parked(open_log: OpenLog) -> None:
    async with open_log("work", 1) as log:
        parked = await parking.parked_work(log.store)
    for item in parked:
        print(msgspec.json.encode(item).decode())
    print(f"{len(parked)} items parked", file=sys.stderr)


def _decide_command(
    open_log: OpenLog, decide: Decide, what: str
) -> Callable[[str, int, str], None]:
    def command(handler: str, seq: int, reason: Reason) -> None:
        asyncio.run(_decide(open_log, decide, handler, seq, reason))
        print(f"{handler} {seq} {what}", file=sys.stderr)

    command.__doc__ = f"Decide that a parked item {what}; the act and its reason become a fact."
    return command


async def _decide(open_log: OpenLog, decide: Decide, handler: str, seq: int, reason: str) -> None:
    async with open_log("work", 1) as log:
        await decide(log.store, handler=handler, seq=seq, reason=reason)
