"""What every request passes: a correlation id, the safety headers, one line in the log.

No line holds a body, a token, a cookie or a query: any of them may be somebody's secret.
"""

import re
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.commands import ENTRANCE

log = structlog.get_logger()

CORRELATION_HEADER = "X-Correlation-Id"
#: What we take from outside: enough for any id, too little for an essay or a line break.
_USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

#: Everything the pages use is ours and lies in files of its own.
CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip
SAFETY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
}

#: Makes the answer to a request that failed inside us.
Apology = Callable[[Request], Awaitable[Response]]


class Doorway:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, apology: Apology) -> None:
        self._app = app
        self._apology = apology

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = _correlation_id(scope)
        passage = _Passage(send, correlation_id)
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            await self._serve(scope, receive, passage)
            log.info(
                "http.answered",
                method=scope["method"],
                path=told_path(scope["path"]),
                status=passage.status,
                milliseconds=round((time.monotonic() - passage.began) * 1000, 1),
            )

    async def _serve(self, scope: Scope, receive: Receive, passage: "_Passage") -> None:
        try:
            await self._app(scope, receive, passage)
        except ClientDisconnect:
            log.info("http.visitor_left", path=told_path(scope["path"]))
        except Exception as trouble:  # whatever it is: the visitor gets an answer, we get a line
            log.exception(
                "http.failed", path=told_path(scope["path"]), error=type(trouble).__name__
            )
            if passage.status is None:
                answer = await self._apology(Request(scope, receive))
                await answer(scope, receive, passage)


class _Passage:
    """Sends an answer on its way out, with our headers."""

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self._correlation_id = correlation_id
        self.began = time.monotonic()
        #: None until an answer has begun
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[CORRELATION_HEADER] = self._correlation_id
            for name, value in SAFETY_HEADERS.items():
                headers[name] = value
        await self._send(message)


def told_path(path: str) -> str:
    """Return ``path`` as the log may have it: a link that signs staff in is a secret."""
    return f"{ENTRANCE}…" if path.startswith(ENTRANCE) else path


def _correlation_id(scope: Scope) -> str:
    """Return the caller's id when it is harmless, else a new one."""
    given = Headers(scope=scope).get(CORRELATION_HEADER, "")
    return given if _USABLE_ID.fullmatch(given) else uuid4().hex
