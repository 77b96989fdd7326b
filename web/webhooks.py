"""Portmone calls back: an authentic callback is recorded as a fact, and only then applied.

What is refused (no token, too long, not XML of ours) leaves no trace but a line in the log.
"""

import hmac
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

import structlog
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from starlette.requests import Request
from starlette.responses import Response

from eventstore.attachments import AttachmentsUnavailable
from eventstore.errors import LogUnavailable
from eventstore.identity import BillId, Kopecks
from handlers.commands import ParsedCallback
from web.bodies import BodyTooLarge, read_body
from web.surroundings import around

log = structlog.get_logger()

TOKEN_HEADER = "X-Portmone-Token"  # noqa: S105 - the name of a header
#: A callback has a few hundred bytes; more is not a callback.
CALLBACK_BYTES_MAX = 64 * 1024
#: Ids and codes of Portmone and ours are short; a longer one is not recorded as one.
FIELD_CHARACTERS_MAX = 128
#: More than any bonus: an amount above it says that the field holds something else.
AMOUNT_MAX = Decimal(1_000_000)

_BILL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACCEPTED = b'<rsp status="ok"/>'


class CallbackUnreadable(Exception):
    """The body is not a callback; the message says in which way."""


async def receive_callback(request: Request) -> Response:
    """200 once the callback is a fact (however often it comes), 503 to have it sent again."""
    tokens = around(request).settings.webhook_tokens
    if not tokens:
        return _refused(503, "no_token_configured")
    if not is_authentic(request.headers.get(TOKEN_HEADER, ""), tokens):
        return _refused(401, "wrong_token")
    try:
        body = await read_body(request, bytes_max=CALLBACK_BYTES_MAX)
        callback = parse_callback(body)
        await around(request).commands.record_callback(callback, body)
    except BodyTooLarge:
        return _refused(413, "too_large")
    except CallbackUnreadable as unreadable:
        return _refused(400, str(unreadable))
    except (LogUnavailable, AttachmentsUnavailable):
        return _refused(503, "log_unavailable")
    log.info("callback.recorded", bill=callback.bill, status=callback.status)
    return _xml(200, _ACCEPTED)


def is_authentic(given: str, tokens: Sequence[str]) -> bool:
    """Tell whether ``given`` is one of ``tokens``, in a time that says nothing about them."""
    matches = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens]
    return any(matches)


def parse_callback(body: bytes) -> ParsedCallback:
    """Return the fields of ``<rsp status="ok|fail">…``; raises ``CallbackUnreadable``.

    The bill may lie at any depth, as in Portmone's other answers; an amount, a phone or a
    comment that is missing or makes no sense is None: the rest still counts.
    """
    root = _parsed(body)
    status = root.get("status")
    if root.tag != "rsp" or status not in ("ok", "fail"):
        raise CallbackUnreadable("not_an_answer")
    bill = _field(root, "billId")
    if bill is None or not _BILL.fullmatch(bill):
        raise CallbackUnreadable("no_bill")
    error = root.find(".//error")
    verdict: Literal["ok", "fail"] = "ok" if status == "ok" else "fail"
    return ParsedCallback(
        bill=BillId(bill),
        status=verdict,
        amount_kopecks=_kopecks(_field(root, "amount")),
        contract_number=_field(root, "contractNumber"),
        comment=_field(root, "comment"),
        error_code=None if error is None else _short(error.get("code") or error.text),
    )


def _parsed(body: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise CallbackUnreadable("dtd_forbidden") from None
    except (ParseError, ValueError, LookupError):  # the last two: unknown or broken encodings
        raise CallbackUnreadable("not_xml") from None
    return root


def _field(root: Element, name: str) -> str | None:
    return _short(root.findtext(f".//{name}"))


def _short(text: str | None) -> str | None:
    """Return ``text`` without its margins; None for nothing, an essay or a control character."""
    found = (text or "").strip()
    usable = found and len(found) <= FIELD_CHARACTERS_MAX and found.isprintable()
    return found if usable else None


def _kopecks(text: str | None) -> Kopecks | None:
    """Return ``X.XX`` hryvnias in kopecks; None for what is not such an amount."""
    try:
        hryvnias = Decimal((text or "").replace(",", "."))
    except InvalidOperation:
        return None
    kopecks = hryvnias * 100 if hryvnias.is_finite() and abs(hryvnias) <= AMOUNT_MAX else None
    if kopecks is None or kopecks != kopecks.to_integral_value():
        return None
    return Kopecks(int(kopecks))


def _refused(status: int, why: str) -> Response:
    log.warning("callback.refused", status=status, why=why)
    return _xml(status, b'<rsp status="fail"/>')


def _xml(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/xml")
