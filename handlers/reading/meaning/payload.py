"""What the QR of a fiscal receipt says. Pure; nothing is ever fetched.

Five forms occur (tax service link, its older gateway form, ``MAC;sum;time;fn;number``,
``FN… N… =sum date MAC=…`` and vendors' links). An advert or a loyalty code is none of them.
Formats after order 13 of the Ministry of Finance (2016) and papers seen.

Anybody can print a QR. A payload is believed field by field: what is impossible, or said
twice in two ways, is left out, so that the paper or a person has to say it.
"""

import re
from datetime import date, datetime
from itertools import combinations
from urllib.parse import SplitResult, parse_qsl, urlsplit

from msgspec import Struct

from eventstore.identity import KYIV, Kopecks, receipt_number_key

#: A QR holds at most 4,296 characters; ours are under 400.
PAYLOAD_CHARACTERS_MAX = 1000
#: The tax service's links have at most seven parameters.
_PARAMETERS_MAX = 20
#: Ten million hryvnias: no receipt of a shop, and far from what a column of the log can hold.
_KOPECKS_MAX = 1_000_000_000
#: Receipts got a QR with order 13; what claims to be older or of another century is no date.
_YEARS = range(2016, 2100)

_TAX_HOST = "cabinet.tax.gov.ua"
_TAX_PATH = "/cashregs/check"
#: An older form, known from the code of a gateway: its sum is in kopecks, its number is ``fd``.
_GATEWAY_PATH = "/cabinet/faces/checkxml"
_ALIASES = {"sum": "sm", "dt": "date", "tm": "time"}
_PORTS = (None, 80, 443)
#: Hosts of vendors of registers and the paths of their receipts. The id says nothing to us.
_VENDOR_LINKS = {
    "check.checkbox.ua": re.compile(r"/(status/)?[\w-]{8,64}(/\w+)?"),
    "check.checkbox.in.ua": re.compile(r"/(status/)?[\w-]{8,64}(/\w+)?"),
    "my.checkbox.ua": re.compile(r"/check/[\w-]{4,64}"),
    "checkbox.in.ua": re.compile(r"/receipts/[\w-]{4,64}"),
    "kasa.vchasno.ua": re.compile(r"/check/[\w-]{4,64}"),
}
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_MAC = r"[A-Za-z0-9+/]{8,88}={0,2}"
_SEMICOLONS = re.compile(rf"{_MAC};([0-9]{{1,10}});([0-9]{{10}});([0-9]{{10}});([0-9]{{1,20}})")
_PLAIN = re.compile(
    r"F[NН]\s*([0-9]{10})\s+[NН№]\s*([0-9]{1,20})\s+=\s*([0-9]{1,12}(?:[.,][0-9]{1,2})?)\s+"
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})\s+([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?"
    rf"(?:\s+MAC={_MAC})?",
    re.IGNORECASE | re.ASCII,
)
_FISCAL_NUMBER = re.compile(r"(?!0+$)[0-9]{10}")
_RECEIPT_NUMBER = re.compile(r"(?=.*[1-9A-Za-z])[0-9A-Za-z_.\-]{1,40}")
_SUM = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
#: ``HHmm``, ``HHmmss``, ``HH:mm``, ``HH:mm:ss``
_TIME = re.compile(r"([0-9]{2})(:?)([0-9]{2})(?:\2[0-9]{2})?")


class FiscalCode(Struct, frozen=True, kw_only=True):
    """A fiscal QR; what it does not say is None."""

    text: str
    #: the payload when it is a link
    url: str | None = None
    total_kopecks: Kopecks | None = None
    #: Europe/Kyiv, to the minute
    purchased_at: datetime | None = None
    #: the day of the sale, also when no time is said
    day: date | None = None
    fiscal_number: str | None = None
    receipt_number: str | None = None

    @property
    def facts(self) -> int:
        """How many of the four fields it carries: the fuller code is the receipt's own."""
        fields = (self.total_kopecks, self.purchased_at, self.fiscal_number, self.receipt_number)
        return sum(field is not None for field in fields)


def parse_payload(text: str) -> FiscalCode | None:
    """Return what a payload says of a fiscal receipt, or None when it is not one."""
    text = text.strip(" \t\r\n")
    if not text or len(text) > PAYLOAD_CHARACTERS_MAX:
        return None
    if _SCHEME.match(text):
        return _from_link(text)
    return _from_semicolons(text) or _from_plain(text)


def best_of(payloads: list[str]) -> FiscalCode | None:
    """Return the fiscal code among all codes of a photo, the fullest first.

    Codes that contradict each other count as none: a person must look.
    """
    codes = _fiscal(payloads)
    return None if _contradictory(codes) else max(codes, key=lambda one: one.facts, default=None)


def are_contradictory(payloads: list[str]) -> bool:
    """Tell whether fiscal codes of one photo cannot be of one receipt.

    Two receipts lie side by side, or somebody stuck another code over one: the same register
    and number with another total or time is as suspicious as another number. What only one
    of two codes states contradicts nothing: a vendor's link beside the tax service's.
    """
    return _contradictory(_fiscal(payloads))


def _fiscal(payloads: list[str]) -> list[FiscalCode]:
    return [code for code in map(parse_payload, payloads) if code is not None]


def _contradictory(codes: list[FiscalCode]) -> bool:
    return any(_contradict(one, other) for one, other in combinations(codes, 2))


def _contradict(one: FiscalCode, other: FiscalCode) -> bool:
    stated: list[tuple[object, object]] = [
        (one.fiscal_number, other.fiscal_number),
        (_number_key(one), _number_key(other)),
        (one.total_kopecks, other.total_kopecks),
        (one.purchased_at, other.purchased_at),
    ]
    two_links = one.facts == other.facts == 0 and one.url != other.url
    return two_links or any(None not in pair and pair[0] != pair[1] for pair in stated)


def _number_key(code: FiscalCode) -> str | None:
    return None if code.receipt_number is None else receipt_number_key(code.receipt_number)


def _from_link(text: str) -> FiscalCode | None:
    link = _split(text)
    if link is None:
        return None
    host, path = (link.hostname or "").lower(), link.path.rstrip("/")
    vendor = _VENDOR_LINKS.get(host)
    if vendor is not None:
        return FiscalCode(text=text, url=text) if vendor.fullmatch(path) else None
    if host != _TAX_HOST or path.lower() not in (_TAX_PATH, _GATEWAY_PATH):
        return None
    fields, gateway = _fields(link.query), path.lower() == _GATEWAY_PATH
    if not fields.keys() & {"fn", "fd" if gateway else "id"}:
        return None
    return FiscalCode(
        text=text,
        url=text,
        total_kopecks=_sum(fields.get("sm", ""), in_kopecks=gateway),
        purchased_at=_moment(fields.get("date", ""), fields.get("time", "")),
        day=_day(fields.get("date", "")),
        fiscal_number=_whole(_FISCAL_NUMBER, fields.get("fn", "")),
        receipt_number=_whole(_RECEIPT_NUMBER, fields.get("fd" if gateway else "id", "")),
    )


def _split(text: str) -> SplitResult | None:
    """Return the link's parts unless it is dressed up: a login, a port, letters of no link."""
    if _UNPRINTABLE.search(text) or "\\" in text:
        return None
    try:
        link = urlsplit(text)
        dressed = "@" in link.netloc or link.port not in _PORTS
    except ValueError:
        return None
    return None if dressed else link


def _fields(query: str) -> dict[str, str]:
    """Return the parameters by their names in small letters; one that is said twice is empty."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        return {}
    said: dict[str, set[str]] = {}
    for name, value in pairs:
        said.setdefault(_ALIASES.get(name.lower(), name.lower()), set()).add(value.strip())
    return {name: values.pop() if len(values) == 1 else "" for name, values in said.items()}


def _from_semicolons(text: str) -> FiscalCode | None:
    found = _SEMICOLONS.fullmatch(text)
    if found is None:
        return None
    total, moment, fiscal_number, number = found.groups()
    return FiscalCode(
        text=text,
        total_kopecks=_sum(total, in_kopecks=True),
        purchased_at=_kyiv(moment, "%d%m%y%H%M"),
        fiscal_number=_whole(_FISCAL_NUMBER, fiscal_number),
        receipt_number=_whole(_RECEIPT_NUMBER, number),
    )


def _from_plain(text: str) -> FiscalCode | None:
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    fiscal_number, number, total, day, month, year, hour, minute = found.groups()
    return FiscalCode(
        text=text,
        total_kopecks=_sum(total, in_kopecks=False),
        purchased_at=_kyiv(f"{day:0>2}{month:0>2}{year}{hour:0>2}{minute}", "%d%m%Y%H%M"),
        fiscal_number=_whole(_FISCAL_NUMBER, fiscal_number),
        receipt_number=_whole(_RECEIPT_NUMBER, number),
    )


def _sum(text: str, *, in_kopecks: bool) -> Kopecks | None:
    """Return a sum in hryvnias with a point, or in kopecks when it has none and is said so."""
    found = _SUM.fullmatch(text)
    if found is None:
        return None
    whole, fraction = int(found[1]), found[2]
    plain = in_kopecks and fraction is None
    kopecks = whole if plain else whole * 100 + int((fraction or "0").ljust(2, "0"))
    return Kopecks(kopecks) if kopecks <= _KOPECKS_MAX else None


def _moment(day: str, time: str) -> datetime | None:
    """Take ``YYYYMMDD`` and a time; without a time there is no moment."""
    clock = _TIME.fullmatch(time)
    if clock is None or not re.fullmatch(r"[0-9]{8}", day):
        return None
    return _kyiv(f"{day}{clock[1]}{clock[3]}", "%Y%m%d%H%M")


def _day(day: str) -> date | None:
    midnight = _moment(day, "0000")
    return None if midnight is None else midnight.date()


def _kyiv(text: str, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=KYIV)
    except ValueError:
        return None
    return moment if moment.year in _YEARS else None


def _whole(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None
