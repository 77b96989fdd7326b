"""Signing in by the bot's link and signing out again.

Opening the link changes nothing: Telegram, and whatever looks for viruses, opens links too. Only
the button on its page uses it up.
"""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.commands import (
    InvitationExpired,
    InvitationRefused,
    InvitationSpent,
    InvitationUnknown,
)
from web.console.sessions import (
    PRIVATE,
    cookie_of,
    give_cookie,
    take_cookie,
)
from web.origins import is_foreign
from web.pages import page, refusal
from web.surroundings import around

log = structlog.get_logger()

#: Why a link opens nothing -> our words for it, and the status.
REFUSALS: dict[type[InvitationRefused], tuple[str, int]] = {
    InvitationUnknown: ("console.refused.unknown", 404),
    InvitationExpired: ("console.refused.expired", 410),
    InvitationSpent: ("console.refused.spent", 410),
}


async def show_entrance(request: Request) -> Response:
    """The page of a link, the same for every link."""
    return _private(page(request, "console_enter.html"))


async def sign_in(request: Request) -> Response:
    """Use the link up and lead to the console."""
    if is_foreign(request):
        raise HTTPException(403, headers=PRIVATE)
    surroundings = around(request)
    try:
        cookie = await surroundings.commands.use_invitation(request.path_params["token"])
    except InvitationRefused as refused:
        key, status = REFUSALS[type(refused)]
        log.warning("console.refused", why=key)
        return _private(refusal(request, key, status=status))
    if await surroundings.commands.staff_of(cookie) not in surroundings.settings.staff:
        await surroundings.commands.sign_out(cookie)
        log.warning("console.refused", why="not_staff")
        return _private(refusal(request, "console.refused.closed", status=401))
    log.info("console.signed_in")
    answer = RedirectResponse("/console", 303, headers=PRIVATE)
    give_cookie(request, answer, cookie)
    return answer


async def sign_out(request: Request) -> Response:
    """Sign this browser out."""
    if is_foreign(request):
        raise HTTPException(403, headers=PRIVATE)
    await around(request).commands.sign_out(cookie_of(request))
    log.info("console.signed_out")
    answer = RedirectResponse("/console", 303, headers=PRIVATE)
    take_cookie(request, answer)
    return answer


def _private(answer: Response) -> Response:
    answer.headers.update(PRIVATE)
    return answer
