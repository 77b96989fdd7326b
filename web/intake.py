"""Send a photo from a browser and see one's receipts: for the demo, beside the sandbox only."""

import secrets
from contextlib import aclosing

import structlog
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from eventstore.identity import ReceiptId, ShopperId
from eventstore.subscription import PROJECTED
from handlers.commands import PhoneRefused, UploadRefused
from projections import receipts
from projections.receipts import Receipt
from web.bodies import BodyTooLarge, drain, limited
from web.browsers import (
    CONSENT_COOKIE,
    COOKIE,
    browser_of,
    made_up_phone,
    new_browser,
    remember,
    shopper,
    shopper_of,
)
from web.chat import conversation
from web.origins import is_foreign
from web.pages import language_of, page, refusal, wants_json
from web.story import TONES
from web.surroundings import Surroundings, around

log = structlog.get_logger()

#: The largest photo, as every edge promises it.
PHOTO_BYTES_MAX = 10 * 1024 * 1024
#: ... and what a form wraps around it.
FORM_BYTES_MAX = PHOTO_BYTES_MAX + 64 * 1024
#: How much of a refused form is let in and dropped, so that the browser can show the answer.
DRAINED_BYTES_MAX = 40 * 1024 * 1024
#: Uploads held in memory at once; one more waits outside rather than use up the process.
UPLOADS_MAX = 4
#: Receipts shown in a list.
LISTED_MAX = 24
#: How long an answer waits for the read model to know the new receipt.
SHOWN_SECONDS_MAX = 4.0

#: Reasons of ``UploadRefused`` -> status; any other is the sender's mistake, 400.
STATUSES = {"too_large": 413, "not_an_image": 415, "too_many": 429}
#: When who sent too many may try again: all of them are older then.
TOO_MANY_SECONDS = 60


async def show_intake(request: Request) -> Response:
    """The page; seeing it records nothing."""
    own, others = await _lists(request)
    browser = browser_of(request) or new_browser()
    agreed = request.cookies.get(CONSENT_COOKIE) == language_of(request)("consent.version")
    answer = page(
        request,
        "intake.html",
        own=own,
        others=others,
        bubbles=await conversation(around(request), await shopper_of(request)),
        tones=TONES,
        demo=around(request).settings.demo,
        agreed=agreed,
        phone=made_up_phone(browser),
        upload_id=secrets.token_hex(16),
        photo_megabytes=PHOTO_BYTES_MAX // 2**20,
        photo_bytes_max=PHOTO_BYTES_MAX,
    )
    if browser_of(request) is None:
        remember(request, answer, COOKIE, browser)
    return answer


class Uploads:
    """Takes photos in, a few at a time."""

    def __init__(self) -> None:
        self._open = 0

    async def take(self, request: Request) -> Response:
        """Record a photo; a person is led to its page, a script gets its address."""
        if is_foreign(request):
            raise HTTPException(403)
        if self._open >= UPLOADS_MAX:
            return _busy(request)
        self._open += 1
        try:
            return await _take_in(request)
        except BodyTooLarge:
            await _drain(request)
            return refusal(request, "upload.too_large", status=413)
        except UploadRefused as refused:
            return _refused(request, refused)
        except PhoneRefused as refused:
            return refusal(request, _known(request, "phone", refused.reason), status=400)
        finally:
            self._open -= 1


async def _take_in(request: Request) -> Response:
    browser = browser_of(request) or new_browser()
    async with limited(request, bytes_max=FORM_BYTES_MAX).form(max_files=2, max_fields=8) as form:
        receipt = await _record(request, form, await shopper(request, browser))
    await _wait_until_shown(around(request), receipt)
    address = f"/intake/receipts/{receipt}"
    answer: Response
    if wants_json(request):
        answer = JSONResponse({"receipt": receipt, "url": address}, 201)
        answer.headers["Location"] = address
    else:
        answer = RedirectResponse(address, 303)
    remember(request, answer, COOKIE, browser)
    remember(request, answer, CONSENT_COOKIE, language_of(request)("consent.version"))
    return answer


async def _record(request: Request, form: FormData, sender: ShopperId) -> ReceiptId:
    """Record consent, phone and photo, as far as the form has them."""
    commands, language = around(request).commands, language_of(request)
    photo = await _photo(form)
    if form.get("consent"):
        await commands.give_consent(
            sender,
            text_version=language("consent.version"),
            text=language("consent.text"),
            locale=language.code,
        )
    if phone := _text(form, "phone"):
        await commands.share_phone(sender, phone)
    upload_id = _text(form, "upload_id") or secrets.token_hex(16)
    return await commands.record_upload(sender, photo, source="web", upload_id=upload_id)


async def _photo(form: FormData) -> bytes:
    """Return the photo: picked from files or taken by the camera, whichever was used."""
    for part in form.getlist("photo"):
        if isinstance(part, UploadFile) and (content := await part.read()):
            return content
    raise UploadRefused("empty")


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


async def _wait_until_shown(surroundings: Surroundings, receipt: ReceiptId) -> None:
    """Wait a moment for the read model: the next page asks it."""
    async with surroundings.listener.woken_by(PROJECTED) as wakes:
        while await wakes.wait(SHOWN_SECONDS_MAX):
            if await receipts.receipt(surroundings.reads, receipt) is not None:
                return
    log.warning("intake.not_shown_yet", receipt=receipt)


async def _lists(request: Request) -> tuple[list[Receipt], list[Receipt]]:
    """Return the visitor's own receipts and, in the demo, everybody's."""
    surroundings, visitor = around(request), await shopper_of(request)
    own: list[Receipt] = []
    others: list[Receipt] = []
    if visitor is not None:
        own = await receipts.receipts_of(surroundings.reads, visitor, limit=LISTED_MAX)
    if surroundings.settings.demo:
        latest = await receipts.latest(surroundings.reads, limit=LISTED_MAX)
        others = [found for found in latest if found.shopper != visitor]
    return own, others


async def _drain(request: Request) -> None:
    async with aclosing(request.stream()) as rest:
        await drain(rest, bytes_max=DRAINED_BYTES_MAX)


def _busy(request: Request) -> Response:
    answer = refusal(request, "upload.busy", status=429)
    answer.headers["Retry-After"] = "2"
    return answer


def _refused(request: Request, refused: UploadRefused) -> Response:
    status = STATUSES.get(refused.reason, 400)
    answer = refusal(request, _known(request, "upload", refused.reason), status=status)
    if refused.reason == "too_many":
        answer.headers["Retry-After"] = str(TOO_MANY_SECONDS)
    return answer


def _known(request: Request, family: str, reason: str) -> str:
    """Return the key of a reason's sentences, or of the family's general ones."""
    key = f"{family}.{reason}"
    return key if language_of(request).knows(key) else f"{family}.other"
