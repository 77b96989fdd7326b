"""The page of one receipt: how it stands, what was read, and its picture."""

import re
from datetime import UTC, datetime

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from eventstore.attachments import KEPT, AttachmentMissing, photo_key, words_key
from eventstore.identity import ReceiptId, ShopperId
from eventstore.vault import KeyDestroyed
from projections import chats, receipts
from projections.receipts import Receipt
from web.browsers import shopper_of
from web.chat import told_about
from web.pages import page
from web.story import (
    LAST_WORDS,
    Story,
    Word,
    confidence_look,
    tell,
    told_as_data,
    used_by,
    words_in,
)
from web.surroundings import Surroundings, around

log = structlog.get_logger()

#: A receipt of two metres has fewer words; drawing more would only slow the page.
WORDS_DRAWN_MAX = 1500
#: A picture is named by its content, but only its shopper may keep it.
PICTURE_CACHE = "private, max-age=3600, immutable"
#: A notice comes a second behind its fact; who is told nothing after this is told nothing.
TOLD_SECONDS_MAX = 10.0
#: What a receipt's id may look like; PostgreSQL fails on letters that no id has.
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def receipt_named(name: str) -> ReceiptId:
    """Return ``name`` as a receipt's id; 404 for what can be none."""
    if not _ID.fullmatch(name):
        raise HTTPException(404)
    return ReceiptId(name)


async def visible_receipt(request: Request) -> Receipt:
    """Return the receipt named in the path; 404 for none, and for somebody else's."""
    surroundings = around(request)
    name = receipt_named(request.path_params["receipt"])
    found = await receipts.receipt(surroundings.reads, name)
    if found is None or not await _may_see(request, found.shopper):
        raise HTTPException(404)
    return found


async def show_receipt(request: Request) -> Response:
    """The page; it renews itself while the receipt is on its way."""
    story = await told(request)
    receipt = story.receipt
    return page(
        request,
        "receipt.html",
        story=story,
        settled=await is_settled(around(request), receipt),
        words=await words_on(request, story),
        bubbles=await told_about(around(request), receipt.shopper, receipt.receipt),
        confidence_look=confidence_look,
        kept_days=KEPT.days,
    )


async def give_receipt(request: Request) -> Response:
    """The same as data."""
    story = await told(request)
    return JSONResponse(told_as_data(story), headers={"Cache-Control": "no-store"})


async def show_picture(request: Request) -> Response:
    """The photo, re-encoded from its pixels by the reader; the original is never served."""
    found = await visible_receipt(request)
    if found.preview_sha256 is None:
        raise HTTPException(404)
    try:
        key = photo_key(found.shopper, found.preview_sha256)
        jpeg = await around(request).attachments.get(key)
    except AttachmentMissing:
        raise HTTPException(404) from None
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": PICTURE_CACHE})


async def told(request: Request) -> Story:
    """Return the story of the receipt named in the path, if the visitor may see it."""
    found, reads = await visible_receipt(request), around(request).reads
    steps = await receipts.steps(reads, found.receipt)
    holder = used_by(steps)
    return tell(found, steps, holder=await receipts.steps(reads, holder) if holder else ())


async def is_settled(surroundings: Surroundings, receipt: Receipt) -> bool:
    """Tell whether the page is at rest: all is over, and the shopper was told so."""
    if receipt.state not in LAST_WORDS:
        return False
    said = await chats.said_about(surroundings.reads, receipt.receipt)
    if any(line.about.startswith(LAST_WORDS[receipt.state]) for line in said):
        return True
    return (datetime.now(UTC) - receipt.updated_at).total_seconds() > TOLD_SECONDS_MAX


async def words_on(request: Request, story: Story) -> list[Word]:
    """Return the words read on the photo; none once they are gone."""
    found, surroundings = story.receipt, around(request)
    if found.words_sha256 is None:
        return []
    try:
        sealed = await surroundings.attachments.get(words_key(found.shopper, found.words_sha256))
        opened = await surroundings.vault.open(found.shopper, "words", sealed.decode())
    except (AttachmentMissing, KeyDestroyed):
        log.info("words.gone", receipt=found.receipt)
        return []
    return words_in(opened)[:WORDS_DRAWN_MAX]


async def _may_see(request: Request, shopper: ShopperId) -> bool:
    if around(request).settings.demo:
        return True
    return await shopper_of(request) == shopper
