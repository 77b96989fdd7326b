"""Reading a request's body within a limit: what is over it is never kept in memory."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.types import Message, Receive


class BodyTooLarge(Exception):
    """The body is longer than this place takes; nothing of it was kept."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        super().__init__(f"the body is longer than {bytes_max} bytes: send less")


def refuse_announced(request: Request, *, bytes_max: int) -> None:
    """Raise ``BodyTooLarge`` when the Content-Length alone says so."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > bytes_max:
        raise BodyTooLarge(bytes_max)


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """Return the whole body; raises ``BodyTooLarge`` as soon as it is over ``bytes_max``."""
    refuse_announced(request, bytes_max=bytes_max)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise BodyTooLarge(bytes_max)
    return bytes(body)


def limited(request: Request, *, bytes_max: int) -> Request:
    """Return ``request`` with a body that raises ``BodyTooLarge`` while it is being read."""
    refuse_announced(request, bytes_max=bytes_max)
    return Request(request.scope, _counting(request.receive, bytes_max))


def _counting(receive: Receive, bytes_max: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > bytes_max:
            raise BodyTooLarge(bytes_max)
        return message

    return counted


async def drain(chunks: AsyncIterator[bytes], *, bytes_max: int) -> None:
    """Read and drop the rest of a refused body, up to ``bytes_max``.

    A browser shows our answer only once it could send what it began to send.
    """
    dropped = 0
    async for chunk in chunks:
        dropped += len(chunk)
        if dropped > bytes_max:
            return
