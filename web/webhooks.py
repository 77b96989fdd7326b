"""Portmone calls back: an authentic callback is recorded as a fact, and only then applied.

What is refused (no token, too long, not XML of ours) leaves no trace but a count.
"""

import hmac
import re
from collections.abc import Sequence
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

import structlog
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from starlette.requests import Request
from starlette.responses import Response

from eventstore.attachments import AttachmentsUnavailable
from eventstore.errors import LogUnavailable
from eventstore.identity import BillId, Kopecks, is_hryvnia
from handlers.commands import ParsedCallback
from web.bodies import BodyTooLarge, read_body
from web.surroundings import around

log = structlog.get_logger()

TOKEN_HEADER = "X-Portmone-Token"  # noqa: S105 - the name of a header
#: A callback has a few hundred bytes; more is not a callback.
CALLBACK_BYTES_MAX = 64 * 1024
#: Shortest phone there is, less one: a "code" with more digits may be somebody's number.
CODE_DIGITS_MAX = 6

_BILL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
#: Our payout ids. Whatever else a comment says is text of somebody's and stays in the body.
_PAYOUT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: Hryvnias below a million: no bonus is more. With one or two decimals only, since 1,000 may
#: mean one or a thousand.
_AMOUNT = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
_ACCEPTED = b'<rsp status="ok"/>'


class CallbackUnreadable(Exception):
    """The body is not a callback; the message says in which way."""


async def receive_callback(request: Request) -> Response:
    """200 once the callback is a fact (however often it comes), 503 to have it sent again."""
    tokens = around(request).settings.webhook_tokens
    if not tokens:
        return _refused(request, 503, "no_token_configured")
    if not is_authentic(request.headers.get(TOKEN_HEADER, ""), tokens):
        return _refused(request, 401, "wrong_token")
    try:
        body = await read_body(request, bytes_max=CALLBACK_BYTES_MAX)
        callback = parse_callback(body)
        surroundings = around(request)
        await surroundings.deliveries.record(surroundings.commands, callback, body)
    except BodyTooLarge:
        return _refused(request, 413, "too_large")
    except CallbackUnreadable as unreadable:
        return _refused(request, 400, str(unreadable))
    except (LogUnavailable, AttachmentsUnavailable):
        return _refused(request, 503, "log_unavailable")
    log.info("callback.recorded", bill=callback.bill, status=callback.status)
    return _xml(200, _ACCEPTED)


def is_authentic(given: str, tokens: Sequence[str]) -> bool:
    """Tell whether ``given`` is one of ``tokens``, in a time that says nothing about them."""
    matches = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens]
    return any(matches)


def parse_callback(body: bytes) -> ParsedCallback:
    """Return the fields of ``<rsp status="ok|fail">…``; raises ``CallbackUnreadable``.

    The bill may lie at any depth, as in Portmone's other answers. What is missing is None; an
    amount or a phone that is there and makes no sense is named, for it may be about other money.
    Free text is left to the sealed body: only a payout id counts as a comment.
    """
    root = _parsed(body)
    status = root.get("status")
    if root.tag != "rsp" or status not in ("ok", "fail"):
        raise CallbackUnreadable("not_an_answer")
    bill = _only(root, "billId")
    if bill is None or not _BILL.fullmatch(bill):
        raise CallbackUnreadable("no_bill")
    verdict: Literal["ok", "fail"] = "ok" if status == "ok" else "fail"
    written, currency = _only(root, "amount"), _only(root, "currency")
    amount = None if written is None else _kopecks(written)
    foreign = currency is not None and not is_hryvnia(currency)
    strange = written is not None and (amount is None or foreign)
    return ParsedCallback(
        bill=BillId(bill),
        status=verdict,
        amount_kopecks=None if strange else amount,
        contract_number=_only(root, "contractNumber"),
        comment=_payout_id(_only(root, "comment")),
        error_code=_code(root.find(".//error")),
        unusable=("amount",) if strange else (),
    )


def _parsed(body: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise CallbackUnreadable("dtd_forbidden") from None
    except (ParseError, ValueError, LookupError):  # the last two: unknown or broken encodings
        raise CallbackUnreadable("not_xml") from None
    return root


def _only(root: Element, name: str) -> str | None:
    """Return what all fields called ``name`` say, None when there is nothing in them.

    Two that differ are joined: no single value is made of them.
    """
    texts = ("".join(field.itertext()).strip() for field in root.iter(name))
    return " | ".join(dict.fromkeys(text for text in texts if text)) or None


def _kopecks(text: str) -> Kopecks | None:
    """Return ``X.XX`` hryvnias in kopecks; None for what is not such an amount."""
    written = _AMOUNT.fullmatch(text)
    if written is None:
        return None
    hryvnias, rest = written.groups(default="")
    return Kopecks(int(hryvnias) * 100 + int(rest.ljust(2, "0")))


def _payout_id(text: str | None) -> str | None:
    return text.lower() if text is not None and _PAYOUT.fullmatch(text) else None


def _code(error: Element | None) -> str | None:
    """Return Portmone's error code, None for words or for what may be a phone."""
    found = "" if error is None else (error.get("code") or error.text or "").strip()
    digits = sum(character.isdigit() for character in found)
    return found if _CODE.fullmatch(found) and digits <= CODE_DIGITS_MAX else None


def _refused(request: Request, status: int, why: str) -> Response:
    around(request).refusals.count(why)
    return _xml(status, b'<rsp status="fail"/>')


def _xml(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/xml")
