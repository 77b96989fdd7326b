"""Browsers of staff: a random cookie that scripts cannot read, good for one working day."""

from starlette.requests import Request
from starlette.responses import Response

from eventstore.identity import ShopperId
from web.surroundings import around

#: On this machine there is no TLS and nobody to listen.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: Never kept by others on the way, never found by searching.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


async def staff_member(request: Request) -> ShopperId | None:
    """Return who is signed in; None for nobody, and for who is not staff any more."""
    surroundings = around(request)
    cookie = cookie_of(request)
    staff = await surroundings.commands.staff_of(cookie) if cookie else None
    return staff if staff in surroundings.settings.staff else None


def cookie_of(request: Request) -> str:
    """Return the secret of this browser, "" when it has none."""
    return request.cookies.get(_name(request), "")


def give_cookie(request: Request, answer: Response, cookie: str) -> None:
    """Let this browser keep ``cookie`` until it is closed; the log says when it ends."""
    answer.set_cookie(
        _name(request), cookie, path="/", httponly=True, samesite="lax", secure=_secure(request)
    )


def take_cookie(request: Request, answer: Response) -> None:
    """Let this browser forget its cookie."""
    answer.delete_cookie(
        _name(request), path="/", httponly=True, samesite="lax", secure=_secure(request)
    )


def _secure(request: Request) -> bool:
    # Before a router the request itself never came by TLS: the host it asks for tells.
    return request.url.hostname not in LOOPBACK


def _name(request: Request) -> str:
    """Return a name that no other host, and no page without TLS, can set a cookie under."""
    return "__Host-console" if _secure(request) else "console"
