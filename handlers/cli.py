"""Commands on receipts: `handle`, `read`, `submit`."""

import asyncio
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from eventstore.errors import EventStoreError
from eventstore.groups import Groups
from eventstore.log import Log, OpenLog
from eventstore.process import serve, stop_signals
from eventstore.worker import Worker
from handlers.commands import Commands
from handlers.goods import products_cli
from handlers.goods.products import Products
from handlers.judging import policy_cli, review_cli
from handlers.outcomes import OUTCOME_SECONDS_MAX, await_outcome
from handlers.paying import payouts_cli
from handlers.paying.phones import PhoneRefused, normalise
from handlers.reactions import HANDLERS
from handlers.reading.command import ClosingReader, read_photos
from handlers.wishes import CommandError

#: Connections of a process with a few handlers; its LISTEN connection comes on top.
CONNECTIONS = 4

OpenWorkers = Callable[[Log, Sequence[str]], AbstractAsyncContextManager[list[Worker]]]


def register(
    groups: Groups,
    *,
    open_log: OpenLog,
    open_workers: OpenWorkers,
    make_reader: Callable[[], ClosingReader],
    products: Products,
    money_can_move: Callable[[], bool],
) -> None:
    """Add this room's commands to ``groups``."""
    groups.app.command("handle")(_handle_command(open_log, open_workers))
    groups.app.command("read")(_read_command(make_reader, products))
    groups.app.command("submit")(_submit_command(open_log, money_can_move))
    payouts_cli.register(groups, open_log=open_log)
    policy_cli.register(groups, open_log=open_log)
    review_cli.register(groups, open_log=open_log)
    products_cli.register(groups, open_log=open_log)


def _handle_command(open_log: OpenLog, open_workers: OpenWorkers) -> Callable[[list[str]], None]:
    names = sorted(HANDLERS)

    def command(
        name: Annotated[list[str], typer.Argument(help=f"Of: {', '.join(names)}.")],
    ) -> None:
        """Run handlers until stopped. Any number of processes may run the same ones."""
        if unknown := set(name) - set(names):
            print(
                f"no handler {', '.join(unknown)}; there are: {', '.join(names)}", file=sys.stderr
            )
            raise typer.Exit(2)
        asyncio.run(_handle(open_log, open_workers, name))

    return command


async def _handle(open_log: OpenLog, open_workers: OpenWorkers, names: Sequence[str]) -> None:
    with stop_signals() as stop:
        async with open_log("handle", CONNECTIONS) as log, open_workers(log, names) as workers:
            await serve(*workers, stop=stop)


def spelled_phone(phone: str) -> str:
    """Return a phone in the one spelling that is kept; typer says what is wrong with it."""
    try:
        return normalise(phone)
    except PhoneRefused as refused:
        raise typer.BadParameter(
            f"no mobile number of Ukraine ({refused.reason}): write it like 0501112233"
        ) from refused


def _read_command(
    make_reader: Callable[[], ClosingReader], products: Products
) -> Callable[[list[str], bool], None]:
    def command(
        photo: list[str],
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object per photo.")] = False,
    ) -> None:
        """Read photos of receipts and judge the readings alone; needs no database.

        Age, duplicates and daily limits are not looked at. Without --json a short summary is
        printed per photo.
        """
        for answer in read_photos(photo, reader=make_reader(), products=products):
            print(msgspec.json.encode(answer).decode() if as_json else _summary(answer))

    return command


def _summary(answer: dict[str, object]) -> str:
    total = answer["total_kopecks"]
    money = f"{total / 100:.2f} UAH" if isinstance(total, int) else "no total"
    why = f" ({answer['reason']})" if answer["reason"] else ""
    return (
        f"{answer['file']}: {answer['decision']}{why}, {money},"
        f" {answer['purchased_at'] or 'no date'}, {answer['seconds']} s"
    )


def _submit_command(
    open_log: OpenLog, money_can_move: Callable[[], bool]
) -> Callable[[Path, str | None, float], None]:
    def command(
        photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
        phone: Annotated[
            str | None, typer.Option(help="A made-up mobile number; one is drawn without it.")
        ] = None,
        wait: Annotated[
            float, typer.Option(help="Give up after so many seconds.")
        ] = OUTCOME_SECONDS_MAX,
    ) -> None:
        """Send one photo as a new shopper and wait for what becomes of it; sandbox only.

        Something must be running that reads and pays: `python -m cashbot run`.
        """
        if money_can_move():
            print("submit is for the sandbox; real photos come from shoppers", file=sys.stderr)
            raise typer.Exit(2)
        try:
            print(asyncio.run(_submit(open_log, photo.read_bytes(), phone, wait)))
        except CommandError as refused:
            print(refused, file=sys.stderr)
            raise typer.Exit(1) from refused

    return command


class Unanswered(EventStoreError):
    """A photo is in the log, and nobody decided it or paid for it in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"nobody has decided it in {seconds:g} s: is `python -m cashbot run` running?"
        )


async def _submit(open_log: OpenLog, photo: bytes, phone: str | None, seconds_max: float) -> str:
    # It stands with the samples, which are drawn: 20 MB that no other process needs.
    from handlers.samples import made_up_phone  # noqa: PLC0415

    name = f"command:{uuid.uuid4()}"
    async with open_log("submit", 2) as log:
        commands = Commands(store=log.store, attachments=log.attachments, vault=log.vault)
        shopper = await log.vault.shopper_id(name)
        await commands.give_consent(
            shopper, text_version="command", text="given at the command line", locale="uk"
        )
        await commands.share_phone(shopper, phone or made_up_phone(name))
        receipt = await commands.record_upload(
            shopper, photo, source="command", upload_id=str(uuid.uuid4())
        )
        print(f"receipt {receipt}", file=sys.stderr)
        try:
            outcome = await await_outcome(log.store, log.listener, receipt, seconds_max=seconds_max)
        except TimeoutError as stuck:
            raise Unanswered(seconds_max) from stuck
        return msgspec.json.encode({"receipt": receipt, **outcome.as_dict()}).decode()
