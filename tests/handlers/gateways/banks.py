"""Banks to ask in tests: the sandbox, and a bare socket that can be as rude as a network."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eventstore.identity import Kopecks, PayoutId
from handlers.gateways.portmone import Patience, PortmoneGateway, PortmoneSettings
from handlers.gateways.sandbox import Sandbox

PAYOUT = PayoutId("11111111-1111-5111-8111-111111111111")
PHONE = "380670000001"
ONE_HRYVNIA = Kopecks(100)
TOKEN = "a-token"
PASSWORD = "sandbox"
#: For answers that never come: long enough for a loopback, short enough for a test.
SHORT = Patience(connect_seconds=0.3, request_seconds=0.3)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def a_gateway(
    url: str,
    *,
    patience: Patience | None = None,
    password: str = PASSWORD,
    pays: bool = True,
) -> PortmoneGateway:
    """Return a gateway to the bank at ``url``."""
    return PortmoneGateway(
        PortmoneSettings(
            login="sandbox",
            password=password,
            payee_id="1",
            api_base=url,
            pays=pays,
        ),
        patience=patience,
    )


def a_sandbox(folder: Path, *, callback_url: str | None = None) -> Sandbox:
    """Return a bank that keeps its book in ``folder`` and loses no time."""
    return Sandbox(
        book=folder / "book.sqlite",
        callback_url=callback_url,
        token=TOKEN,
        callback_delay_seconds=0.0,
        callback_pauses_seconds=(0.0, 0.0, 0.0),
    )


@dataclass
class RawBank:
    """A server on a bare socket; counts what reaches it, then talks as it was told."""

    talk: Talk
    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, note it, answer it."""
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self.requests.append(head + await reader.readexactly(int(length)))
            await self.talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client gave up first, which some tests are about
        finally:
            writer.close()


@asynccontextmanager
async def a_raw_bank(talk: Talk) -> AsyncIterator[RawBank]:
    """Serve ``talk`` on a free port."""
    bank = RawBank(talk=talk)
    server = await asyncio.start_server(bank.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        bank.url = f"http://127.0.0.1:{port}/api/directcash/"
        yield bank


def says(answer: bytes) -> Talk:
    """Return a talk that writes ``answer`` and hangs up."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return talk


def says_xml(body: bytes, *, headers: bytes = b"") -> Talk:
    """Return a talk that writes ``body`` with a 200 and hangs up."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n%s\r\n"
    return says(head % (len(body), headers) + body)


async def hangs_up_rudely(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection once the request is in."""
    writer.transport.abort()


async def never_answers(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Keep silent until the client goes away."""
    await reader.read()
