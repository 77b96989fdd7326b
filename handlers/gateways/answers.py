"""Portmone's XML answers, read with suspicion.

``<rsp status="ok"><bill><billId>…</billId>…</bill></rsp>`` or
``<rsp status="fail"><error code="…">…</error><error_description>…</error_description></rsp>``;
version 2 always describes an error. Anything else is no answer.
"""

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from msgspec import Struct

from eventstore.identity import BillId, Kopecks

#: A bill id names a stream and is shown to people: short and plain, or it is not one.
_BILL = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CODE = re.compile(r"[0-9A-Za-z_.-]{1,32}")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")


class Done(Struct, frozen=True, kw_only=True):
    """Portmone says ok. What it echoes is as written, None where it wrote nothing."""

    bill: BillId
    amount: str | None
    phone: str | None
    currency: str | None


class Declined(Struct, frozen=True, kw_only=True):
    """Portmone says no."""

    code: str
    #: False although version 2 promises a description: the account is set to version 1
    described: bool


def parse_answer(body: bytes) -> Done | Declined | None:
    """Return what ``body`` says, None when it cannot be trusted to say anything."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        # ValueError and LookupError: an encoding that Expat cannot or will not decode
        return None
    if root.tag != "rsp":
        return None
    match root.get("status"):
        case "ok":
            return _done(root)
        case "fail":
            return _declined(root)
    return None


def _done(root: Element) -> Done | None:
    bill = _text(root, "bill/billId")
    if bill is None or not _BILL.fullmatch(bill):
        return None
    return Done(
        bill=BillId(bill),
        amount=_text(root, "bill/amount"),
        phone=_text(root, "bill/contractNumber"),
        currency=_text(root, "bill/currency"),
    )


def _declined(root: Element) -> Declined | None:
    error = root.find("error")
    code = "" if error is None else error.get("code", "").strip()
    if not _CODE.fullmatch(code):
        return None
    return Declined(code=code, described=root.find("error_description") is not None)


def _text(root: Element, path: str) -> str | None:
    return (root.findtext(path) or "").strip() or None


def to_kopecks(amount: str) -> Kopecks | None:
    """Return ``1.00`` as 100, None for what is not an amount in hryvnias."""
    written = _AMOUNT.fullmatch(amount)
    if written is None:
        return None
    hryvnias, rest = written.groups(default="")
    return Kopecks(int(hryvnias) * 100 + int(rest.ljust(2, "0")))


def to_hryvnias(amount: Kopecks) -> str:
    """Return 100 as ``1.00``, the way Portmone writes amounts."""
    return f"{amount // 100}.{amount % 100:02d}"
