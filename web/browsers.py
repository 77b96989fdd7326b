"""Browsers: each one is a shopper of its own, known by a random cookie and nothing else."""

import re
import secrets
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from eventstore.identity import ShopperId
from web.surroundings import around

COOKIE = "browser"
#: Which consent text this browser agreed to, so that it is asked once.
CONSENT_COOKIE = "consent"
#: A demo's shopper may come back for half a year.
COOKIE_SECONDS = 180 * 24 * 3600
#: 128 random bits: nobody guesses another's.
_BYTES = 16
_OURS = re.compile(r"[0-9a-f]{32}")


def browser_of(request: Request) -> str | None:
    """Return the browser's name from its cookie, None on a first visit."""
    name = request.cookies.get(COOKIE, "")
    return name if _OURS.fullmatch(name) else None


def new_browser() -> str:
    """Return a name for a browser that has none."""
    return secrets.token_hex(_BYTES)


def made_up_phone(browser: str) -> str:
    """Return the phone that ``browser`` may try with, seldom another one's too."""
    digits = f"{int(sha256(browser.encode()).hexdigest(), 16) % 100_000:05}"
    return f"380 67 00{digits[0]} {digits[1:3]} {digits[3:]}"


async def shopper(request: Request, browser: str) -> ShopperId:
    """Return the shopper who uses ``browser``."""
    return await around(request).vault.shopper_id(f"web:{browser}")


async def shopper_of(request: Request) -> ShopperId | None:
    """Return who asks, None on a first visit."""
    browser = browser_of(request)
    return None if browser is None else await shopper(request, browser)


def remember(request: Request, answer: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send along."""
    answer.set_cookie(
        name,
        value,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
