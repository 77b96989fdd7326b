"""The command `sandbox`: the bank of our own, alone in a process."""

import asyncio
import re
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from eventstore.process import stop_signals
from handlers.gateways.sandbox import Sandbox
from handlers.gateways.sandbox_desk import NOTICE

#: Beside the web's 8000.
PORT = 8001
#: As long as the sandbox inside `run` takes to call back.
CALLBACK_DELAY_SECONDS = 0.2

_URL = re.compile(r"https?://[^/\s]+(/\S*)?")


def register(
    app: typer.Typer, *, open_bank: Callable[..., Sandbox], in_prod: Callable[[], bool]
) -> None:
    """Add the command to ``app``."""

    @app.command("sandbox")
    def sandbox(
        port: Annotated[
            int, typer.Option(min=0, max=65535, help="On this machine; 0 takes a free one.")
        ] = PORT,
        callback_url: Annotated[
            str | None,
            typer.Option(help="Who hears how bills end; default: the webhook of `web` on $PORT."),
        ] = None,
        callback_delay: Annotated[
            float, typer.Option(min=0.0, max=60.0, help="Seconds from an answer to its callback.")
        ] = CALLBACK_DELAY_SECONDS,
    ) -> None:
        """Run a bank of our own that speaks Portmone's protocol and moves no money.

        Prints its address for PORTMONE_API_BASE. Beside it lies its desk: GET /book tells what
        really happened, POST /script makes the next calls go wrong, POST /pay-by-hand pays a
        bill, POST /settle waits for callbacks. It knows the account of PORTMONE_LOGIN, else
        `sandbox` with the password `sandbox`.

        Example: curl -d '{"behaviour": {"answer": "drop"}, "step": "pay"}' 127.0.0.1:8001/script
        """
        if in_prod():
            print("sandbox is for tests and demos: unset APP_ENV=prod to run it", file=sys.stderr)
            raise typer.Exit(2)
        if callback_url is not None and not _URL.fullmatch(callback_url):
            print("--callback-url must be an address that begins with http://", file=sys.stderr)
            raise typer.Exit(2)
        asyncio.run(
            _serve(open_bank, port=port, callback_url=callback_url, delay_seconds=callback_delay)
        )


async def _serve(
    open_bank: Callable[..., Sandbox], *, port: int, callback_url: str | None, delay_seconds: float
) -> None:
    bank = open_bank(port=port, callback_url=callback_url, callback_delay_seconds=delay_seconds)
    with stop_signals() as stop:
        async with bank:
            print(f"{NOTICE}; Ctrl-C ends it", file=sys.stderr)
            print(bank.url, flush=True)
            await stop.wait()
