"""What the QR of a fiscal receipt says. Pure; nothing is ever fetched.

Five forms occur (tax service link, its older gateway form, ``MAC;sum;time;fn;number``,
``FN… N… =sum date MAC=…`` and vendors' links). An advert or a loyalty code is none of them.
Formats after order 13 of the Ministry of Finance (2016) and papers seen.
"""

import re
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from eventstore.identity import KYIV, Kopecks

#: A QR holds at most 4,296 characters; ours are under 400.
PAYLOAD_CHARACTERS_MAX = 1000

_TAX_HOST = "cabinet.tax.gov.ua"
_TAX_PATHS = ("/cashregs/check", "/cabinet/faces/checkxml")
_VENDOR_HOSTS = {
    "check.checkbox.ua", "my.checkbox.ua", "checkbox.in.ua", "check.checkbox.in.ua",
    "kasa.vchasno.ua",
}  # fmt: skip
_SEMICOLONS = re.compile(r"[A-Za-z0-9+/]{8,}=*;(\d{1,10});(\d{10});(\d{10});(\w{1,20})\s*")
_PLAIN = re.compile(
    r"F[NН]\s*(\d{10})\s+[NН№]\s*(\d{1,12})\s+=\s*(\d+[.,]\d{2})\s+"
    r"(\d{1,2})\.(\d{2})\.(\d{4})\s+(\d{2}):(\d{2})(?::\d{2})?\s+MAC=\S+",
    re.IGNORECASE,
)
_FISCAL_NUMBER = re.compile(r"\d{10}")
_RECEIPT_NUMBER = re.compile(r"[\w.\-]{1,40}")


class FiscalCode(Struct, frozen=True, kw_only=True):
    """A fiscal QR; what it does not say is None."""

    text: str
    #: the payload when it is a link
    url: str | None = None
    total_kopecks: Kopecks | None = None
    #: Europe/Kyiv, to the minute
    purchased_at: datetime | None = None
    fiscal_number: str | None = None
    receipt_number: str | None = None

    @property
    def facts(self) -> int:
        """How many of the four fields it carries: the fuller code is the receipt's own."""
        fields = (self.total_kopecks, self.purchased_at, self.fiscal_number, self.receipt_number)
        return sum(field is not None for field in fields)


def parse_payload(text: str) -> FiscalCode | None:
    """Return what a payload says of a fiscal receipt, or None when it is not one."""
    text = text.strip()
    if not text or len(text) > PAYLOAD_CHARACTERS_MAX:
        return None
    if re.match(r"https?://", text, re.IGNORECASE):
        return _from_link(text)
    return _from_semicolons(text) or _from_plain(text)


def best_of(payloads: list[str]) -> FiscalCode | None:
    """Return the fiscal code among all codes of a photo, the fullest first.

    Two different receipts on one photo count as none: a person must look.
    """
    codes = [code for code in map(parse_payload, payloads) if code is not None]
    full = {(code.fiscal_number, code.receipt_number) for code in codes if code.facts >= 3}
    return None if len(full) > 1 else max(codes, key=lambda code: code.facts, default=None)


def _from_link(text: str) -> FiscalCode | None:
    try:
        link = urlsplit(text)
        host = (link.hostname or "").lower()
    except ValueError:
        return None
    if host in _VENDOR_HOSTS:
        return FiscalCode(text=text, url=text)
    if host != _TAX_HOST or link.path.rstrip("/").lower() not in _TAX_PATHS:
        return None
    fields = {name.lower(): value.strip() for name, value in parse_qsl(link.query)}
    return _tax_link(text, fields) if "fn" in fields or "id" in fields else None


def _tax_link(text: str, fields: dict[str, str]) -> FiscalCode:
    in_kopecks = "fd" in fields
    day = fields.get("date") or fields.get("dt") or ""
    return FiscalCode(
        text=text,
        url=text,
        total_kopecks=_sum(fields.get("sm") or fields.get("sum") or "", in_kopecks=in_kopecks),
        purchased_at=_moment(day, fields.get("time") or fields.get("tm") or ""),
        fiscal_number=_whole(_FISCAL_NUMBER, fields.get("fn", "")),
        receipt_number=_whole(_RECEIPT_NUMBER, fields.get("id") or fields.get("fd") or ""),
    )


def _from_semicolons(text: str) -> FiscalCode | None:
    found = _SEMICOLONS.fullmatch(text)
    if found is None:
        return None
    total, moment, fiscal_number, number = found.groups()
    return FiscalCode(
        text=text,
        total_kopecks=Kopecks(int(total)),
        purchased_at=_kyiv(moment, "%d%m%y%H%M"),
        fiscal_number=fiscal_number,
        receipt_number=number,
    )


def _from_plain(text: str) -> FiscalCode | None:
    found = _PLAIN.match(text)
    if found is None:
        return None
    fiscal_number, number, total, day, month, year, hour, minute = found.groups()
    return FiscalCode(
        text=text,
        total_kopecks=_sum(total, in_kopecks=False),
        purchased_at=_kyiv(f"{day:0>2}{month}{year}{hour}{minute}", "%d%m%Y%H%M"),
        fiscal_number=fiscal_number,
        receipt_number=number,
    )


def _sum(text: str, *, in_kopecks: bool) -> Kopecks | None:
    found = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,2}))?", text)
    if found is None:
        return None
    if in_kopecks and found[2] is None:
        return Kopecks(int(found[1]))
    return Kopecks(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")))


def _moment(day: str, time: str) -> datetime | None:
    """Take ``YYYYMMDD`` with ``HHmm``, ``HHmmss`` or ``HH:mm``; no time means no moment."""
    digits = time.replace(":", "")
    if not re.fullmatch(r"\d{8}", day) or not re.fullmatch(r"\d{4}(\d{2})?", digits):
        return None
    return _kyiv(day + digits[:4], "%Y%m%d%H%M")


def _kyiv(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=KYIV)
    except ValueError:
        return None


def _whole(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None
