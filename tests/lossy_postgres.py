"""A Postgres reached through a wire that can be cut at a chosen answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

CHUNK_BYTES = 65_536


class Wire:
    """Carries bytes to the server and back; cuts one connection when armed."""

    def __init__(self, server_socket: Path) -> None:
        self._server_socket = server_socket
        self._cut_before: bytes | None = None
        self._cut_after: bytes | None = None
        #: connections cut so far
        self.cuts = 0

    def lose_the_answer(self, answer: bytes) -> None:
        """Cut when the server answers ``answer``: it was done, and the client will not know."""
        self._cut_after = answer

    def lose_the_request(self, request: bytes) -> None:
        """Cut when the client asks ``request``: it was not done, and the client will not know."""
        self._cut_before = request

    async def carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Serve one client connection."""
        server, forth = await asyncio.open_unix_connection(str(self._server_socket))
        ways = {
            asyncio.create_task(self._pump(client, forth, "request")),
            asyncio.create_task(self._pump(server, back, "answer")),
        }
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (forth, back):
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                if self._is_the_one(chunk, way):
                    self.cuts += 1
                    return
                target.write(chunk)
                await target.drain()

    def _is_the_one(self, chunk: bytes, way: str) -> bool:
        if way == "request" and self._cut_before and self._cut_before in chunk:
            self._cut_before = None
            return True
        if way == "answer" and self._cut_after and self._cut_after in chunk:
            self._cut_after = None
            return True
        return False


@asynccontextmanager
async def lossy(url: str, folder: Path) -> AsyncIterator[tuple[str, Wire]]:
    """Give a URL for the database ``url`` behind a wire, and the wire."""
    parts = urlsplit(url)
    socket_folder = Path(parse_qs(parts.query)["host"][0])
    port = parse_qs(parts.query).get("port", ["5432"])[0]
    wire = Wire(socket_folder / f".s.PGSQL.{port}")
    here = folder / f".s.PGSQL.{port}"
    async with await asyncio.start_unix_server(wire.carry, str(here)):
        yield parts._replace(query=f"host={folder}&port={port}").geturl(), wire
