"""The first page of the console: what a person must know at once, and nothing to press yet."""

from starlette.requests import Request
from starlette.responses import Response

from web.console.sessions import PRIVATE, staff_member
from web.console.standing import standing_now
from web.pages import page, refusal
from web.story import TONES
from web.surroundings import around


async def show_desk(request: Request) -> Response:
    """The page, for staff; anybody else is told how staff get in."""
    answer: Response
    if await staff_member(request) is None:
        answer = refusal(request, "console.refused.closed", status=401)
    else:
        standing = await standing_now(around(request).reads)
        answer = page(request, "console.html", standing=standing, states=list(TONES), tones=TONES)
    answer.headers.update(PRIVATE)
    return answer
